"""What the fork does to a server that does not expect it, and that the server expects it.

Each trap is tried twice over the stand-in: without what keeps out of it, which ends the engine, and with it.
"""

import asyncio
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import pytest
from loguru import logger

from apps.tilt_api import vllm_engine
from apps.tilt_api.engine import EXIT_ENGINE_DIED, EXIT_NO_ENGINE, CannotServe
from apps.tilt_api.fork_repairs import repair
from apps.tilt_api.step_images import Load, StepImages
from lib.settings import Settings
from tests.fake_fork import vllm
from tests.fake_fork.vllm.tilt import scheduler
from tests.fake_fork.vllm.worker import tilt_model_runner
from tests.tilt_server import RunningServer, running_server
from tests.unit.tilt_api.conftest import Json, MakeRequest

GENERATE = "/v1/tilt/generate"
LONG = 8_000
"""Tokens of a document that does not fit into one step, in words of one token each."""

Ask: Any = Callable[[RunningServer, MakeRequest], Awaitable[int]]


@pytest.fixture(autouse=True)
def fork() -> Iterator[None]:
    """The fork as it comes, without the repairs of tests before; and mended, as it is used, for those after."""
    _as_it_comes()
    yield
    _as_it_comes()


def _as_it_comes() -> tuple[ModuleType, ModuleType]:
    return importlib.reload(scheduler), importlib.reload(tilt_model_runner)


