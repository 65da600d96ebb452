"""What the service keeps of a document."""

import numpy as np
import pytest

from apps.api_gpu.service import Service
from lib.document import Inquiry, OcrDocument, OcrSpeed, Page
from lib.extraction import Extraction
from lib.layout_reader.reader import LayoutReader
from lib.pipelines.readers import Readers
from lib.pipelines.wiring import Pipeline
from lib.settings import load_settings
from lib.telemetry import Metrics
from tests.integration.conftest import BlankOcr


class SeeingExtractor:
    """Answers every upload with a page whose image a reader saw."""

    def speed_for(self, inquiry: Inquiry) -> OcrSpeed:
        """The default one."""
        del inquiry
        return "exact"

    async def extract(self, content: bytes, *, inquiry: Inquiry, ocr_place: object) -> Extraction:
        """One page, without fields."""
        del content, inquiry, ocr_place
        page = Page(0, 4, 4, "ocr", image=np.zeros((4, 4, 3), np.uint8))
        return Extraction((), OcrDocument((page,)), "tilt", "tilt", "rules", "ocr")


@pytest.mark.anyio
async def test_cache_keeps_answers_and_no_page_images() -> None:
    """A cached document costs its text, not megabytes of pixels."""
    pipeline = Pipeline(SeeingExtractor(), BlankOcr(), Readers(layout=LayoutReader()), None)  # type: ignore[arg-type]
    service = Service(load_settings({"CACHE_TTL_S": "60"}), pipeline, Metrics(), None)

    first = await service.extract(b"document")
    second = await service.extract(b"document")

    assert first.extraction.document.pages[0].image is not None
    assert second.cached
    assert second.extraction.document == first.extraction.document
    assert second.extraction.document.pages[0].image is None
