"""The running parts of the service, and what an endpoint may ask of them.

In: settings and the pipeline. Out: extractions and metrics. Made by main.py, found by routes.py in `app.state`.
"""

import hashlib
import json
import time
from dataclasses import dataclass, field, replace

from apps.api_gpu.admission import Drain
from apps.api_gpu.answer_cache import AnswerCache
from apps.api_gpu.job_desk import JobDesk
from apps.api_gpu.places import Arriving, Places
from apps.api_gpu.tilt_watch import TiltWatch
from lib.computing import standstill_s
from lib.document import Inquiry, OcrSpeed
from lib.errors import ExtractionError
from lib.extraction import Extraction
from lib.fair_queue import current_owner
from lib.pipelines.extract import SIX, OcrPlace
from lib.pipelines.long_documents import long_queue
from lib.pipelines.ocr.auto import chosen_engine
from lib.pipelines.wiring import Pipeline
from lib.pipelines.worker_process import worker_queue
from lib.post.rules import RULESET_VERSION
from lib.settings import Settings
from lib.telemetry import Metrics

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Served:
    """An extraction, and whether it was made for an earlier request with the same bytes."""

    extraction: Extraction
    cached: bool


@dataclass(slots=True)
class Service:
    """Everything that lives as long as the process."""

    settings: Settings
    pipeline: Pipeline
    metrics: Metrics
    tilt: TiltWatch | None
    desk: JobDesk | None = None
    queue: Places = field(init=False)
    drain: Drain = field(default_factory=Drain)
    arrivals: Places = field(init=False)
    arriving: Arriving = field(init=False)
    last_success: float | None = None
    _cache: AnswerCache | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Make what the settings size."""
        api, ocr = self.settings.api, self.settings.ocr
        self._tell_build()
        keys = len(api.keys)
        self.queue = Places(
            ocr.concurrency + ocr.queue,
            full=f"{ocr.queue} documents are waiting for OCR already (OCR_QUEUE)",
            keys=keys,
        )
        self.arrivals = Places(
            api.max_requests,
            full=f"{api.max_requests} requests are under way already (MAX_REQUESTS)",
            most_each=api.max_requests_per_key,
            keys=keys,
        )
        self.arriving = Arriving(most_mb=api.max_arriving_mb, keys=keys)
        if api.cache_ttl_s:
            self._cache = AnswerCache(api)

    def _tell_build(self) -> None:
        """Which parts answer; a general model's name is known only once its server told it."""
        self.metrics.build.info(
            {
                "version": VERSION,
                "reader": self.pipeline.readers.name,
                "model_version": self.pipeline.readers.model_version,
                "ruleset_version": RULESET_VERSION,
                "ocr_engine": chosen_engine(self.settings.ocr.engine).name,
            }
        )

    async def extract(self, content: bytes, *, inquiry: Inquiry = SIX, ocr_place: OcrPlace | None = None) -> Served:
        """Extract one document and count it; the same question about identical bytes may be answered from the cache.

        Args:
            content: The file.
            inquiry: What is asked beyond the six fields.
            ocr_place: Where it waits for OCR; None: in the service's queue.

        Raises:
            ExtractionError: See `Extractor.extract`.
        """
        try:
            served = await self._extract(content, inquiry, ocr_place or self.queue.place)
        except Exception as exc:
            code = exc.code if isinstance(exc, ExtractionError) else "internal_error"
            self.metrics.documents.labels(code).inc()
            raise
        self._count(served)
        return served

    async def _extract(self, content: bytes, inquiry: Inquiry, ocr_place: OcrPlace) -> Served:
        start = time.perf_counter()
        owner = current_owner().name if self.settings.api.keys else ""
        speed = self.pipeline.extractor.speed_for(inquiry)
        key = _cache_key(content, inquiry, owner, speed) if self._cache is not None else b""
        if self._cache is not None and (known := self._cache.get(key)):
            total_ms = round((time.perf_counter() - start) * 1000, 1)
            return Served(replace(known, timings_ms={"total": total_ms}), cached=True)
        extraction = await self.pipeline.extractor.extract(content, inquiry=inquiry, ocr_place=ocr_place)
        if self._cache is not None and not extraction.degraded:
            self._cache.keep(key, extraction)
        return Served(extraction, cached=False)

    def _count(self, served: Served) -> None:
        metrics, extraction = self.metrics, served.extraction
        metrics.documents.labels("ok").inc()
        if served.cached:
            metrics.cache_hits.inc()
            return
        self.last_success = time.monotonic()
        metrics.last_success.set_to_current_time()
        metrics.observe_stages(extraction.timings_ms)
        metrics.degraded_answers.inc(extraction.degraded)
        metrics.reviews_needed.inc(extraction.review.needed)
        for page in extraction.document.pages:  # Of an e-invoice the pages are shown, not read.
            metrics.pages.labels("xml" if extraction.source == "xml" else page.source).inc()

    @property
    def last_success_age_s(self) -> float | None:
        """Seconds since a document was extracted; None where none was."""
        return None if self.last_success is None else time.monotonic() - self.last_success

    @property
    def is_ready(self) -> bool:
        """Whether work sent here would be begun."""
        return not self.not_ready_because

    @property
    def not_ready_because(self) -> tuple[str, ...]:
        """Why work sent here would not be begun; empty where it would."""
        stands_in = self.settings.tilt.fallback == "layout"
        processes, longest_s = worker_queue(), self.settings.api.request_timeout_s
        still_s = (standstill_s(), processes.still_s, long_queue().still_s, self.pipeline.ocr.still_s)
        reasons = {
            "draining": self.drain.begun,
            "tilt_unavailable": self.is_degraded and not stands_in,
            "requests_full": self.arrivals.is_full,
            "ocr_queue_full": self.queue.is_full,
            "pdf_queue_full": processes.waiting >= max(1, self.settings.upload.pdf_queue),
            "stuck": max(still_s) > longest_s,
        }
        return tuple(reason for reason, holds in reasons.items() if holds)

    @property
    def is_degraded(self) -> bool:
        """Whether a part that was configured does not work: the TILT server, as far as anybody looked."""
        return self.tilt is not None and not (self.tilt.latest and self.tilt.latest.reachable)

    @property
    def is_queue_degraded(self) -> bool:
        """Whether jobs would wait in vain: Redis is away, nobody works, or somebody is stuck. No other endpoint is."""
        if self.desk is None:
            return False
        return self.desk.latest is None or not self.desk.latest.workers or self.desk.latest.stuck > 0

    def collect(self) -> Metrics:
        """The metrics, with those that are read off the parts brought up to date."""
        self._tell_build()
        self.metrics.ocr_busy.set(self.pipeline.ocr.busy)
        self.metrics.ocr_waiting.set(self.pipeline.ocr.waiting)
        self.metrics.ocr_documents.set(self.queue.taken)
        self.metrics.running.set(self.drain.running)
        self.metrics.ready.set(self.is_ready)
        self.metrics.degraded.set(self.is_degraded)
        if self.desk:
            self.desk.show(self.metrics)
        return self.metrics


def _cache_key(content: bytes, inquiry: Inquiry, owner: str, speed: OcrSpeed) -> bytes:
    """An answer is its owner's alone: whether another one had the same document read is nobody's business."""
    asked = [
        owner,
        inquiry.lang,
        inquiry.extras,
        inquiry.details,
        inquiry.words,
        [[question.key, question.text] for question in inquiry.questions],
        speed,
    ]
    return hashlib.sha256(hashlib.sha256(content).digest() + json.dumps(asked).encode()).digest()
