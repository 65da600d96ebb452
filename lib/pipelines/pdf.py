"""What runs in the PDF worker process: page sizes, text layers, rendering.

In: the path of a PDF and limits. Out: pages, with spans where their text layer will do, and rendered pixels in a file.
The only importer of pypdfium2. pdfium is not thread-safe and reads hostile files, so `pages.py` calls these functions
only in a process of its own (see `pdf_worker.py`). Imports are few because each such process repeats them. This pdfium
has no JavaScript.

Source: pdfium's public headers fpdfview.h, fpdf_text.h, fpdf_edit.h, fpdf_flatten.h.
"""

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import raw as pdfium

from lib.document import Page
from lib.errors import EncryptedDocument, TooManyPages, TooManyPixels, UnreadableDocument
from lib.pipelines.text_layer import ENOUGH_WORDS, Artwork, read_text_layer
from lib.pipelines.text_lines import REPLACEMENT, Glyphs

Document: TypeAlias = Any  # pypdfium2 comes without types.
PdfPage: TypeAlias = Any
Handle: TypeAlias = Any
Matrix: TypeAlias = NDArray[np.float64]
"""(3, 3); a point (x, y, 1) times it is the point where it goes to."""

POINTS_PER_INCH = 72

LARGE_SIDE_IN = 23.4
"""Inches, A2's longer side. Larger pages are mostly photos that claim a point for each pixel, as phones write them:
they are taken at fewer dots per inch, down to one a point, because their letters are as much larger."""

FAR = 1000
"""Points and parts of a pixel: pdfium maps whole pixels only, so far points on a large device give the exact matrix."""

CURVES_COUNTED = 5_000
SEGMENTS_COUNTED = 20_000
"""Of paths, on a page with few words, where counting stops: by then it is clear, and a map has millions."""

FEW_CHARACTERS = 10 * ENOUGH_WORDS
"""More than this are enough words in any language with spaces, so that curves need no counting."""

FORM_DEPTH = 5
"""Forms inside forms that are looked into; producers nest two or three."""

GRID = 64
"""Cells a side, of the grid on which the share of a page under images is counted."""

INVISIBLE = pdfium.FPDF_TEXTRENDERMODE_INVISIBLE

WHITE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What is read of a PDF, and how large; plain, as the worker must not import the settings' library.

    Attributes:
        max_pages: Of the document.
        max_pixels: Of one page.
        render_dpi: Dots per inch.
    """

    max_pages: int
    max_pixels: int
    render_dpi: int


def read_outline(path: str, limits: PageLimits) -> tuple[Page, ...]:
    """Every page's size, and its text where it has a layer that will do.

    Args:
        path: Of the PDF.
        limits: The pages are counted before any is read, each one's pixels before its content.

    Returns:
        The pages in order; those with source `ocr` are to be rendered.

    Raises:
        EncryptedDocument: It opens only with a password.
        TooManyPages: More than `limits.max_pages`.
        TooManyPixels: A page has more than `limits.max_pixels`.
        UnreadableDocument: It is damaged, cut off, or has no pages.
    """
    with _open_document(path) as document:
        count = len(document)
        if not count:
            raise UnreadableDocument("The PDF has no pages.")
        if count > limits.max_pages:
            raise TooManyPages(f"The PDF has {count} pages; at most {limits.max_pages} are read (MAX_PAGES). Split it.")
        return tuple(_read_page(document, page_index, limits) for page_index in range(count))


def render_page(path: str, page_index: int, target: str, limits: PageLimits) -> tuple[int, int, int]:
    """Draw one page on white as a viewer shows it, with annotations and filled-in forms.

    Args:
        path: Of the PDF.
        page_index: From 0.
        target: The file that gets the pixels, uint8, row by row, blue green red: a pipe would be slow with so many.
        limits: As for `read_outline`.

    Returns:
        The shape of the pixels, (height, width, 3): the frame that `read_outline` told.

    Raises:
        TooManyPixels: It has more than `limits.max_pixels`.
        UnreadableDocument: It is damaged.
    """
    with _open_document(path) as document, _open_page(document, page_index) as page:
        width, height = _pixel_size(page, page_index, limits)
        bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGR)
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, pdfium.FPDF_ANNOT)
        bitmap.to_numpy().tofile(target)
        return height, width, 3


@contextmanager
def _open_document(path: str) -> Iterator[Document]:
    # Not pypdfium2's own opening, which reports a file without pages with the error of the file before.
    handle = pdfium.FPDF_LoadDocument(path.encode(), None)
    if not handle:
        if pdfium.FPDF_GetLastError() in {pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY}:
            raise EncryptedDocument("The PDF opens only with a password. Send it without one.")
        raise UnreadableDocument("The PDF is damaged and cannot be opened. Save or print it anew.")
    with pypdfium2.PdfDocument(handle) as document:
        if _is_cut_off(Path(path).read_bytes()):
            raise UnreadableDocument("The PDF is cut off: its end is missing. Send the whole file.")
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
        if pdfium.FPDFPage_GetAnnotCount(page) > 0:
            pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
            page.close()
            page = document[page_index]
    except pypdfium2.PdfiumError as exc:
        raise UnreadableDocument(f"Page {page_index + 1} of the PDF is damaged. Save or print the PDF anew.") from exc
    try:
        yield page
    finally:
        page.close()


def _read_page(document: Document, page_index: int, limits: PageLimits) -> Page:
    with _open_page(document, page_index) as page:
        width, height = _pixel_size(page, page_index, limits)
        matrix = _page_matrix(page, width, height)
        glyphs = _read_glyphs(page, matrix)
        artwork = _survey(page, matrix, width, height, count_curves=len(glyphs.codes) < FEW_CHARACTERS)
    spans = read_text_layer(glyphs, artwork, width=width, height=height)
    if spans is None:
        return Page(page_index, width, height, "ocr")
    return Page(page_index, width, height, "text_layer", spans)


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


def _boxes_around(corners: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """(n, 4) Upright boxes around where (n, 4) boxes go, each given by two opposite corners."""
    x0, y0, x1, y1 = corners.T
    places = [np.stack([x, y, np.ones(len(x))], axis=1) @ matrix for x in (x0, x1) for y in (y0, y1)]
    points = np.stack(places)[..., :2]
    return np.concatenate([points.min(0), points.max(0)], axis=1)


def _read_glyphs(page: PdfPage, matrix: Matrix) -> Glyphs:
    """The characters of the page, in the order of its content."""
    text = pdfium.FPDFText_LoadPage(page)
    try:
        codes = [_code(text, index) for index in range(pdfium.FPDFText_CountChars(text))]
        rectangles = (pdfium.FS_RECTF * len(codes))()
        for index in range(len(codes)):
            pdfium.FPDFText_GetLooseCharBox(text, index, rectangles[index])
        radians, hidden = _manner(text, codes)
    finally:
        pdfium.FPDFText_ClosePage(text)
    corners = np.frombuffer(rectangles, np.float32).reshape(-1, 4).astype(np.float64)
    writing = np.stack([np.cos(radians), -np.sin(radians), np.zeros(len(radians))], axis=1) @ matrix
    directions = np.degrees(np.arctan2(writing[:, 1], writing[:, 0]))
    return Glyphs(np.array(codes, np.int32), _boxes_around(corners, matrix), directions, hidden)


def _code(text: Handle, index: int) -> int:
    """The Unicode of a character; a hyphen that pdfium took for the end of a line is one again."""
    code = int(pdfium.FPDFText_GetUnicode(text, index))
    if pdfium.FPDFText_HasUnicodeMapError(text, index) or code > 0x10FFFF:  # noqa: PLR2004 - the end of Unicode
        return ord(REPLACEMENT)
    return ord("-") if code < ord(" ") and pdfium.FPDFText_IsHyphen(text, index) == 1 else code


def _manner(text: Handle, codes: list[int]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How each character is drawn: (n,) radians from the x axis, clockwise, and (n,) whether invisibly.

    One question a word is enough, as a word is set in one go.
    """
    radians, hidden = np.zeros(len(codes)), np.zeros(len(codes), bool)
    last = ord(" ")
    for index, code in enumerate(codes):
        if last <= ord(" ") < code:
            radians[index:] = pdfium.FPDFText_GetCharAngle(text, index)
            drawn = pdfium.FPDFText_GetTextObject(text, index)
            hidden[index:] = bool(drawn) and pdfium.FPDFTextObj_GetTextRenderMode(drawn) == INVISIBLE
        last = code
    return radians, hidden


