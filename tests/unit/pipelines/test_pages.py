"""lib/pipelines/pages.py: what may be read, how large it is, and its pixels, page by page."""

import io
import os
import re
import signal
import struct
import tempfile
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import numpy as np
import pytest
from PIL import Image

from lib.document import OcrDocument
from lib.errors import (
    EmptyUpload,
    EncryptedDocument,
    StartupError,
    TooManyPages,
    TooManyPixels,
    UnreadableDocument,
    UnsupportedMediaType,
    UploadError,
    UploadTooLarge,
)
from lib.pipelines.pages import open_upload
from lib.pipelines.upload_types import content_type_of, require_readable
from lib.pipelines.worker_process import START_LIMIT_S, WALL_TIMES, Bounds, run_bounded
from lib.pipelines.workplace import require_workplace
from lib.settings import Settings, UploadSettings, load_settings
from tests.einvoices import hybrid_pdf
from tests.pdf_writer import PdfWriter, place_image, show_lines, text_pdf

pytestmark = pytest.mark.anyio

INVOICE = [f"Item {row} of the list costs {row}.50 EUR" for row in range(1, 31)]


@pytest.fixture(scope="module", autouse=True)
async def one_event_loop(anyio_backend: str) -> AsyncIterator[None]:  # noqa: ARG001 - for tests that are not async
    """Keeps the module's event loop, and so its PDF processes, from test to test."""
    yield  # noqa: PT022 - returning would end the loop


@pytest.fixture
def upload(settings: Settings) -> UploadSettings:
    """The defaults."""
    return settings.upload


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go during a test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def upload_settings(**environ: str) -> UploadSettings:
    """The defaults but for some variables."""
    return load_settings(environ).upload


