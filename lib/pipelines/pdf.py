"""What runs in the PDF worker process: page sizes, text layers, rendering.

In: the path of a PDF and limits. Out: pages, with spans where their text layer will do, and rendered pixels in a file.
With `pdf_artwork.py`, `pdf_content.py` and `pdf_attachments.py` the only importer of pypdfium2. pdfium is not
thread-safe and reads hostile files, so `pages.py` calls these functions only in a process of its own (see
`worker_process.py`). Imports are few because each such process repeats them. This pdfium has no JavaScript.

Source: pdfium's public headers fpdfview.h and fpdf_flatten.h.
"""

import ctypes
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pypdfium2
from pypdfium2 import raw as pdfium

from lib.document import BBox, Page
from lib.errors import EncryptedDocument, TooManyPages, TooManyPixels, TooManyWords, UnreadableDocument
from lib.pipelines.page_pictures import telling_pictures
from lib.pipelines.pdf_artwork import FEW_CHARACTERS, count_curves, find_images
from lib.pipelines.pdf_content import Matrix, PdfPage, TooManyCharacters, count_words, read_glyphs
from lib.pipelines.text_layer import Artwork, quarter_turns, read_text_layer

Document: TypeAlias = Any  # pypdfium2 comes without types.

POINTS_PER_INCH = 72

LARGE_SIDE_IN = 23.4
"""Inches, A2's longer side. Larger pages are mostly photos that claim a point for each pixel, as phones write them:
they are taken at fewer dots per inch, down to one a point, because their letters are as much larger."""

FAR = 1000
"""Points and parts of a pixel: pdfium maps whole pixels only, so far points on a large device give the exact matrix."""

WHITE = 0xFFFFFFFF

SHORT = 100_000
"""Characters of a PDF that is read at once, about 20 dense pages: more take a second and more."""

COVER_WORDS = 60
"""Words of a whole document, below which it may be the cover of a portfolio or the shell of a form ("Please wait")."""

XFA_FORMS = frozenset({pdfium.FORMTYPE_XFA_FULL, pdfium.FORMTYPE_XFA_FOREGROUND})


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What is read of a PDF, and how large; plain, as the worker must not import the settings' library.

    Attributes:
        max_pages: Of the document.
        max_pixels: Of one page.
        render_dpi: Dots per inch.
        max_words: Of the document.
        longest_side: Pixels; OpenCV counts them in 16 bits. Source: `SHRT_MAX` in OpenCV's imgproc.
    """

    max_pages: int
    max_pixels: int
    render_dpi: int
    max_words: int = 100_000
    longest_side: int = 2**15 - 1


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
    """

    pages: tuple[OutlinedPage, ...]
    attachments: int
    is_whole: bool = True
    is_cover: bool = False
    is_form_shell: bool = False


class Region(NamedTuple):
    """A part of a page.

    Attributes:
        page_index: From 0.
        turned: As `read_outline` found.
        box: Pixels of the page.
    """

    page_index: int
    turned: int
    box: BBox


def read_short_outline(path: str, limits: PageLimits) -> Outline:
    """As `read_outline`, but of a PDF whose text would take more than a second or two only the first pages."""
    return _read_outline(path, limits, (), most=SHORT)


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
        with _open_page(document, page_index) as page:
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


def _read_outline(path: str, limits: PageLimits, first: Sequence[OutlinedPage], *, most: float) -> Outline:
    """The outline, or as much of it as has no more than `most` characters."""
    with open_document(path) as document:
        if _is_cut_off(Path(path).read_bytes()):
            raise UnreadableDocument("The PDF is cut off: its end is missing. Send the whole file.")
        count = len(document)
        if not count:
            raise UnreadableDocument("The PDF has no pages.")
        if count > limits.max_pages:
            raise TooManyPages(f"The PDF has {count} pages; at most {limits.max_pages} are read (MAX_PAGES). Split it.")
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
        attachments = pdfium.FPDFDoc_GetAttachmentCount(document)
        return Outline(outlined, attachments, is_whole=is_whole, is_cover=is_cover, is_form_shell=is_shell)


def _words_on(page: Page) -> int:
    return sum([len(span.words) for span in page.spans])


