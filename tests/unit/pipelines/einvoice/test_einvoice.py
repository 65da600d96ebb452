"""lib/pipelines/einvoice: from the bytes of an upload to its invoice, through the worker process."""

import io
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
from PIL import Image

from lib.errors import UnreadableDocument, UnsupportedMediaType
from lib.pipelines.einvoice import (
    EInvoice,
    EInvoiceFinding,
    disagrees_with_pages,
    find_einvoice,
    read_xml_upload,
)
from lib.pipelines.pages import open_upload
from lib.pipelines.worker_process import Bounds
from lib.settings import Settings, UploadSettings
from tests.einvoices import SELLER, billion_laughs, cii_xml, external_entity, hybrid_pdf, ubl_xml
from tests.pdf_writer import text_pdf

pytestmark = pytest.mark.anyio

BOUNDS = Bounds(timeout_s=30, memory_mb=1024)

INVOICE = EInvoice(SELLER, date(2025, 3, 7), "EUR", Decimal("1107.00"), Decimal("210.33"), Decimal("1317.33"))


@pytest.fixture(scope="module", autouse=True)
async def one_event_loop(anyio_backend: str) -> AsyncIterator[None]:  # noqa: ARG001 - for tests that are not async
    """Keeps the module's event loop, and so its worker processes, from test to test."""
    yield  # noqa: PT022 - returning would end the loop


@pytest.fixture
def upload(settings: Settings) -> UploadSettings:
    """The defaults, and XML uploads."""
    allowed = (*settings.upload.allowed_content_types, "application/xml")
    return settings.upload.model_copy(update={"allowed_content_types": allowed})


async def find(content: bytes, settings: UploadSettings) -> EInvoiceFinding:
    """What the XML of an upload comes to."""
    async with open_upload(content, settings=settings) as opened:
        return await find_einvoice(opened, bounds=BOUNDS)


async def test_find_einvoice_hybrid_pdf_gives_invoice_and_pages(upload: UploadSettings) -> None:
    """The pages are there to be compared with it."""
    files = [("photo.png", b"\x89PNG", "Supplement"), ("factur-x.xml", cii_xml().encode(), "Alternative")]
    true, forged = (hybrid_pdf(files, lines=[f"Gesamt {total} EUR"] * 9) for total in ("1.317,33", "317,33"))

    for content, disagrees in ((true, False), (forged, True)):
        async with open_upload(content, settings=upload) as opened:
            finding = await find_einvoice(opened, bounds=BOUNDS)

        assert finding == EInvoiceFinding(INVOICE)
        assert disagrees_with_pages(INVOICE, opened.pages) is disagrees


async def test_find_einvoice_upload_without_xml_has_none(upload: UploadSettings, small_png: bytes) -> None:
    """No file, no invoice, no warning."""
    assert await find(text_pdf(["Hello"]), upload) == EInvoiceFinding()
    assert await find(small_png, upload) == EInvoiceFinding()


@pytest.fixture
def small_png() -> bytes:
    """A picture of four pixels."""
    target = io.BytesIO()
    Image.new("RGB", (2, 2), "white").save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(billion_laughs(), id="billion laughs"),
        pytest.param(external_entity("file:///etc/passwd"), id="external entity"),
        pytest.param(cii_xml().encode("cp1252"), id="wrong encoding"),
        pytest.param(cii_xml().encode()[:-9], id="cut off"),
        pytest.param(b" " * 100_000_000, id="100 MB"),
    ],
)
async def test_find_einvoice_bad_xml_is_a_warning_and_the_page_is_left(upload: UploadSettings, xml: bytes) -> None:
    """The document stays readable."""
    async with open_upload(hybrid_pdf([("factur-x.xml", xml, "Alternative")]), settings=upload) as opened:
        finding = await find_einvoice(opened, bounds=BOUNDS)

    assert finding == EInvoiceFinding(None, ("einvoice_unreadable",))
    assert opened.pages[0].spans


async def test_find_einvoice_more_than_the_process_may_take_is_a_warning(upload: UploadSettings) -> None:
    """Time and memory of unpacking are the worker's, and cost the XML only."""
    small = upload.model_copy(update={"pdf_memory_mb": 256})
    bomb = hybrid_pdf([("factur-x.xml", b" " * 300_000_000, "Alternative")])

    assert await find(bomb, small) == EInvoiceFinding(None, ("einvoice_unreadable",))


XML_UPLOADS = [
    pytest.param(cii_xml().encode(), id="CII"),
    pytest.param(ubl_xml().encode("utf-8-sig"), id="UBL, marked"),
    pytest.param(ubl_xml().replace("UTF-8", "UTF-16").encode("utf-16"), id="UBL in UTF-16"),
    pytest.param(ubl_xml().partition("?>")[2].encode(), id="UBL without a declaration"),
    pytest.param(b"<!-- from us -->" + cii_xml().partition("?>")[2].encode(), id="a comment first"),
]


@pytest.mark.parametrize("content", XML_UPLOADS)
async def test_read_xml_upload_is_an_invoice_without_pages(upload: UploadSettings, content: bytes) -> None:
    """XML is known by its first bytes."""
    async with open_upload(content, settings=upload) as opened:
        invoice = await read_xml_upload(opened, bounds=BOUNDS)

    assert (opened.content_type, opened.pages) == ("application/xml", ())
    assert invoice == INVOICE


@pytest.mark.parametrize("content", XML_UPLOADS)
async def test_open_upload_xml_is_refused_where_it_is_not_allowed(settings: Settings, content: bytes) -> None:
    """The default takes none."""
    with pytest.raises(UnsupportedMediaType, match="looks like application/xml; accepted are application/pdf,"):
        async with open_upload(content, settings=settings.upload):
            pass


async def test_open_upload_text_xml_allows_xml_as_well(settings: Settings) -> None:
    """The older name of the type does."""
    allowed = settings.upload.model_copy(update={"allowed_content_types": ("text/xml",)})

    async with open_upload(cii_xml().encode(), settings=allowed) as opened:
        assert opened.content_type == "application/xml"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"<?xml version='1.0'?><orders/>", "no e-invoice that is read here", id="another kind"),
        pytest.param(cii_xml().encode()[:-9], "not well-formed", id="cut off"),
        pytest.param(billion_laughs(), "document type definition", id="billion laughs"),
        pytest.param(external_entity("file:///etc/passwd"), "document type definition", id="external entity"),
    ],
)
async def test_read_xml_upload_that_is_no_invoice_is_refused(
    upload: UploadSettings, content: bytes, message: str
) -> None:
    """There is no page to fall back on."""
    async with open_upload(content, settings=upload) as opened:
        with pytest.raises(UnreadableDocument, match=message):
            await read_xml_upload(opened, bounds=BOUNDS)
