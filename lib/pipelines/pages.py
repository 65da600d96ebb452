"""An upload -> its pages: what it is, whether it may be read, how large its pages are, which need OCR, their pixels.

In: the bytes of one file. Out: `OpenedUpload`. All that can be refused is refused before a pixel is made; pixels come
one page at a time, on request. JPEG and PNG are decoded in a thread, all else is read in a process of its own.
"""

import codecs
import re
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import numpy as np
from anyio import to_thread

from lib.document import Attachment, BBox, Page, PageImage
from lib.errors import EmptyUpload, StartupError, TooManyPages, TooManyPixels, UnsupportedMediaType, UploadTooLarge
from lib.pipelines import images, pdf, pdf_attachments
from lib.pipelines.headless_pdf import is_headless_pdf, with_header
from lib.pipelines.image_formats import FORMATS
from lib.pipelines.long_documents import long_queue
from lib.pipelines.worker_process import Bounds, run_bounded
from lib.settings import UploadSettings

Args = TypeVarTuple("Args")
Result = TypeVar("Result")

PDF = "application/pdf"
XML = "application/xml"

SIGNATURES: Mapping[str, re.Pattern[bytes]] = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "image/tiff": re.compile(rb"II[*+]\0|MM\0[*+]"),
    "image/bmp": re.compile(rb"BM.{4}\0{4}", re.DOTALL),
    # Containers of either kind may call themselves mif1 or msf1; then the list behind that says which it is.
    "image/avif": re.compile(rb".{4}ftyp(avi[fs]|m[is]f1.{4}(.{4}){0,12}?avi[fs])", re.DOTALL),
    "image/heic": re.compile(rb".{4}ftyp(hei[cmsx]|hev[cx]|mif1|msf1)", re.DOTALL),
    PDF: re.compile(rb".{0,1024}%PDF-", re.DOTALL),
    "application/zip": re.compile(rb"PK\x03\x04"),
    "application/vnd.ms-office": re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    "application/postscript": re.compile(rb"%!PS"),
    "text/html": re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html)\b", re.IGNORECASE),
    XML: re.compile(
        rb"(\xef\xbb\xbf)?\s*<(\?xml\s|!--|[a-z_][\w.:-]*\s[^<>]{0,2000}xmlns)"
        rb"|\xff\xfe<\0|\xfe\xff\0<|<\0\?\0|\0<\0\?",
        re.IGNORECASE,
    ),
}
"""How files of a type begin. PDF stands behind the images and tolerates 1024 bytes before its header, as viewers do.
Source: the formats' own specifications; ISO 32000-1, annex H, implementation note 13."""

READABLE = frozenset({PDF, XML, *FORMATS})

ALIASES: Mapping[str, str] = {"text/xml": XML, "image/heif": "image/heic"}
"""Other names that ALLOWED_CONTENT_TYPES may use. Sources: RFC 7303, section 9.2; ISO/IEC 23008-12, annex C."""

IN_THREADS = frozenset({"image/jpeg", "image/png"})
"""The best tried decoders, for what most uploads are. The others run where they can be ended."""

WORKPLACE_PREFIX = "ocrlty-"
"""Of the folders in which a process of its own reads an upload."""

LONGEST_SIDE = 2**15 - 1
"""Pixels of an image, as of a PDF's page."""

UPLOAD = "upload"
"""What it is called there."""

CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class OpenedUpload:
    """An upload that may be read.

    Attributes:
        content_type: What it is, whatever it was called.
        pages: In order. Source `text_layer`: with spans, nothing left to recognize. Source `ocr`: without; width and
            height are those that `image` will have. None where the upload is XML.
        warnings: Codes of what a client should know about how it was opened.
    """

    content_type: str
    pages: tuple[Page, ...]
    _make_image: Callable[[Page, BBox | None], Awaitable[PageImage]]
    _read_attachments: Callable[[], Awaitable[tuple[Attachment, ...]]]
    warnings: tuple[str, ...] = ()

    async def image(self, page: Page) -> PageImage:
        """The pixels of one page: upright, (height, width, 3) uint8 blue green red. Keeps none.

        Raises:
            UnreadableDocument: The page's content is truncated or damaged, or takes too long or too much memory.
        """
        return await self._make_image(page, None)

    async def picture(self, page: Page, box: BBox) -> PageImage:
        """The pixels of one of `page.pictures`, as `image` gives those of the whole page.

        Raises:
            UnreadableDocument: As for `image`.
        """
        return await self._make_image(page, box)

    async def attachments(self) -> tuple[Attachment, ...]:
        """The XML files that a PDF carries inside, in the order of its list; an XML upload as the only one.

        Raises:
            UnreadableDocument: Unpacking them takes too long or too much memory; the pages may be fine.
        """
        return await self._read_attachments()