def render_page(path: str, target: str, page_index: int, turned: int, limits: PageLimits) -> tuple[int, int, int]:
    """Draw one page on white as a viewer shows it, with annotations and filled-in forms.

    Args:
        path: Of the PDF.
        target: The file that gets the pixels, uint8, row by row, blue green red: a pipe would be slow with so many.
        page_index: From 0.
        turned: As `read_outline` found.
        limits: As for `read_outline`.

    Returns:
        The shape of the pixels, (height, width, 3): the frame that `read_outline` told.

    Raises:
        TooManyPixels: It has more than `limits.max_pixels`.
        UnreadableDocument: It is damaged.
    """
    with open_document(path) as document, _open_page(document, page_index) as page:
        _turn_back(page, turned)
        width, height = _pixel_size(page, page_index, limits)
        return _draw(page, target, (0, 0, width, height), size=(width, height))


def render_region(path: str, target: str, region: Region, limits: PageLimits) -> tuple[int, int, int]:
    """Draw a part of a page, as `render_page` draws the whole.

    Args:
        path: Of the PDF.
        target: The file that gets the pixels.
        region: Which part; it is widened to whole pixels.
        limits: As for `read_outline`.

    Returns:
        The shape of the pixels, (height, width, 3).

    Raises:
        TooManyPixels: The page has more than `limits.max_pixels`.
        UnreadableDocument: It is damaged.
    """
    page_index, turned, box = region
    with open_document(path) as document, _open_page(document, page_index) as page:
        _turn_back(page, turned)
        width, height = _pixel_size(page, page_index, limits)
        left, top = max(0, math.floor(box.x0)), max(0, math.floor(box.y0))
        right, bottom = min(width, math.ceil(box.x1)), min(height, math.ceil(box.y1))
        return _draw(page, target, (left, top, right, bottom), size=(width, height))


def _draw(
    page: PdfPage, target: str, part: tuple[int, int, int, int], *, size: tuple[int, int]
) -> tuple[int, int, int]:
    """Draw a part (left, top, right, bottom) of a page of that size, on white, into a file; the shape of its pixels."""
    left, top, right, bottom = part
    bitmap = pypdfium2.PdfBitmap.new_native(right - left, bottom - top, pdfium.FPDFBitmap_BGR)
    pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, right - left, bottom - top, WHITE)
    pdfium.FPDF_RenderPageBitmap(bitmap, page, -left, -top, *size, 0, pdfium.FPDF_ANNOT)
    # Not numpy's own tofile, whose error does not say that the disk is full.
    Path(target).write_bytes(np.ascontiguousarray(bitmap.to_numpy()).data)
    return bottom - top, right - left, 3


@contextmanager
def open_document(path: str) -> Iterator[Document]:
    """A whole PDF, open; EncryptedDocument or UnreadableDocument where it is none."""
    # Not pypdfium2's own opening, which reports a file without pages with the error of the file before.
    handle = pdfium.FPDF_LoadDocument(path.encode(), None)
    if not handle:
        if pdfium.FPDF_GetLastError() in {pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY}:
            raise EncryptedDocument("The PDF opens only with a password. Send it without one.")
        raise UnreadableDocument("The PDF is damaged and cannot be opened. Save or print it anew.")
    with pypdfium2.PdfDocument(handle) as document:
        document.init_forms()
        yield document


def _is_cut_off(content: bytes) -> bool:
    """Whether a PDF ends before its last table of objects: pdfium would mend it by leaving out what is missing.

    Every whole file, and every whole update of one, ends with `startxref`. Source: ISO 32000-1, 7.5.5.
    """
    end = content.rfind(b"startxref")
    return end < 0 or re.search(rb"\d\s+\d+\s+obj\b", content[end:]) is not None


@contextmanager
def _open_page(document: Document, page_index: int) -> Iterator[PdfPage]:
    """A page with its annotations and form fields made part of it; text layers leave them out otherwise."""
    try:
        page = document[page_index]
        noted = pdfium.FPDFPage_GetAnnotCount(page) > 0  # Asked first, as flattening takes longer than reading.
        if noted and pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS:
            page.close()
            page = document[page_index]
    except pypdfium2.PdfiumError as exc:
        raise UnreadableDocument(f"Page {page_index + 1} of the PDF is damaged. Save or print the PDF anew.") from exc
    try:
        yield page
    finally:
        page.close()


