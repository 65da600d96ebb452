"""A document's words as lines of text that know where their characters stand.

In: an OCR document with words in reading order. Out: `Line`s. Words far apart on one row are lines of their own with
the row in common, so that the number of one column never runs into the next one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from lib.document import BBox, OcrDocument, Word

_ROW_OVERLAP = 0.4
"""Share of the lower word's height that two neighbors on a row have in common at least."""

_FEWEST_NEIGHBORS = 8
"""Pairs of neighbors that tell the slope of a page at least."""

_LEAST_SLOPE, _STEEPEST = 0.01, 0.1
"""Slopes below are none, and beyond them are noise: pages come upright."""

_WIDEST_SPACE = 1.2
"""Heights of a word; a wider gap parts two columns."""


@dataclass(frozen=True, slots=True)
class Line:
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
            lines += [Line(" ".join(word.text for word in run), page.page_index, row, run) for run in _runs(words)]
            row += 1
    return tuple(lines)


def _rows(words: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    """The words cut where the next one stands lower, higher or further left, the page's slope taken out."""
    slope = _slope(words)
    start = 0
    for i, (word, following) in enumerate(pairwise(words), 1):
        if not _share_row(word.bbox, following.bbox, slope=slope):
            yield tuple(words[start:i])
            start = i
    if words:
        yield tuple(words[start:])


def _slope(words: Sequence[Word]) -> float:
    """How far rows fall, px per px to the right: the median over neighbors, 0 where there are few or they hardly do."""
    falls: list[float] = []
    for left, right in pairwise(word.bbox for word in words):
        apart = right.x0 - left.x1
        if 0 <= apart <= _WIDEST_SPACE * left.height and _overlap(left, right) > _ROW_OVERLAP * left.height:
            falls.append((right.center[1] - left.center[1]) / max(right.center[0] - left.center[0], 1.0))
    slope = median(falls) if len(falls) >= _FEWEST_NEIGHBORS else 0.0
    return slope if _LEAST_SLOPE <= abs(slope) <= _STEEPEST else 0.0


def _share_row(left: BBox, right: BBox, *, slope: float) -> bool:
    if right.x0 < left.x0:
        return False
    overlap = _overlap(left, right, fall=slope * (right.center[0] - left.center[0]))
    return overlap >= _ROW_OVERLAP * min(left.height, right.height)


def _overlap(left: BBox, right: BBox, *, fall: float = 0.0) -> float:
    """Pixels of height that two boxes have in common, the right one lifted by `fall`."""
    return min(left.y1, right.y1 - fall) - max(left.y0, right.y0 - fall)


def _runs(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """One row's words cut at wide gaps."""
    start = 0
    for i, (word, following) in enumerate(pairwise(words), 1):
        left, right = word.bbox, following.bbox
        if right.x0 - left.x1 > _WIDEST_SPACE * max(left.y1 - left.y0, right.y1 - right.y0):
            yield words[start:i]
            start = i
    yield words[start:]
