"""What stands on a page of a PDF: its characters, and what else is drawn.

In: a page that `pdf.py` has opened, and the map from its user space to its pixels. Out: `Glyphs` and `Artwork`, plain
arrays and numbers. Runs in the PDF worker process; besides `pdf.py` and `pdf_attachments.py` the
only importer of pypdfium2.

Source: pdfium's public headers fpdf_text.h and fpdf_edit.h.
"""

import ctypes
import math
import sys
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw as pdfium

from lib.pipelines.text_layer import ENOUGH_WORDS, Artwork
from lib.pipelines.text_lines import REPLACEMENT, Glyphs

PdfPage: TypeAlias = Any  # pypdfium2 comes without types.
Handle: TypeAlias = Any
Matrix: TypeAlias = NDArray[np.float64]
"""(3, 3); a point (x, y, 1) times it is the point where it goes to."""

TALL = 2.0
"""Font sizes that a line of type may be high. A few fonts claim ascents of many times that, and lines would overlap."""

ASCENT = 0.95
DESCENT = -0.25
"""Font sizes that letters reach above and below their baseline in usual fonts, accents included."""

CURVES_COUNTED = 5_000
SEGMENTS_COUNTED = 20_000
"""Of paths, on a page with few words, where counting stops: by then it is clear, and a map has millions."""

FEW_CHARACTERS = 10 * ENOUGH_WORDS
"""More than this are enough words in any language with spaces, so that curves need no counting."""

FORM_DEPTH = 5
"""Forms inside forms that are looked into; producers nest two or three."""

GRID = 64
"""Cells a side, of the grid on which the share of a page under images is counted."""


class TooManyCharacters(Exception):
    """A page has more characters than are to be read in one go."""


def count_words(page: PdfPage) -> int:
    """About how many words a page has, without where they stand, which takes a hundred times as long."""
    text = pdfium.FPDFText_LoadPage(page)
    try:
        count = max(0, pdfium.FPDFText_CountChars(text))
        units = (ctypes.c_ushort * (count + 1))()
        written = pdfium.FPDFText_GetText(text, 0, count, units) if count else 0
    finally:
        pdfium.FPDFText_ClosePage(text)
    return len(_words(np.frombuffer(units, np.uint16)[: max(0, written - 1)].astype(np.int32))[0]) if written > 1 else 0


def read_glyphs(page: PdfPage, matrix: Matrix, *, most: float = math.inf) -> Glyphs:
    """The characters of a page, in the order of its content.

    Args:
        page: Open.
        matrix: From its user space to its pixels.
        most: Characters to be read.

    Raises:
        TooManyCharacters: It has more.
    """
    text = pdfium.FPDFText_LoadPage(page)
    try:
        count = max(0, pdfium.FPDFText_CountChars(text))
        if count > most:
            raise TooManyCharacters
        codes = _codes(text, count)
        # How a letter is set is asked once a word, as a word is set in one go.
        starts, words = _words(codes)
        sizes = np.array([_font_size(text, index) for index in starts])[words]
        radians = np.array([pdfium.FPDFText_GetCharAngle(text, index) for index in starts])[words]
        hidden = np.array([_is_hidden(text, index) for index in starts], bool)[words]
        corners = _corners(text, sizes, radians)
    finally:
        pdfium.FPDFText_ClosePage(text)
    writing = np.stack([np.cos(radians), -np.sin(radians), np.zeros(len(radians))], axis=1) @ matrix
    directions = np.degrees(np.arctan2(writing[:, 1], writing[:, 0]))
    return Glyphs(codes, boxes_around(corners, matrix), directions, hidden)


def survey(page: PdfPage, matrix: Matrix, *, width: int, height: int, count_curves: bool) -> Artwork:
    """What else is drawn on a page.

    Args:
        page: Open.
        matrix: From its user space to its pixels.
        width: Of the page, pixels.
        height: Of the page, pixels.
        count_curves: Whether they matter.
    """
    covered = np.zeros((GRID, GRID), bool)
    curves = 0
    count = max(0, pdfium.FPDFPage_CountObjects(page))
    drawn = (pdfium.FPDFPage_GetObject(page, index) for index in range(count))
    for kind, handle, place in _objects(drawn, matrix):
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            _cover(covered, place, width, height)
        elif kind == pdfium.FPDF_PAGEOBJ_PATH and count_curves and curves < CURVES_COUNTED:
            curves += _count_curves(handle)
    return Artwork(count, float(covered.mean()), curves)


