"""The running parts of the service, and what an endpoint may ask of them.

In: settings and the pipeline. Out: extractions and metrics. Made by main.py, found by routes.py in `app.state`.
"""

import hashlib
import time
from dataclasses import dataclass, field

from cachetools import TTLCache

from apps.api_gpu.admission import Drain, OcrQueue
from apps.api_gpu.tilt_watch import TiltWatch
from lib.document import Extraction
from lib.pipelines.extract import OcrPlace
from lib.pipelines.wiring import Pipeline
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
    queue: OcrQueue = field(init=False)
    drain: Drain = field(default_factory=Drain)
    last_success: float | None = None
    _cache: TTLCache[bytes, Extraction] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Make what the settings size."""
        api, ocr = self.settings.api, self.settings.ocr
        self.queue = OcrQueue(running=ocr.concurrency, waiting=ocr.queue)
        if api.cache_ttl_s:
            self._cache = TTLCache(api.cache_entries, api.cache_ttl_s)

    async def extract(self, content: bytes, *, ocr_place: OcrPlace | None = None) -> Served:
        """Extract one document and count it; identical bytes may be answered from the cache.

        Args:
            content: The file.
            ocr_place: Where it waits for OCR; None: in the service's queue.

        Raises:
            ExtractionError: See `Extractor.extract`.
        """
        key = hashlib.sha256(content).digest() if self._cache is not None else b""
        if self._cache is not None and (known := self._cache.get(key)):
            return Served(known, cached=True)
        extraction = await self.pipeline.extractor.extract(content, ocr_place=ocr_place or self.queue.place)
        self._count(extraction)
        if self._cache is not None and not extraction.degraded:
            self._cache[key] = extraction
        return Served(extraction, cached=False)

    def _count(self, extraction: Extraction) -> None:
        self.last_success = time.monotonic()
        self.metrics.observe_stages(extraction.timings_ms)
        for page in extraction.document.pages:
            self.metrics.pages.labels(page.source).inc()

    @property
    def last_success_age_s(self) -> float | None:
        """Seconds since a document was extracted; None where none was."""
        return None if self.last_success is None else time.monotonic() - self.last_success

    @property
    def is_ready(self) -> bool:
        """Whether work sent here would be done: engines are loaded, somebody answers, and the process is to stay."""
        stands_in = self.settings.tilt.fallback == "layout"
        tilt_works = self.tilt is None or stands_in or (self.tilt.latest is not None and self.tilt.latest.reachable)
        return tilt_works and not self.drain.begun

    def collect(self) -> Metrics:
        """The metrics, with those that are read off the parts brought up to date."""
        self.metrics.ocr_busy.set(self.pipeline.ocr.busy)
        self.metrics.ocr_waiting.set(self.pipeline.ocr.waiting)
        self.metrics.ocr_documents.set(self.queue.taken)
        self.metrics.running.set(self.drain.running)
        return self.metrics
