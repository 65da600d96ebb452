"""The order of the stages: upload -> pages -> OCR document -> answers -> fields.

In: the bytes of one upload. Out: an `Extraction`. The only module that knows every stage; it holds their order and
nothing else.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeAlias

from lib.computing import compute
from lib.deadline import within_deadline
from lib.disk import full_disk_is_told
from lib.document import Inquiry, OcrDocument, OcrSpeed, Page, Question
from lib.errors import TooManyWords
from lib.extraction import Extraction, disagreements
from lib.grammar.recall import one_document
from lib.pipelines.details_stage import DetailsStage, FoundDetails
from lib.pipelines.einvoice import EInvoiceFinding, find_einvoice, read_xml_upload
from lib.pipelines.letterheads import is_seller_sure, pictured, replaced, without_pictures
from lib.pipelines.long_documents import bare, compute_apart, compute_words, is_long
from lib.pipelines.mirroring import details_faced_back, faced_back, facing_right
from lib.pipelines.ocr.legibility import warnings_about
from lib.pipelines.page_reader import Images, OcrStage, PageReader
from lib.pipelines.pages import OpenedUpload, open_upload
from lib.pipelines.pdf.text_doubt import with_doubts
from lib.pipelines.readers import Readers, Reading
from lib.pipelines.tilt_prep import assemble, words_of
from lib.pipelines.upload_types import XML
from lib.pipelines.worker_process import Bounds
from lib.pipelines.xml_answer import answer_beside_pages, answer_of_xml_alone, is_xml_enough
from lib.post.postprocessing import CheckedFields, postprocess, postprocess_questions, postprocess_unruled
from lib.post.review import review_of
from lib.post.rules import RULESET_VERSION, warnings_of
from lib.settings import NormalizerSettings, ReviewSettings, UploadSettings
from lib.telemetry import StageClock

SIX = Inquiry()
"""Nothing beyond the six fields."""

OcrPlace: TypeAlias = Callable[[], AbstractContextManager[None]]


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
        review: ReviewSettings,
        questions: Sequence[Question],
        extra_questions: Sequence[Question] = (),
        detail_questions: Sequence[Question] = (),
        ocr: OcrStage,
        readers: Readers,
        images: Images = "never",
        pages_in_memory: int = 2,
        speed: OcrSpeed = "exact",
    ) -> None:
        """Take the stages; nothing is loaded here.

        Args:
            upload: What an upload may be.
            normalizer: Whether rules apply.
            review: From when on an answer asks for a review.
            questions: What the readers are asked.
            extra_questions: What they are asked beside, where a client wants the fields beyond the six.
            detail_questions: What a reader behind a server is asked, where a client wants the details.
            ocr: Reads pixels.
            readers: Answer.
            images: Which pages' images the readers see: none, those that are rendered anyway, or all.
            pages_in_memory: Page images held at the same time, over all documents; one more than there are engines
                lets the next page be rendered meanwhile.
            speed: How pixels are read where nobody but the embedded reader gets the words.
        """
        self._upload = upload
        self._bounds = Bounds(upload.pdf_timeout_s, upload.pdf_memory_mb)
        self._normalizer = normalizer
        self._review = review
        self._questions = tuple(questions)
        self._extra_questions = tuple(extra_questions)
        self._readers = readers
        self._speed: OcrSpeed = speed
        # Without rules nothing would make values of the answers.
        self._details = DetailsStage(readers, tuple(detail_questions) if normalizer.enabled else ())
        self._pages = PageReader(ocr, readers=readers, images=images, pages_in_memory=pages_in_memory)

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
        with one_document(), full_disk_is_told(), within_deadline(), clock.stage("total"):
            extraction = await self._extract(content, inquiry, clock, ocr_place, progress)
        return self._finished(extraction, clock)

    async def answer(self, document: OcrDocument) -> Extraction:
        """Extract the fields of a document whose words are known already.

        Raises:
            ExtractionError: A reader fails, or the deadline passed.
        """
        clock = StageClock()
        with one_document(), within_deadline(), clock.stage("total"):
            extraction = await self._answer(document, SIX, clock)
        return self._finished(extraction, clock)

    def speed_for(self, inquiry: Inquiry) -> OcrSpeed:
        """How pages are read for an inquiry: a client, a server and the details get words that were read exactly."""
        needs_exact = inquiry.words or inquiry.details or not self._readers.is_embedded_alone
        return "exact" if needs_exact else self._speed

    def _may_do_without_logos(self, inquiry: Inquiry) -> bool:
        """Whether text is answered first: nobody gets all the words, nor is a server asked, which takes longer."""
        return self._readers.is_embedded_alone and not inquiry.words

    def _finished(self, extraction: Extraction, clock: StageClock) -> Extraction:
        review = review_of(extraction, least=self._review.confidence)
        timings_ms = {stage: round(milliseconds, 1) for stage, milliseconds in clock.timings_ms.items()}
        return replace(extraction, review=review, timings_ms=timings_ms)

    async def _answer(self, document: OcrDocument, inquiry: Inquiry, clock: StageClock) -> Extraction:
        extras = self._extra_questions if inquiry.extras else ()
        facing = facing_right(document)
        with clock.stage("reader"):
            reading = await self._readers.read(facing, (*self._questions, *extras, *inquiry.questions))
        with clock.stage("rules"):
            checked = await self._checked(reading, facing, inquiry)
        found = FoundDetails()
        if inquiry.details:
            with clock.stage("details"):
                found = await self._details.find(facing, reading=reading, checked=checked)
        warnings = {*reading.warnings, *warnings_of(checked.fields), *warnings_about(document.pages), *found.warnings}
        return Extraction(
            fields=faced_back(checked.fields, document),
            extras=faced_back(checked.extras, document),
            details=details_faced_back(found.details, document),
            details_by_reader=found.by_reader,
            document=document,
            reader=reading.reader,
            model_version=reading.model_version,
            ruleset_version=RULESET_VERSION,
            source=document.source,
            degraded=reading.degraded or found.degraded,
            warnings=tuple(sorted(warnings | disagreements(found.details))),
        )

    async def _extract(
        self, content: bytes, inquiry: Inquiry, clock: StageClock, ocr_place: OcrPlace, progress: Progress
    ) -> Extraction:
        """What an e-invoice in the upload states; where there is none, or a client asks more, what its pages say."""
        async with AsyncExitStack() as stack:
            with clock.stage("triage"):
                xml_first = self._upload.einvoice and is_xml_enough(inquiry)
                opening = open_upload(content, settings=self._upload, xml_first=xml_first)
                opened = await stack.enter_async_context(opening)
            with clock.stage("einvoice"):
                early = await self._find_einvoice(opened, details=inquiry.details) if opened.unread else None
                answer = await answer_of_xml_alone(early, opened, inquiry=inquiry) if early else None
            if answer is not None:
                progress.opened(len(answer.document.pages))
                return answer
            with clock.stage("triage"):
                opened = await opened.whole()
            progress.opened(len(opened.pages))
            with clock.stage("einvoice"):
                finding = early or await self._find_einvoice(opened, details=inquiry.details)
                from_xml = await answer_beside_pages(finding, opened, inquiry=inquiry)
            if from_xml is not None and not inquiry.questions:
                return from_xml
            found = await compute(with_doubts, opened.pages)
            read = partial(
                self._pages.read, opened=opened, clock=clock, lang=inquiry.lang, speed=self.speed_for(inquiry)
            )
            told = {*finding.warnings, *opened.warnings}
            text_first = from_xml is None and self._may_do_without_logos(inquiry)
            if any(page.source == "ocr" or (page.pictures and not text_first) for page in found):
                self._readers.require_reader()
                stack.enter_context(ocr_place())
                ocr_place = nullcontext
            pages = await read(without_pictures(found) if text_first else found, on_read=progress.page_read)
            if text_first and (logos := pictured(found)):
                extraction = await self._answered(pages, inquiry, clock, told)
                if is_seller_sure(extraction):
                    return extraction
                stack.enter_context(ocr_place())
                pages = replaced(pages, await read(logos, on_read=lambda: None))
        if from_xml is not None:
            return await self._with_answers(from_xml, await self._document(pages), inquiry, clock)
        return await self._answered(pages, inquiry, clock, told)

    async def _answered(
        self, pages: Sequence[Page], inquiry: Inquiry, clock: StageClock, warnings: Collection[str]
    ) -> Extraction:
        """What pages say that have been read; `warnings` tell of the upload."""
        extraction = await self._answer(await self._document(pages), inquiry, clock)
        return replace(extraction, warnings=tuple(sorted({*extraction.warnings, *warnings})))

    async def _document(self, pages: Sequence[Page]) -> OcrDocument:
        """The pages' words in reading order, if they are not too many."""
        document = await _assembled(pages)
        self._require_few_words(document)
        return document

    async def _with_answers(
        self, from_xml: Extraction, document: OcrDocument, inquiry: Inquiry, clock: StageClock
    ) -> Extraction:
        """An e-invoice's extraction with the answers to the client's questions, which its pages are asked."""
        with clock.stage("reader"):
            reading = await self._readers.read(document, inquiry.questions)
        with clock.stage("rules"):
            bare_document = OcrDocument(bare(document.pages))
            rules = partial(postprocess_questions, reading.answers, document=bare_document)
            answers = await compute_words(document.pages, rules)
        return replace(
            from_xml,
            extras=(*from_xml.extras, *answers),
            document=document,
            degraded=reading.degraded,
            warnings=tuple(sorted({*from_xml.warnings, *reading.warnings})),
        )

    async def _find_einvoice(self, opened: OpenedUpload, *, details: bool) -> EInvoiceFinding:
        if opened.content_type == XML:
            return EInvoiceFinding(await read_xml_upload(opened, bounds=self._bounds, details=details))
        if not self._upload.einvoice:
            return EInvoiceFinding()
        return await find_einvoice(opened, bounds=self._bounds, details=details)

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

    async def _checked(self, reading: Reading, document: OcrDocument, inquiry: Inquiry) -> CheckedFields:
        if not self._normalizer.enabled:
            return postprocess_unruled(reading.answers, inquiry=inquiry)
        bare_document = OcrDocument(bare(document.pages, keep_doubted=True))
        rules = partial(postprocess, reading.answers, reading.second_opinion, document=bare_document, inquiry=inquiry)
        return await compute_words(document.pages, rules)


async def _assembled(pages: Sequence[Page]) -> OcrDocument:
    """The document with every page's words in reading order."""
    if not is_long(pages):
        return await compute(assemble, pages)
    words = await compute_apart(words_of, bare(pages))
    return OcrDocument(tuple(replace(page, words=own) for page, own in zip(pages, words, strict=True)))
