"""The order of the stages, also from the middle."""

import pytest

from lib.document import BBox, OcrSpeed, Page, PageImage, Recognition, Span
from lib.errors import DeadlineExceeded
from lib.layout_reader.reader import LayoutReader
from lib.pipelines.extract import Extractor
from lib.pipelines.readers import Readers
from lib.pipelines.tilt_prep import assemble
from lib.questions import load_questions
from lib.settings import Settings
from lib.telemetry import RequestContext, request_context
from tests.conftest import ROOT

pytestmark = pytest.mark.anyio

INVOICE = ROOT / "tests" / "samples" / "invoice-eur-de.pdf"


class NoOcr:
    """Stands where no page needs OCR."""

    busy = waiting = 0
    still_s = 0.0

    async def recognize(self, image: PageImage, *, lang: str = "", speed: OcrSpeed = "exact") -> Recognition:  # noqa: ARG002
        """Never called for a text layer."""
        raise AssertionError(f"{image.shape}: a page with a text layer came to the OCR stage")


@pytest.fixture
def extractor(settings: Settings) -> Extractor:
    """The pipeline with the embedded reader and without OCR."""
    return Extractor(
        upload=settings.upload,
        normalizer=settings.normalizer,
        review=settings.review,
        questions=load_questions(),
        ocr=NoOcr(),
        readers=Readers(layout=LayoutReader()),
    )


async def test_answer_of_known_words_equals_extract_of_their_upload(extractor: Extractor) -> None:
    """Whoever has the words gets the same fields as who sends the file."""
    extraction = await extractor.extract(INVOICE.read_bytes())

    answered = await extractor.answer(extraction.document)

    assert answered.fields == extraction.fields
    assert answered.warnings == extraction.warnings
    assert set(answered.timings_ms) == {"reader", "rules", "total"}


async def test_answer_of_document_without_words_has_no_values(extractor: Extractor) -> None:
    """An empty page is an answer, not an error."""
    extraction = await extractor.answer(assemble([Page(0, 100, 100, "ocr")]))

    assert [field.value for field in extraction.fields] == [None] * 6
    assert "no_text" in extraction.warnings


def receipt(*, confidence: float) -> Page:
    """A scanned receipt; OCR was so sure of its first line, and entirely of the others."""
    lines = ("Blue Fern", "12 Oak Lane", "Date 25/12/2024", "Tea 2.50", "Total EUR 2.50")
    boxes = [BBox(20, 20 + 40 * row, 20 + 12 * len(text), 44 + 40 * row) for row, text in enumerate(lines)]
    sure = [confidence, *[1.0] * (len(lines) - 1)]
    spans = [Span(text, box.as_polygon(), each) for text, box, each in zip(lines, boxes, sure, strict=True)]
    return Page(0, 400, 300, "ocr", tuple(spans))


async def test_rules_know_how_sure_ocr_was(extractor: Extractor) -> None:
    """A merchant that OCR hardly read is null."""
    well_read = await extractor.answer(assemble([receipt(confidence=0.99)]))
    hardly_read = await extractor.answer(assemble([receipt(confidence=0.6)]))

    assert well_read.fields[0].value == "Blue Fern"
    assert (hardly_read.fields[0].value, hardly_read.fields[0].problem) == (None, "weak_evidence")


async def test_answer_after_the_deadline_is_refused(extractor: Extractor) -> None:
    """A request that is over gets no reader's time."""
    extraction = await extractor.extract(INVOICE.read_bytes())

    with request_context(RequestContext(deadline=0.0)), pytest.raises(DeadlineExceeded):
        await extractor.answer(extraction.document)
