"""Characters with boxes -> words -> spans, as a reader sees them on the page.

In: the characters of a page. Out: placed words, then spans with words. Pure; imports numpy and the nouns only.

The order of a content stream is its producer's own affair, so nothing here trusts it beyond a word: spans are put
together from words that stand close together on a line, and wide gaps part them, as in OCR.
"""

import math
import unicodedata
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lib.document import BBox, Point, Polygon, Span, Word
from lib.pipelines.pdf.letter_spacing import word_ends
from lib.pipelines.pdf.right_to_left import in_reading_order, is_leftward

WORD_GAP = 0.5
"""Share of the height that two letters of one word may stand apart; pdfium makes spaces of narrower gaps already."""

SPAN_GAP = 1.0
"""Share of the height that two words of one span may stand apart: a space is a quarter of it, half in typewriter fonts;
gutters between columns are wider."""

SAME_LINE = 0.5
"""Share of the lower one's height by which neighbors on a line overlap."""

SAME_SIZE = 2.0
"""Ratio of heights up to which neighbors are one span; a large amount beside its small label stands alone."""

SAME_PLACE = 0.5
"""Intersection over union from which on equal words are one word drawn twice, as bold type or shadow."""

MOST_RUNS = 12
"""Runs on one level that a word may continue, the last ones: more are over each other, and nobody can read them."""

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


def meanings(codes: NDArray[np.int32]) -> list[str]:
    """What each code stands for: text, one space, nothing, or REPLACEMENT where nobody can tell."""
    known = {code: _meaning(code) for code in np.unique(codes).tolist()}
    return [known[code] for code in codes.tolist()]


def find_words(glyphs: Glyphs, texts: Sequence[str], *, width: int, height: int) -> list[PlacedWord]:
    """The words on the page: what is off the page, without area or without meaning makes none.

    Args:
        glyphs: The characters.
        texts: Their `meanings`.
        width: Of the page, pixels.
        height: Of the page, pixels.
    """
    spaces = np.cumsum([text == " " for text in texts])
    ink = np.array([bool(text) and text != " " for text in texts], bool) & _is_inside(glyphs.boxes, width, height)
    words = []
    for direction, letters in _by_direction(glyphs.directions, np.flatnonzero(ink)):
        extents = _turned_boxes(glyphs.boxes[letters], direction)
        level, gaps = _level(extents), _gaps(extents)
        ends = (np.diff(spaces[letters]) > 0) | ~level | (gaps > WORD_GAP)
        starts = np.flatnonzero(np.r_[True, word_ends(ends, gaps=gaps, level=level)])
        stops = [*starts[1:].tolist(), len(letters)]
        hulls = _hulls(glyphs.boxes[letters], starts), _hulls(extents, starts)
        hidden = glyphs.hidden[letters[starts]].tolist()
        characters = [texts[index] for index in letters.tolist()]
        centers = ((extents[:, 0] + extents[:, 2]) / 2).tolist()
        for start, end, bbox, extent, unseen in zip(starts.tolist(), stops, *hulls, hidden, strict=True):
            text = _join(characters[start:end])
            if is_leftward(text):
                text = _join(in_reading_order(characters[start:end], centers[start:end]))
            if text.strip(REPLACEMENT):
                words.append(PlacedWord(Word(text, bbox), direction, extent, unseen))
    return list(_without_copies(words))


def find_spans(words: Sequence[PlacedWord]) -> tuple[Span, ...]:
    """Words that stand close together on a line as one span each, top to bottom."""
    lines: dict[float, list[PlacedWord]] = defaultdict(list)
    for placed in words:
        lines[placed.direction].append(placed)
    spans = [_span(run) for line in lines.values() for run in _runs(line)]
    return tuple(sorted(spans, key=_top_left))


def _top_left(span: Span) -> tuple[float, float]:
    """Where it begins, from top to bottom and from left to right."""
    bbox = span.bbox
    return bbox.y0, bbox.x0


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