@pytest.fixture
def unrepaired(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server without its repairs of the fork."""
    monkeypatch.setattr(vllm_engine, "repair", lambda _: None)


@pytest.fixture
def unbounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server without its bound on the images of a step."""

    @asynccontextmanager
    async def at_once(_: StepImages, __: Load) -> AsyncIterator[None]:
        yield

    monkeypatch.setattr(StepImages, "place", at_once)


async def leave(server: RunningServer, ask: MakeRequest) -> int:
    """A client gives up in the middle of its answer; the status that the next one gets."""
    leaving = asyncio.create_task(server.client.post(GENERATE, json=ask("<slow>", "5.00")))
    await asyncio.sleep(0.1)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    return (await server.client.post(GENERATE, json=ask("Shop", "5.00"))).status_code


async def send_long(server: RunningServer, ask: MakeRequest) -> int:
    """The status of a document that takes several steps."""
    question = [{"key": "total", "text": "What is the total?"}]
    return (await server.client.post(GENERATE, json=ask(*["5.00"] * LONG, questions=question))).status_code


async def send_sparse_pages(server: RunningServer, ask: MakeRequest) -> int:
    """The status of eight pages of few words and eight questions, which are all read in one step."""
    return (await server.client.post(GENERATE, json=sparse(ask, pages=8))).status_code


def sparse(ask: MakeRequest, *, pages: int, questions: int = 8) -> Json:
    """Pages of two words each."""
    asked = [{"key": f"q{number}", "text": "What is the total?"} for number in range(questions)]
    request = ask("Shop", "5.00", questions=asked)
    return request | {"pages": request["pages"] * pages}


@pytest.mark.anyio
async def test_start_without_the_snapshot_of_log_probabilities_fails(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An output that is read late has more log probabilities than tokens; the warm-up reads late."""
    monkeypatch.setattr(vllm_engine, "_candidates", lambda only: only.logprobs)

    with pytest.raises(CannotServe, match="first questions") as caught:
        async with running_server(settings):
            pass

    assert caught.value.exit_code == EXIT_NO_ENGINE


@pytest.mark.anyio
@pytest.mark.usefixtures("unrepaired")
@pytest.mark.parametrize("trap", [leave, send_long])
async def test_trap_without_its_repair_ends_the_engine(server: RunningServer, ask: MakeRequest, trap: Ask) -> None:
    """The stand-in is as unkind as the fork."""
    status = await trap(server, ask)

    assert status == 503
    assert server.lifecycle.exit_code == EXIT_ENGINE_DIED


@pytest.mark.anyio
@pytest.mark.usefixtures("unbounded")
async def test_images_without_a_bound_end_the_engine(server: RunningServer, ask: MakeRequest) -> None:
    """64 images in one step are more than memory is reserved for."""
    status = await send_sparse_pages(server, ask)

    assert status == 503
    assert server.lifecycle.exit_code == EXIT_ENGINE_DIED


@pytest.mark.anyio
@pytest.mark.parametrize("trap", [leave, send_long, send_sparse_pages])
async def test_trap_is_survived(server: RunningServer, ask: MakeRequest, trap: Ask) -> None:
    """The document is answered, and the engine lives on."""
    status = await trap(server, ask)

    assert status == 200
    assert server.lifecycle.exit_code == 0
    assert server.llm.runner.most_rows <= 16 * 2048


@pytest.mark.anyio
async def test_step_images_are_used_as_far_as_they_go(server: RunningServer, ask: MakeRequest) -> None:
    """Eight pages of A4 for three questions at a time: the bound is no tighter than the memory."""
    await send_sparse_pages(server, ask)

    assert server.llm.runner.most_images == 24


@pytest.mark.anyio
async def test_document_with_more_images_than_a_step_holds_is_refused(server: RunningServer, ask: MakeRequest) -> None:
    """Alone it would end the engine; it is refused before, and the message says what to do."""
    response = await server.client.post(GENERATE, json=sparse(ask, pages=31, questions=1))

    assert (response.status_code, response.json()["type"]) == (413, "document_refused")
    assert "31 page images" in response.json()["message"]
    assert "send fewer pages" in response.json()["message"]
    assert server.llm.most_at_once <= 2


@pytest.mark.anyio
async def test_empty_pages_bring_no_image(server: RunningServer, ask: MakeRequest) -> None:
    """The backs of sheets cost nothing."""
    request = ask("Shop", "5.00")
    empty = {"ocr": {"width": 1000, "height": 1400, "words": []}}

    response = await server.client.post(GENERATE, json=request | {"pages": [*request["pages"], *[empty] * 60]})

    assert response.status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize(("tokens", "status"), [(255, 200), (256, 400)])
async def test_question_may_have_255_tokens(server: RunningServer, ask: MakeRequest, tokens: int, status: int) -> None:
    """The separator is one of them."""
    question = " ".join(["word"] * (tokens - 1))[:1000]
    short = " ".join(["a"] * (tokens - 1))
    text = question if len(question.split()) == tokens - 1 else short

    response = await server.client.post(GENERATE, json=ask("Shop", questions=[{"key": "a", "text": text}]))

    assert response.status_code == status


def test_repair_is_told_once_and_a_mended_fork_is_left_alone() -> None:
    """One log line for each; the second call finds nothing to mend."""
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}")
    try:
        repair(vllm.__name__)
        first = len(lines)
        mended = scheduler.Scheduler.abort_seq_group, vars(tilt_model_runner)["SamplerOutput"]
        repair(vllm.__name__)
    finally:
        logger.remove(sink)

    assert first == len(lines) == 2
    assert all("repaired the vLLM fork" in line for line in lines)
    assert (scheduler.Scheduler.abort_seq_group, vars(tilt_model_runner)["SamplerOutput"]) == mended


def test_repaired_names_do_what_they_did() -> None:
    """Aborting forgets the requests, and an output with tokens is the fork's own."""
    repair(vllm.__name__)
    waiting = scheduler.Scheduler(max_num_seqs=1, max_num_batched_encoder_tokens=1, max_chunks_in_batch=1)
    waiting.add(scheduler.Request("a", {}, None, []))
    abort: Any = waiting.abort_seq_group
    abort({"a"}, seq_id_to_seq_group={})
    output: Any = vars(tilt_model_runner)["SamplerOutput"]

    assert waiting.requests == []
    assert (output().outputs, output(outputs=[1]).outputs, output([2]).outputs) == (None, [1], [2])
