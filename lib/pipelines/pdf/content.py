"""The characters on a page of a PDF.

In: a page that `document.py` has opened, and the map from its user space to its pixels. Out: `Glyphs`, plain arrays.
Runs in the PDF worker process; imports pypdfium2.

Source: pdfium's public headers fpdf_text.h and fpdf_edit.h.
"""

import ctypes
import functools
import math
import sys
from collections import deque
from collections.abc import Set
from itertools import repeat
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw as pdfium

from lib.pipelines.pdf.text_lines import REPLACEMENT, Glyphs

PdfPage: TypeAlias = Any  # pypdfium2 comes without types.
Handle: TypeAlias = Any
Function: TypeAlias = Any
Matrix: TypeAlias = NDArray[np.float64]
"""(3, 3); a point (x, y, 1) times it is the point where it goes to."""

TALL = 2.0
"""Font sizes that a line of type may be high. A few fonts claim ascents of many times that, and lines would overlap."""

ASCENT = 0.95
DESCENT = -0.25
"""Font sizes that letters reach above and below their baseline in usual fonts, accents included."""


PLAIN_UNITS = 0xD800
"""UTF-16 below is a character; from here on it may be half of one, or U+FFFE, which pdfium writes where it has none."""


def _by_address(name: str, *arguments: type) -> Function:
    """A function of pdfium that takes its handle as an address, which is half the cost of a call.

    Args:
        name: As in the headers.
        arguments: Types of those behind the handle. Pointers are addresses, too.
    """
    function = getattr(pdfium, name)
    place = ctypes.cast(function, ctypes.c_void_p).value or 0
    result = ctypes.c_void_p if hasattr(function.restype, "contents") else function.restype
    return ctypes.CFUNCTYPE(result, ctypes.c_void_p, *arguments)(place)


_is_unmapped: Final = _by_address("FPDFText_HasUnicodeMapError", ctypes.c_int)
_write_box: Final = _by_address("FPDFText_GetLooseCharBox", ctypes.c_int, ctypes.c_void_p)
_object_of: Final = _by_address("FPDFText_GetTextObject", ctypes.c_int)


class TooManyCharacters(Exception):
    """A page has more characters than are to be read in one go."""


class _Setting(NamedTuple):
    """How a piece of text is set.

    Attributes:
        size: Of its font, as drawn, in units of user space.
        radians: Clockwise from rightwards in user space, of the line of writing.
        hidden: Whether nobody sees it.
    """

    size: float
    radians: float
    hidden: bool


def count_words(page: PdfPage) -> int:
    """About how many words a page has, without where they stand, which takes many times as long."""
    text = pdfium.FPDFText_LoadPage(page)
    try:
        units = _text_units(text, max(0, pdfium.FPDFText_CountChars(text)))
    finally:
        pdfium.FPDFText_ClosePage(text)
    return len(_words(units)[0])


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
        starts, words = _words(codes)
        settings = _settings(text, starts, covered)
        sizes = np.array([setting.size for setting in settings])[words]
        radians = np.array([setting.radians for setting in settings])
        directions = _directions(radians, matrix)[words]
        hidden = np.array([setting.hidden for setting in settings], bool)[words]
        corners = _corners(text, sizes, radians[words])
    finally:
        pdfium.FPDFText_ClosePage(text)
    return Glyphs(codes, boxes_around(corners, matrix), directions, hidden)


def address(handle: Handle) -> int:
    """Where pdfium keeps an object: the same for all handles to it."""
    return ctypes.cast(handle, ctypes.c_void_p).value or 0


def boxes_around(corners: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """(n, 4) Upright boxes around where (n, 4) boxes go, given by opposite corners each; nan where that is nowhere."""
    along, up, origin = matrix[:, :2]
    is_upright = not (along[1] or up[0]) or not (along[0] or up[1])
    picked = ((0, 1), (2, 3)) if is_upright else ((0, 1), (2, 3), (0, 3), (2, 1))
    with np.errstate(invalid="ignore", over="ignore"):
        points = [corners[:, [x]] * along + corners[:, [y]] * up + origin for x, y in picked]
    return np.concatenate([functools.reduce(np.minimum, points), functools.reduce(np.maximum, points)], axis=1)


def _directions(radians: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """(n,) Degrees clockwise from rightwards, in pixels, of angles in user space."""
    writing = np.stack([np.cos(radians), -np.sin(radians)], axis=1) @ matrix[:2, :2]
    directions: NDArray[np.float64] = np.nan_to_num(np.degrees(np.arctan2(writing[:, 1], writing[:, 0])))
    return directions


def _codes(text: Handle, count: int) -> NDArray[np.int32]:
    """(n,) The Unicode of each character; a hyphen that pdfium took for the end of a line is one again."""
    codes = _text_units(text, count)
    if len(codes) != count or (codes >= PLAIN_UNITS).any():  # Then units are not characters, or not all of them.
        codes = np.fromiter(map(pdfium.FPDFText_GetUnicode, repeat(text), range(count)), np.int64, count)
    unmapped = np.fromiter(map(_is_unmapped, repeat(address(text)), range(count)), np.int8, count) != 0
    for index in np.flatnonzero(codes < ord(" ")).tolist():
        if pdfium.FPDFText_IsHyphen(text, index) == 1:
            codes[index] = ord("-")
    return np.where(unmapped | (codes > sys.maxunicode), ord(REPLACEMENT), codes).astype(np.int32)


def _text_units(text: Handle, count: int) -> NDArray[np.int64]:
    """UTF-16 of a page's text: a unit each character, where each has one."""
    units = np.zeros(2 * count + 1, np.uint16)
    place = units.ctypes.data_as(ctypes.POINTER(ctypes.c_ushort))
    written = pdfium.FPDFText_GetText(text, 0, count, place) if count else 0
    return units[: max(0, written - 1)].astype(np.int64)


def _words(codes: NDArray[np.integer[Any]]) -> tuple[list[int], NDArray[np.intp]]:
    """Where words start, and (n,) which word each character belongs to, with the white space behind it."""
    space = codes <= ord(" ")
    fresh = ~space
    fresh[1:] &= space[:-1]
    fresh[:1] = True
    return np.flatnonzero(fresh).tolist(), np.cumsum(fresh) - 1


def _settings(text: Handle, starts: list[int], covered: Set[int]) -> list[_Setting]:
    """How the words that start at some characters are set: asked once for each piece that is drawn in one go."""
    known: dict[int | None, _Setting] = {}
    settings = []
    for index, drawn in zip(starts, map(_object_of, repeat(address(text)), starts), strict=True):
        setting = known.get(drawn) if drawn else None
        if setting is None:
            hidden = _is_hidden(text, index, covered)
            setting = known[drawn] = _Setting(_font_size(text, index), _writing_angle(text, index), hidden)
        settings.append(setting)
    return settings


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
    rectangles = np.zeros((len(sizes), 4), np.float32)  # Of FS_RECTF: left, top, right, bottom.
    places = range(rectangles.ctypes.data, rectangles.ctypes.data + rectangles.nbytes, ctypes.sizeof(pdfium.FS_RECTF))
    deque(map(_write_box, repeat(address(text)), range(len(sizes)), places), maxlen=0)
    # What a page puts at infinity is nowhere on it.
    rectangles[~np.isfinite(rectangles).all(axis=1)] = 0.0
    corners = rectangles[:, [0, 3, 2, 1]].astype(np.float64)
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