def picture(kind: str, size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    """A red image file."""
    buffer = io.BytesIO()
    Image.new("RGB", size, (255, 0, 0)).save(buffer, kind, **options)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises pixels that a few bytes cannot hold."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 1000)
    chunks = (
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (header, data)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def scan_pdf(*, pages: int = 1) -> bytes:
    """A PDF of nothing but images."""
    writer = PdfWriter()
    image = {"Im": writer.image(2, 2, bytes([200, 0, 0] * 4))}
    for _ in range(pages):
        writer.page(place_image("Im", 0, 0, 595, 842), xobjects=image)
    return writer.save()


@pytest.mark.parametrize(("kind", "content_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
async def test_open_upload_image_is_one_page_for_ocr(kind: str, content_type: str, upload: UploadSettings) -> None:
    """Its size is known first, its pixels come on request, and again if asked again."""
    async with open_upload(picture(kind), settings=upload) as opened:
        (page,) = opened.pages
        first, second = await opened.image(page), await opened.image(page)

    assert opened.content_type == content_type
    assert (page.page_index, page.width, page.height, page.source, page.spans) == (0, 40, 30, "ocr", ())
    assert page.image is None
    assert first.shape == (30, 40, 3)
    assert first[0, 0].tolist() == pytest.approx([0, 0, 254], abs=2)
    assert np.array_equal(first, second)


async def test_open_upload_turned_photo_has_its_upright_size(upload: UploadSettings) -> None:
    """The frame is that of the upright picture from the start."""
    exif = Image.Exif()
    exif[0x0112] = 6

    async with open_upload(picture("JPEG", exif=exif), settings=upload) as opened:
        (page,) = opened.pages
        assert (await opened.image(page)).shape == (page.height, page.width, 3) == (40, 30, 3)


async def test_open_upload_text_pdf_has_spans_and_can_be_drawn(upload: UploadSettings) -> None:
    """Nothing is left to recognize; a picture can still be had for a reader that wants one."""
    async with open_upload(text_pdf(INVOICE, INVOICE[:2]), settings=upload) as opened:
        second = await opened.image(opened.pages[1])

    assert opened.content_type == "application/pdf"
    assert [page.source for page in opened.pages] == ["text_layer", "text_layer"]
    assert [span.text for span in opened.pages[1].spans] == INVOICE[:2]
    assert second.shape == (opened.pages[1].height, opened.pages[1].width, 3)
    assert second.dtype == np.uint8
    assert second.flags.writeable
    assert second.min() < 64


async def test_open_upload_mixed_pdf_tells_which_pages_need_ocr(upload: UploadSettings) -> None:
    """One file may hold both; its scans are drawn in their own frame."""
    writer = PdfWriter()
    writer.page(show_lines(INVOICE))
    image = {"Im": writer.image(2, 2, bytes([200, 0, 0] * 4))}
    writer.page(place_image("Im", 0, 0, 595, 842), xobjects=image, rotate=90)

    async with open_upload(writer.save(), settings=upload) as opened:
        scan = await opened.image(opened.pages[1])

    assert OcrDocument(opened.pages).source == "mixed"
    assert [page.source for page in opened.pages] == ["text_layer", "ocr"]
    assert scan.shape == (1653, 2339, 3)
    assert scan[800, 1200].tolist() == [0, 0, 200]


async def test_image_of_sideways_pdf_is_upright_like_its_words(upload: UploadSettings) -> None:
    """A page that is turned because of its text is drawn turned, too."""
    writer = PdfWriter()
    writer.page(show_lines(INVOICE), rotate=90)

    async with open_upload(writer.save(), settings=upload) as opened:
        (page,) = opened.pages
        pixels = await opened.image(page)

    (left, top), *_ = page.spans[0].polygon
    assert pixels.shape == (page.height, page.width, 3) == (2339, 1653, 3)
    assert pixels[round(top) : round(top) + 40, round(left) :].min() < 64
    assert pixels[: round(top)].min() == 255


HEADERS = [
    pytest.param(b"Invoice 12, total 8.50 EUR\n", "text/plain", id="text"),
    pytest.param(b"\xef\xbb\xbf <!DOCTYPE html><html>", "text/html", id="HTML"),
    pytest.param(b"<?xml version='1.0'?>", "application/xml", id="XML"),
    pytest.param(b"PK\x03\x04rest", "application/zip", id="ZIP, DOCX, XLSX"),
    pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/vnd.ms-office", id="DOC, XLS"),
    pytest.param(b"GIF89a\x01\0", "image/gif", id="GIF"),
    pytest.param(b"II*\0\x08\0\0\0", "image/tiff", id="TIFF"),
    pytest.param(b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic", id="HEIC"),
    pytest.param(b"BM\x10\0\0\0\0\0\0\0", "image/bmp", id="BMP"),
    pytest.param(b"\x89PNG", "application/octet-stream", id="four bytes of a PNG"),
    pytest.param(b"\0\1\2\3", "application/octet-stream", id="noise"),
    pytest.param(b" " * 1025 + b"%PDF-1.7", "text/plain", id="PDF header too far in"),
]


@pytest.mark.parametrize(("content", "seen"), HEADERS)
async def test_open_upload_other_content_is_refused_by_what_it_is(
    content: bytes, seen: str, upload: UploadSettings
) -> None:
    """The message says what was seen and what would do."""
    with pytest.raises(
        UnsupportedMediaType, match=f"looks like {seen}; accepted are application/pdf, image/jpeg, image/png"
    ):
        async with open_upload(content, settings=upload):
            pass


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        pytest.param(b"%PDF-1.4", "application/pdf", id="PDF"),
        pytest.param(b"\n" * 1024 + b"%PDF-1.4", "application/pdf", id="PDF behind junk"),
        pytest.param(picture("PNG") + b"%PDF-1.4", "image/png", id="PNG that mentions a PDF"),
        pytest.param(b"\xff\xd8\xff\xe1", "image/jpeg", id="JPEG"),
    ],
)
def test_content_type_of_goes_by_the_first_bytes(content: bytes, content_type: str) -> None:
    """No name and no header is asked."""
    assert content_type_of(content) == content_type


async def test_open_upload_type_not_allowed_is_refused() -> None:
    """What is readable may still not be wanted."""
    settings = upload_settings(ALLOWED_CONTENT_TYPES="application/pdf")

    with pytest.raises(UnsupportedMediaType, match=r"looks like image/png; accepted are application/pdf \(ALLOWED"):
        async with open_upload(picture("PNG"), settings=settings):
            pass


@pytest.mark.parametrize("name", ["image/jpg", "image/svg+xml", "pdf"])
def test_require_readable_type_that_nothing_reads_is_refused(name: str) -> None:
    """A service that accepts what it cannot read would refuse every such file, and say that it accepts it."""
    require_readable(upload_settings(ALLOWED_CONTENT_TYPES="application/pdf,text/xml"))

    with pytest.raises(StartupError, match=f"has {re.escape(name)}, which cannot be read; application/pdf, "):
        require_readable(upload_settings(ALLOWED_CONTENT_TYPES=f"application/pdf,{name}"))


def test_require_workplace_without_a_temporary_folder_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A service that cannot read a single PDF says so at its start, not to each client."""
    require_workplace()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))

    with pytest.raises(StartupError, match=r"no temporary folder .*No such file or directory.* Set TMPDIR"):
        require_workplace()


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        pytest.param(b"", EmptyUpload, "empty", id="empty"),
        pytest.param(
            b"%PDF-1.7\n" + b"x" * 2**20, UploadTooLarge, r"1\.0 MB; at most 1 .*MAX_UPLOAD_MB", id="too large"
        ),
        pytest.param(bomb(60_000, 60_000), TooManyPixels, r"60000 x 60000 .*MAX_PIXELS", id="PNG bomb"),
        pytest.param(bomb(9_000, 9_000), TooManyPixels, r"9000 x 9000 .*MAX_PIXELS", id="a pixel row too many"),
        pytest.param(picture("PNG")[:20], UnreadableDocument, "PNG file is truncated", id="PNG header cut"),
        pytest.param(picture("JPEG")[:40], UnreadableDocument, "JPEG file is truncated", id="JPEG header cut"),
        pytest.param(text_pdf(INVOICE)[:900], UnreadableDocument, "cut off|damaged", id="truncated PDF"),
        pytest.param(PdfWriter().save(), UnreadableDocument, "no pages", id="PDF without pages"),
        pytest.param(text_pdf(*[["page"]] * 21), TooManyPages, "21 pages; at most 20", id="21 pages"),
    ],
)
async def test_open_upload_refuses_before_any_pixel(content: bytes, error: type[UploadError], message: str) -> None:
    """Each bad file has an error of its own that says what, how much and what to do."""
    with pytest.raises(error, match=message):
        async with open_upload(content, settings=upload_settings(MAX_UPLOAD_MB="1")):
            pass


async def test_open_upload_huge_pdf_page_is_refused(upload: UploadSettings) -> None:
    """200 inches a side are no document."""
    writer = PdfWriter()
    writer.page(show_lines(INVOICE), media_box=(0, 0, 14_400, 14_400))

    with pytest.raises(TooManyPixels, match="MAX_PIXELS"):
        async with open_upload(writer.save(), settings=upload):
            pass


async def test_open_upload_encrypted_pdf_is_refused(upload: UploadSettings) -> None:
    """The user is told to send it without a password."""
    writer = PdfWriter()
    writer.page(show_lines(INVOICE))

    with pytest.raises(EncryptedDocument, match="without"):
        async with open_upload(writer.save(user_password=b"secret"), settings=upload):
            pass


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
async def test_image_truncated_pixels_are_refused(kind: str, upload: UploadSettings) -> None:
    """A whole header opens; half the pixels are no picture."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (90, 90, 3), np.uint8))
    buffer = io.BytesIO()
    noise.save(buffer, kind)

    async with open_upload(buffer.getvalue()[: len(buffer.getvalue()) // 2], settings=upload) as opened:
        with pytest.raises(UnreadableDocument, match="truncated"):
            await opened.image(opened.pages[0])


@pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")
async def test_open_upload_larger_limit_than_pillows_holds() -> None:
    """MAX_PIXELS alone decides; Pillow's own limit neither warns nor refuses."""
    async with open_upload(bomb(20_000, 10_000), settings=upload_settings(MAX_PIXELS="300000000")) as opened:
        assert (opened.pages[0].width, opened.pages[0].height) == (20_000, 10_000)


def files_in(scratch: Path) -> list[str]:
    """Names of all that is there; the one folder among it is nobody else's."""
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in scratch.iterdir())
    return [path.name for path in sorted(scratch.rglob("*"))]


async def test_open_upload_removes_its_files(scratch: Path, upload: UploadSettings) -> None:
    """Whether read, refused or interrupted, nothing of a document stays on disk."""
    async with open_upload(scan_pdf(), settings=upload) as opened:
        await opened.image(opened.pages[0])
        assert files_in(scratch)[1:] == ["upload"]
    with pytest.raises(UnreadableDocument):
        async with open_upload(PdfWriter().save(), settings=upload):
            pass
    with anyio.CancelScope() as scope:
        async with open_upload(scan_pdf(), settings=upload):
            scope.cancel()
            await anyio.sleep(1)

    assert files_in(scratch) == []


async def test_open_upload_killed_process_costs_nobody_else(upload: UploadSettings) -> None:
    """After the PDF process died, the next document is read."""
    process_id = await run_bounded(os.getpid, bounds=Bounds(timeout_s=30, memory_mb=2048))
    os.kill(process_id, signal.SIGKILL)

    async with open_upload(text_pdf(INVOICE), settings=upload) as opened:
        assert opened.pages[0].source == "text_layer"


async def test_image_pdf_that_hangs_is_refused_and_others_go_on(upload: UploadSettings) -> None:
    """A page that takes for ever to draw ends with the setting's name, in time."""
    writer = PdfWriter()
    content = b""
    entries = b"/Group << /S /Transparency >> /Matrix [1 0 0 1 0 0]"
    form = writer.form(b"0 0 595 842 re f ", bbox=(0, 0, 595, 842), entries=entries)
    for _ in range(7):
        nested = b"/XObject << /Fm %d 0 R >>" % form
        form = writer.form(b"/Fm Do " * 12, bbox=(0, 0, 595, 842), entries=entries, resources=nested)
    writer.page(content + b"/Fm Do", xobjects={"Fm": form})
    start = time.monotonic()

    with pytest.raises(UnreadableDocument, match="PDF_TIMEOUT_S"):
        async with open_upload(writer.save(), settings=upload_settings(PDF_TIMEOUT_S="2")) as opened:
            await opened.image(opened.pages[0])

    assert time.monotonic() - start < 2 * WALL_TIMES + START_LIMIT_S
    async with open_upload(text_pdf(INVOICE), settings=upload) as opened:
        assert opened.pages[0].source == "text_layer"


async def test_open_upload_many_at_once_all_are_read(upload: UploadSettings) -> None:
    """More uploads than processes take turns."""
    sources = []

    async def read() -> None:
        async with open_upload(scan_pdf(), settings=upload) as opened:
            sources.append((await opened.image(opened.pages[0])).shape)

    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(read)

    assert sources == [(2339, 1653, 3)] * 6


async def test_open_upload_webp_under_another_name_is_read_by_default(upload: UploadSettings) -> None:
    """Phones and shops write WebP and call it .jpg."""
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(picture, "WEBP")

    async with open_upload(picture.getvalue(), settings=upload) as opened:
        assert [(page.width, page.height) for page in opened.pages] == [(40, 30)]


async def test_open_upload_pdf_without_its_header_is_read(upload: UploadSettings) -> None:
    """Viewers find the objects and the end of such a file, and so do we."""
    whole = text_pdf(INVOICE)
    headless = whole[whole.index(b"\n", 10) + 1 :]
    assert not headless.startswith(b"%PDF")

    async with open_upload(headless, settings=upload) as opened:
        assert [span.text for span in opened.pages[0].spans] == INVOICE


async def test_open_upload_text_that_mentions_objects_is_no_pdf() -> None:
    """A header may be missing, the end may not."""
    assert content_type_of(b"1 0 obj\nsome notes about PDF files\n") == "text/plain"


COVER = ["For the best experience, open this PDF portfolio in Acrobat X or later."]


async def test_open_upload_portfolio_is_the_document_it_carries(upload: UploadSettings) -> None:
    """The cover of a portfolio is nobody's invoice."""
    portfolio = hybrid_pdf([("a.pdf", text_pdf(INVOICE), None)], lines=COVER, media_type="application/pdf")

    async with open_upload(portfolio, settings=upload) as opened:
        assert [span.text for span in opened.pages[0].spans] == INVOICE
        assert opened.warnings == ()


async def test_open_upload_portfolio_of_several_says_so(upload: UploadSettings) -> None:
    """The first one is read; that there are others is no secret."""
    files = [(f"{name}.pdf", text_pdf([name, *INVOICE]), None) for name in ("first", "second")]

    async with open_upload(hybrid_pdf(files, lines=COVER, media_type="application/pdf"), settings=upload) as opened:
        assert opened.pages[0].spans[0].text == "first"
        assert opened.warnings == ("several_documents",)


async def test_open_upload_invoice_with_an_attached_pdf_is_itself(upload: UploadSettings) -> None:
    """A timesheet behind an invoice is not the invoice."""
    content = hybrid_pdf([("b.pdf", text_pdf(["Timesheet"]), None)], lines=INVOICE, media_type="application/pdf")

    async with open_upload(content, settings=upload) as opened:
        assert [span.text for span in opened.pages[0].spans] == INVOICE


async def test_open_upload_xfa_shell_has_no_text(upload: UploadSettings) -> None:
    """The viewer says "Please wait ...", not the document."""
    writer = PdfWriter()
    writer.page(show_lines(["Please wait...", "If this message is not replaced, your viewer cannot show the form."]))
    form = writer.add(
        b"<< /Fields [] /XFA %d 0 R >>" % writer.stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>")
    )
    writer.catalog = b"/AcroForm %d 0 R" % form

    async with open_upload(writer.save(), settings=upload) as opened:
        assert opened.pages[0].spans == ()
        assert opened.warnings == ("xfa_form_unread",)
