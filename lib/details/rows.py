"""A document's rows as one line of text each, with every number that stands in it.

In: a parsed document. Out: `Line`s, whose offsets lead back to where the characters stand. Pure.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from lib.computing import in_time
from lib.document import BBox
from lib.grammar.amounts import AmountMatch
from lib.layout_reader.page.lines import Cell, Row
from lib.layout_reader.page.parsing import CellReading, ParsedDocument


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a row.

    Attributes:
        match: As the grammar read it; its offsets are those of the cell.
        value: With its sign.
        start: Offset in the row's text.
        end: Offset behind it.
        column: Index of its cell in the row.
        x0: Where it begins, px.
        x1: Where it ends, px.
    """

    match: AmountMatch
    value: Decimal
    start: int
    end: int
    column: int
    x0: float
    x1: float

    @property
    def kind(self) -> str:
        """What it looks like: `money`, `integer` ..."""
        return self.match.kind


@dataclass(frozen=True, eq=False)
class Line:
    """One row of a page. Equal to nothing but itself, so that it is remembered by.

    Attributes:
        row: With its cells.
        readings: What the grammar found in each cell.
        text: All cells joined by single spaces.
        starts: Where each cell begins in `text`.
        numbers: From left to right; those of dates left out.
    """

    row: Row
    readings: tuple[CellReading, ...]
    text: str
    starts: tuple[int, ...]
    numbers: tuple[Number, ...]

    @property
    def index(self) -> int:
        """Index of the row in the document."""
        return self.row.index

    @property
    def page_index(self) -> int:
        """Counts from 0."""
        return self.row.page_index

    @cached_property
    def bbox(self) -> BBox:
        """Around all cells, px."""
        return BBox.around(cell.bbox for cell in self.row.cells)

    @property
    def keywords(self) -> Iterator[tuple[int, int, str]]:
        """Start, end and kind of each phrase of the locales, offsets in `text`."""
        for start, reading in zip(self.starts, self.readings, strict=True):
            for match in reading.keywords:
                yield start + match.start, start + match.end, match.kind

    def parts(self, start: int, end: int) -> Iterator[tuple[Cell, int, int]]:
        """The cells that `text[start:end]` touches, each with the offsets in its own text."""
        for index in range(max(bisect_right(self.starts, start) - 1, 0), bisect_left(self.starts, end)):
            cell, first = self.row.cells[index], self.starts[index]
            begin, stop = max(start - first, 0), min(end - first, len(cell.text))
            if begin < stop:
                yield cell, begin, stop

    def box(self, start: int, end: int) -> BBox:
        """Where `text[start:end]` stands, px."""
        return BBox.around(cell.bbox_at(begin, stop) for cell, begin, stop in self.parts(start, end))


def lines_of(parsed: ParsedDocument) -> tuple[Line, ...]:
    """Every row of a document, from the top of the first page to the bottom of the last."""
    return tuple([_line(row, readings) for row, readings in in_time(zip(parsed.rows, parsed.readings, strict=True))])


def _line(row: Row, readings: tuple[CellReading, ...]) -> Line:
    starts, numbers, offset = [], [], 0
    for column, (cell, reading) in enumerate(zip(row.cells, readings, strict=True)):
        starts.append(offset)
        for match in reading.numbers:
            x0, x1 = cell.sides_at(match.start, match.end)
            numbers.append(Number(match, match.value, offset + match.start, offset + match.end, column, x0, x1))
        offset += len(cell.text) + 1
    return Line(row, readings, row.text, tuple(starts), tuple(numbers))
