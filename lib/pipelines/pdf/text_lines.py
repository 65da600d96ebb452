"""Characters with boxes -> words, as a reader sees them on the page.

In: the characters of a page. Out: placed words, of which `text_spans.py` makes spans. Pure; imports numpy and the nouns
only. The order of a content stream is its producer's own affair: nothing here trusts it beyond a word.
"""

import math
import unicodedata
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lib.document import BBox, Word
from lib.pipelines.pdf.letter_spacing import word_ends
from lib.pipelines.pdf.right_to_left import in_reading_order, is_leftward

WORD_GAP = 0.5
"""Share of the height that two letters of one word may stand apart; pdfium makes spaces of narrower gaps already."""

SAME_LINE = 0.5
"""Share of the lower one's height by which neighbors on a line overlap."""

SAME_PLACE = 0.5
"""Intersection over union from which on equal words are one word drawn twice, as bold type or shadow."""

DIRECTION_STEP = 15
"""Degrees within which letters run in one direction; scans straightened by their OCR slant by a few."""

STRAIGHT = 0.5
"""Degrees below which a direction counts as parallel to the page."""

DRAWN_HYPHENS = {0x00AD, 0x2010, 0x2011}
"""Read as -: what stands in a text layer is drawn, and fonts often map their hyphen to the soft or unbreakable one."""

LIGATURES = range(0xFB00, 0xFB07)

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of one page, n of them, white space included.

    Attributes:
        codes: (n,) Unicode; U+FFFD where the font gives none.
        boxes: (n, 4) x0 y0 x1 y1, page pixels; without area for characters that leave no ink.
        directions: (n,) degrees clockwise from rightwards, of the line of writing on the page.
        hidden: (n,) bool, drawn in no color, as OCR software lays its text over a scan.
    """

    codes: NDArray[np.int32]
    boxes: NDArray[np.float64]
    directions: NDArray[np.float64]
    hidden: NDArray[np.bool_]


class Meanings(NamedTuple):
    """What the characters of a page stand for.

    Attributes:
        texts: Of each kind of character: its text, one space, nothing, or REPLACEMENT where nobody can tell.
        kinds: (n,) The kind of each character.
    """

    texts: tuple[str, ...]
    kinds: NDArray[np.intp]

    def are(self, *texts: str) -> NDArray[np.bool_]:
        """(n,) Whether each character is one of some texts."""
        return np.array([text in texts for text in self.texts], bool)[self.kinds]


class PlacedWord(NamedTuple):
    """A word with its place on a line of writing.

    Attributes:
        word: Text and box on the page.
        direction: Degrees clockwise from rightwards.
        extent: Its box as seen when the page is turned so that the line runs to the right, pixels.
        hidden: Whether it is drawn in no color.
    """

    word: Word
    direction: float
    extent: BBox
    hidden: bool


def meanings(codes: NDArray[np.int32]) -> Meanings:
    """What each code stands for."""
    different, kinds = np.unique(codes, return_inverse=True)
    return Meanings(
        tuple([COMMON[code] if code < len(COMMON) else _meaning(code) for code in different.tolist()]), kinds
    )


def find_words(glyphs: Glyphs, meant: Meanings, *, width: int, height: int) -> list[PlacedWord]:
    """The words on the page: what is off the page, without area or without meaning makes none.

    Args:
        glyphs: The characters.
        meant: Their `meanings`.
        width: Of the page, pixels.
        height: Of the page, pixels.
    """
    spaces = np.cumsum(meant.are(" "))
    ink = ~meant.are(" ", "") & _is_inside(glyphs.boxes, width, height)
    words = []
    for direction, letters in _by_direction(glyphs.directions, np.flatnonzero(ink)):
        boxes = glyphs.boxes[letters]
        extents = _turned_boxes(boxes, direction) if direction else boxes
        level, gaps = _level(extents), _gaps(extents)
        ends = (np.diff(spaces[letters]) > 0) | ~level | (gaps > WORD_GAP)
        starts = np.flatnonzero(np.concatenate([[True], word_ends(ends, gaps=gaps, level=level)]))
        hulls = _hulls(boxes, starts)
        seen = _hulls(extents, starts) if direction else hulls
        hidden = glyphs.hidden[letters[starts]].tolist()
        texts = _texts([meant.texts[kind] for kind in meant.kinds[letters].tolist()], starts, extents)
        words += [
            PlacedWord(Word(text, bbox), direction, extent, unseen)
            for text, bbox, extent, unseen in zip(texts, hulls, seen, hidden, strict=True)
            if text.strip(REPLACEMENT)
        ]
    return list(_without_copies(words))


def _texts(letters: Sequence[str], starts: NDArray[np.intp], extents: NDArray[np.float64]) -> Iterator[str]:
    """The text of each word.

    Args:
        letters: n of them, of all words.
        starts: Which letter each word begins with.
        extents: (n, 4) Where each letter stands along its line.
    """
    # Words are cut from the text of all: their letters are joined once, not word by word.
    text = "".join(letters)
    bounds = np.cumsum([0, *map(len, letters)])
    edges = [*starts.tolist(), len(letters)]
    centers = (extents[:, 0] + extents[:, 2]) / 2
    for (start, first), (end, last) in pairwise(zip(edges, bounds[edges].tolist(), strict=True)):
        word = text[first:last]
        if not word.isascii():
            word = _whole(word)
            if is_leftward(word):
                word = _whole("".join(in_reading_order(letters[start:end], centers[start:end].tolist())))
        yield word


def _meaning(code: int) -> str:
    char = chr(code)
    category = unicodedata.category(char)
    if code in DRAWN_HYPHENS:
        return "-"
    if char in "\t\n\v\f\r" or category.startswith("Z"):
        return " "
    if category in {"Cc", "Co", "Cn"}:
        return REPLACEMENT
    if category == "Cf":
        return ""
    return unicodedata.normalize("NFKC", char) if code in LIGATURES else char


COMMON = tuple(map(_meaning, range(0x180)))
"""Of Latin letters: looked up, not found out page by page."""


def _whole(text: str) -> str:
    """A text in which halves of characters beyond U+FFFF, which pdfium returns one by one, become whole."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _is_inside(boxes: NDArray[np.float64], width: int, height: int) -> NDArray[np.bool_]:
    """(n,) Which boxes have an area, and their center on the page."""
    x0, y0, x1, y1 = boxes.T
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    inside: NDArray[np.bool_] = (x1 > x0) & (y1 > y0) & (x >= 0) & (x <= width) & (y >= 0) & (y <= height)
    return inside


