"""Reads the pages of an upload that have no text of their own, and pictures of those that have.

In: an open upload and its pages. Out: the pages with spans, and with images where readers see them. Knows the OCR stage
by its verb alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, Protocol, TypeAlias

from anyio import to_thread

from lib.document import OcrSpeed, Page, PageImage, Recognition
from lib.fair_queue import FairQueue
from lib.pipelines.images.orientation import turned
from lib.pipelines.ocr.legibility import is_legible
from lib.pipelines.page_turns import PageTurns
from lib.pipelines.pages import OpenedUpload
from lib.pipelines.pdf.page_pictures import lettering
from lib.pipelines.readers import Readers
from lib.pipelines.tilt_prep import shrink
from lib.telemetry import StageClock

Images: TypeAlias = Literal["never", "auto", "always"]
"""Which pages' images the readers see: none, those that are rendered anyway, or all."""


class OcrStage(Protocol):
    """Whoever turns a page's pixels into spans.

    Attributes:
        busy: Pages being read.
        waiting: Pages waiting for an engine.
        still_s: Seconds in which no engine has become free although a page waits.
    """

    @property
    def busy(self) -> int: ...  # noqa: D102

    @property
    def waiting(self) -> int: ...  # noqa: D102

    @property
    def still_s(self) -> float: ...  # noqa: D102

    async def recognize(self, image: PageImage, *, lang: str = "", speed: OcrSpeed = "exact") -> Recognition:
        """The spans of one page in a language, or in the default one, and how it has to be turned for them."""


class PageReader:
    """Reads pages, those of several documents beside each other; holds no state of any upload."""

    def __init__(self, ocr: OcrStage, *, readers: Readers, images: Images, pages_in_memory: int) -> None:
        """Take the parts; see `Extractor`."""
        self._ocr = ocr
        self._readers = readers
        self._images = images
        self._pages_in_memory = FairQueue(pages_in_memory)
        self._turns = PageTurns(max(1, pages_in_memory - 1))

    async def read(
        self,
        pages: Sequence[Page],
        *,
        opened: OpenedUpload,
        clock: StageClock,
        lang: str,
        speed: OcrSpeed,
        on_read: Callable[[], None],
    ) -> list[Page]:
        """The pages of one upload with their spans, in order.

        Args:
            pages: Of the upload.
            opened: Gives their pixels.
            clock: Told how long rendering and OCR take.
            lang: For the OCR stage.
            speed: For the OCR stage.
            on_read: Called after each page.

        Raises:
            ExtractionError: A page cannot be rendered or read, or nobody could answer about it.
        """
        read = partial(self._read, opened=opened, clock=clock, lang=lang, speed=speed)
        return await self._turns.read(pages, read, on_read=on_read)

    async def _read(self, page: Page, *, opened: OpenedUpload, clock: StageClock, lang: str, speed: OcrSpeed) -> Page:
        if page.source == "text_layer" and page.pictures:
            page = await self._with_pictures_read(page, opened=opened, clock=clock, lang=lang, speed=speed)
        if page.source == "text_layer" and self._images != "always":
            return page
        async with self._pages_in_memory.place():
            if page.source == "ocr":  # Again: its turn comes late where many wait.
                self._readers.require_reader()
            with clock.stage("render"):
                image = await opened.image(page)
            if page.source == "ocr":
                with clock.stage("ocr"):
                    found = await self._ocr.recognize(image, lang=lang, speed=speed)
                image = turned(image, found.rotation)
                page = _recognized(page, found, image)
            if self._images != "never":
                page = replace(page, image=await to_thread.run_sync(shrink, image))
            return page

    async def _with_pictures_read(
        self, page: Page, *, opened: OpenedUpload, clock: StageClock, lang: str, speed: OcrSpeed
    ) -> Page:
        """A page with the lettering of its pictures among its spans."""
        spans = list(page.spans)
        for box in page.pictures:
            async with self._pages_in_memory.place():
                with clock.stage("render"):
                    picture = await opened.picture(page, box)
                with clock.stage("ocr"):
                    found = await self._ocr.recognize(picture, lang=lang, speed=speed)
            spans += lettering(found, box, text=page.spans)
        return replace(page, spans=tuple(spans))


def _recognized(page: Page, found: Recognition, image: PageImage) -> Page:
    """The page with its spans, or with its own text where OCR cannot read it; `image` is the turned one."""
    height, width = image.shape[:2]
    if page.unconfirmed and not is_legible(found):
        return replace(page, source="text_layer", spans=page.unconfirmed, legibility=found.legibility)
    seen = replace(page, width=width, height=height, rotation=found.rotation)
    return replace(
        seen,
        spans=found.spans,
        legibility=found.legibility,
        script=found.script,
        unreadable=found.unreadable,
        missing_scripts=found.missing_scripts,
    )
