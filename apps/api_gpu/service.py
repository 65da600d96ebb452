"""The running parts of the service, and what an endpoint may ask of them.

In: settings and the pipeline. Out: extractions and metrics. Made by main.py, found by routes.py in `app.state`.
"""

from dataclasses import dataclass

from apps.api_gpu.tilt_watch import TiltWatch
from lib.document import Extraction
from lib.pipelines.wiring import Pipeline
from lib.settings import Settings
from lib.telemetry import Metrics

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that lives as long as the process."""

    settings: Settings
    pipeline: Pipeline
    metrics: Metrics
    tilt: TiltWatch | None

    async def extract(self, content: bytes) -> Extraction:
        """Extract one document and count it.

        Raises:
            ExtractionError: See `Extractor.extract`.
        """
        extraction = await self.pipeline.extractor.extract(content)
        self.metrics.observe_stages(extraction.timings_ms)
        for page in extraction.document.pages:
            self.metrics.pages.labels(page.source).inc()
        return extraction

    def collect(self) -> Metrics:
        """The metrics, with those that are read off the parts brought up to date."""
        self.metrics.ocr_busy.set(self.pipeline.ocr.busy)
        self.metrics.ocr_waiting.set(self.pipeline.ocr.waiting)
        return self.metrics
