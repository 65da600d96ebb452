"""What stands around a place: keywords to its left, above it, in the rows before and behind it.

In: a `ParsedDocument`. Out: for a place, how close keywords of each kind are, 0 (none) to 1 (next to it). Pure.
"""

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.overlaps import Overlaps
from lib.layout_reader.page.parsing import CellReading, ParsedDocument
from lib.layout_reader.page.places import Place

HEADERS_LOOKED_AT = 40
"""Rows above a place in which a column's heading is looked for."""

_BEHIND_ANOTHER = 0.6
"""How much a keyword counts for when another keyword stands between; once for each."""

_BEHIND_AMOUNT = 0.5
"""The same for an amount between."""

_WORTHLESS = 1e-18
"""What a keyword behind sixty amounts counts for: nobody looks further."""


_NOTHING: Final[Mapping[str, float]] = {}

_NEVER: Final = (sys.maxsize, 0)
"""Behind every place of a row."""

_Mark: TypeAlias = tuple[int, int, str]
"""Start, end and kind of a keyword; of an amount, which has no kind."""


class Surroundings(NamedTuple):
    """How close keywords of each kind are to a place: kind -> 0..1.

    Attributes:
        left: In the same row, in front.
        right: In the same row, behind.
        above: At the head of the column the place stands in.
        before: In the row before, where that row says nothing but words.
        behind: In the row behind, likewise.
    """

    left: Mapping[str, float]
    right: Mapping[str, float]
    above: Mapping[str, float]
    before: Mapping[str, float]
    behind: Mapping[str, float]


@dataclass(frozen=True)
class _Header:
    """A cell that heads a column: it says something and holds no amount and no date."""

    reading: CellReading

    def across(self) -> tuple[float, float, "_Header"]:
        """Where it begins and ends, px, and itself."""
        return self.reading.cell.bbox.x0, self.reading.cell.bbox.x1, self

    def over(self, cell: Cell) -> Iterable[str]:
        """Kinds of the heading's keywords that stand over the cell; all of a short heading's."""
        words = self.reading.keywords
        return [words[0].kind] if len(words) == 1 else self._kinds.over(cell.bbox.x0, cell.bbox.x1)

    @cached_property
    def _kinds(self) -> Overlaps[str]:
        """Each keyword's kind and the pixels from where to where it heads a column."""
        sides_at = self.reading.cell.sides_at
        return Overlaps((*sides_at(word.start, word.end), word.kind) for word in self.reading.keywords)


class _Row:
    """What a row's cells say to each other's left and right, and the rows around it; each cell is looked at once."""

    def __init__(
        self, readings: Sequence[CellReading], *, before: Mapping[str, float], behind: Mapping[str, float]
    ) -> None:
        self.before, self.behind = before, behind
        self._readings = readings
        with_words = [reading for reading in readings if reading.keywords]
        self._first_word, self._last_word = _NEVER, (-1, -1)
        if with_words:
            first, last = with_words[0], with_words[-1]
            self._first_word = first.cell.column, first.keywords[0].start
            self._last_word = last.cell.column, last.keywords[-1].start

    @cached_property
    def _marked(self) -> list[tuple[int, list[_Mark]]]:
        """The cells that have keywords or amounts, by their columns, and these marks."""
        return [(each.cell.column, _marks_of(each)) for each in self._readings if each.keywords or each.amounts]

    def kinds_in_front(self, place: Place) -> Mapping[str, float]:
        """How close keywords of each kind are in front of the place."""
        if self._first_word >= (place.cell.column, place.start):
            return _NOTHING
        return _left(self._marks_before(place))

    def _marks_before(self, place: Place) -> Iterator[Iterable[_Mark]]:
        """The marks of each cell that has any, from the place's own to the left; its own only those in front of it."""
        end = bisect_right(self._marked, place.cell.column, key=itemgetter(0))
        if end and self._marked[end - 1][0] == place.cell.column:
            end -= 1
            marks = self._marked[end][1]
            first = bisect_right(marks, -place.start, key=lambda mark: -mark[0])
            in_front = (marks[index] for index in range(first, len(marks)))
            yield (mark for mark in in_front if mark[2] or mark[1] <= place.start)
        for index in range(end - 1, -1, -1):
            yield self._marked[index][1]

    def kinds_behind(self, place: Place) -> Mapping[str, float]:
        """How close keywords of each kind are behind the place."""
        column = place.cell.column
        if self._last_word < (column, place.end):
            return _NOTHING
        own = {kind: 1.0 for kind, start in self._last_starts[column].items() if start >= place.end}
        return {**self._behind[column + 1], **own}

    @cached_property
    def _last_starts(self) -> list[dict[str, int]]:
        """For each cell, where the last keyword of each kind begins."""
        return [{word.kind: word.start for word in reading.keywords} for reading in self._readings]

    @cached_property
    def _behind(self) -> list[Mapping[str, float]]:
        """For each cell, and behind the last one, how close keywords are to its left edge; amounts between halve it."""
        behind: list[Mapping[str, float]] = [{}]
        for reading in reversed(self._readings):
            further = behind[-1]
            if reading.amounts:
                further = {kind: worth * _BEHIND_AMOUNT for kind, worth in further.items()}
            own = dict.fromkeys([word.kind for word in reading.keywords], 1.0)
            behind.append({**further, **own} if own else further)
        return behind[::-1]