def _survey(page: PdfPage, matrix: Matrix, width: int, height: int, *, count_curves: bool) -> Artwork:
    """What is drawn on the page besides text."""
    covered = np.zeros((GRID, GRID), bool)
    curves = 0
    count = pdfium.FPDFPage_CountObjects(page)
    drawn = (pdfium.FPDFPage_GetObject(page, index) for index in range(count))
    for kind, handle, place in _objects(drawn, matrix):
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            _cover(covered, place, width, height)
        elif kind == pdfium.FPDF_PAGEOBJ_PATH and count_curves and curves < CURVES_COUNTED:
            curves += _count_curves(handle)
    return Artwork(count, float(covered.mean()), curves)


def _objects(drawn: Iterator[Handle], matrix: Matrix, depth: int = 0) -> Iterator[tuple[int, Handle, Matrix]]:
    """(kind, handle, map from the object's space to pixels) of all objects, those in forms included."""
    for handle in drawn:
        kind = pdfium.FPDFPageObj_GetType(handle)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < FORM_DEPTH:
            count = pdfium.FPDFFormObj_CountObjects(handle)
            inner = (pdfium.FPDFFormObj_GetObject(handle, index) for index in range(count))
            yield from _objects(inner, _own_matrix(handle) @ matrix, depth + 1)
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            yield kind, handle, _own_matrix(handle) @ matrix
        else:
            yield kind, handle, matrix


def _own_matrix(handle: Handle) -> Matrix:
    own = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(handle, own)
    return np.array([[own.a, own.b, 0], [own.c, own.d, 0], [own.e, own.f, 1]])


def _cover(covered: NDArray[np.bool_], place: Matrix, width: int, height: int) -> None:
    """Mark the cells under an image, which fills the unit square of its space."""
    x0, y0, x1, y1 = _boxes_around(np.array([[0.0, 0.0, 1.0, 1.0]]), place)[0] * GRID / [width, height, width, height]
    rows, columns = (np.clip(np.round(ends), 0, GRID).astype(int) for ends in ((y0, y1), (x0, x1)))
    covered[slice(*rows), slice(*columns)] = True


def _count_curves(path: Handle) -> int:
    segments = range(min(pdfium.FPDFPath_CountSegments(path), SEGMENTS_COUNTED))
    kinds = [pdfium.FPDFPathSegment_GetType(pdfium.FPDFPath_GetPathSegment(path, index)) for index in segments]
    return kinds.count(pdfium.FPDF_SEGMENT_BEZIERTO)
