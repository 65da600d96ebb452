"""Words to rows and cells: what stands beside what on a page.

In: the words of a page, in any order. Out: rows from top to bottom, each cut into cells wherever a gap is wide.
Pure geometry; knows no language. A row follows the slant of a photographed page: every word is compared with the
last word to its left, after the page's median slope is taken out.
"""

import itertools
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from lib.document import BBox, Word

SAME_ROW = 0.55
"""Share of the smaller word's height by which centers of one row may differ."""

CELL_GAP = 1.3
"""From this multiple of the text height on, a gap parts two cells."""

NEIGHBOR_GAP = 2.5
"""Gaps up to this multiple of the text height tell the slope of the page."""

STEEPEST = 0.15
"""A slope beyond this is noise: pages come upright."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Words that stand close together in one row.

    Attributes:
        words: From left to right, at least one.
        text: The words joined by single spaces.
        starts: Where each word begins in `text`.
        bbox: Around the words, px.
        page_index: Counts from 0.
        row: Index of the row in the document, from the top of the first page on.
        column: Index of the cell in its row.
        height: Median height of the words, px.
    """

    words: tuple[Word, ...]
    text: str
    starts: tuple[int, ...]
    bbox: BBox
    page_index: int
    row: int
    column: int
    height: float

    @classmethod
    def of(cls, words: Sequence[Word], *, page_index: int, row: int, column: int) -> "Cell":
        """The cell of `words`, which stand from left to right."""
        starts, offset = [], 0
        for word in words:
            starts.append(offset)
            offset += len(word.text) + 1
        return cls(
            words=tuple(words),
            text=" ".join(word.text for word in words),
            starts=tuple(starts),
            bbox=BBox.around(word.bbox for word in words),
            page_index=page_index,
            row=row,
            column=column,
            height=statistics.median(word.bbox.height for word in words),
        )

    def bbox_at(self, start: int, end: int) -> BBox:
        """Where `text[start:end]` stands: letters of a word share its width evenly."""
        boxes = []
        for word, begin in zip(self.words, self.starts, strict=True):
            size = len(word.text)
            first, last = max(start - begin, 0), min(end - begin, size)
            if first < last:
                step = word.bbox.width / size
                boxes.append(BBox(word.bbox.x0 + first * step, word.bbox.y0, word.bbox.x0 + last * step, word.bbox.y1))
        return BBox.around(boxes) if boxes else self.bbox


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one line across the page, from left to right."""

    index: int
    page_index: int
    cells: tuple[Cell, ...]

    @property
    def text(self) -> str:
        """All cells, joined by single spaces."""
        return " ".join(cell.text for cell in self.cells)


def shared_width(one: Cell, other: Cell) -> float:
    """Pixels that two cells share on the x axis, negative for a gap."""
    return min(one.bbox.x1, other.bbox.x1) - max(one.bbox.x0, other.bbox.x0)


def rows_of(words: Sequence[Word], *, page_index: int = 0, first_row: int = 0) -> tuple[Row, ...]:
    """Group the words of one page into rows and cells.

    Args:
        words: Words with boxes in page pixels, in any order.
        page_index: Noted in every cell.
        first_row: Index of the page's first row in the document.
    """
    usable = [word for word in words if word.text.strip() and word.bbox.height > 0]
    if not usable:
        return ()
    chains = _chains(usable, slope=_slope(usable))
    rows = []
    for index, chain in enumerate(chains, start=first_row):
        parts = _cut(chain)
        cells = tuple(Cell.of(part, page_index=page_index, row=index, column=i) for i, part in enumerate(parts))
        rows.append(Row(index=index, page_index=page_index, cells=cells))
    return tuple(rows)


def _slope(words: Sequence[Word]) -> float:
    """Median rise per pixel between words that follow each other closely; 0 where there are too few to tell."""
    slopes: list[float] = []
    by_x = sorted(words, key=lambda word: word.bbox.x0)
    height = statistics.median(word.bbox.height for word in words)
    buckets: dict[int, list[Word]] = defaultdict(list)
    for word in by_x:
        buckets[int(word.bbox.center[1] // height)].append(word)
    for key, members in buckets.items():
        followers = sorted(members + buckets.get(key + 1, []), key=lambda word: word.bbox.x0)
        slopes.extend(_rise(left, right) for left, right in itertools.pairwise(followers) if _near(left, right))
    usable = [slope for slope in slopes if abs(slope) < STEEPEST]
    return statistics.median(usable) if len(usable) >= 3 else 0.0  # noqa: PLR2004


def _near(left: Word, right: Word) -> bool:
    height = min(left.bbox.height, right.bbox.height)
    gap = right.bbox.x0 - left.bbox.x1
    overlap = min(left.bbox.y1, right.bbox.y1) - max(left.bbox.y0, right.bbox.y0)
    return -height < gap < NEIGHBOR_GAP * height and overlap > height / 2


def _rise(left: Word, right: Word) -> float:
    (x_left, y_left), (x_right, y_right) = left.bbox.center, right.bbox.center
    return (y_right - y_left) / max(x_right - x_left, 1.0)


def _chains(words: Sequence[Word], *, slope: float) -> list[list[Word]]:
    """Words of one row each, from left to right; rows from top to bottom."""
    height = statistics.median(word.bbox.height for word in words)
    chains: list[list[Word]] = []
    near: dict[int, set[int]] = defaultdict(set)
    level: list[float] = []
    for word in sorted(words, key=lambda word: (word.bbox.x0, word.bbox.y0)):
        y = word.bbox.center[1] - slope * word.bbox.center[0]
        bucket = int(y // height)
        known = near[bucket - 1] | near[bucket] | near[bucket + 1]
        chosen = min(known, key=lambda i: (abs(level[i] - y), i), default=None)
        if chosen is None or not _continues(chains[chosen][-1], word, rise=y - level[chosen]):
            chosen = len(chains)
            chains.append([])
            level.append(y)
        chains[chosen].append(word)
        # A curled page drifts: the row's level follows its last words.
        level[chosen] = (level[chosen] + y) / 2
        near[int(level[chosen] // height)].add(chosen)
    order = sorted(range(len(chains)), key=lambda i: (statistics.fmean(_level(w, slope) for w in chains[i]), i))
    return [chains[i] for i in order]


def _level(word: Word, slope: float) -> float:
    x, y = word.bbox.center
    return y - slope * x


def _continues(last: Word, word: Word, *, rise: float) -> bool:
    height = min(last.bbox.height, word.bbox.height)
    overlaps = last.bbox.x1 - word.bbox.x0 > max(height, 0.5 * min(last.bbox.width, word.bbox.width))
    return abs(rise) <= SAME_ROW * height and not overlaps


def _cut(chain: Sequence[Word]) -> list[list[Word]]:
    """Cut a row at its wide gaps."""
    parts = [[chain[0]]]
    for left, right in itertools.pairwise(chain):
        height = (left.bbox.height + right.bbox.height) / 2
        if right.bbox.x0 - left.bbox.x1 > CELL_GAP * height:
            parts.append([])
        parts[-1].append(right)
    return parts