def _marks_of(reading: CellReading) -> list[_Mark]:
    """A cell's keywords and amounts, from right to left."""
    marks = [(word.start, word.end, word.kind) for word in reading.keywords]
    marks += [(amount.start, amount.end, "") for amount in reading.amounts]
    return sorted(marks, key=lambda mark: (-mark[0], mark[2])) if len(marks) > 1 else marks


def nearest_of(places: Iterable[Surroundings], *, sides: Sequence[str]) -> dict[str, float]:
    """The best of all places, for each side (an attribute of `Surroundings`) and kind: "left_total" -> 0..1."""
    best: dict[str, float] = {}
    for place in places:
        for side in sides:
            for kind, worth in getattr(place, side).items():
                name = f"{side}_{kind}"
                if worth > best.get(name, 0.0):
                    best[name] = worth
    return best


class Context:
    """Looks around in one document. Built once, asked often; what it saw from one place it knows from the next."""

    def __init__(self, parsed: ParsedDocument) -> None:
        """Note the cells that carry keywords and no amounts: they head columns."""
        self._readings = parsed.readings
        headers = (
            _Header(reading)
            for row in parsed.readings
            for reading in row
            if reading.keywords and not reading.amounts and not reading.dates
        )
        self._headers = [
            (row, self._readings[row][0].cell.page_index, Overlaps(map(_Header.across, members)))
            for row, members in groupby(headers, key=lambda header: header.reading.cell.row)
        ]
        """By row, and the page it is on."""
        self._rows: dict[int, _Row] = {}
        self._columns: dict[tuple[int, int], Mapping[str, float]] = {}
        self._labels: dict[int, Mapping[str, float]] = {}

    def around(self, place: Place) -> Surroundings:
        """The keywords around a place."""
        row = self._rows.get(place.cell.row) or self._row(place.cell)
        return Surroundings(
            row.kinds_in_front(place), row.kinds_behind(place), self._above(place.cell), row.before, row.behind
        )

    def _row(self, cell: Cell) -> _Row:
        """The row of a cell that nobody has asked for yet."""
        before, behind = (self._label_row(row, page_index=cell.page_index) for row in (cell.row - 1, cell.row + 1))
        row = self._rows[cell.row] = _Row(self._readings[cell.row], before=before, behind=behind)
        return row

    def _above(self, cell: Cell) -> Mapping[str, float]:
        """Headings over the cell: the nearest of each kind counts, less with every row between."""
        at = cell.row, cell.column
        if at not in self._columns:
            self._columns[at] = self._headings_of(cell)
        return self._columns[at]

    def _headings_of(self, cell: Cell) -> Mapping[str, float]:
        near: dict[str, float] = {}
        x0, x1 = cell.bbox.x0, cell.bbox.x1
        first = bisect_left(self._headers, (cell.row - HEADERS_LOOKED_AT,))
        end = bisect_left(self._headers, (cell.row,), first)
        for row, page_index, headers in reversed(self._headers[first:end]):
            if page_index != cell.page_index:
                break
            for header in headers.over(x0, x1):
                for kind in header.over(cell):
                    near.setdefault(kind, 1.0 / (cell.row - row) ** 0.5)
        return near

    def _label_row(self, row: int, *, page_index: int) -> Mapping[str, float]:
        if not 0 <= row < len(self._readings) or self._readings[row][0].cell.page_index != page_index:
            return {}
        if row not in self._labels:
            readings = self._readings[row]
            kinds = {word.kind for reading in readings for word in reading.keywords}
            if kinds and any(reading.amounts or reading.dates for reading in readings):
                kinds.clear()
            self._labels[row] = dict.fromkeys(kinds, 1.0)
        return self._labels[row]


def _left(cells: Iterable[Iterable[_Mark]]) -> Mapping[str, float]:
    """The nearest keyword of each kind counts, less for everything that stands between.

    Args:
        cells: The marks in front of a place, cell by cell, from right to left.
    """
    near: dict[str, float] = {}
    worth = 1.0
    for marks in cells:
        last = None
        for start, _, kind in marks:
            if worth < _WORTHLESS:
                return near
            if not kind:
                worth *= _BEHIND_AMOUNT
                continue
            if last is not None and start != last:
                worth *= _BEHIND_ANOTHER
            last = start
            near.setdefault(kind, worth)
        if last is not None:
            worth *= _BEHIND_ANOTHER
    return near
