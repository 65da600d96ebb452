"""What an operator sees: log lines, the request they belong to, and metrics.

In: settings. Out: configured logging, `RequestContext`, `Metrics`. In lib, the only importer of prometheus_client.
Nothing here, and no caller of it, may log what a document says: names of fields yes, their values never.
"""

import logging
import re
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from loguru import logger
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from lib.settings import LogSettings

STAGE_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

TEXT_FORMAT = "{time:YYYY-MM-DD HH:mm:ss.SSS} {level: <7} {extra[request_id]} {message} {extra[facts]}"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Which request a piece of work belongs to.

    Attributes:
        request_id: As echoed in X-Request-ID.
        deadline: `time.monotonic()` seconds at which the request ends.
    """

    request_id: str = "-"
    deadline: float = float("inf")

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
    """Sends the standard library's log records (uvicorn's above all) the way of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        logger.opt(depth=6, exception=record.exc_info).log(record.levelname, record.getMessage())


def _write(line: str) -> None:
    """Write to what stderr is now, which a test or a service manager may have replaced since the start."""
    sys.stderr.write(line)


def configure_logging(settings: LogSettings) -> None:
    """Send every log line of the process to stderr in one format."""
    logger.remove()
    logger.configure(extra={"request_id": "-", "facts": ""})
    if settings.format == "json":
        logger.add(_write, level=settings.level, serialize=True, backtrace=False, diagnose=False)
    else:
        logger.add(_write, level=settings.level, format=TEXT_FORMAT, backtrace=False, diagnose=False)
    logging.basicConfig(handlers=[_ToLoguru()], level=settings.level, force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # It would say each request again.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = name != "uvicorn.access"


@dataclass(slots=True)
class StageClock:
    """Measures the stages of one request.

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
            self.timings_ms[name] = self.timings_ms.get(name, 0.0) + (time.perf_counter() - start) * 1000


class Metrics:
    """The Prometheus metrics of one process, on a registry of their own. No label has unbounded values."""

    def __init__(self) -> None:
        """Create every metric at zero."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ocrlty_requests",
            "Requests by route, status and error code.",
            ["route", "status", "code"],
            registry=self.registry,
        )
        self.stage_seconds = Histogram(
            "ocrlty_stage_seconds",
            "Seconds by stage of a request.",
            ["stage"],
            buckets=STAGE_BUCKETS_S,
            registry=self.registry,
        )
        self.pages = Counter("ocrlty_pages", "Pages read, by source.", ["source"], registry=self.registry)
        self.ocr_busy = Gauge("ocrlty_ocr_engines_busy", "OCR engines at work.", registry=self.registry)
        self.ocr_waiting = Gauge("ocrlty_ocr_pages_waiting", "Pages waiting for an OCR engine.", registry=self.registry)
        self.ocr_documents = Gauge(
            "ocrlty_ocr_documents", "Documents being recognized or waiting for it.", registry=self.registry
        )
        self.running = Gauge("ocrlty_requests_running", "Extractions under way.", registry=self.registry)
        self.tilt_in_flight = Gauge(
            "ocrlty_tilt_documents_in_flight", "Documents at the TILT server.", registry=self.registry
        )
        self.tilt_retries = Counter(
            "ocrlty_tilt_retries", "Repeated requests to the TILT server.", registry=self.registry
        )
        self.tilt_breaker = Gauge(
            "ocrlty_tilt_breaker", "Breaker of the TILT server: 0 closed, 1 half open, 2 open.", registry=self.registry
        )

    def observe_stages(self, timings_ms: dict[str, float]) -> None:
        """Record one request's stage times."""
        for stage, milliseconds in timings_ms.items():
            self.stage_seconds.labels(stage).observe(milliseconds / 1000)
