"""Page sizes and text layers of a PDF.

In: the path of a PDF and limits. Out: pages, with spans where their text layer will do. Runs in the PDF worker process.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from pathlib import Path

from pypdfium2 import raw as pdfium

from lib.document import Page
from lib.errors import TooManyPages, TooManyWords, UnreadableDocument
from lib.pipelines.pdf.artwork import FEW_CHARACTERS, find_images, has_curves
from lib.pipelines.pdf.attachments import has_xml
from lib.pipelines.pdf.content import PdfPage, TooManyCharacters, count_words, read_glyphs
from lib.pipelines.pdf.document import (
    Document,
    PageLimits,
    open_document,
    open_page,
    page_matrix,
    pixel_size,
    turn_back,
)
from lib.pipelines.pdf.page_pictures import telling_pictures
from lib.pipelines.pdf.text_layer import Artwork, quarter_turns, read_text_layer

SHORT = 100_000
"""Characters of a PDF that is read at once, about 20 dense pages: more take a second and more."""

COVER_WORDS = 60
"""Words of a whole document, below which it may be the cover of a portfolio or the shell of a form ("Please wait")."""

XFA_FORMS = frozenset({pdfium.FORMTYPE_XFA_FULL, pdfium.FORMTYPE_XFA_FOREGROUND})


@dataclass(frozen=True, slots=True)
class OutlinedPage:
    """A page, and what `render_page` must be told to draw it in the same frame.

    Attributes:
        page: Without pixels.
        turned: Quarters, clockwise, that its text was off; 0 where it has no text to tell.
        characters: Of its content, seen or not.
    """

    page: Page
    turned: int
    characters: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What a PDF holds.

    Attributes:
        pages: In order, upright if their text layer tells; those with source `ocr` are to be rendered.
        attachments: How many files it carries inside, whatever they are.
        is_whole: Whether `pages` are all of them; else the first ones.
        is_cover: Whether its pages say hardly anything, as those of portfolios do, whose documents are attached.
        is_form_shell: Whether they only stand in for a form (XFA) that few viewers can draw; they have no spans then.
        unread: How many pages it has, where none was read because it carries XML.
    """

    pages: tuple[OutlinedPage, ...]
    attachments: int
    is_whole: bool = True
    is_cover: bool = False
    is_form_shell: bool = False
    unread: int = 0


def read_short_outline(path: str, limits: PageLimits, xml_first: bool = False) -> Outline:
    """As `read_outline`, but of a PDF whose text would take more than a second or two only the first pages.

    Args:
        path: Of the PDF.
        limits: As for `read_outline`.
        xml_first: Read none where the PDF carries XML.
    """
    return _read_outline(path, limits, (), most=SHORT, xml_first=xml_first)


def is_settled_by_a_page(path: str, limits: PageLimits, by: Callable[[Page], bool]) -> bool:
    """Whether `by` says so of a page; they are read from the last to the first, and no more than it takes.

    A document that may be a cover is settled by none, as its pages may not be those that count; nor is one that would
    take longer than what `read_short_outline` reads at once.

    Raises:
        TooManyPixels: A page has more than `limits.max_pixels`.
        UnreadableDocument: A page is damaged.
    """
    is_settled, words, most = False, 0, SHORT
    with open_document(path) as document, suppress(TooManyCharacters):
        for page_index in reversed(range(len(document))):
            outlined = _outline_page(document, page_index, limits, most=most)
            page, most = outlined.page, most - outlined.characters
            is_settled = is_settled or by(page)
            words += COVER_WORDS if page.source != "text_layer" else _words_on(page)
            if is_settled and words >= COVER_WORDS:
                return True
    return False


def read_outline(path: str, limits: PageLimits, first: tuple[OutlinedPage, ...] = ()) -> Outline:
    """Every page's size, and its text where it has a layer that will do.

    Args:
        path: Of the PDF.
        first: Its first pages, where they have been read already.
        limits: The pages are counted before any is read, each one's pixels before its content, and all words before
            it is found out where any of them stands.

    Raises:
        TooManyWords: More than `limits.max_words`.
        EncryptedDocument: It opens only with a password.
        TooManyPages: More than `limits.max_pages`.
        TooManyPixels: A page has more than `limits.max_pixels`.
        UnreadableDocument: It is damaged, cut off, or has no pages.
    """
    with open_document(path) as document:
        if 0 < len(document) <= limits.max_pages:
            _require_few_words(_counted_words(document), limits)
    return _read_outline(path, limits, first, most=math.inf)


