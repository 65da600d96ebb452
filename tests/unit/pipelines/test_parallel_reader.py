"""lib/pipelines/parallel_reader.py: documents that come together are read in several processes, and answered alike."""

import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import anyio
import psutil
import pytest

from lib.document import Answer, OcrDocument, Question
from lib.layout_reader.reader import LayoutReader
from lib.pipelines.long_documents import MOST_WORDS
from lib.pipelines.parallel_reader import PATIENCE_S, ParallelReader, start_processes
from lib.pipelines.worker_process import Bounds, most_processes, run_bounded
from tests.unit.layout_reader.documents import QUESTIONS, document_of

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]

RECEIPT = document_of("Corner Shop Ltd.\n\n12/03/2024\n\nTea   4.00\nCake  8.50\n\nTotal  EUR  12.50")
BOUNDS = Bounds(timeout_s=30, memory_mb=2048)


@pytest.fixture(scope="module", autouse=True)
async def one_event_loop(anyio_backend: str) -> AsyncIterator[None]:  # noqa: ARG001 - for tests that are not async
    """Keeps the module's event loop, and so its worker processes, from test to test."""
    async with start_processes(2, RECEIPT, QUESTIONS):
        pass
    yield  # noqa: PT022 - returning would end the loop


class Held:
    """The layout reader, whose documents wait until they are let go."""

    name = LayoutReader.name
    model_version = LayoutReader.model_version

    def __init__(self) -> None:
        self.reader = LayoutReader()
        self.begun = 0
        self.let_go = anyio.Event()

    def can_answer(self, key: str) -> bool:
        """As it does."""
        return self.reader.can_answer(key)

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Later."""
        self.begun += 1
        await self.let_go.wait()
        return self.reader.answer(document, questions)


def parallel(held: Held, *, company: bool = True, patience_s: float = PATIENCE_S) -> ParallelReader:
    """The reader under test over one that waits."""
    return ParallelReader(cast("LayoutReader", held), company=company, patience_s=patience_s)


async def test_document_alone_is_read_here() -> None:
    """Nothing is packed and sent for it."""
    held = Held()
    held.let_go.set()

    await parallel(held).read(RECEIPT, QUESTIONS)

    assert held.begun == 1


async def test_document_in_company_is_read_apart_with_the_same_answers() -> None:
    """It does not wait for the one that is read here."""
    held = Held()
    reader = parallel(held)
    async with anyio.create_task_group() as group:
        group.start_soon(reader.read, RECEIPT, QUESTIONS)
        await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(30):
            answers = await reader.read(RECEIPT, QUESTIONS)
        held.let_go.set()

    assert held.begun == 1
    assert answers == LayoutReader().answer(RECEIPT, QUESTIONS)


async def test_long_document_is_read_apart_even_alone() -> None:
    """A thread could not be ended with its request."""
    long = document_of(*["word " * 500 + "\n"] * (MOST_WORDS // 500 + 1), "Total EUR 12.50")
    held = Held()

    answers = await parallel(held).read(long, QUESTIONS)

    assert held.begun == 0
    assert answers == LayoutReader().answer(long, QUESTIONS)


async def test_documents_are_read_one_after_the_other_where_that_is_set() -> None:
    """READER_PROCESSES=0."""
    held = Held()
    held.let_go.set()
    reader = parallel(held, company=False)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(reader.read, RECEIPT, QUESTIONS)

    assert held.begun == 3


async def test_document_that_finds_every_process_busy_is_read_here() -> None:
    """Files may hold all processes for half a minute, and reading takes a moment."""
    held = Held()
    reader = parallel(held, patience_s=0.5)
    async with anyio.create_task_group() as group:
        for _ in range(most_processes()):
            group.start_soon(partial(run_bounded, time.sleep, 3, bounds=BOUNDS))
        await anyio.sleep(0.5)
        for _ in range(2):
            group.start_soon(reader.read, RECEIPT, QUESTIONS)
        with anyio.fail_after(2):
            while held.begun < 2:  # noqa: ASYNC110 - it sets no event of ours
                await anyio.sleep(0.01)
        held.let_go.set()

    assert held.begun == 2


async def test_document_that_nobody_waits_for_any_more_ends_no_process() -> None:
    """A new one would take a second to start, for each client that leaves."""
    held = Held()
    reader = parallel(held)
    before = await run_bounded(os.getpid, bounds=BOUNDS)
    async with anyio.create_task_group() as group:
        group.start_soon(reader.read, RECEIPT, QUESTIONS)
        await anyio.wait_all_tasks_blocked()
        with anyio.move_on_after(0.001):
            await reader.read(RECEIPT, QUESTIONS)
        held.let_go.set()

    assert await run_bounded(os.getpid, bounds=BOUNDS) == before


async def test_processes_that_end_cost_no_answer() -> None:
    """The kernel may end them for their memory."""
    reader = ParallelReader(LayoutReader())
    found: list[tuple[Answer, ...]] = []

    async def read() -> None:
        found.append(await reader.read(RECEIPT, QUESTIONS))

    for process_id in processes():
        os.kill(process_id, signal.SIGKILL)
    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(read)

    assert found == [LayoutReader().answer(RECEIPT, QUESTIONS)] * 4


PROGRAM = """
import sys, anyio
from lib.layout_reader.reader import LayoutReader
from lib.pipelines.parallel_reader import ParallelReader, start_processes
from tests.unit.layout_reader.documents import QUESTIONS, document_of

sys.executable = "/bin/false"
receipt = document_of("Shop Ltd.", "Total EUR 12.50")

async def start():
    async with start_processes(2, receipt, QUESTIONS):
        pass

async def read():
    reader = ParallelReader(LayoutReader())
    async def one():
        found.append(await reader.read(receipt, QUESTIONS))
    found = []
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(one)
    print(len(found), "answered")

anyio.run({verb})
"""


async def test_documents_are_read_here_where_no_process_can_be_started() -> None:
    """Nothing is lost but time. Tried elsewhere, as it leaves things open."""
    ended = await anyio.run_process([sys.executable, "-c", PROGRAM.replace("{verb}", "read")], cwd=ROOT)

    assert ended.stdout.strip() == b"3 answered"


async def test_start_without_processes_names_the_remedy() -> None:
    """PDFs could not be read either."""
    ended = await anyio.run_process([sys.executable, "-c", PROGRAM.replace("{verb}", "start")], cwd=ROOT, check=False)

    assert b"StartupError: No worker process starts here" in ended.stderr
    assert b"READER_PROCESSES=0" in ended.stderr


async def test_start_processes_leaves_them_ready() -> None:
    """No fewer than asked for, where the machine has as many processors."""
    async with start_processes(2, RECEIPT, QUESTIONS):
        pass

    assert len(processes()) >= min(2, most_processes())


def processes() -> set[int]:
    """The ids of the worker processes, and of no server that other tests have started."""
    everybody = [process.info for process in psutil.process_iter(["pid", "ppid", "cmdline"])]
    ours = [info for info in everybody if info["ppid"] == os.getpid()]
    return {info["pid"] for info in ours if "anyio.to_process" in (info["cmdline"] or ())}
