"""Words to rows and cells: what stands beside what on a page.

In: the words of a page, in any order. Out: rows from top to bottom, each cut into cells wherever a gap is wide.
Pure geometry; knows no language. A row follows the slant of a photographed page: every word is compared with the
last word to its left, after the page's median slope is taken out.
"""

import itertools
import operator
import statistics
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from lib.computing import in_time
from lib.document import BBox, Word
from lib.layout_reader.page.levels import Level, Levels
from lib.layout_reader.page.overlaps import Overlaps

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
        if len(words) == 1:
            (word,) = words
            return cls((word,), word.text, (0,), word.bbox, page_index, row, column, word.bbox.height)
        texts, boxes = zip(*words, strict=True)
        x0s, y0s, x1s, y1s = zip(*boxes, strict=True)
        starts = (0, *itertools.accumulate([len(text) + 1 for text in texts[:-1]]))
        box = BBox(min(x0s), min(y0s), max(x1s), max(y1s))
        height = statistics.median(map(operator.sub, y1s, y0s))
        return cls(tuple(words), " ".join(texts), starts, box, page_index, row, column, height)

    def bbox_at(self, start: int, end: int) -> BBox:
        """Where `text[start:end]` stands: letters of a word share its width evenly."""
        words = self._words_at(start, end)
        if not words:
            return self.bbox
        x0, x1 = self.sides_at(start, end)
        boxes = [self.words[index].bbox for index in words]
        return BBox(x0, min([box.y0 for box in boxes]), x1, max([box.y1 for box in boxes]))

    def sides_at(self, start: int, end: int) -> tuple[float, float]:
        """Where `text[start:end]` begins and ends, px from the left: what `bbox_at` says, in half the time."""
        first = max(bisect_right(self.starts, start) - 1, 0)
        word, begin = self.words[first], self.starts[first]
        if start < end <= begin + len(word.text):
            return _sides(word, start - begin, end - begin)
        sides = [
            _sides(self.words[i], start - self.starts[i], end - self.starts[i]) for i in self._words_at(start, end)
        ]
        if len(sides) == 1:
            return sides[0]
        return (min(sides)[0], max([x1 for _, x1 in sides])) if sides else (self.bbox.x0, self.bbox.x1)

    def _words_at(self, start: int, end: int) -> Sequence[int]:
        """Indices of the words that have a letter between two offsets of the text."""
        first = max(bisect_right(self.starts, start) - 1, 0)
        if first < len(self.words) and start >= self.starts[first] + len(self.words[first].text):
            first += 1
        return range(first, bisect_left(self.starts, end, first)) if start < end else ()


def _sides(word: Word, start: int, end: int) -> tuple[float, float]:
    """Where the letters of a word from one offset to another begin and end, px."""
    box, size = word.bbox, len(word.text)
    step = (box.x1 - box.x0) / size
    return box.x0 + max(start, 0) * step, box.x0 + min(end, size) * step


@dataclass(frozen=True)
class Row:
    """The cells of one line across the page, from left to right."""

    index: int
    page_index: int
    cells: tuple[Cell, ...]

    @cached_property
    def text(self) -> str:
        """All cells, joined by single spaces."""
        return " ".join([cell.text for cell in self.cells])

    @cached_property
    def _across(self) -> Overlaps[Cell]:
        return Overlaps((cell.bbox.x0, cell.bbox.x1, cell) for cell in self.cells)

    def over(self, box: BBox) -> Iterator[Cell]:
        """The cells that stand over, or under, some of the width of a box, from left to right."""
        return self._across.over(box.x0, box.x1)


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
    placed = _placed(words)
    if not placed:
        return ()
    height = statistics.median([word.height for word in placed])
    chains = _chains(placed, height=height, slope=_slope(placed, height=height))
    rows = []
    for index, chain in enumerate(chains, start=first_row):
        parts = enumerate(_cut(chain))
        cells = tuple([Cell.of(part, page_index=page_index, row=index, column=column) for column, part in parts])
        rows.append(Row(index=index, page_index=page_index, cells=cells))
    return tuple(rows)


@dataclass(slots=True, eq=False)
class _Placed:
    """A word and what is asked of its box again and again, px: corners, height, and middle."""

    word: Word
    x0: float
    y0: float
    x1: float
    y1: float
    height: float
    x: float
    y: float


def _placed(words: Sequence[Word]) -> list[_Placed]:
    """The words that can be seen, from left to right."""
    placed = []
    for word in words:
        x0, y0, x1, y1 = word.bbox
        if y1 - y0 > 0 and word.text.strip():
            placed.append(_Placed(word, x0, y0, x1, y1, y1 - y0, (x0 + x1) / 2, (y0 + y1) / 2))
    return sorted(placed, key=attrgetter("x0"))


def _slope(words: Sequence[_Placed], *, height: float) -> float:
    """Median rise per pixel between words that follow each other closely; 0 where there are too few to tell."""
    slopes: list[float] = []
    buckets: dict[int, list[_Placed]] = defaultdict(list)
    for word in words:
        buckets[int(word.y // height)].append(word)
    for key, members in buckets.items():
        below = buckets.get(key + 1)
        followers = sorted(members + below, key=attrgetter("x0")) if below else members
        slopes.extend(_rises(followers))
    usable = [slope for slope in slopes if abs(slope) < STEEPEST]
    return statistics.median(usable) if len(usable) >= 3 else 0.0  # noqa: PLR2004


def _rises(words: Sequence[_Placed]) -> Iterator[float]:
    """Rise per pixel from each word to the next, where they stand side by side."""
    for left, right in itertools.pairwise(words):
        height = min(left.height, right.height)
        if -height < right.x0 - left.x1 < NEIGHBOR_GAP * height:
            overlap = min(left.y1, right.y1) - max(left.y0, right.y0)
            if overlap > height / 2:
                yield (right.y - left.y) / max(right.x - left.x, 1.0)


def _chains(words: Sequence[_Placed], *, height: float, slope: float) -> list[list[_Placed]]:
    """Words of one row each, from left to right; rows from top to bottom."""
    chains: list[list[_Placed]] = []
    centers: list[list[float]] = []
    levels = Levels()
    for word in in_time(sorted(words, key=attrgetter("x0", "y0"))):
        y = word.y - slope * word.x
        found = levels.nearest(y, within=height)
        if found is None or not _continues(chains[found.number][-1], word, rise=y - found.level):
            levels.add(Level(y, len(chains)))
            chains.append([word])
            centers.append([y])
        else:
            chains[found.number].append(word)
            centers[found.number].append(y)
            # A curled page drifts: the row's level follows its last words.
            levels.move(found, (found.level + y) / 2)
    order = sorted(range(len(chains)), key=[statistics.fmean(ys) for ys in centers].__getitem__)
    return [chains[i] for i in order]


def _continues(last: _Placed, word: _Placed, *, rise: float) -> bool:
    height = min(last.height, word.height)
    if abs(rise) > SAME_ROW * height:
        return False
    overlap = last.x1 - word.x0
    return overlap <= height or overlap <= 0.5 * min(last.x1 - last.x0, word.x1 - word.x0)


def _cut(chain: Sequence[_Placed]) -> list[list[Word]]:
    """Cut a row at its wide gaps."""
    parts = [[chain[0].word]]
    for left, right in itertools.pairwise(chain):
        if right.x0 - left.x1 > CELL_GAP * (left.height + right.height) / 2:
            parts.append([])
        parts[-1].append(right.word)
    return parts
