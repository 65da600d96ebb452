"""lib/pipelines/xml_answer.py: an e-invoice whose XML answers all is answered without reading all of its pages."""

from collections.abc import AsyncIterator, Sequence

import pytest

from lib.document import Inquiry
from lib.extraction import Extraction
from lib.pipelines.einvoice import find_einvoice
from lib.pipelines.pages import open_upload
from lib.pipelines.worker_process import Bounds
from lib.pipelines.xml_answer import answer_of_xml_alone, is_xml_enough
from lib.settings import Settings
from tests.einvoices import cii_xml, hybrid_pdf

pytestmark = pytest.mark.anyio

BOUNDS = Bounds(timeout_s=30, memory_mb=1024)
SIX_ALONE = Inquiry.of_parts(())

LETTER = ["Sehr geehrte Damen und Herren, wir danken und stellen wie vereinbart in Rechnung"] * 9
TOTAL = [*LETTER, "Gesamt 1.317,33 EUR"]
OTHER = [*LETTER, "Gesamt 317,33 EUR"]


@pytest.fixture(scope="module", autouse=True)
async def one_event_loop(anyio_backend: str) -> AsyncIterator[None]:  # noqa: ARG001 - for tests that are not async
    """Keeps the module's event loop, and so its worker processes, from test to test."""
    yield  # noqa: PT022 - returning would end the loop


async def answer(settings: Settings, *pages: Sequence[str]) -> Extraction | None:
    """What XML alone answers beside pages with these lines."""
    first, *others = pages
    content = hybrid_pdf([("factur-x.xml", cii_xml().encode(), "Alternative")], lines=first, more_pages=others)
    async with open_upload(content, settings=settings.upload, xml_first=True) as opened:
        assert (opened.pages, opened.unread) == ((), len(pages))
        finding = await find_einvoice(opened, bounds=BOUNDS)
        return await answer_of_xml_alone(finding, opened, inquiry=SIX_ALONE)


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([TOTAL], id="the only page"),
        pytest.param([OTHER, TOTAL], id="the last page"),
        pytest.param([TOTAL, OTHER, OTHER], id="the first page"),
        pytest.param([LETTER, ["Gesamt 1.317,33 EUR"]], id="a page of few words behind others"),
    ],
)
async def test_total_on_a_page_leaves_the_others_unread(settings: Settings, pages: list[list[str]]) -> None:
    """It is all that they could be doubted for."""
    found = await answer(settings, *pages)

    assert found is not None
    assert (found.source, len(found.document.pages), found.warnings) == ("xml", len(pages), ())


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([OTHER, OTHER], id="another total"),
        pytest.param([["Bitte beachten Sie die Anlage", "Gesamt 1.317,33 EUR"]], id="a cover of other documents"),
    ],
)
async def test_pages_that_leave_a_doubt_have_to_be_read(settings: Settings, pages: list[list[str]]) -> None:
    """All of them tell whether the total is nowhere, and whether they are the document."""
    assert await answer(settings, *pages) is None


async def test_unread_pages_have_no_pixels(settings: Settings) -> None:
    """Whoever needs them reads the upload as a whole."""
    async with open_upload(hybrid_pdf([("a.xml", b"<a/>", None)]), settings=settings.upload, xml_first=True) as opened:
        whole = await opened.whole()
        with pytest.raises(ValueError, match="has not been read"):
            await opened.image(whole.pages[0])
        assert whole.pages[0].spans
        finding = await find_einvoice(opened, bounds=BOUNDS)
        assert await answer_of_xml_alone(finding, opened, inquiry=SIX_ALONE) is None


@pytest.mark.parametrize(("include", "is_enough"), [((), True), (("fields", "details"), True), (("ocr",), False)])
def test_xml_is_enough_where_nobody_asks_for_text(include: tuple[str, ...], *, is_enough: bool) -> None:
    """The lines of the pages are what only the pages have."""
    assert is_xml_enough(Inquiry.of_parts(include)) is is_enough
