"""What a worker process does: one file after another, with engines that were loaded once.

In: files from the store. Out: their outcomes, in the store. Files are taken in the main thread, the pipeline's event
loop runs in a second one, and signs of life are given in a third.

A thread cannot be ended. What a file began may go on after its time is over or nobody wants it any more, and would take
the time of the next file, which may be another client's. Such a process ends, and its parent starts another one.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal
from loguru import logger

from lib.document import Inquiry
from lib.errors import DeadlineExceeded, ExtractionError
from lib.extraction import Extraction
from lib.jobs.connection import connect_patiently, insist
from lib.jobs.heartbeat import Heartbeat
from lib.jobs.quiet import comes_to_rest
from lib.jobs.records import INTERNAL_ERROR, Failure, FileId, JobOptions, Outcome
from lib.jobs.results import encode
from lib.jobs.store import JobStore
from lib.jobs.uploads import Uploads
from lib.pipelines.extract import Extractor
from lib.pipelines.wiring import running_pipeline
from lib.settings import JobsSettings, Settings
from lib.telemetry import RequestContext, class_and_place, request_context

WAIT_S = 1
"""For a file to come, before the queues are looked at in any case."""

RETRY_WAIT_S = 2.0
"""Before the second attempt at a file; doubles with each."""


@dataclass(slots=True)
class InHand:
    """The file that is being read, and how far.

    Attributes:
        done: Pages read.
        total: Pages in all; 0 until the file was opened.
        begun: `time.monotonic()` seconds; None until then, as Redis may let wait for it.
        ended: The same, once it is read; settling it is not counted as reading.
        reading: To cancel it by.
    """

    file: FileId
    done: int = 0
    total: int = 0
    begun: float | None = None
    ended: float | None = None
    reading: "Future[Outcome] | None" = None

    @property
    def busy_s(self) -> float:
        """Seconds that were spent on reading."""
        return 0.0 if self.begun is None else (self.ended or time.monotonic()) - self.begun

    def opened(self, pages: int) -> None:
        """The file has so many pages. A second attempt counts anew; the store keeps what was further."""
        self.done, self.total = 0, pages

    def page_read(self) -> None:
        """One more page has been read."""
        self.done += 1


class FileReader:
    """Reads files and settles them."""

    def __init__(
        self,
        name: str,
        *,
        store: JobStore,
        uploads: Uploads,
        settings: JobsSettings,
        extractor: Extractor,
        portal: BlockingPortal,
    ) -> None:
        """Take the parts.

        Args:
            name: Of this worker, unique over all machines.
            store: Who else reads what.
            uploads: Where the files are.
            settings: How long a file may take, and how often it is tried.
            extractor: Reads; runs in the portal's event loop.
            portal: That loop.
        """
        self._name = name
        self._store = store
        self._uploads = uploads
        self._settings = settings
        self._extractor = extractor
        self._portal = portal
        self.in_hand: InHand | None = None

    def read_until(self, asked: threading.Event) -> None:
        """Read what is to be read next, again and again, until asked to end.

        Raises:
            StillBusy: This process must read nothing more.
            RedisError: Redis stayed away, or refused.
        """
        queues = self._settings.queues
        while not asked.is_set():
            file = insist(partial(self._store.take, self._name, queues=queues))
            if file is None:
                insist(partial(self._store.wait, queues, seconds=WAIT_S))
            elif not self.read(file):
                raise StillBusy(str(file))

    def read(self, file: FileId) -> bool:
        """Read a file that this worker has claimed, and settle it.

        Returns:
            Whether this process may read another one; False where something of this one may go on in it.
        """
        with self._holding(file) as held:
            outcome = self._outcome(held)
            overran = isinstance(outcome, Failure) and outcome.code == DeadlineExceeded.code
            if outcome is not None:
                self._settle(file, outcome)
                _report(held, outcome)
        if outcome is None:
            logger.info("{}: not wanted any more", file)
            return comes_to_rest()
        return not overran

    def sign_of_life(self) -> None:
        """Say what this worker does; stop reading what nobody wants any more."""
        held = self.in_hand
        if held is None:
            self._store.beat(self._name, file=None, busy_s=0)
            return
        pages = (held.done, held.total)
        wanted = self._store.beat(self._name, file=held.file, busy_s=held.busy_s, pages=pages)
        if not wanted and held.reading:
            held.reading.cancel()

    @contextmanager
    def _holding(self, file: FileId) -> Iterator[InHand]:
        self.in_hand = held = InHand(file)
        try:
            yield held
        finally:
            self.in_hand = None

    def _outcome(self, held: InHand) -> Outcome | None:
        """What came of the file; None where it was cancelled."""
        options = insist(partial(self._store.options_of, held.file.job_id))
        if options is None:
            return Failure(INTERNAL_ERROR, "The job of this file is gone.")
        content = insist(partial(self._uploads.get, held.file))
        if content is None:
            logger.error(
                "{}: the upload is not where it was put; do API and workers share JOB_UPLOAD_DIR and their user?",
                held.file,
            )
            return Failure(INTERNAL_ERROR, "The file is not where the service put it. Send it again.")
        held.begun = time.monotonic()
        held.reading = self._portal.start_task_soon(self._read, content, options, held)
        try:
            return held.reading.result()
        except CancelledError:
            return None
        finally:
            held.ended = time.monotonic()

    async def _read(self, content: bytes, options: tuple[JobOptions, str], held: InHand) -> Outcome:
        asked, request_id = options
        context = RequestContext(request_id, deadline=time.monotonic() + self._settings.timeout_s)
        with request_context(context):
            try:
                return await self._tried(content, asked.inquiry, held, context)
            except DeadlineExceeded as exc:
                seconds = self._settings.timeout_s
                return Failure(exc.code, f"The file took longer than {seconds:g} seconds (JOB_TIMEOUT_S).")
            except ExtractionError as exc:
                return Failure(exc.code, str(exc))
            except Exception as exc:  # noqa: BLE001 - whatever one file does, the worker goes on to the next
                return _defect(exc)

    async def _tried(self, content: bytes, inquiry: Inquiry, held: InHand, context: RequestContext) -> Extraction:
        """The extraction, tried again while the TILT server may come back."""
        for attempt in range(self._settings.retries):
            try:
                return await self._extractor.extract(content, inquiry=inquiry, progress=held)
            except ExtractionError as exc:
                if not exc.retryable or isinstance(exc, DeadlineExceeded):
                    raise
                wait_s = max(exc.retry_after_s or 0, RETRY_WAIT_S * 2**attempt)
                if wait_s >= context.remaining_s:
                    raise
                await anyio.sleep(wait_s)
        return await self._extractor.extract(content, inquiry=inquiry, progress=held)

    def _settle(self, file: FileId, outcome: Outcome) -> None:
        """Keep the outcome, then forget the upload: in this order, as the worker may die in between."""
        if isinstance(outcome, Failure) and outcome.code == DeadlineExceeded.code:
            if insist(partial(self._store.overrun, file, outcome, worker=self._name)) != "failed":
                return  # It is to be read again, by order of this worker or of whoever took the file from it.
        elif isinstance(outcome, Failure):
            insist(partial(self._store.fail, file, outcome))
        else:
            found = self._store.options_of(file.job_id)
            with_text = found is not None and "ocr" in found[0].include
            encoded = encode(outcome, with_text=with_text)
            insist(partial(self._store.finish, file, encoded, pages=len(outcome.document.pages)))
        insist(partial(self._uploads.delete, file))


def _defect(exc: Exception) -> Failure:
    """A defect of ours: logged by class and place; its message may quote the document."""
    logger.error("{}", class_and_place(exc))
    return Failure(INTERNAL_ERROR, "The service failed on this file; its log has the place under the request id.")


def _report(held: InHand, outcome: Outcome) -> None:
    """One line for each file: how it ended and how long it took, nothing of what it says."""
    code = outcome.code if isinstance(outcome, Failure) else "ok"
    facts: dict[str, object] = {"code": code}
    if isinstance(outcome, Extraction):
        facts |= {"source": outcome.source, "pages": len(outcome.document.pages), "degraded": outcome.degraded}
    logger.bind(facts=facts).info("{} {:.0f} ms", held.file, held.busy_s * 1000)


class StillBusy(Exception):
    """Something that the last file began goes on in this process, and nothing but its end will end it."""


def work(settings: Settings, name: str, *, leave: Callable[[BaseException], NoReturn]) -> None:
    """Be a worker until SIGTERM: the file in hand is finished first.

    Args:
        settings: All of them; of the OCR engines one is loaded, as one file is read at a time.
        name: Unique over all machines.
        leave: Ends the process at once, whatever its threads do, where it cannot go on: after `StillBusy`, where Redis
            stayed away or refused for longer than a worker waits, and after anything unexpected in any thread.

    Raises:
        StartupError: An engine cannot be loaded.
    """
    one_engine = settings.model_copy(update={"ocr": settings.ocr.model_copy(update={"concurrency": 1})})
    redis = connect_patiently(settings.jobs.redis_url)
    asked = _asked_to_end()
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(running_pipeline(one_engine)) as pipeline,
    ):
        reader = FileReader(
            name,
            store=JobStore(redis),
            uploads=Uploads(redis, settings=settings.jobs),
            settings=settings.jobs,
            extractor=pipeline.extractor,
            portal=portal,
        )
        with Heartbeat(reader.sign_of_life, leave=leave):
            logger.info("worker {} is ready", name)
            try:
                reader.read_until(asked)
            except BaseException as exc:  # noqa: BLE001 - leaving these blocks would wait for threads
                leave(exc)


def _asked_to_end() -> threading.Event:
    """Set by SIGTERM or SIGINT, from now on."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    return asked
