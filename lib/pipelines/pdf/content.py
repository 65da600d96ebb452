"""The characters on a page of a PDF.

In: a page that `document.py` has opened, and the map from its user space to its pixels. Out: `Glyphs`, plain arrays.
Runs in the PDF worker process; imports pypdfium2.

Source: pdfium's public headers fpdf_text.h and fpdf_edit.h.
"""

import ctypes
import math
import sys
from collections.abc import Set
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw as pdfium

from lib.pipelines.pdf.text_lines import REPLACEMENT, Glyphs

PdfPage: TypeAlias = Any  # pypdfium2 comes without types.
Handle: TypeAlias = Any
Matrix: TypeAlias = NDArray[np.float64]
"""(3, 3); a point (x, y, 1) times it is the point where it goes to."""

TALL = 2.0
"""Font sizes that a line of type may be high. A few fonts claim ascents of many times that, and lines would overlap."""

ASCENT = 0.95
DESCENT = -0.25
"""Font sizes that letters reach above and below their baseline in usual fonts, accents included."""


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


def read_glyphs(page: PdfPage, matrix: Matrix, *, covered: Set[int] = frozenset(), most: float = math.inf) -> Glyphs:
    """The characters of a page, in the order of its content.

    Args:
        page: Open.
        matrix: From its user space to its pixels.
        covered: Addresses of the text objects that lie under an image, as `artwork.py` found them.
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
        radians = np.array([_writing_angle(text, index) for index in starts])[words]
        hidden = np.array([_is_hidden(text, index, covered) for index in starts], bool)[words]
        corners = _corners(text, sizes, radians)
    finally:
        pdfium.FPDFText_ClosePage(text)
    writing = np.stack([np.cos(radians), -np.sin(radians), np.zeros(len(radians))], axis=1) @ matrix
    directions = np.degrees(np.arctan2(writing[:, 1], writing[:, 0]))
    return Glyphs(codes, boxes_around(corners, matrix), directions, hidden)


def address(handle: Handle) -> int:
    """Where pdfium keeps an object: the same for all handles to it."""
    return ctypes.cast(handle, ctypes.c_void_p).value or 0


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


def _writing_angle(text: Handle, index: int) -> float:
    """Radians clockwise from rightwards in user space, of the line of writing at a character.

    The angle of the text matrix is off by a half turn where the font size is negative, which some producers write
    together with a turned matrix. The character itself tells: it stands ahead of its origin, never behind.
    """
    angle = float(pdfium.FPDFText_GetCharAngle(text, index))
    x, y, box = ctypes.c_double(), ctypes.c_double(), pdfium.FS_RECTF()
    pdfium.FPDFText_GetCharOrigin(text, index, x, y)
    pdfium.FPDFText_GetLooseCharBox(text, index, box)
    right, up = (box.left + box.right) / 2 - x.value, (box.bottom + box.top) / 2 - y.value
    return angle + math.pi if right * math.cos(angle) - up * math.sin(angle) < 0 else angle


def _is_hidden(text: Handle, index: int, covered: Set[int]) -> bool:
    """Whether nobody sees a character: it is drawn in no color or fully transparent, or lies under an image."""
    drawn = pdfium.FPDFText_GetTextObject(text, index)
    if not drawn:
        return False
    if pdfium.FPDFTextObj_GetTextRenderMode(drawn) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE:
        return True
    red, green, blue, opacity = (ctypes.c_uint() for _ in range(4))
    has_color = pdfium.FPDFPageObj_GetFillColor(drawn, red, green, blue, opacity)
    return bool(has_color and not opacity.value) or address(drawn) in covered


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
