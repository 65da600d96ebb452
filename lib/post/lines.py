"""A document's words as lines of text that know where their characters stand.

In: an OCR document with words in reading order. Out: `Line`s. Words far apart on one row are lines of their own with
the row in common, so that the number of one column never runs into the next one.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from lib.document import BBox, OcrDocument, Word

_ROW_OVERLAP = 0.4
"""Share of the lower word's height that two neighbors on a row have in common at least."""

_FEWEST_NEIGHBORS = 8
"""Pairs of neighbors that tell the slope of a page at least."""

_LEAST_SLOPE, _STEEPEST = 0.01, 0.1
"""Slopes below are none, and beyond them are noise: pages come upright."""

_WIDEST_SPACE = 1.2
"""Heights of a word; a wider gap parts two columns."""


class Line(NamedTuple):
    """Words that stand next to each other.

    Attributes:
        text: The words, joined by single spaces.
        page_index: The page they stand on.
        row: Which row of the document, counting from 0; lines of one row share it.
        words: From left to right.
    """

    text: str
    page_index: int
    row: int
    words: tuple[Word, ...]

    def box(self, start: int = 0, end: int | None = None) -> BBox:
        """The box around the words that `text[start:end]` touches, page pixels."""
        stop = len(self.text) if end is None else end
        boxes, offset = [], 0
        for word in self.words:
            if offset < stop and start < offset + len(word.text):
                boxes.append(word.bbox)
            offset += len(word.text) + 1
        return BBox.around(boxes or [word.bbox for word in self.words])


def lines_of(document: OcrDocument) -> tuple[Line, ...]:
    """Every line of a document, in reading order."""
    lines: list[Line] = []
    row = 0
    for page in document.pages:
        for words in _rows(page.words):
            lines += [Line(" ".join([text for text, _ in run]), page.page_index, row, run) for run in _runs(words)]
            row += 1
    return tuple(lines)


def _rows(words: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    """The words cut where the next one stands lower, higher or further left, the page's slope taken out."""
    slope = _slope(words)
    start = 0
    for i, ((_, box), (_, following)) in enumerate(pairwise(words), 1):
        if not _share_row(box, following, slope=slope):
            yield tuple(words[start:i])
            start = i
    if words:
        yield tuple(words[start:])


def _slope(words: Sequence[Word]) -> float:
    """How far rows fall, px per px to the right: the median over neighbors, 0 where there are few or they hardly do."""
    falls: list[float] = []
    for (_, (x0, y0, x1, y1)), (_, (next_x0, next_y0, next_x1, next_y1)) in pairwise(words):
        height = y1 - y0
        if not 0 <= next_x0 - x1 <= _WIDEST_SPACE * height:
            continue
        if min(y1, next_y1) - max(y0, next_y0) > _ROW_OVERLAP * height:
            rightwards = (next_x0 + next_x1) / 2 - (x0 + x1) / 2
            falls.append(((next_y0 + next_y1) / 2 - (y0 + y1) / 2) / max(rightwards, 1.0))
    slope = median(falls) if len(falls) >= _FEWEST_NEIGHBORS else 0.0
    return slope if _LEAST_SLOPE <= abs(slope) <= _STEEPEST else 0.0


def _share_row(left: BBox, right: BBox, *, slope: float) -> bool:
    """Whether the right box, lifted by the slope, has enough of its height in common with the left one."""
    x0, y0, x1, y1 = left
    next_x0, next_y0, next_x1, next_y1 = right
    if next_x0 < x0:
        return False
    height, next_height = y1 - y0, next_y1 - next_y0
    if slope:
        fall = slope * ((next_x0 + next_x1) / 2 - (x0 + x1) / 2)
        next_y0, next_y1 = next_y0 - fall, next_y1 - fall
    overlap = min(y1, next_y1) - max(y0, next_y0)
    return overlap >= _ROW_OVERLAP * min(height, next_height)


def _runs(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """One row's words cut at wide gaps."""
    start = 0
    for i, ((_, (_, y0, x1, y1)), (_, (next_x0, next_y0, _, next_y1))) in enumerate(pairwise(words), 1):
        if next_x0 - x1 > _WIDEST_SPACE * max(y1 - y0, next_y1 - next_y0):
            yield words[start:i]
            start = i
    yield words[start:]
