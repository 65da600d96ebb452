"""An upload -> its pages: what it is, whether it may be read, how large its pages are, which need OCR, their pixels.

In: the bytes of one file. Out: `OpenedUpload`. All that can be refused is refused before a pixel is made; pixels come
one page at a time, on request. Images are decoded in a thread, PDFs are read in a process of their own.
"""

import codecs
import itertools
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from anyio import to_thread

from lib.document import Attachment, Page, PageImage
from lib.errors import EmptyUpload, StartupError, TooManyPixels, UnsupportedMediaType, UploadTooLarge
from lib.pipelines import images, pdf, pdf_attachments
from lib.pipelines.pdf_worker import Bounds, run_bounded
from lib.settings import UploadSettings

PDF = "application/pdf"
XML = "application/xml"

SIGNATURES: Mapping[str, re.Pattern[bytes]] = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "image/tiff": re.compile(rb"II[*+]\0|MM\0[*+]"),
    "image/bmp": re.compile(rb"BM.{4}\0{4}", re.DOTALL),
    "image/heic": re.compile(rb".{4}ftyp(hei[cmsx]|hev[cx]|mif1|msf1)", re.DOTALL),
    "image/avif": re.compile(rb".{4}ftypavi[fs]", re.DOTALL),
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

READABLE = frozenset({PDF, XML, *images.DECODERS})

ALIASES: Mapping[str, str] = {"text/xml": XML}
"""Other names that ALLOWED_CONTENT_TYPES may use. Source: RFC 7303, section 9.2."""

CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class OpenedUpload:
    """An upload that may be read.

    Attributes:
        content_type: What it is, whatever it was called.
        pages: In order. Source `text_layer`: with spans, nothing left to recognize. Source `ocr`: without; width and
            height are those that `image` will have. None where the upload is XML.
    """

    content_type: str
    pages: tuple[Page, ...]
    _make_image: Callable[[Page], Awaitable[PageImage]]
    _read_attachments: Callable[[], Awaitable[tuple[Attachment, ...]]]

    async def image(self, page: Page) -> PageImage:
        """The pixels of one page: upright, (height, width, 3) uint8 blue green red. Keeps none.

        Raises:
            UnreadableDocument: The page's content is truncated or damaged, or takes too long or too much memory.
        """
        return await self._make_image(page)

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
        UnreadableDocument: It is truncated, damaged or has no pages.
    """
    content_type = accepted_type(content, settings=settings)
    opening = {PDF: _open_pdf, XML: _open_xml}.get(content_type, _open_image)
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
        raise UnsupportedMediaType(
            f"The file's content looks like {seen}; accepted are {', '.join(allowed)} (ALLOWED_CONTENT_TYPES)."
            " Its name and declared type do not matter."
        )
    return seen


def content_type_of(content: bytes) -> str:
    """What the first bytes say; for what nobody knows, text/plain or application/octet-stream."""
    for content_type, signature in SIGNATURES.items():
        if signature.match(content):
            return content_type
    head = content[:1024]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if CONTROL.search(head) else "text/plain"


@asynccontextmanager
async def _open_image(content: bytes, content_type: str, settings: UploadSettings) -> AsyncIterator[OpenedUpload]:
    width, height = await to_thread.run_sync(images.read_size, content, content_type)
    if width * height > settings.max_pixels:
        raise TooManyPixels(
            f"The image has {width} x {height} pixels; at most {settings.max_pixels} are read (MAX_PIXELS)."
            " Scale it down."
        )

    async def decode(_: Page) -> PageImage:
        return await to_thread.run_sync(images.decode, content, content_type)

    yield OpenedUpload(content_type, (Page(0, width, height, "ocr"),), decode, _no_attachments)


async def _no_attachments() -> tuple[Attachment, ...]:
    return ()


@asynccontextmanager
async def _open_xml(content: bytes, content_type: str, _: UploadSettings) -> AsyncIterator[OpenedUpload]:
    async def decode(page: Page) -> PageImage:
        raise ValueError(f"An XML upload has no page {page.page_index}.")

    async def read_attachments() -> tuple[Attachment, ...]:
        return (Attachment("", None, content),)

    yield OpenedUpload(content_type, (), decode, read_attachments)


@asynccontextmanager
async def _open_pdf(content: bytes, content_type: str, settings: UploadSettings) -> AsyncIterator[OpenedUpload]:
    bounds = Bounds(settings.pdf_timeout_s, settings.pdf_memory_mb)
    limits = pdf.PageLimits(settings.max_pages, settings.max_pixels, settings.render_dpi)
    folder = await to_thread.run_sync(partial(tempfile.TemporaryDirectory, prefix="ocrlty-"))
    source, numbers = Path(folder.name, "upload.pdf"), itertools.count()

    async def render(page: Page) -> PageImage:
        target = Path(folder.name, f"{next(numbers)}.bgr")
        arguments = (str(source), page.page_index, outline[page.page_index].turned, str(target), limits)
        shape = await run_bounded(pdf.render_page, *arguments, bounds=bounds)
        return await to_thread.run_sync(_take_pixels, target, shape)

    async def read_attachments() -> tuple[Attachment, ...]:
        read = pdf_attachments.read_xml_attachments
        return await run_bounded(read, str(source), settings.max_bytes, bounds=bounds)

    try:
        await to_thread.run_sync(source.write_bytes, content)
        outline = await run_bounded(pdf.read_outline, str(source), limits, bounds=bounds)
        yield OpenedUpload(content_type, tuple(outlined.page for outlined in outline), render, read_attachments)
    finally:
        folder.cleanup()


def _take_pixels(path: Path, shape: tuple[int, int, int]) -> PageImage:
    pixels = np.fromfile(path, np.uint8).reshape(shape)
    path.unlink()
    return pixels