@asynccontextmanager
async def open_upload(content: bytes, *, settings: UploadSettings) -> AsyncIterator[OpenedUpload]:
    """Find out what an upload is and what its pages are.

    Args:
        content: The whole file.
        settings: What may be read.

    Raises:
        EmptyUpload: It has no bytes.
        UploadTooLarge: More than MAX_UPLOAD_MB.
        UnsupportedMediaType: It is none of ALLOWED_CONTENT_TYPES.
        EncryptedDocument: It is a PDF that opens only with a password.
        TooManyPages: More than MAX_PAGES.
        TooManyPixels: A page has more than MAX_PIXELS.
        TooManyWords: A PDF has more than MAX_DOCUMENT_WORDS.
        UnreadableDocument: It is truncated, damaged or has no pages.
        Overloaded: Too many wait for a process that reads them (PDF_QUEUE).
    """
    content_type = accepted_type(content, settings=settings)
    opening = {PDF: _open_pdf, XML: _open_xml}.get(content_type, _open_other_image)
    if content_type in IN_THREADS:
        opening = _open_image
    async with opening(content, content_type, settings) as opened:
        yield opened


def require_readable(settings: UploadSettings) -> None:
    """Make sure that what is to be accepted can be read: `image/jpg` would be a promise that no file keeps.

    Raises:
        StartupError: A type cannot.
    """
    unknown = [name for name in settings.allowed_content_types if ALIASES.get(name, name) not in READABLE]
    if unknown:
        raise StartupError(
            f"ALLOWED_CONTENT_TYPES has {', '.join(unknown)}, which cannot be read; {', '.join(sorted(READABLE))} can."
        )


def require_workplace() -> None:
    """Make sure that there is a temporary folder: every PDF goes through one.

    Raises:
        StartupError: None can be written.
    """
    try:
        tempfile.TemporaryDirectory(prefix=WORKPLACE_PREFIX).cleanup()
    except OSError as exc:
        raise StartupError(
            f"There is no temporary folder to write PDFs into: {exc.strerror}. Set TMPDIR to one, or make room there."
        ) from exc


def accepted_type(content: bytes, *, settings: UploadSettings) -> str:
    """The content type of an upload that is neither empty nor too large.

    Raises:
        EmptyUpload: It has no bytes.
        UploadTooLarge: More than MAX_UPLOAD_MB.
        UnsupportedMediaType: It is none of ALLOWED_CONTENT_TYPES.
    """
    if not content:
        raise EmptyUpload("The file is empty. Send one with content.")
    if len(content) > settings.max_bytes:
        size_mb = len(content) / 2**20
        raise UploadTooLarge(f"The file has {size_mb:.1f} MB; at most {settings.max_mb:g} are read (MAX_UPLOAD_MB).")
    seen = content_type_of(content)
    allowed = [ALIASES.get(name, name) for name in settings.allowed_content_types]
    if seen not in allowed:
        remedy = f"Add {seen} to it on the server." if seen in READABLE else "Its name and declared type do not matter."
        raise UnsupportedMediaType(
            f"The file's content looks like {seen}; accepted are {', '.join(allowed)} (ALLOWED_CONTENT_TYPES). {remedy}"
        )
    return seen


def content_type_of(content: bytes) -> str:
    """What the first bytes say; for what nobody knows, text/plain or application/octet-stream."""
    for content_type, signature in SIGNATURES.items():
        if signature.match(content):
            return content_type
    if is_headless_pdf(content):
        return PDF
    head = content[:1024]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if CONTROL.search(head) else "text/plain"


@asynccontextmanager
async def _open_image(content: bytes, content_type: str, settings: UploadSettings) -> AsyncIterator[OpenedUpload]:
    sizes = await to_thread.run_sync(partial(images.read_sizes, content, content_type, most=settings.max_pages))

    async def decode(_: Page, __: BBox | None) -> PageImage:
        return await to_thread.run_sync(images.decode, content, content_type)

    yield OpenedUpload(content_type, _image_pages(sizes, settings), decode, _no_attachments)


@asynccontextmanager
async def _open_other_image(content: bytes, content_type: str, settings: UploadSettings) -> AsyncIterator[OpenedUpload]:
    """Any other format: in a process of its own, so that what it does to its decoder costs no other upload."""
    async with _workplace(content, settings) as workplace:
        sizes = await workplace.begin(images.read_sizes_of_file, content_type, settings.max_pages)

        async def decode(page: Page, _: BBox | None) -> PageImage:
            return await workplace.pixels(images.decode_file, content_type, page.page_index)

        yield OpenedUpload(content_type, _image_pages(sizes, settings), decode, _no_attachments)


def _image_pages(sizes: Sequence[tuple[int, int]], settings: UploadSettings) -> tuple[Page, ...]:
    """The pages of an image file, all within the limits.

    Raises:
        TooManyPages: More than MAX_PAGES.
        TooManyPixels: One has more than MAX_PIXELS.
    """
    if len(sizes) > settings.max_pages:
        raise TooManyPages(f"The image has more than {settings.max_pages} pages (MAX_PAGES). Split it.")
    for width, height in sizes:
        if width * height > settings.max_pixels:
            raise TooManyPixels(
                f"The image has {width} x {height} pixels; at most {settings.max_pixels} are read (MAX_PIXELS)."
                " Scale it down."
            )
        if max(width, height) > LONGEST_SIDE:
            raise TooManyPixels(
                f"The image has {width} x {height} pixels; no side may have more than {LONGEST_SIDE}. Cut it."
            )
    return tuple(Page(page_index, width, height, "ocr") for page_index, (width, height) in enumerate(sizes))


