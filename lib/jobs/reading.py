"""What a worker process does: one file after another, with engines that were loaded once.

In: files from RQ. Out: their outcomes, in the store. Runs an RQ SimpleWorker in the main thread, the pipeline's event
loop in a second one, and signs of life in a third.
"""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal
from loguru import logger
from rq import SimpleWorker
from rq.exceptions import InvalidJobOperation
from rq.job import Job
from rq.serializers import JSONSerializer

from lib.document import Extraction, Inquiry
from lib.errors import DeadlineExceeded, ExtractionError
from lib.jobs.connection import connect_patiently
from lib.jobs.dispatch import READ_FILE, Dispatch
from lib.jobs.heartbeat import Heartbeat
from lib.jobs.records import INTERNAL_ERROR, Failure, FileId, JobOptions, Outcome
from lib.jobs.results import encode
from lib.jobs.store import JobStore
from lib.jobs.uploads import Uploads
from lib.pipelines.extract import Extractor
from lib.pipelines.wiring import running_pipeline
from lib.settings import JobsSettings, Settings
from lib.telemetry import RequestContext, class_and_place, request_context

RQ_WORKER_TTL_S = 20
"""RQ's own sign of life; its worker looks up from waiting 15 s before that."""

RQ_MAINTENANCE_S = 60

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

    def read(self, file: FileId) -> None:
        """Read a file, unless it is settled or another worker is at it."""
        if not self._store.begin(file, self._name):
            return
        with self._holding(file) as held:
            outcome = self._outcome(held)
            if outcome is None:
                logger.info("{}: cancelled while it was read", file)
                return
            self._settle(file, outcome)
            _report(held, outcome)

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
        options = self._store.options_of(held.file.job_id)
        if options is None:
            return None
        content = self._uploads.get(held.file)
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
        if isinstance(outcome, Failure):
            self._store.fail(file, outcome)
        else:
            found = self._store.options_of(file.job_id)
            with_text = found is not None and "ocr" in found[0].include
            self._store.finish(file, encode(outcome, with_text=with_text), pages=len(outcome.document.pages))
        self._uploads.delete(file)


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


_reader: ContextVar[FileReader] = ContextVar("file_reader")


def read_file(file: str) -> None:
    """What RQ calls, by its name, in a worker process."""
    _reader.get().read(FileId.parse(file))


class FileJob(Job):
    """An RQ job that reads a file and can do nothing else.

    RQ calls whatever function an entry names: whoever can write to Redis could have any code run here.
    """

    @property
    def func(self) -> Callable[[str], None]:
        """`read_file`.

        Raises:
            InvalidJobOperation: The entry names another function.
        """
        if self.func_name != READ_FILE:
            raise InvalidJobOperation("this queue holds files to be read, and nothing else")
        return read_file

    @property
    def success_callback(self) -> None:
        """None, whatever the entry names."""

    @property
    def failure_callback(self) -> None:
        """None, whatever the entry names."""

    @property
    def stopped_callback(self) -> None:
        """None, whatever the entry names."""


def work(settings: Settings, name: str) -> None:
    """Be a worker until SIGTERM: the file in hand is finished first.

    Args:
        settings: All of them; of the OCR engines one is loaded, as one file is read at a time.
        name: Unique over all machines.

    Raises:
        StartupError: An engine cannot be loaded.
        RedisError: Redis stayed away for longer than a worker waits.
    """
    for noisy in ("rq.worker", "rq.job", "rq.registry", "rq.scheduler"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    one_engine = settings.model_copy(update={"ocr": settings.ocr.model_copy(update={"concurrency": 1})})
    redis = connect_patiently(settings.jobs.redis_url)
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
        _reader.set(reader)
        worker = SimpleWorker(
            Dispatch(redis, settings=settings.jobs).queues,
            name=name,
            connection=redis,
            job_class=FileJob,
            serializer=JSONSerializer,
            worker_ttl=RQ_WORKER_TTL_S,
            maintenance_interval=RQ_MAINTENANCE_S,
            log_job_description=False,
        )
        with Heartbeat(reader.sign_of_life):
            logger.info("worker {} is ready", name)
            worker.work(logging_level="WARNING")
