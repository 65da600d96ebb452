"""Placed words -> spans, as a reader sees them on the page.

In: the words of a page, each on its line of writing. Out: spans with words. Pure; imports numpy and the nouns only.

The order of a content stream is its producer's own affair, so nothing here trusts it: spans are put together from words
that stand close together on a line, and wide gaps part them, as in OCR.
"""

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from lib.document import BBox, Point, Polygon, Span
from lib.pipelines.pdf.right_to_left import is_leftward
from lib.pipelines.pdf.text_lines import SAME_LINE, PlacedWord

SPAN_GAP = 1.0
"""Share of the height that two words of one span may stand apart: a space is a quarter of it, half in typewriter fonts;
gutters between columns are wider."""

SAME_SIZE = 2.0
"""Ratio of heights up to which neighbors are one span; a large amount beside its small label stands alone."""

LEAST_PITCH = 0.01
"""Pixels, to which boxes are rounded: the smallest letters have no height then."""

MOST_RUNS = 12
"""Runs on one level that a word may continue, the last ones: more are over each other, and nobody can read them."""


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


def _runs(words: Sequence[PlacedWord]) -> list[list[PlacedWord]]:
    """Words of one direction as runs without wide gaps.

    Taken from left to right, each word looks only at the last runs on its level that did not end long before it.
    """
    pitch = max(LEAST_PITCH, float(np.median([bottom - top for _, _, (_, top, _, bottom), _ in words])))
    levels: dict[int, list[_Run]] = defaultdict(list)
    runs: list[_Run] = []
    for placed in sorted(words, key=_left_top):
        start, top, _, bottom = placed.extent
        level = int((top + bottom) / 2 // pitch)
        before = [run for near in (level - 1, level, level + 1) for run in _near(levels, near, start)]
        before = [run for run in before if _continues(run.last, placed)]
        if before:
            run = max(before, key=_end)
            run.add(placed)
        else:
            run = _Run(placed)
            runs.append(run)
        if not any(known is run for known in levels[level]):
            levels[level].append(run)
    return [run.words for run in runs]


class _Run:
    """Words that stand close together on a line. No word that begins right of `is_over_at` continues it."""

    __slots__ = ("is_over_at", "last", "words")

    def __init__(self, placed: PlacedWord) -> None:
        self.words: list[PlacedWord] = []
        self.add(placed)

    def add(self, placed: PlacedWord) -> None:
        self.words.append(placed)
        self.last = placed
        _, top, end, bottom = placed.extent
        self.is_over_at = end + SPAN_GAP * SAME_SIZE * (bottom - top)


def _near(levels: dict[int, list[_Run]], level: int, start: float) -> list[_Run]:
    """The runs on a level that a word which begins at `start` may continue. Words come in order: others are over."""
    runs = levels.get(level)
    if not runs:
        return []
    kept = levels[level] = [run for run in runs[-MOST_RUNS:] if run.is_over_at >= start]
    return kept


def _left_top(placed: PlacedWord) -> tuple[float, float]:
    return placed.extent[:2]


def _end(run: _Run) -> float:
    return run.last.extent.x1


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
