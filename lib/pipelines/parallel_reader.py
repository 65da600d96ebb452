"""The embedded reader, for several documents at a time: the first is read here, those beside it in worker processes.

In: as for any reader. Out: the same answers, wherever they were found. The interpreter runs one thread at a time, so
that documents which come together would else be read one after the other, on one processor, in the event loop's way.
A long document is read in a process, alone or not: a thread could not be ended with its request.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
from anyio import BrokenWorkerProcess
from loguru import logger

from lib.computing import kept
from lib.document import Answer, OcrDocument, Question
from lib.errors import StartupError, UnreadableDocument
from lib.layout_reader.reader import LayoutReader
from lib.pipelines.long_documents import bare, compute_apart, is_long
from lib.pipelines.reading_apart import answers_apart, load_reader_apart
from lib.pipelines.worker_process import Bounds, NoProcessFree, most_processes, run_bounded

PATIENCE_S = 5.0
"""For a process to become free: longer than a hundred documents take that came before, and shorter than the half
minute for which files may hold all processes."""

BOUNDS = Bounds(timeout_s=120, memory_mb=2048)
"""Far from what so few words take, a second."""


class ParallelReader:
    """Reads here what is short and comes alone, all else in worker processes. Where none works, it reads here."""

    def __init__(self, reader: LayoutReader, *, company: bool = True, patience_s: float = PATIENCE_S) -> None:
        """Take the reader of this process; each other one loads its own.

        Args:
            reader: Of this process.
            company: Whether documents that come together are read apart; else one after the other, here.
            patience_s: Seconds to wait for a process.
        """
        self._reader = reader
        self._company = company
        self._patience_s = patience_s
        self._under_way = 0

    @property
    def name(self) -> str:
        """The reader's."""
        return self._reader.name

    @property
    def model_version(self) -> str:
        """The reader's."""
        return self._reader.model_version

    def can_answer(self, key: str) -> bool:
        """Whether the reader looks for this field."""
        return self._reader.can_answer(key)

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """One answer for each question, in their order."""
        if is_long(document.pages):
            return await compute_apart(answers_apart, _bare(document), tuple(questions))
        self._under_way += 1
        try:
            if self._under_way > 1 and self._company:
                return await self._read_apart(document, questions)
            return await self._reader.read(document, questions)
        finally:
            self._under_way -= 1

    async def _read_apart(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        try:
            return await run_bounded(
                answers_apart,
                _bare(document),
                tuple(questions),
                bounds=BOUNDS,
                patience_s=self._patience_s,
                to_the_end=True,  # It takes a moment; a new process would take a second to start.
            )
        except NoProcessFree:
            pass
        except (BrokenWorkerProcess, UnreadableDocument):
            logger.warning("a worker process broke while it read a document; it is read in the service's own")
        return await self._reader.read(document, questions)


@asynccontextmanager
async def start_processes(count: int, document: OcrDocument, questions: Sequence[Question]) -> AsyncIterator[None]:
    """Have worker processes started and their readers loaded by the end of the block, before somebody waits for them.

    Args:
        count: How many; fewer where the machine has fewer processors.
        document: That nobody waits for.
        questions: About it.

    Raises:
        StartupError: None starts here.
    """
    outcomes: list[object] = []

    async def start() -> None:
        outcomes.append(await kept(run_bounded(load_reader_apart, document, tuple(questions), bounds=BOUNDS)))

    async with anyio.create_task_group() as group:
        for _ in range(min(count, most_processes())):
            group.start_soon(start)
        yield
    broken = next((outcome for outcome in outcomes if isinstance(outcome, Exception)), None)
    if broken:
        raise StartupError(
            "No worker process starts here, and PDFs are read in one: give the service more memory, or let it have more"
            " processes (ulimit -u). READER_PROCESSES=0 starts it without any."
        ) from broken


def _bare(document: OcrDocument) -> OcrDocument:
    """The document without what the reader does not look at."""
    return OcrDocument(bare(document.pages))