def _counted_words(document: Document) -> Iterator[int]:
    for page_index in range(len(document)):
        with open_page(document, page_index) as page:
            yield count_words(page)


def _require_few_words(counts: Iterable[int], limits: PageLimits) -> None:
    """Refuse a document as soon as its pages so far have too many words.

    Raises:
        TooManyWords: They have.
    """
    for words in accumulate(counts):
        if words > limits.max_words:
            raise TooManyWords(
                f"The PDF has more than {limits.max_words} words (MAX_DOCUMENT_WORDS). Split it, or raise the setting."
            )


def _read_outline(
    path: str, limits: PageLimits, first: Sequence[OutlinedPage], *, most: float, xml_first: bool = False
) -> Outline:
    """The outline, or as much of it as has no more than `most` characters."""
    with open_document(path) as document:
        if _is_cut_off(Path(path).read_bytes()):
            raise UnreadableDocument("The PDF is cut off: its end is missing. Send the whole file.")
        count = len(document)
        if not count:
            raise UnreadableDocument("The PDF has no pages.")
        if count > limits.max_pages:
            raise TooManyPages(f"The PDF has {count} pages; at most {limits.max_pages} are read (MAX_PAGES). Split it.")
        attachments = pdfium.FPDFDoc_GetAttachmentCount(document)
        if xml_first and attachments and has_xml(document):
            return Outline((), attachments, is_whole=False, unread=count)
        pages = [*first]
        with suppress(TooManyCharacters):
            while len(pages) < count:
                pages.append(_outline_page(document, len(pages), limits, most=most))
                most -= pages[-1].characters
        _require_few_words((_words_on(outlined.page) for outlined in pages), limits)
        is_whole = len(pages) == count
        is_cover = is_whole and _is_cover(pages)
        is_shell = is_cover and pdfium.FPDF_GetFormType(document) in XFA_FORMS
        outlined = tuple(map(_emptied, pages) if is_shell else pages)
        return Outline(outlined, attachments, is_whole=is_whole, is_cover=is_cover, is_form_shell=is_shell)


def _words_on(page: Page) -> int:
    return sum([len(span.words) for span in page.spans])


def _is_cut_off(content: bytes) -> bool:
    """Whether a PDF ends before its last table of objects: pdfium would mend it by leaving out what is missing.

    Every whole file, and every whole update of one, ends with `startxref`. Source: ISO 32000-1, 7.5.5.
    """
    end = content.rfind(b"startxref")
    return end < 0 or re.search(rb"\d\s+\d+\s+obj\b", content[end:]) is not None


def _is_cover(pages: Sequence[OutlinedPage]) -> bool:
    """Whether the pages have a text layer of a few words at most."""
    words = sum(_words_on(outlined.page) for outlined in pages)
    return words < COVER_WORDS and all(outlined.page.source == "text_layer" for outlined in pages)


def _emptied(outlined: OutlinedPage) -> OutlinedPage:
    return replace(outlined, page=replace(outlined.page, spans=(), pictures=()))


def _outline_page(document: Document, page_index: int, limits: PageLimits, *, most: float) -> OutlinedPage:
    with open_page(document, page_index) as page:
        found, characters = _read_page(page, page_index, limits, most=most)
        turned = quarter_turns(found.spans)
        if turned:
            turn_back(page, turned)
            found, _ = _read_page(page, page_index, limits, most=most)
    return OutlinedPage(found, turned, characters)


def _read_page(page: PdfPage, page_index: int, limits: PageLimits, *, most: float) -> tuple[Page, int]:
    """The page, and how many characters its content has."""
    width, height = pixel_size(page, page_index, limits)
    matrix = page_matrix(page, width, height)
    images = find_images(page, matrix, width=width, height=height)
    glyphs = read_glyphs(page, matrix, covered=images.covered, most=most)
    characters = len(glyphs.codes)
    curved = partial(has_curves, page) if characters < FEW_CHARACTERS else _is_not_asked
    artwork = Artwork(max(0, pdfium.FPDFPage_CountObjects(page)), images.share, curved)
    layer = read_text_layer(glyphs, artwork, width=width, height=height)
    if not layer.is_trusted:
        return Page(page_index, width, height, "ocr", unconfirmed=layer.spans), characters
    pictures = telling_pictures(images.pictures, layer.spans, width=width, height=height) if page_index == 0 else ()
    return Page(page_index, width, height, "text_layer", layer.spans, pictures=pictures), characters


def _is_not_asked(_: int) -> bool:
    """Of the curves of a page with many characters."""
    return False