def _join(texts: Sequence[str]) -> str:
    """One text of many; halves of characters beyond U+FFFF, which pdfium returns one by one, become whole."""
    text = "".join(texts)
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
    known: dict[str, list[BBox]] = defaultdict(list)
    for placed in sorted(words, key=lambda placed: placed.word.bbox.y0):
        bbox, boxes = placed.word.bbox, known[placed.word.text]
        # Which have half of their area in common begin no further apart than this.
        first = bisect_left(boxes, (bbox.x0 - 1.01 * bbox.width,))
        end = bisect_left(boxes, (bbox.x0 + 0.51 * bbox.width,), first)
        near = [box for box in boxes[first:end] if box.y1 > bbox.y0]
        if not any(_overlap(bbox, box) >= SAME_PLACE for box in near):
            insort(near, bbox)
            yield placed
        boxes[first:end] = near


def _overlap(one: BBox, other: BBox) -> float:
    """Intersection over union, 0..1."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (one.width * one.height + other.width * other.height - common)


def _runs(words: Sequence[PlacedWord]) -> list[list[PlacedWord]]:
    """Words of one direction as runs without wide gaps.

    Taken from left to right, each word looks only at the last runs on its level that did not end long before it.
    """
    pitch = float(np.median([placed.extent.height for placed in words]))
    levels: dict[int, list[list[PlacedWord]]] = defaultdict(list)
    runs = []
    for placed in sorted(words, key=lambda placed: (placed.extent.x0, placed.extent.y0)):
        level = int(placed.extent.center[1] // pitch)
        for near in (level - 1, level, level + 1):
            levels[near] = [run for run in levels[near][-MOST_RUNS:] if not _is_over(run[-1], placed)]
        before = [run for near in (level - 1, level, level + 1) for run in levels[near] if _continues(run[-1], placed)]
        if before:
            run = max(before, key=lambda run: run[-1].extent.x1)
        else:
            run = []
            runs.append(run)
        run.append(placed)
        if not any(known is run for known in levels[level]):
            levels[level].append(run)
    return runs


def _is_over(last: PlacedWord, placed: PlacedWord) -> bool:
    """Whether a run ends too far before a word for any word from there on."""
    return placed.extent.x0 - last.extent.x1 > SPAN_GAP * SAME_SIZE * last.extent.height


def _continues(last: PlacedWord, placed: PlacedWord) -> bool:
    """Whether a word goes on where the last word of a run ends."""
    (_, top, end, bottom), (start, after_top, _, after_bottom) = last.extent, placed.extent
    height, after_height = bottom - top, after_bottom - after_top
    low, high = (height, after_height) if height < after_height else (after_height, height)
    if not -low / 2 <= start - end <= SPAN_GAP * high or high > SAME_SIZE * low:
        return False
    return min(bottom, after_bottom) - max(top, after_top) >= SAME_LINE * low


def _span(run: Sequence[PlacedWord]) -> Span:
    words = tuple(placed.word for placed in (reversed(run) if _reads_leftwards(run) else run))
    polygon = _turned_back(BBox.around(placed.extent for placed in run).as_polygon(), run[0].direction)
    return Span(" ".join(word.text for word in words), polygon, 1.0, words)


def _reads_leftwards(run: Sequence[PlacedWord]) -> bool:
    """Whether most letters are of a script that is written from right to left."""
    return is_leftward("".join(placed.word.text for placed in run))


def _turned_back(corners: Polygon, direction: float) -> Polygon:
    """Corners as seen along a direction as corners on the page."""
    if not direction:
        return corners
    cos, sin = math.cos(math.radians(direction)), math.sin(math.radians(direction))

    def turned(corner: Point) -> Point:
        u, v = corner
        return round(u * cos - v * sin, 2), round(u * sin + v * cos, 2)

    top_left, top_right, bottom_right, bottom_left = map(turned, corners)
    return top_left, top_right, bottom_right, bottom_left
