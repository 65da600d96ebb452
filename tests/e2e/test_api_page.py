"""The commands of docs/api.md, run against the service as they stand there."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.e2e.test_process import running
from tests.markdown import Block, blocks

BLOCKS = blocks("api.md")
COMMANDS = [block for block in BLOCKS if block.label == "runnable"]

CHANGES = {"engine", "engine_reason", "request_id", "timings_ms", "last_success_age_s", "latency_ms"}
"""Keys whose values differ from request to request."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a service with one engine; one for all commands."""
    with running(Path(tmp_path_factory.mktemp("service"))) as (_, client):
        yield f"{client.base_url.host}:{client.base_url.port}"


def answer_of(command: Block) -> Block:
    """What the page shows below a command, its PowerShell twin passed over."""
    rest = BLOCKS[BLOCKS.index(command) + 1 :]
    return next(block for block in rest if block.label in {"answer", "excerpt"})


def as_bash(command: Block) -> str:
    """A command for bash; PowerShell's continued lines and program name are the only differences that may be."""
    if command.language == "bash":
        return command.text
    assert "$" not in command.text
    return command.text.replace("`\n", "\\\n").replace("curl.exe", "curl")


def agree(shown: Any, real: Any, *, excerpt: bool, key: str = "") -> bool:  # noqa: ANN401 - any JSON
    """Whether an answer is the one shown: the same keys and values, and measures that are close."""
    if isinstance(shown, dict) and isinstance(real, dict):
        keys_fit = shown.keys() <= real.keys() if excerpt else list(shown) == list(real)
        return keys_fit and all(agree(value, real[name], excerpt=excerpt, key=name) for name, value in shown.items())
    if key == "bbox":
        return [round(value / 5) for value in shown] == [round(value / 5) for value in real]
    if isinstance(shown, list) and isinstance(real, list):
        lengths_fit = len(shown) <= len(real) if excerpt else len(shown) == len(real)
        return lengths_fit and all(agree(a, b, excerpt=excerpt) for a, b in zip(shown, real, strict=False))
    if key == "confidence":
        return bool(abs(shown - real) < 0.1)
    return type(shown) is type(real) and shown == real


def without_changes(body: Any) -> Any:  # noqa: ANN401 - any JSON
    """An answer without what differs from request to request, an id of the client's own excepted."""
    if isinstance(body, list):
        return [without_changes(item) for item in body]
    if not isinstance(body, dict):
        return body
    kept = {name: without_changes(value) for name, value in body.items() if name not in CHANGES}
    return kept | ({"request_id": "order-17"} if body.get("request_id") == "order-17" else {})


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=[f"{n} {block.language}" for n, block in enumerate(COMMANDS)])
def test_command_of_the_page_gives_its_answer(command: Block, address: str) -> None:
    """What a reader copies works and gives what is shown."""
    script = as_bash(command).replace("localhost:8000", address)
    ran = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, capture_output=True, check=True)

    shown = answer_of(command)
    if shown.language == "text":
        assert ran.stdout.decode() == shown.text
    else:
        expected, real = without_changes(json.loads(shown.text)), without_changes(json.loads(ran.stdout))
        assert agree(expected, real, excerpt=shown.label == "excerpt"), real


def test_page_has_commands_for_both_shells() -> None:
    """The commands were found; a page without any would pass every test above."""
    languages = [block.language for block in COMMANDS]

    assert (languages.count("bash"), languages.count("powershell")) == (11, 4)
