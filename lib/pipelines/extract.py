"""The order of the stages: upload -> pages -> OCR document -> answers -> fields.

In: the bytes of one upload. Out: an `Extraction`. The only module that knows every stage; it holds their order and
nothing else.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Literal, Protocol, TypeAlias

import anyio
from anyio import to_thread

from lib.computing import compute
from lib.details.reader import read_details
from lib.disk import full_disk_is_told
from lib.document import Inquiry, OcrDocument, Page, PageImage, Question, Recognition
from lib.errors import DeadlineExceeded, TooManyWords
from lib.extraction import Details, Extraction, disagreements
from lib.fair_queue import FairQueue
from lib.grammar.recall import one_document
from lib.pipelines.einvoice import (
    EInvoice,
    EInvoiceFinding,
    as_fields,
    disagrees_with_pages,
    extra_fields,
    find_einvoice,
    read_xml_upload,
)
from lib.pipelines.einvoice.page_check import DISAGREES
from lib.pipelines.legibility import is_legible, warnings_about
from lib.pipelines.long_documents import bare, compute_apart, compute_words, is_long
from lib.pipelines.mirroring import details_faced_back, faced_back, facing_right
from lib.pipelines.orientation import turned
from lib.pipelines.page_pictures import lettering
from lib.pipelines.page_turns import PageTurns
from lib.pipelines.pages import XML, OpenedUpload, open_upload
from lib.pipelines.readers import Readers, Reading
from lib.pipelines.text_doubt import with_doubts
from lib.pipelines.tilt_prep import assemble, shrink, words_of
from lib.pipelines.worker_process import Bounds
from lib.post.rules import RULESET_VERSION, warnings_of
from lib.post.settling import Settled, settle, settle_questions, settle_unruled
from lib.settings import NormalizerSettings, UploadSettings
from lib.telemetry import StageClock, current_request

Images: TypeAlias = Literal["never", "auto", "always"]
SIX = Inquiry()
"""Nothing beyond the six fields."""

OcrPlace: TypeAlias = Callable[[], AbstractContextManager[None]]


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

    async def recognize(self, image: PageImage, *, lang: str = "") -> Recognition:
        """The spans of one page in a language, or in the default one, and how it has to be turned for them."""


class Progress(Protocol):
    """Whoever watches how far a document is."""

    def opened(self, pages: int) -> None:
        """It has so many pages."""

    def page_read(self) -> None:
        """One more of them has been read."""


class Unwatched:
    """Nobody watches."""

    def opened(self, pages: int) -> None:
        """Nothing."""

    def page_read(self) -> None:
        """Nothing."""


UNWATCHED = Unwatched()


class Extractor:
    """Runs the stages for one upload after another; holds no state of any upload."""

    def __init__(
        self,
        *,
        upload: UploadSettings,
        normalizer: NormalizerSettings,
        questions: Sequence[Question],
        extra_questions: Sequence[Question] = (),
        ocr: OcrStage,
        readers: Readers,
        images: Images = "never",
        pages_in_memory: int = 2,
    ) -> None:
        """Take the stages; nothing is loaded here.

        Args:
            upload: What an upload may be.
            normalizer: Whether rules apply.
            questions: What the readers are asked.
            extra_questions: What they are asked beside, where a client wants the fields beyond the six.
            ocr: Reads pixels.
            readers: Answer.
            images: Which pages' images the readers see: none, those that are rendered anyway, or all.
            pages_in_memory: Page images held at the same time, over all documents; one more than there are engines
                lets the next page be rendered meanwhile.
        """
        self._upload = upload
        self._normalizer = normalizer
        self._questions = tuple(questions)
        self._extra_questions = tuple(extra_questions)
        self._ocr = ocr
        self._readers = readers
        self._images = images
        self._pages_in_memory = FairQueue(pages_in_memory)
        self._turns = PageTurns(max(1, pages_in_memory - 1))

    async def extract(
        self,
        content: bytes,
        *,
        inquiry: Inquiry = SIX,
        ocr_place: OcrPlace = nullcontext,
        progress: Progress = UNWATCHED,
    ) -> Extraction:
        """Extract the fields of one document.

        Args:
            content: The file's bytes, as uploaded.
            inquiry: What is asked beyond the six fields.
            ocr_place: Entered while the document's pages are recognized, where any needs it; may refuse.
            progress: Told how far the document is, from the event loop.

        Raises:
            ExtractionError: One of its subclasses, where the document cannot be read or a stage fails.
        """
        clock = StageClock()
        with one_document(), full_disk_is_told(), _within_deadline(), clock.stage("total"):
            extraction = await self._extract(content, inquiry, clock, ocr_place, progress)
        return replace(extraction, timings_ms=_rounded(clock))

    async def answer(self, document: OcrDocument) -> Extraction:
        """Extract the fields of a document whose words are known already.

        Raises:
            ExtractionError: A reader fails, or the deadline passed.
        """
        clock = StageClock()
        with one_document(), _within_deadline(), clock.stage("total"):
            extraction = await self._answer(document, SIX, clock)
        return replace(extraction, timings_ms=_rounded(clock))

    async def _answer(self, document: OcrDocument, inquiry: Inquiry, clock: StageClock) -> Extraction:
        extras = self._extra_questions if inquiry.extras else ()
        facing = facing_right(document)
        with clock.stage("reader"):
            reading = await self._readers.read(facing, (*self._questions, *extras, *inquiry.questions))
        with clock.stage("rules"):
            settled = await self._settled(reading, facing, inquiry)
        details = None
        if inquiry.details:
            with clock.stage("details"):
                details = await _details(settled, facing)
        return Extraction(
            fields=faced_back(settled.fields, document),
            extras=faced_back(settled.extras, document),
            details=details_faced_back(details, document),
            document=document,
            reader=reading.reader,
            model_version=reading.model_version,
            ruleset_version=RULESET_VERSION,
            source=document.source,
            degraded=reading.degraded,
            warnings=tuple(
                sorted(
                    {
                        *reading.warnings,
                        *warnings_of(settled.fields),
                        *warnings_about(document.pages),
                        *disagreements(details),
                    }
                )
            ),
        )

    async def _extract(
        self, content: bytes, inquiry: Inquiry, clock: StageClock, ocr_place: OcrPlace, progress: Progress
    ) -> Extraction:
        """What an e-invoice in the upload states; where there is none, or a client asks more, what its pages say."""
        stated: Extraction | None = None
        async with AsyncExitStack() as stack:
            with clock.stage("triage"):
                opened = await stack.enter_async_context(open_upload(content, settings=self._upload))
            progress.opened(len(opened.pages))
            with clock.stage("einvoice"):
                finding = await self._find_einvoice(opened, details=inquiry.details)
            if finding.invoice is not None:
                invoice, warnings = finding.invoice, finding.warnings
                document = await _assembled(opened.pages)
                disagrees = await compute_words(opened.pages, disagrees_with_pages, invoice, opened.pages)
                stated = _stated(invoice, {*warnings, *([DISAGREES] if disagrees else ())}, document, inquiry)
                if not inquiry.questions:
                    return stated
            found = await compute(with_doubts, opened.pages)
            if any(page.source == "ocr" or page.pictures for page in found):
                self._readers.require_reader()
                stack.enter_context(ocr_place())
            read = partial(self._read, opened=opened, clock=clock, lang=inquiry.lang)
            pages = await self._turns.read(found, read, on_read=progress.page_read)
        document = await _assembled(pages)
        self._require_few_words(document)
        if stated is not None:
            return await self._with_answers(stated, document, inquiry, clock)
        extraction = await self._answer(document, inquiry, clock)
        return replace(extraction, warnings=tuple(sorted({*extraction.warnings, *finding.warnings, *opened.warnings})))

    async def _with_answers(
        self, stated: Extraction, document: OcrDocument, inquiry: Inquiry, clock: StageClock
    ) -> Extraction:
        """An e-invoice's extraction with the answers to the client's questions, which its pages are asked."""
        with clock.stage("reader"):
            reading = await self._readers.read(document, inquiry.questions)
        with clock.stage("rules"):
            bare_document = OcrDocument(bare(document.pages))
            settling = partial(settle_questions, reading.answers, document=bare_document)
            answers = await compute_words(document.pages, settling)
        return replace(
            stated,
            extras=(*stated.extras, *answers),
            document=document,
            degraded=reading.degraded,
            warnings=tuple(sorted({*stated.warnings, *reading.warnings})),
        )

    async def _find_einvoice(self, opened: OpenedUpload, *, details: bool) -> EInvoiceFinding:
        bounds = Bounds(self._upload.pdf_timeout_s, self._upload.pdf_memory_mb)
        if opened.content_type == XML:
            return EInvoiceFinding(await read_xml_upload(opened, bounds=bounds, details=details))
        if not self._upload.einvoice:
            return EInvoiceFinding()
        return await find_einvoice(opened, bounds=bounds, details=details)

    async def _read(self, page: Page, *, opened: OpenedUpload, clock: StageClock, lang: str) -> Page:
        if page.source == "text_layer" and page.pictures:
            page = await self._with_pictures_read(page, opened=opened, clock=clock, lang=lang)
        if page.source == "text_layer" and self._images != "always":
            return page
        async with self._pages_in_memory.place():
            if page.source == "ocr":  # Again: its turn comes late where many wait.
                self._readers.require_reader()
            with clock.stage("render"):
                image = await opened.image(page)
            if page.source == "ocr":
                with clock.stage("ocr"):
                    found = await self._ocr.recognize(image, lang=lang)
                image = turned(image, found.rotation)
                page = _recognized(page, found, image)
            if self._images != "never":
                page = replace(page, image=await to_thread.run_sync(shrink, image))
            return page

    async def _with_pictures_read(self, page: Page, *, opened: OpenedUpload, clock: StageClock, lang: str) -> Page:
        """A page with the lettering of its pictures among its spans."""
        spans = list(page.spans)
        for box in page.pictures:
            async with self._pages_in_memory.place():
                with clock.stage("render"):
                    picture = await opened.picture(page, box)
                with clock.stage("ocr"):
                    found = await self._ocr.recognize(picture, lang=lang)
            spans += lettering(found, box, text=page.spans)
        return replace(page, spans=tuple(spans))

    def _require_few_words(self, document: OcrDocument) -> None:
        """Refuse a document with too many words; those of PDFs are counted before they are read.

        Raises:
            TooManyWords: It has.
        """
        words, most = sum(len(page.words) for page in document.pages), self._upload.max_words
        if words > most:
            raise TooManyWords(
                f"The document has {words} words; at most {most} are read (MAX_DOCUMENT_WORDS). Split it, or raise the"
                " setting."
            )

    async def _settled(self, reading: Reading, document: OcrDocument, inquiry: Inquiry) -> Settled:
        if not self._normalizer.enabled:
            return settle_unruled(reading.answers, inquiry=inquiry)
        bare_document = OcrDocument(bare(document.pages))
        settling = partial(settle, reading.answers, reading.second_opinion, document=bare_document, inquiry=inquiry)
        return await compute_words(document.pages, settling)


async def _details(settled: Settled, document: OcrDocument) -> Details:
    """What the pages state beyond the six fields."""
    reading = partial(read_details, OcrDocument(bare(document.pages)), fields=settled.fields, extras=settled.extras)
    return await compute_words(document.pages, reading)


async def _assembled(pages: Sequence[Page]) -> OcrDocument:
    """The document with every page's words in reading order."""
    if not is_long(pages):
        return await compute(assemble, pages)
    words = await compute_apart(words_of, bare(pages))
    return OcrDocument(tuple(replace(page, words=own) for page, own in zip(pages, words, strict=True)))