def _by_direction(
    directions: NDArray[np.float64], letters: NDArray[np.intp]
) -> Iterator[tuple[float, NDArray[np.intp]]]:
    """(degrees, indices of letters) for each direction of writing on the page."""
    if len(letters) and not directions[letters].any():  # As on most pages.
        yield 0.0, letters
        return
    steps = np.round(directions[letters] / DIRECTION_STEP) % (360 // DIRECTION_STEP)
    for step in np.unique(steps).tolist():
        same = letters[steps == step]
        slants = (directions[same] - step * DIRECTION_STEP + 180) % 360 - 180
        slant = float(np.median(slants))
        yield step * DIRECTION_STEP + (slant if abs(slant) > STRAIGHT else 0.0), same


def _turned_boxes(boxes: NDArray[np.float64], direction: float) -> NDArray[np.float64]:
    """(n, 4) The boxes as seen when the page is turned so that `direction` runs to the right.

    A box stands upright around a letter that may slant; the letter itself is taken to be as large as if it were square.
    """
    cos, sin = math.cos(math.radians(direction)), math.sin(math.radians(direction))
    centers, halves = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    turned = centers @ np.array([[cos, -sin], [sin, cos]])
    turned_halves = halves @ np.abs([[cos, sin], [sin, cos]]) / (abs(cos) + abs(sin)) ** 2
    return np.concatenate([turned - turned_halves, turned + turned_halves], axis=1)


def _level(extents: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n - 1,) Whether each letter but the first stands on the line of the one before it."""
    before, after = extents[:-1], extents[1:]
    overlap = np.minimum(after[:, 3], before[:, 3]) - np.maximum(after[:, 1], before[:, 1])
    lower = np.minimum(before[:, 3] - before[:, 1], after[:, 3] - after[:, 1])
    level: NDArray[np.bool_] = overlap >= SAME_LINE * lower
    return level


def _gaps(extents: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n - 1,) Between each letter but the first and the one before it, on either side, in heights of the higher."""
    before, after = extents[:-1], extents[1:]
    higher = np.maximum(before[:, 3] - before[:, 1], after[:, 3] - after[:, 1])
    gaps: NDArray[np.float64] = np.maximum(after[:, 0] - before[:, 2], before[:, 0] - after[:, 2]) / higher
    return gaps


def _hulls(boxes: NDArray[np.float64], starts: NDArray[np.intp]) -> list[BBox]:
    """The box around each run of boxes, to a hundredth of a pixel."""
    low = np.minimum.reduceat(boxes[:, :2], starts)
    high = np.maximum.reduceat(boxes[:, 2:], starts)
    return [BBox(*row) for row in np.round(np.concatenate([low, high], axis=1), 2).tolist()]


def _without_copies(words: Sequence[PlacedWord]) -> Iterator[PlacedWord]:
    """Each word once, where bold type or a shadow was made by drawing it again; top to bottom."""
    known: dict[str, list[BBox]] = {}
    for placed in sorted(words, key=_top):
        text, bbox = placed.word
        boxes = known.get(text)
        if boxes is None:
            known[text] = [bbox]
            yield placed
            continue
        # Which have half of their area in common begin no further apart than this.
        left, top, right, _ = bbox
        first = bisect_left(boxes, (left - 1.01 * (right - left),))
        end = bisect_left(boxes, (left + 0.51 * (right - left),), first)
        near = [box for box in boxes[first:end] if box.y1 > top]
        if not any(_overlap(bbox, box) >= SAME_PLACE for box in near):
            insort(near, bbox)
            yield placed
        boxes[first:end] = near


def _top(placed: PlacedWord) -> float:
    return placed.word.bbox.y0


def _overlap(one: BBox, other: BBox) -> float:
    """Intersection over union, 0..1."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (one.width * one.height + other.width * other.height - common)