def _is_cover(pages: Sequence[OutlinedPage]) -> bool:
    """Whether the pages have a text layer of a few words at most."""
    words = sum(_words_on(outlined.page) for outlined in pages)
    return words < COVER_WORDS and all(outlined.page.source == "text_layer" for outlined in pages)


def _emptied(outlined: OutlinedPage) -> OutlinedPage:
    return replace(outlined, page=replace(outlined.page, spans=(), pictures=()))


def _turn_back(page: PdfPage, turned: int) -> None:
    """Undo quarter turns, clockwise, on top of the page's own /Rotate."""
    if turned:
        pdfium.FPDFPage_SetRotation(page, (pdfium.FPDFPage_GetRotation(page) - turned) % 4)


def _outline_page(document: Document, page_index: int, limits: PageLimits, *, most: float) -> OutlinedPage:
    with _open_page(document, page_index) as page:
        found, characters = _read_page(page, page_index, limits, most=most)
        turned = quarter_turns(found.spans)
        if turned:
            _turn_back(page, turned)
            found, _ = _read_page(page, page_index, limits, most=most)
    return OutlinedPage(found, turned, characters)


def _read_page(page: PdfPage, page_index: int, limits: PageLimits, *, most: float) -> tuple[Page, int]:
    """The page, and how many characters its content has."""
    width, height = _pixel_size(page, page_index, limits)
    matrix = _page_matrix(page, width, height)
    images = find_images(page, matrix, width=width, height=height)
    glyphs = read_glyphs(page, matrix, covered=images.covered, most=most)
    characters = len(glyphs.codes)
    curves = count_curves(page, matrix) if characters < FEW_CHARACTERS else 0
    artwork = Artwork(max(0, pdfium.FPDFPage_CountObjects(page)), images.share, curves)
    layer = read_text_layer(glyphs, artwork, width=width, height=height)
    if not layer.is_trusted:
        return Page(page_index, width, height, "ocr", unconfirmed=layer.spans), characters
    pictures = telling_pictures(images.pictures, layer.spans, width=width, height=height) if page_index == 0 else ()
    return Page(page_index, width, height, "text_layer", layer.spans, pictures=pictures), characters


def _pixel_size(page: PdfPage, page_index: int, limits: PageLimits) -> tuple[int, int]:
    """(width, height) of the page's visible box, turned as its /Rotate says.

    Raises:
        TooManyPixels: Width times height is more than `limits.max_pixels`.
    """
    points = page.get_size()
    larger = max(points) / POINTS_PER_INCH / LARGE_SIDE_IN
    scale = max(1.0, limits.render_dpi / max(1.0, larger) / POINTS_PER_INCH)
    width, height = (max(1, round(length * scale)) for length in points)
    if width * height > limits.max_pixels:
        raise TooManyPixels(
            f"Page {page_index + 1} of the PDF has {width} x {height} pixels at {scale * POINTS_PER_INCH:.0f} dots per"
            f" inch; at most {limits.max_pixels} are read (MAX_PIXELS). Scale it down."
        )
    if max(width, height) > limits.longest_side:
        raise TooManyPixels(
            f"Page {page_index + 1} of the PDF has {width} x {height} pixels at {scale * POINTS_PER_INCH:.0f} dots per"
            f" inch; no side may have more than {limits.longest_side}. Cut it."
        )
    return width, height


def _page_matrix(page: PdfPage, width: int, height: int) -> Matrix:
    """The map from the page's user space to its pixels."""
    x, y = ctypes.c_int(), ctypes.c_int()
    places = []
    for user_x, user_y in ((FAR, 0), (0, FAR), (0, 0)):
        pdfium.FPDF_PageToDevice(page, 0, 0, width * FAR, height * FAR, 0, user_x, user_y, x, y)
        places.append((x.value / FAR, y.value / FAR, 1.0))
    across, up, origin = np.array(places)
    return np.stack([(across - origin) / FAR, (up - origin) / FAR, origin])
