"""What an operator sees: log lines, the request they belong to, and metrics.

In: settings. Out: configured logging, `RequestContext`, `Metrics`. In lib, the only importer of prometheus_client.
Nothing here, and no caller of it, may log what a document says: names of fields yes, their values never.
"""

import errno
import json
import logging
import re
import sys
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC
from types import TracebackType
from typing import TYPE_CHECKING, Any

from loguru import logger
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)

from lib.settings import LogSettings

if TYPE_CHECKING:
    from loguru import Message, Record

STAGE_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

TEXT_FORMAT = "{time:YYYY-MM-DD HH:mm:ss.SSS} {level: <7} {extra[request_id]} {message}{extra[shown]}\n{exception}"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Which request a piece of work belongs to.

    Attributes:
        request_id: As echoed in X-Request-ID.
        deadline: `time.monotonic()` seconds at which the request ends.
        timings_ms: Milliseconds by stage, over all documents of the request, failed ones included.
    """

    request_id: str = "-"
    deadline: float = float("inf")
    timings_ms: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def remaining_s(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.deadline - time.monotonic())


REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What is taken over from a client: safe in logs, headers and file names."""


def accepted_request_id(offered: str | None) -> str:
    """The client's id where it is harmless, else one of ours."""
    return offered if offered and REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex


_current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def current_request() -> RequestContext:
    """The request this task works for; outside one, an anonymous one without a deadline."""
    return _current.get() or RequestContext()


@contextmanager
def request_context(context: RequestContext) -> Iterator[RequestContext]:
    """Make `context` the current one for a block; tasks and threads started in it inherit it."""
    token = _current.set(context)
    try:
        with logger.contextualize(request_id=context.request_id):
            yield context
    finally:
        _current.reset(token)


class _ToLoguru(logging.Handler):
    """Sends the standard library's log records (uvicorn's above all) the way of ours.

    Of an exception only class and place: libraries do not know that its message may quote a document.
    """

    def emit(self, record: logging.LogRecord) -> None:
        exc = record.exc_info[1] if record.exc_info else None
        line = logger.opt(depth=6).bind(facts=_failure(exc, exc.__traceback__) if exc else {})
        line.log(record.levelname, record.getMessage())


def _failure(exc: BaseException, frames: TracebackType | None) -> dict[str, object]:
    return {"exception": _class_of(exc), "at": _places(frames)}


def _places(frames: TracebackType | None) -> list[str]:
    """The functions that an exception passed through, innermost first."""
    return [f"{frame.name}:{frame.lineno}" for frame in reversed(traceback.extract_tb(frames))]


def _class_of(exc: BaseException) -> str:
    """An exception's class, with the system's own word where it has one: a full disk is `OSError ENOSPC`."""
    word = errno.errorcode.get(exc.errno or 0) if isinstance(exc, OSError) else None
    return f"{type(exc).__name__} {word}" if word else type(exc).__name__


def class_and_place(exc: BaseException) -> str:
    """A defect in words that may be logged: its message may quote the document."""
    return f"unexpected {_class_of(exc)} at {' < '.join(_places(exc.__traceback__))}"


def _write(line: str) -> None:
    """Write to what stderr is now, which a test or a service manager may have replaced since the start."""
    sys.stderr.write(line)


def _as_text(record: "Record") -> str:
    """The format of a line for people: the facts follow the message as `name=value`."""
    facts: dict[str, object] = record["extra"]["facts"]
    record["extra"]["shown"] = "".join(f" {name}={_shown(value)}" for name, value in facts.items())
    return TEXT_FORMAT


def _shown(value: object) -> str:
    return (",".join(value) or "-") if isinstance(value, list) else str(value)


def _write_json(message: "Message") -> None:
    """One JSON object: time, level, logger, message, request_id, then whatever is bound, facts unpacked."""
    record = message.record
    bound = dict(record["extra"])
    facts: dict[str, object] = bound.pop("facts")
    line: dict[str, Any] = {
        "time": record["time"].astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record["level"].name,
        "logger": record["name"],
        "message": record["message"],
        **bound,
        **facts,
    }
    if (exception := record["exception"]) is not None and exception.value is not None:
        line |= _failure(exception.value, exception.traceback)
    _write(json.dumps(line, default=str) + "\n")


