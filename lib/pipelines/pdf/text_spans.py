"""Placed words -> spans, as a reader sees them on the page.

In: the words of a page, each on its line of writing. Out: spans with words. Pure; imports the nouns only.

The order of a content stream is its producer's own affair, so nothing here trusts it: spans are put together from words
that stand close together on a line, and wide gaps part them, as in OCR.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

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
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = span.polygon
    return min(ay, by, cy, dy), min(ax, bx, cx, dx)


def _runs(words: Sequence[PlacedWord]) -> list[list[PlacedWord]]:
    """Words of one direction as runs without wide gaps.

    Taken from left to right, each word looks only at the last runs on its level that did not end long before it.
    """
    pitch = max(LEAST_PITCH, median([bottom - top for _, _, (_, top, _, bottom), _ in words]))
    levels: dict[int, list[_Run]] = {}
    runs: list[_Run] = []
    for placed in sorted(words, key=_left_top):
        start, top, _, bottom = placed.extent
        level = int((top + bottom) / 2 // pitch)
        before: _Run | None = None
        for near in (level - 1, level, level + 1):
            if near not in levels:
                continue
            # Words come in order: runs that are over stay so.
            kept = levels[near] = [run for run in levels[near][-MOST_RUNS:] if run.is_over_at >= start]
            for run in kept:
                if (before is None or run.end > before.end) and run.goes_on_with(placed.extent):
                    before = run
        if before is None:
            before = _Run()
            runs.append(before)
        before.add(placed)
        here = levels.setdefault(level, [])
        if before not in here:
            here.append(before)
    return [run.words for run in runs]


class _Run:
    """Words that stand close together on a line. No word that begins right of `is_over_at` continues it."""

    __slots__ = ("bottom", "end", "height", "is_over_at", "top", "words")

    def __init__(self) -> None:
        self.words: list[PlacedWord] = []

    def add(self, placed: PlacedWord) -> None:
        self.words.append(placed)
        _, self.top, self.end, self.bottom = placed.extent
        self.height = self.bottom - self.top
        self.is_over_at = self.end + SPAN_GAP * SAME_SIZE * self.height

    def goes_on_with(self, extent: BBox) -> bool:
        """Whether a word goes on where the last word ends."""
        start, top, _, bottom = extent
        height = bottom - top
        low, high = (self.height, height) if self.height < height else (height, self.height)
        if not -low / 2 <= start - self.end <= SPAN_GAP * high or high > SAME_SIZE * low:
            return False
        return min(self.bottom, bottom) - max(self.top, top) >= SAME_LINE * low


def _left_top(placed: PlacedWord) -> tuple[float, float]:
    return placed.extent[:2]


def _span(run: Sequence[PlacedWord]) -> Span:
    hull = run[0].extent if len(run) == 1 else BBox.around([placed.extent for placed in run])
    words = [placed.word for placed in run]
    text = " ".join([word.text for word in words])
    if len(words) > 1 and is_leftward(text):
        words.reverse()
        text = " ".join([word.text for word in words])
    return Span(text, _turned_back(hull.as_polygon(), run[0].direction), 1.0, tuple(words))


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
