"""Hostile files, round after round, against the running service: `make hostile [HOSTILE_ROUNDS=n]`.

The files are those of tests/corpus/files, the generated ones of tests/corpus, and those of the folder
HOSTILE_FILES. What a service holds after its second round it may hold after the last: memory, threads, descriptors and
child processes.
"""

import json
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from scripts.benchmarking.memory import pss_mb_of_tree
from scripts.local_service import API, local_server
from tests.conftest import ROOT
from tests.corpus import images, pdf_carried, pdf_contents, pdf_structures, polyglots

ROUNDS = max(3, int(os.environ.get("HOSTILE_ROUNDS", "5")))
FOLDERS = [ROOT / "tests" / "corpus" / "files", *map(Path, filter(None, [os.environ.get("HOSTILE_FILES")]))]
CLIENTS = 3
PATIENCE_S = 150
"""Longer than REQUEST_TIMEOUT_S: what has not answered by then hangs."""

ENVIRONMENT = {
    "OCR_CONCURRENCY": "1",
    "PDF_TIMEOUT_S": "5",
    "REQUEST_TIMEOUT_S": "60",
    "LOG_LEVEL": "ERROR",
    "ALLOWED_CONTENT_TYPES": "application/pdf,image/jpeg,image/png,image/gif",
}

MORE_MEMORY = 0.05
MORE_MEMORY_MB = 40.0
"""Of the service and its processes, from the second round to the last; the larger of the two."""

POOLED = 4
"""Threads and descriptors that pools keep for the next call, more or less of them by chance; a leak makes hundreds."""

REPLACED = 1
"""A process that was killed is replaced once the next file needs one, so that a look may find it or not."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the service and the processes that it started hold while nothing is under way.

    Attributes:
        pss_mb: Memory in megabytes, shared pages shared out.
        threads: Of all of them.
        descriptors: Open files and sockets of the service itself.
        children: Processes below it.
    """

    pss_mb: float
    threads: int
    descriptors: int
    children: int


def hostile_files() -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file."""
    for folder in FOLDERS:
        yield from ((path.name, path.read_bytes()) for path in sorted(folder.iterdir()) if path.is_file())
    for part in (images, pdf_structures, pdf_contents, pdf_carried, polyglots):
        yield from ((case.name, case.make()) for case in part.cases() if not case.long)


def held_by(pid: int) -> Held:
    """What a service holds now."""
    service = psutil.Process(pid)
    children = service.children(recursive=True)
    threads = sum(process.num_threads() for process in [service, *children])
    return Held(pss_mb_of_tree(pid), threads, service.num_fds(), len(children))


def settled(pid: int) -> Held:
    """What it holds once killed processes are replaced and connections closed: when it has not changed for 2 s."""
    last = None
    for _ in range(30):
        try:
            now = held_by(pid)
        except psutil.NoSuchProcess:  # A child that ends while it is looked at.
            continue
        if last and (now.threads, now.descriptors, now.children) == (last.threads, last.descriptors, last.children):
            return now
        last = now
        time.sleep(2)
    return held_by(pid)


def one_round(client: httpx.Client, files: Sequence[tuple[str, bytes]]) -> dict[str, str]:
    """Send every file, some side by side; `status code` of each answer by name."""

    def post(file: tuple[str, bytes]) -> str:
        answer = client.post("/v1/extract?include=fields,ocr", files={"file": file})
        return str(answer.status_code) if answer.is_success else f"{answer.status_code} {answer.json()['code']}"

    with ThreadPoolExecutor(CLIENTS) as pool:
        return dict(zip([name for name, _ in files], pool.map(post, files), strict=True))


def documented_answers() -> set[str]:
    """Every `status code` of docs/errors.md that /v1/extract may answer, and 200."""
    responses = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]["/v1/extract"]["post"]["responses"]
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    codes = re.findall(r"^### (\w+)$", page, re.MULTILINE)
    return {"200", *(f"{status} {code}" for status in responses for code in codes)}


@pytest.mark.slow
@pytest.mark.endurance
def test_service_under_hostile_files_round_after_round_holds_no_more() -> None:
    """Memory, threads, descriptors and processes stay flat, every answer is documented, and nothing is left on disk."""
    files, documented = list(hostile_files()), documented_answers()
    looks: list[Held] = []
    with tempfile.TemporaryDirectory() as scratch:
        with (
            local_server(API, environ=ENVIRONMENT | {"TMPDIR": scratch}) as server,
            httpx.Client(base_url=server.url, timeout=PATIENCE_S) as client,
        ):
            for number in range(ROUNDS):
                answers = one_round(client, files)
                looks.append(settled(server.process.pid))
                counted = dict(Counter(answers.values()).most_common())
                print(f"round {number + 1}: {looks[-1]}, {counted}")  # noqa: T201 - minutes pass between two of them
                assert {name: answer for name, answer in answers.items() if answer not in documented} == {}
            assert server.process.poll() is None
        left = [path.name for path in Path(scratch).iterdir()]

    second, last = looks[1], looks[-1]
    assert last.pss_mb <= second.pss_mb + max(MORE_MEMORY * second.pss_mb, MORE_MEMORY_MB)
    assert last.threads <= second.threads + POOLED
    assert last.descriptors <= second.descriptors + POOLED
    assert last.children <= second.children + REPLACED
    assert left == []
