"""What takes long in this process: probes are answered beside it, and a deadline that passes meanwhile is kept."""

import threading
import time
from collections.abc import Sequence

import anyio
import httpx
import pytest

from lib.computing import THREADS, compute
from lib.document import Answer, OcrDocument, Question
from tests.corpus.pdf_contents import dense_pages
from tests.integration.conftest import BlankOcr, service
from tests.integration.test_operation import post_pdf, warm_up

pytestmark = pytest.mark.anyio

PROBE_LIMIT_S = 0.5
"""Half of what orchestrators give a probe; docs/sla.md states it."""


class SlowReader:
    """A reader whose thread works for a while on any document that was uploaded, and cannot be stopped."""

    name = "layout"
    model_version = "layout-0"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.finished = 0

    def can_answer(self, key: str) -> bool:
        """Anything."""
        return bool(key)

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """No answers, later; at once to the document that warms the service up."""
        if len(document.pages[0].words) > 2:
            await compute(self._work)
        return tuple(Answer(question.key, None, 1.0, reason="not_found") for question in questions)

    def _work(self) -> None:
        time.sleep(self._seconds)
        self.finished += 1


async def post_dense(client: httpx.AsyncClient, answers: list[httpx.Response]) -> None:
    """Post 20 pages of small print."""
    answers.append(await client.post("/v1/extract", files={"file": ("dense.pdf", dense_pages(20))}))


async def slowest_probe_beside_dense_pages(client: httpx.AsyncClient) -> float:
    """Seconds of the slowest of many probes, sent while 20 pages are read."""
    answers: list[httpx.Response] = []
    slowest = 0.0
    async with anyio.create_task_group() as group:
        group.start_soon(post_dense, client, answers)
        while not answers:
            start = time.perf_counter()
            assert (await client.get("/livez")).is_success
            slowest = max(slowest, time.perf_counter() - start)
            await anyio.sleep(0.01)
    assert answers[0].status_code == 200
    assert answers[0].json()["meta"]["pages"] == 20
    return slowest


@pytest.mark.slow
async def test_probes_are_answered_while_dense_pages_are_read() -> None:
    """14,000 words take the reader seconds; the event loop goes first. A busy machine gets three attempts."""
    async with service(ocr=BlankOcr()) as client:
        for _ in range(3):
            slowest = await slowest_probe_beside_dense_pages(client)
            if slowest < PROBE_LIMIT_S:
                break

    assert slowest < PROBE_LIMIT_S


@pytest.mark.slow
async def test_deadline_that_passes_while_a_thread_reads_is_answered_in_time() -> None:
    """The thread cannot be stopped, its client need not wait for it, and it is not forgotten."""
    await warm_up()
    reader = SlowReader(seconds=6)
    async with service({"REQUEST_TIMEOUT_S": "2"}, ocr=BlankOcr(), reader=reader) as client:
        start = time.monotonic()
        late = await post_pdf(client)
        seconds = time.monotonic() - start
        finished_before = reader.finished
        with anyio.fail_after(30):
            while not reader.finished:  # noqa: ASYNC110 - what a thread does sets no event of ours
                await anyio.sleep(0.01)

    assert (late.status_code, late.json()["code"]) == (504, "deadline_exceeded")
    assert seconds < 5
    assert finished_before == 0


async def test_liveness_fails_while_nothing_that_waits_is_done() -> None:
    """Threads are stuck for longer than a request may take: an orchestrator must know that only a restart helps."""
    let_go = threading.Event()
    async with service({"REQUEST_TIMEOUT_S": "0.5"}, ocr=BlankOcr()) as client, anyio.create_task_group() as group:
        before = await client.get("/livez")
        for _ in range(THREADS):
            group.start_soon(compute, let_go.wait, 60)
        await anyio.wait_all_tasks_blocked()
        with anyio.move_on_after(0.2):
            await compute(int)
        await _until_liveness(client, 503)
        beside, ready = await client.get("/v1/health"), await client.get("/readyz")
        let_go.set()
        await _until_liveness(client, 200)

    assert (before.status_code, beside.status_code) == (200, 200)
    assert (ready.status_code, ready.json()["reasons"]) == (503, ["stuck"])


async def _until_liveness(client: httpx.AsyncClient, status: int) -> None:
    with anyio.fail_after(20):
        while (await client.get("/livez")).status_code != status:  # noqa: ASYNC110 - a probe is no event
            await anyio.sleep(0.05)