def boxes_around(corners: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """(n, 4) Upright boxes around where (n, 4) boxes go, each given by two opposite corners."""
    x0, y0, x1, y1 = corners.T
    places = [np.stack([x, y, np.ones(len(x))], axis=1) @ matrix for x in (x0, x1) for y in (y0, y1)]
    points = np.stack(places)[..., :2]
    return np.concatenate([points.min(0), points.max(0)], axis=1)


def _codes(text: Handle, count: int) -> NDArray[np.int32]:
    """(n,) The Unicode of each character; a hyphen that pdfium took for the end of a line is one again."""
    unicode_of, is_unmapped = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_HasUnicodeMapError
    codes = np.array([unicode_of(text, index) for index in range(count)], np.int64)
    unmapped = np.array([is_unmapped(text, index) for index in range(count)], bool)
    for index in np.flatnonzero(codes < ord(" ")).tolist():
        if pdfium.FPDFText_IsHyphen(text, index) == 1:
            codes[index] = ord("-")
    return np.where(unmapped | (codes > sys.maxunicode), ord(REPLACEMENT), codes).astype(np.int32)


def _words(codes: NDArray[np.int32]) -> tuple[list[int], NDArray[np.intp]]:
    """Where words start, and (n,) which word each character belongs to, with the white space behind it."""
    space = codes <= ord(" ")
    fresh = ~space
    fresh[1:] &= space[:-1]
    fresh[:1] = True
    return np.flatnonzero(fresh).tolist(), np.cumsum(fresh) - 1


def _font_size(text: Handle, index: int) -> float:
    """As drawn, in units of user space."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, index, matrix)
    return float(pdfium.FPDFText_GetFontSize(text, index)) * math.hypot(matrix.c, matrix.d)


def _is_hidden(text: Handle, index: int) -> bool:
    drawn = pdfium.FPDFText_GetTextObject(text, index)
    return bool(drawn) and pdfium.FPDFTextObj_GetTextRenderMode(drawn) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE


def _corners(text: Handle, sizes: NDArray[np.float64], radians: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 4) Left, bottom, right and top of each character, in user space.

    As high as the font's letters may be and as wide as it moves on, because so the boxes of a line are of one height;
    where the font claims to be impossibly high, as high as others.
    """
    rectangles = (pdfium.FS_RECTF * len(sizes))()
    for index, rectangle in enumerate(rectangles):
        pdfium.FPDFText_GetLooseCharBox(text, index, rectangle)
    corners = np.frombuffer(rectangles, np.float32).reshape(-1, 4)[:, [0, 3, 2, 1]].astype(np.float64)
    longer = (corners[:, 2:] - corners[:, :2]).max(axis=1, initial=0)
    for index in np.flatnonzero(longer > TALL * sizes).tolist():
        if _ink_side(text, index) > TALL * sizes[index]:
            continue  # Fonts of bitmaps may have any size: theirs says nothing.
        usual = _usual_box(text, index, size=sizes[index], radians=radians[index])
        corners[index, :2] = np.maximum(corners[index, :2], usual[:2])
        corners[index, 2:] = np.minimum(corners[index, 2:], usual[2:])
    return corners


def _ink_side(text: Handle, index: int) -> float:
    """The longer side of what is drawn of a character."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text, index, left, right, bottom, top)
    return max(right.value - left.value, top.value - bottom.value)


def _usual_box(text: Handle, index: int, *, size: float, radians: float) -> tuple[float, float, float, float]:
    """Where a letter of a usual font would be, at most: a font size wide, from DESCENT to ASCENT of its baseline."""
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text, index, x, y)
    along, across = math.cos(radians), -math.sin(radians)
    reach = [(u, v) for u in (0.0, 1.0) for v in (DESCENT, ASCENT)]
    xs = [x.value + size * (u * along - v * across) for u, v in reach]
    ys = [y.value + size * (u * across + v * along) for u, v in reach]
    return min(xs), min(ys), max(xs), max(ys)


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
    x0, y0, x1, y1 = boxes_around(np.array([[0.0, 0.0, 1.0, 1.0]]), place)[0] * GRID / [width, height, width, height]
    rows, columns = (np.clip(np.round(ends), 0, GRID).astype(int) for ends in ((y0, y1), (x0, x1)))
    covered[slice(*rows), slice(*columns)] = True


def _count_curves(path: Handle) -> int:
    segments = range(min(pdfium.FPDFPath_CountSegments(path), SEGMENTS_COUNTED))
    kinds = [pdfium.FPDFPathSegment_GetType(pdfium.FPDFPath_GetPathSegment(path, index)) for index in segments]
    return kinds.count(pdfium.FPDF_SEGMENT_BEZIERTO)