def _recognized(page: Page, found: Recognition, image: PageImage) -> Page:
    """The page with its spans, or with its own text where OCR cannot read it; `image` is the turned one."""
    height, width = image.shape[:2]
    if page.unconfirmed and not is_legible(found):
        return replace(page, source="text_layer", spans=page.unconfirmed, legibility=found.legibility)
    seen = replace(page, width=width, height=height, rotation=found.rotation)
    return replace(
        seen, spans=found.spans, legibility=found.legibility, script=found.script, unreadable=found.unreadable
    )


def _stated(invoice: EInvoice, warnings: Iterable[str], document: OcrDocument, inquiry: Inquiry) -> Extraction:
    """The extraction of an e-invoice; pages without a text layer stay unread."""
    fields = as_fields(invoice)
    return Extraction(
        fields=fields,
        extras=extra_fields(invoice) if inquiry.extras else (),
        details=invoice.details,
        document=document,
        reader="einvoice",
        model_version="einvoice-1",
        ruleset_version=RULESET_VERSION,
        source="xml",
        warnings=tuple(sorted({*warnings, *warnings_of(fields)})),
    )


@contextmanager
def _within_deadline() -> Iterator[None]:
    """End the block when the request's deadline passes.

    Raises:
        DeadlineExceeded: It passed.
    """
    remaining_s = current_request().remaining_s
    try:
        with anyio.fail_after(None if remaining_s == float("inf") else remaining_s):
            yield
    except TimeoutError as exc:
        raise DeadlineExceeded(
            "The request's deadline passed; send fewer pages, or raise REQUEST_TIMEOUT_S on the server."
        ) from exc


def _rounded(clock: StageClock) -> dict[str, float]:
    return {stage: round(milliseconds, 1) for stage, milliseconds in clock.timings_ms.items()}
