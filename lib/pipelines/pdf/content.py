"""The characters on a page of a PDF.

In: a page that `document.py` has opened, and the map from its user space to its pixels. Out: `Glyphs`, plain arrays.
Runs in the PDF worker process; imports pypdfium2.

Source: pdfium's public headers fpdf_text.h and fpdf_edit.h.
"""

import ctypes
import functools
import math
import sys
from collections.abc import Iterable, Sequence, Set
from itertools import repeat, starmap
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


def by_address(name: str, *arguments: type) -> Function:
    """A function of pdfium that takes its handle as an address, which is half the cost of a call.

    It keeps the interpreter's lock: pdfium's process has one thread.

    Args:
        name: As in the headers.
        arguments: Types of those behind the handle up to the last pointer; pointers are addresses, too. An `int` that
            no pointer follows needs no type, and is converted in half the time.
    """
    function = getattr(pdfium, name)
    place = ctypes.cast(function, ctypes.c_void_p).value or 0
    result = ctypes.c_void_p if hasattr(function.restype, "contents") else function.restype
    return ctypes.PYFUNCTYPE(result, ctypes.c_void_p, *arguments)(place)


POINTER: Final = ctypes.c_void_p

INVISIBLE: Final = pdfium.FPDF_TEXTRENDERMODE_INVISIBLE

_is_unmapped: Final = by_address("FPDFText_HasUnicodeMapError")
_object_of: Final = by_address("FPDFText_GetTextObject")
_font_size: Final = by_address("FPDFText_GetFontSize")
_angle: Final = by_address("FPDFText_GetCharAngle")
_write_box: Final = by_address("FPDFText_GetLooseCharBox", ctypes.c_int, POINTER)
_write_matrix: Final = by_address("FPDFText_GetMatrix", ctypes.c_int, POINTER)
_write_origin: Final = by_address("FPDFText_GetCharOrigin", ctypes.c_int, POINTER, POINTER)
_write_color: Final = by_address("FPDFPageObj_GetFillColor", *[POINTER] * 4)
_render_mode: Final = by_address("FPDFTextObj_GetTextRenderMode")


class TooManyCharacters(Exception):
    """A page has more characters than are to be read in one go."""


class _Settings(NamedTuple):
    """How the pieces of text are set that are drawn in one go, n of them.

    Attributes:
        sizes: (n,) Of their fonts, as drawn, in units of user space.
        radians: (n,) Clockwise from rightwards in user space, of their lines of writing.
        hidden: (n,) Whether nobody sees them.
    """

    sizes: NDArray[np.float64]
    radians: NDArray[np.float64]
    hidden: NDArray[np.bool_]


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
        drawn, firsts, pieces = _pieces(text, starts)
        settings = _settings(text, drawn, firsts, covered)
        piece = np.array(pieces, int)[words]
        corners = _corners(text, settings.sizes[piece], settings.radians[piece])
    finally:
        pdfium.FPDFText_ClosePage(text)
    directions = _directions(settings.radians, matrix)[piece]
    return Glyphs(codes, boxes_around(corners, matrix), directions, settings.hidden[piece])


def ask_each(
    function: Function, *arguments: Iterable[int | None], into: NDArray[np.generic], pointers: int = 1
) -> list[int]:
    """What a function of pdfium returns for each row of an array, into which it writes more.

    Args:
        function: From `by_address`.
        arguments: Those before its pointers, for one row after the other.
        into: (n, m) of the type that it writes.
        pointers: How many it takes; to the first numbers of a row, one each.
    """
    start, size, count = into.ctypes.data, into.itemsize, into.shape[1]
    places = [
        range(start + size * column, start + size * column + into.nbytes, size * count) for column in range(pointers)
    ]
    return list(map(function, *arguments, *places))


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
    directions: NDArray[np.float64] = np.degrees(np.arctan2(writing[:, 1], writing[:, 0]))
    return directions if np.isfinite(directions).all() else np.nan_to_num(directions)


