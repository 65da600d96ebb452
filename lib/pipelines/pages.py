"""An upload -> its pages: what it is, whether it may be read, how large its pages are, which need OCR, their pixels.

In: the bytes of one file. Out: `OpenedUpload`. All that can be refused is refused before a pixel is made; pixels come
one page at a time, on request. JPEG and PNG are decoded in a thread, all else is read in a process of its own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from anyio import to_thread

from lib.document import Attachment, BBox, Page, PageImage
from lib.errors import TooManyPages, TooManyPixels
from lib.pipelines.images import decoding as images
from lib.pipelines.long_documents import long_queue
from lib.pipelines.pdf.attachments import read_xml_attachments
from lib.pipelines.pdf.document import PageLimits
from lib.pipelines.pdf.headless import with_header
from lib.pipelines.pdf.outline import Outline, read_outline, read_short_outline
from lib.pipelines.pdf.rendering import Region, render_page, render_region
from lib.pipelines.upload_types import PDF, XML, accepted_type
from lib.pipelines.workplace import Workplace, workplace_of
from lib.settings import UploadSettings

IN_THREADS = frozenset({"image/jpeg", "image/png"})
"""The best tried decoders, for what most uploads are. The others run where they can be ended."""

LONGEST_SIDE = 2**15 - 1
"""Pixels of an image, as of a PDF's page."""


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


@asynccontextmanager
async def _open_image(content: bytes, content_type: str, settings: UploadSettings) -> AsyncIterator[OpenedUpload]:
    sizes = await to_thread.run_sync(partial(images.read_sizes, content, content_type, most=settings.max_pages))

    async def decode(_: Page, __: BBox | None) -> PageImage:
        return await to_thread.run_sync(images.decode, content, content_type)

    yield OpenedUpload(content_type, _image_pages(sizes, settings), decode, _no_attachments)


@asynccontextmanager
async def _open_other_image(content: bytes, content_type: str, settings: UploadSettings) -> AsyncIterator[OpenedUpload]:
    """Any other format: in a process of its own, so that what it does to its decoder costs no other upload."""
    async with workplace_of(content, settings) as workplace:
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
    limits = PageLimits(settings.max_pages, settings.max_pixels, settings.render_dpi, settings.max_words)
    async with workplace_of(with_header(content), settings) as workplace:
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
                return await workplace.pixels(render_region, Region(page.page_index, turned, box), limits)
            return await workplace.pixels(render_page, page.page_index, turned, limits)

        async def read_attachments() -> tuple[Attachment, ...]:
            if not outline.attachments:
                return ()
            return await workplace.run(read_xml_attachments, settings.max_bytes)

        pages = tuple(outlined.page for outlined in outline.pages)
        yield OpenedUpload(content_type, pages, render, read_attachments, tuple(sorted(warnings)))


async def _outline(workplace: Workplace, limits: PageLimits) -> Outline:
    """What a PDF holds; long ones are read in turn, so that they never have all processes."""
    outline = await workplace.begin(read_short_outline, limits)
    if not outline.is_whole:
        async with long_queue().place():
            outline = await workplace.run(read_outline, limits, outline.pages)
    return outline
