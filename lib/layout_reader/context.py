"""What stands around a place: keywords to its left, above it, in the rows before and behind it.

In: a `Survey`. Out: for a place, how close keywords of each kind are, 0 (none) to 1 (next to it). Pure.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lib.layout_reader.candidates import Place
from lib.layout_reader.lines import Cell, shared_width
from lib.layout_reader.survey import CellReading, Survey

HEADERS_LOOKED_AT = 40
"""Rows above a place in which a column's heading is looked for."""

_BEHIND_ANOTHER = 0.6
"""How much a keyword counts for when another keyword stands between; once for each."""

_BEHIND_AMOUNT = 0.5
"""The same for an amount between."""


@dataclass(frozen=True, slots=True)
class Surroundings:
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
    x0: float
    x1: float

    def over(self, cell: Cell) -> list[str]:
        """Kinds of the heading's keywords that stand over the cell; all of a short heading's."""
        words = self.reading.keywords
        if len(words) == 1:
            return [words[0].kind]
        return [kind for kind, x0, x1 in self._kinds if min(x1, cell.bbox.x1) - max(x0, cell.bbox.x0) > 0]

    @cached_property
    def _kinds(self) -> list[tuple[str, float, float]]:
        """Each keyword's kind and the pixels from where to where it heads a column."""
        sides_at = self.reading.cell.sides_at
        return [(word.kind, *sides_at(word.start, word.end)) for word in self.reading.keywords]


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

    def __init__(self, survey: Survey) -> None:
        """Note the cells that carry keywords and no amounts: they head columns."""
        self._readings = survey.readings
        self._headers = [
            _Header(reading, reading.cell.bbox.x0, reading.cell.bbox.x1)
            for row in survey.readings
            for reading in row
            if reading.keywords and not reading.amounts and not reading.dates
        ]
        self._rows_of_headers = [header.reading.cell.row for header in self._headers]
        self._marks: dict[tuple[int, int], list[tuple[int, int, str]]] = {}
        self._columns: dict[tuple[int, int], Mapping[str, float]] = {}
        self._labels: dict[int, Mapping[str, float]] = {}

    def around(self, place: Place) -> Surroundings:
        """The keywords around a place."""
        row = place.cell.row
        return Surroundings(
            left=self._left(place),
            right=self._right(place),
            above=self._above(place.cell),
            before=self._label_row(row - 1, page_index=place.cell.page_index),
            behind=self._label_row(row + 1, page_index=place.cell.page_index),
        )

    def _left(self, place: Place) -> Mapping[str, float]:
        """Nearest first; a keyword counts less for everything that stands between."""
        near: dict[str, float] = {}
        worth = 1.0
        for reading in reversed(self._readings[place.cell.row][: place.cell.column + 1]):
            same = reading.cell.column == place.cell.column
            last = None
            for start, end, kind in self._marks_of(reading):
                if same and (start >= place.start if kind else end > place.start):
                    continue
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

    def _marks_of(self, reading: CellReading) -> list[tuple[int, int, str]]:
        """Start, end and kind of a cell's keywords and, without a kind, of its amounts; from right to left."""
        at = reading.cell.row, reading.cell.column
        if at not in self._marks:
            marks = [(word.start, word.end, word.kind) for word in reading.keywords]
            marks += [(amount.start, amount.end, "") for amount in reading.amounts]
            self._marks[at] = sorted(marks, key=lambda mark: (-mark[0], mark[2])) if len(marks) > 1 else marks
        return self._marks[at]

    def _right(self, place: Place) -> Mapping[str, float]:
        near: dict[str, float] = {}
        worth = 1.0
        for reading in self._readings[place.cell.row][place.cell.column :]:
            same = reading.cell.column == place.cell.column
            for keyword in reading.keywords:
                if not same or keyword.start >= place.end:
                    near.setdefault(keyword.kind, worth)
            if reading.amounts and not same:
                worth *= _BEHIND_AMOUNT
        return near

    def _above(self, cell: Cell) -> Mapping[str, float]:
        """Headings over the cell: the nearest of each kind counts, less with every row between."""
        at = cell.row, cell.column
        if at not in self._columns:
            self._columns[at] = self._headings_of(cell)
        return self._columns[at]

    def _headings_of(self, cell: Cell) -> Mapping[str, float]:
        near: dict[str, float] = {}
        left, right = cell.bbox.x0, cell.bbox.x1
        first, end = (bisect_left(self._rows_of_headers, row) for row in (cell.row - HEADERS_LOOKED_AT, cell.row))
        for header in reversed(self._headers[first:end]):
            if header.x0 < right and left < header.x1:
                head = header.reading.cell
                if head.page_index == cell.page_index and shared_width(head, cell) > 0:
                    for kind in header.over(cell):
                        near.setdefault(kind, 1.0 / (cell.row - head.row) ** 0.5)
        return near

    def _label_row(self, row: int, *, page_index: int) -> Mapping[str, float]:
        if not 0 <= row < len(self._readings) or self._readings[row][0].cell.page_index != page_index:
            return {}
        if row not in self._labels:
            readings = self._readings[row]
            is_label = not any(reading.amounts or reading.dates for reading in readings)
            kinds = {word.kind for reading in readings for word in reading.keywords} if is_label else ()
            self._labels[row] = dict.fromkeys(kinds, 1.0)
        return self._labels[row]