def configure_logging(settings: LogSettings) -> None:
    """Send every log line of the process to stderr in one format."""
    logger.remove()
    logger.configure(extra={"request_id": "-", "facts": {}})
    if settings.format == "json":
        logger.add(_write_json, level=settings.level, backtrace=False, diagnose=False)
    else:
        logger.add(_write, level=settings.level, format=_as_text, backtrace=False, diagnose=False)
    # Libraries' DEBUG lines quote what they read: Pillow's have all of a photo's EXIF data.
    logging.basicConfig(handlers=[_ToLoguru()], level=max(logging.INFO, getattr(logging, settings.level)), force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # It would say each request again.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # Its warnings quote bytes of a form.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = name != "uvicorn.access"


@dataclass(slots=True)
class StageClock:
    """Measures the stages of one document; the request that it belongs to keeps the sums as well.

    Attributes:
        timings_ms: Milliseconds by stage, summed where a stage runs more than once.
    """

    timings_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to `name`, also when it fails."""
        start = time.perf_counter()
        try:
            yield
        finally:
            milliseconds = (time.perf_counter() - start) * 1000
            for timings_ms in (self.timings_ms, current_request().timings_ms):
                timings_ms[name] = timings_ms.get(name, 0.0) + milliseconds


class Metrics:
    """The Prometheus metrics of one process, on a registry of their own. No label has unbounded values."""

    def __init__(self) -> None:
        """Create every metric at zero."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._add_requests()
        self._add_documents()
        self._add_state()
        self._add_tilt()
        self._add_jobs()

    def _add_requests(self) -> None:
        self.requests = self._counter(
            "requests", "Requests by route, status and error code.", "route", "status", "code"
        )
        self.request_seconds = self._histogram("request_seconds", "Seconds until a request was answered.", "route")
        self.running = self._gauge("requests_running", "Extractions under way.")

    def _add_documents(self) -> None:
        self.documents = self._counter("documents", "Documents by outcome: ok, or the error's code.", "code")
        self.pages = self._counter("pages", "Pages read, by source.", "source")
        self.stage_seconds = self._histogram("stage_seconds", "Seconds by stage of an extracted document.", "stage")
        self.degraded_answers = self._counter("degraded_answers", "Documents that a fallback answered.")
        self.reviews_needed = self._counter("reviews_needed", "Documents that somebody should look at.")
        self.cache_hits = self._counter("cache_hits", "Documents answered from the cache.")
        self.last_success = self._gauge(
            "last_success_timestamp_seconds", "Unix time of the last extracted document; 0: none yet."
        )
        self.ocr_busy = self._gauge("ocr_engines_busy", "OCR engines at work.")
        self.ocr_waiting = self._gauge("ocr_pages_waiting", "Pages waiting for an OCR engine.")
        self.ocr_documents = self._gauge("ocr_documents", "Documents being recognized or waiting for it.")

    def _add_state(self) -> None:
        self.ready = self._gauge("ready", "1 while /readyz says 200.")
        self.degraded = self._gauge("degraded", "1 while a configured part does not work.")
        self.build = Info("ocrlty_build", "What answers: versions and reader.", registry=self.registry)

    def _add_tilt(self) -> None:
        self.tilt_in_flight = self._gauge("tilt_documents_in_flight", "Documents at the TILT server.")
        self.tilt_retries = self._counter("tilt_retries", "Repeated requests to the TILT server.")
        self.tilt_breaker = self._gauge("tilt_breaker", "Breaker of the TILT server: 0 closed, 1 half open, 2 open.")

    def _add_jobs(self) -> None:
        self.jobs_reachable = self._gauge("jobs_reachable", "1 while the queue answers, NaN where there is none.")
        self.jobs_reachable.set(float("nan"))
        self.jobs_waiting = self._gauge("jobs_files_waiting", "Files that no worker reads yet, by queue.", "queue")
        self.jobs_running = self._gauge("jobs_files_running", "Files being read by workers.")
        self.jobs_oldest = self._gauge("jobs_oldest_seconds", "Seconds that the longest waiting file has waited.")
        self.jobs_workers = self._gauge("jobs_workers", "Worker processes that are alive, over all machines.")
        self.jobs_stuck = self._gauge("jobs_workers_stuck", "Workers at one file for longer than any may take.")
        self.jobs_events = self._gauge(
            "jobs_events",
            "Since Redis was new: files finished, failed, cancelled, put_back; callback_delivered, callback_failed.",
            "event",
        )

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"ocrlty_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"ocrlty_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, label: str) -> Histogram:
        return Histogram(f"ocrlty_{name}", meaning, [label], buckets=STAGE_BUCKETS_S, registry=self.registry)

    def observe_stages(self, timings_ms: dict[str, float]) -> None:
        """Record one document's stage times."""
        for stage, milliseconds in timings_ms.items():
            self.stage_seconds.labels(stage).observe(milliseconds / 1000)
