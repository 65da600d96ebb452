"""lib/pipelines/letterheads.py: whether logos beside a page's text are read."""

from collections.abc import Sequence

import pytest

from lib.document import Inquiry, OcrSpeed, PageImage, Recognition, Span
from lib.layout_reader.reader import LayoutReader
from lib.pipelines.extract import Extractor
from lib.pipelines.letterheads import SURE
from lib.pipelines.readers import Readers
from lib.questions import load_questions
from lib.settings import Settings
from tests.pdf_writer import PdfWriter, place_image, show_lines

pytestmark = pytest.mark.anyio

SELLER = ["Northwind Traders Ltd", "12 Oak Lane, Springfield", "VAT No GB 123 4567 82"]
INVOICE = [
    "INVOICE 4711",
    "Invoice date: 14 March 2025",
    "Bill to: Contoso Inc, 5 Elm Street, Rivertown",
    "Paper A4        2   3.50 GBP    7.00 GBP",
    "Stapler         1   9.90 GBP    9.90 GBP",
    "Net total                      16.90 GBP",
    "VAT 20%                         3.38 GBP",
    "Total due                      20.28 GBP",
]


class Logo:
    """An OCR stage that reads a name in every picture, and counts them."""

    busy = waiting = 0
    still_s = 0.0

    def __init__(self) -> None:
        self.read = 0

    async def recognize(self, image: PageImage, *, lang: str = "", speed: OcrSpeed = "exact") -> Recognition:  # noqa: ARG002
        """See `OcrStage.recognize`."""
        self.read += 1
        height, width = image.shape[:2]
        return Recognition((Span("Fabrikam Limited", ((0, 0), (width, 0), (width, height), (0, height)), 0.99),))


@pytest.fixture
def logo() -> Logo:
    """Nothing read yet."""
    return Logo()


@pytest.fixture
def extractor(settings: Settings, logo: Logo) -> Extractor:
    """The pipeline with the embedded reader."""
    return Extractor(
        upload=settings.upload,
        normalizer=settings.normalizer,
        review=settings.review,
        questions=load_questions(),
        ocr=logo,
        readers=Readers(layout=LayoutReader()),
    )


def with_logo(lines: Sequence[str]) -> bytes:
    """A page with a picture above its text."""
    writer = PdfWriter()
    image = {"Im": writer.image(2, 2, bytes([200] * 12))}
    writer.page(place_image("Im", 60, 770, 200, 40) + show_lines(lines, top=740), xobjects=image)
    return writer.save()


async def test_logo_is_not_read_where_the_text_names_the_seller(extractor: Extractor, logo: Logo) -> None:
    """It would take ten times as long as the text."""
    extraction = await extractor.extract(with_logo([*SELLER, *INVOICE]))

    merchant = extraction.fields[0]
    assert (merchant.value, logo.read) == ("Northwind Traders Ltd", 0)
    assert merchant.confidence >= SURE
    assert "ocr" not in extraction.timings_ms


async def test_logo_is_read_for_a_client_who_wants_the_text(extractor: Extractor, logo: Logo) -> None:
    """Its lettering is a part of what stands on the page."""
    extraction = await extractor.extract(with_logo([*SELLER, *INVOICE]), inquiry=Inquiry.of_parts({"ocr"}))

    assert logo.read == 1
    assert "Fabrikam Limited" in [span.text for span in extraction.document.pages[0].spans]


async def test_logo_is_read_where_the_text_names_no_seller(extractor: Extractor, logo: Logo) -> None:
    """Its name is an answer like any other, and what the text says stays."""
    extraction = await extractor.extract(with_logo(INVOICE))

    values = {field.key: str(field.value) for field in extraction.fields}
    assert (values["merchant"], values["total"], logo.read) == ("Fabrikam Limited", "20.28", 1)
    assert extraction.document.pages[0].spans[-1].text == "Fabrikam Limited"