async def _no_attachments() -> tuple[Attachment, ...]:
    return ()


@asynccontextmanager
async def _open_xml(content: bytes, content_type: str, _: UploadSettings) -> AsyncIterator[OpenedUpload]:
    async def decode(page: Page, _: BBox | None) -> PageImage:
        raise ValueError(f"An XML upload has no page {page.page_index}.")

    async def read_attachments() -> tuple[Attachment, ...]:
        return (Attachment("", None, content),)

    yield OpenedUpload(content_type, (), decode, read_attachments)


@asynccontextmanager
async def _open_pdf(content: bytes, content_type: str, settings: UploadSettings) -> AsyncIterator[OpenedUpload]:
    """A PDF; where its own pages are a cover only, the one that it carries."""
    limits = pdf.PageLimits(settings.max_pages, settings.max_pixels, settings.render_dpi, settings.max_words)
    async with _workplace(with_header(content), settings) as workplace:
        outline = await _outline(workplace, limits)
        warnings: set[str] = set()
        if outline.is_form_shell:
            warnings.add("xfa_form_unread")
        if outline.is_cover and outline.attachments:
            carried = await workplace.take_attached_pdf(settings.max_bytes)
            outline = await _outline(workplace, limits) if carried else outline
            if carried > 1:
                warnings.add("several_documents")

        async def render(page: Page, box: BBox | None) -> PageImage:
            turned = outline.pages[page.page_index].turned
            if box is not None:
                return await workplace.pixels(pdf.render_region, pdf.Region(page.page_index, turned, box), limits)
            return await workplace.pixels(pdf.render_page, page.page_index, turned, limits)

        async def read_attachments() -> tuple[Attachment, ...]:
            if not outline.attachments:
                return ()
            return await workplace.run(pdf_attachments.read_xml_attachments, settings.max_bytes)

        pages = tuple(outlined.page for outlined in outline.pages)
        yield OpenedUpload(content_type, pages, render, read_attachments, tuple(sorted(warnings)))


async def _outline(workplace: "_Workplace", limits: pdf.PageLimits) -> pdf.Outline:
    """What a PDF holds; long ones are read in turn, so that they never have all processes."""
    outline = await workplace.begin(pdf.read_short_outline, limits)
    if not outline.is_whole:
        async with long_queue().place():
            outline = await workplace.run(pdf.read_outline, limits, outline.pages)
    return outline


@dataclass(frozen=True, slots=True)
class _Workplace:
    """Where a process of its own finds an upload and leaves pixels."""

    folder: Path
    source: Path
    bounds: Bounds
    most_waiting: int

    async def begin(self, function: Callable[[str, *Args], Result], *args: *Args) -> Result:
        """Call a function with the upload's path, the first time; what has begun is not refused later.

        Raises:
            Overloaded: Too many wait to begin.
        """
        return await run_bounded(function, str(self.source), *args, bounds=self.bounds, most_waiting=self.most_waiting)

    async def run(self, function: Callable[[str, *Args], Result], *args: *Args) -> Result:
        """Call a function with the upload's path."""
        return await run_bounded(function, str(self.source), *args, bounds=self.bounds)

    async def pixels(self, function: Callable[[str, str, *Args], tuple[int, int, int]], *args: *Args) -> PageImage:
        """Call a function with the upload's path and one for the pixels, whose shape it returns."""
        target = self.folder / f"{uuid.uuid4().hex}.bgr"
        shape = await run_bounded(function, str(self.source), str(target), *args, bounds=self.bounds)
        return await to_thread.run_sync(_take_pixels, target, shape)

    async def take_attached_pdf(self, max_bytes: int) -> int:
        """Put the first PDF that the upload carries in its place, where there is one; how many it carries."""
        target = self.folder / "attached"
        carried = await run_bounded(
            pdf_attachments.write_attached_pdf, str(self.source), str(target), max_bytes, bounds=self.bounds
        )
        if carried:
            target.replace(self.source)
        return carried


@asynccontextmanager
async def _workplace(content: bytes, settings: UploadSettings) -> AsyncIterator[_Workplace]:
    folder = await to_thread.run_sync(_make_workplace, content)
    try:
        source = Path(folder.name, UPLOAD)
        bounds = Bounds(settings.pdf_timeout_s, settings.pdf_memory_mb)
        yield _Workplace(Path(folder.name), source, bounds, settings.pdf_queue)
    finally:
        folder.cleanup()


def _make_workplace(content: bytes) -> tempfile.TemporaryDirectory[str]:
    """A folder with the upload in it; none is left where the disk is full."""
    folder = tempfile.TemporaryDirectory(prefix=WORKPLACE_PREFIX)
    try:
        Path(folder.name, UPLOAD).write_bytes(content)
    except OSError:
        folder.cleanup()
        raise
    return folder


def _take_pixels(path: Path, shape: tuple[int, int, int]) -> PageImage:
    pixels = np.fromfile(path, np.uint8).reshape(shape)
    path.unlink()
    return pixels
