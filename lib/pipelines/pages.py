"""An upload -> its pages: what it is, whether it may be read, how large its pages are, which need OCR, their pixels.

In: the bytes of one file. Out: `OpenedUpload`. All that can be refused is refused before a pixel is made; pixels come
one page at a time, on request. JPEG and PNG are decoded in a thread, all else is read in a process of its own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeAlias

from anyio import to_thread

from lib.document import Attachment, BBox, Page, PageImage
from lib.errors import TooManyPages, TooManyPixels
from lib.pipelines.images import decoding as images
from lib.pipelines.long_documents import long_queue
from lib.pipelines.pdf.attachments import read_xml_attachments
from lib.pipelines.pdf.document import PageLimits
from lib.pipelines.pdf.headless import with_header
from lib.pipelines.pdf.outline import Outline, is_settled_by_a_page, read_outline, read_short_outline
from lib.pipelines.pdf.rendering import Region, render_page, render_region
from lib.pipelines.upload_types import PDF, XML, accepted_type
from lib.pipelines.workplace import Workplace, workplace_of
from lib.settings import UploadSettings

IN_THREADS = frozenset({"image/jpeg", "image/png"})
"""The best tried decoders, for what most uploads are. The others run where they can be ended."""

LONGEST_SIDE = 2**15 - 1
"""Pixels of an image, as of a PDF's page."""


class _Unread(Protocol):
    """Pages of an upload that may not be needed; see `OpenedUpload`."""

    async def is_settled(self, by: Callable[[Page], bool], /) -> bool: ...

    async def whole(self) -> "OpenedUpload": ...


@dataclass(frozen=True, slots=True)
class OpenedUpload:
    """An upload that may be read.

    Attributes:
        content_type: What it is, whatever it was called.
        pages: In order. Source `text_layer`: with spans, nothing left to recognize. Source `ocr`: without; width and
            height are those that `image` will have. None where the upload is XML.
        warnings: Codes of what a client should know about how it was opened.
        unread: How many pages there are that `whole` would read; then `pages` has none.
    """

    content_type: str
    pages: tuple[Page, ...]
    _make_image: Callable[[Page, BBox | None], Awaitable[PageImage]]
    _read_attachments: Callable[[], Awaitable[tuple[Attachment, ...]]]
    warnings: tuple[str, ...] = ()
    unread: int = 0
    _read_pages: _Unread | None = None

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

    async def is_settled(self, by: Callable[[Page], bool]) -> bool:
        """Whether one of the unread pages, without pixels, answers a question; the last ones are asked first.

        False also where all of them together may not be the document.

        Raises:
            UnreadableDocument: A page is damaged, or takes too long or too much memory.
            TooManyPixels: A page has more than MAX_PIXELS.
        """
        return self._read_pages is not None and await self._read_pages.is_settled(by)

    async def whole(self) -> "OpenedUpload":
        """The upload with all of its pages; raises what `open_upload` does."""
        return self if self._read_pages is None else await self._read_pages.whole()


_Opening: TypeAlias = Callable[[bytes, str, UploadSettings], AbstractAsyncContextManager[OpenedUpload]]


@asynccontextmanager
async def open_upload(
    content: bytes, *, settings: UploadSettings, xml_first: bool = False
) -> AsyncIterator[OpenedUpload]:
    """Find out what an upload is and what its pages are.

    Args:
        content: The whole file.
        settings: What may be read.
        xml_first: Leave the pages of a PDF that carries XML unread, as the XML may answer all.

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
    openings: dict[str, _Opening] = dict.fromkeys(IN_THREADS, _open_image)
    openings |= {PDF: partial(_open_pdf, xml_first=xml_first), XML: _open_xml}
    opening = openings.get(content_type, _open_other_image)
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
async def _open_pdf(
    content: bytes, _: str, settings: UploadSettings, *, xml_first: bool = False
) -> AsyncIterator[OpenedUpload]:
    """A PDF; where its own pages are a cover only, the one that it carries."""
    limits = PageLimits(settings.max_pages, settings.max_pixels, settings.render_dpi, settings.max_words)
    async with workplace_of(with_header(content), settings) as workplace:
        outline = await workplace.begin(read_short_outline, limits, xml_first)
        pdf = _Pdf(workplace, limits, settings.max_bytes)
        yield pdf.unread(outline) if outline.unread else await pdf.opened(outline)


@dataclass(frozen=True, slots=True)
class _Pdf:
    """A PDF in its workplace."""

    workplace: Workplace
    limits: PageLimits
    max_bytes: int

    def unread(self, outline: Outline) -> OpenedUpload:
        """With its attachments alone."""

        async def render(page: Page, _: BBox | None) -> PageImage:
            raise ValueError(f"Page {page.page_index} has not been read.")

        attachments = partial(self._attachments, outline)
        return OpenedUpload(PDF, (), render, attachments, unread=outline.unread, _read_pages=self)

    async def is_settled(self, by: Callable[[Page], bool], /) -> bool:
        """See `OpenedUpload.is_settled`."""
        return await self.workplace.run(is_settled_by_a_page, self.limits, by)

    async def whole(self) -> OpenedUpload:
        """See `OpenedUpload.whole`."""
        return await self.opened(await self.workplace.run(read_short_outline, self.limits))

    async def opened(self, outline: Outline) -> OpenedUpload:
        """With all pages.

        Args:
            outline: Of as many as were read at once.
        """
        outline, warnings = await self._whole(outline), set[str]()
        if outline.is_form_shell:
            warnings.add("xfa_form_unread")
        if outline.is_cover and outline.attachments:
            carried = await self.workplace.take_attached_pdf(self.max_bytes)
            if carried:
                outline = await self._whole(await self.workplace.run(read_short_outline, self.limits))
            if carried > 1:
                warnings.add("several_documents")

        async def render(page: Page, box: BBox | None) -> PageImage:
            turned = outline.pages[page.page_index].turned
            if box is not None:
                region = Region(page.page_index, turned, box)
                return await self.workplace.pixels(render_region, region, self.limits)
            return await self.workplace.pixels(render_page, page.page_index, turned, self.limits)

        pages = tuple(outlined.page for outlined in outline.pages)
        return OpenedUpload(PDF, pages, render, partial(self._attachments, outline), tuple(sorted(warnings)))

    async def _whole(self, outline: Outline) -> Outline:
        """What a PDF holds; long ones are read in turn, so that they never have all processes."""
        if outline.is_whole:
            return outline
        async with long_queue().place():
            return await self.workplace.run(read_outline, self.limits, outline.pages)

    async def _attachments(self, outline: Outline) -> tuple[Attachment, ...]:
        if not outline.attachments:
            return ()
        return await self.workplace.run(read_xml_attachments, self.max_bytes)