def _codes(text: Handle, count: int) -> NDArray[np.int32]:
    """(n,) The Unicode of each character; a hyphen that pdfium took for the end of a line is one again."""
    codes = _text_units(text, count)
    if len(codes) != count or (codes >= PLAIN_UNITS).any():  # Then units are not characters, or not all of them.
        codes = np.fromiter(map(pdfium.FPDFText_GetUnicode, repeat(text), range(count)), np.int64, count)
    unmapped = np.fromiter(map(_is_unmapped, repeat(address(text)), range(count)), np.int8, count) != 0  # -1: an error.
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


def _pieces(text: Handle, starts: Sequence[int]) -> tuple[list[int | None], list[int], list[int]]:
    """Of the pieces that are drawn in one go: the object and a character; then the piece of each word."""
    known: dict[int | None, int] = {}
    drawn: list[int | None] = []
    firsts: list[int] = []
    pieces = []
    for index, piece_drawn in zip(starts, map(_object_of, repeat(address(text)), starts), strict=True):
        piece = known.get(piece_drawn) if piece_drawn else None
        if piece is None:
            piece = known[piece_drawn] = len(drawn)
            drawn.append(piece_drawn)
            firsts.append(index)
        pieces.append(piece)
    return drawn, firsts, pieces


def _settings(text: Handle, drawn: Sequence[int | None], firsts: Sequence[int], covered: Set[int]) -> _Settings:
    """How pieces of text are set, whose objects and a character of each are given.

    They are hidden where they are drawn in no color or fully transparent, or lie under an image.
    """
    place, count = address(text), len(firsts)
    matrices = np.zeros((count, 6), np.float32)
    ask_each(_write_matrix, repeat(place), firsts, into=matrices)
    heights = starmap(math.hypot, matrices[:, 2:4].tolist())
    sizes = [size * height for size, height in zip(map(_font_size, repeat(place), firsts), heights, strict=True)]
    colors = np.zeros((count, 4), np.uint32)
    colored = ask_each(_write_color, drawn, into=colors, pointers=4)
    hidden = [
        shown is not None and (mode == INVISIBLE or (has_color and not opacity) or shown in covered)
        for shown, mode, has_color, opacity in zip(
            drawn, map(_render_mode, drawn), colored, colors[:, 3].tolist(), strict=True
        )
    ]
    return _Settings(np.array(sizes), np.array(_writing_angles(text, firsts)), np.array(hidden, bool))


def _writing_angles(text: Handle, indices: Sequence[int]) -> list[float]:
    """Radians clockwise from rightwards in user space, of the lines of writing at some characters.

    The angle of the text matrix is off by a half turn where the font size is negative, which some producers write
    together with a turned matrix. The character itself tells: it stands ahead of its origin, never behind.
    """
    place, count = address(text), len(indices)
    origins, boxes = np.zeros((count, 2)), np.zeros((count, 4), np.float32)
    ask_each(_write_origin, repeat(place), indices, into=origins, pointers=2)
    ask_each(_write_box, repeat(place), indices, into=boxes)
    turned = []
    told = zip(map(_angle, repeat(place), indices), origins.tolist(), boxes.tolist(), strict=True)
    for angle, (x, y), (left, top, right, bottom) in told:
        across, up = (left + right) / 2 - x, (bottom + top) / 2 - y
        turned.append(angle + math.pi if across * math.cos(angle) - up * math.sin(angle) < 0 else angle)
    return turned


def _corners(text: Handle, sizes: NDArray[np.float64], radians: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 4) Left, bottom, right and top of each character, in user space.

    As high as the font's letters may be and as wide as it moves on, because so the boxes of a line are of one height;
    where the font claims to be impossibly high, as high as others.
    """
    rectangles = np.zeros((len(sizes), 4), np.float32)  # Of FS_RECTF: left, top, right, bottom.
    ask_each(_write_box, repeat(address(text)), range(len(sizes)), into=rectangles)
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
