"""What stands around a place: keywords to its left, above it, in the rows before and behind it.

In: a `Survey`. Out: for a place, how close keywords of each kind are, 0 (none) to 1 (next to it). Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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

    left: dict[str, float]
    right: dict[str, float]
    above: dict[str, float]
    before: dict[str, float]
    behind: dict[str, float]


class Context:
    """Looks around in one document. Built once, asked often; immutable."""

    def __init__(self, survey: Survey) -> None:
        """Note the cells that carry keywords and no amounts: they head columns."""
        self._survey = survey
        self._headers = [
            reading
            for row in survey.readings
            for reading in row
            if reading.keywords and not reading.amounts and not reading.dates
        ]

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

    def _left(self, place: Place) -> dict[str, float]:
        """Nearest first; a keyword counts less for everything that stands between."""
        near: dict[str, float] = {}
        worth = 1.0
        for reading in reversed(self._survey.readings[place.cell.row][: place.cell.column + 1]):
            same = reading.cell.column == place.cell.column
            limit = place.start if same else len(reading.cell.text)
            marks = [(k.start, k.end, k.kind) for k in reading.keywords if k.start < limit]
            marks += [(a.start, a.end, "") for a in reading.amounts if a.end <= limit]
            last = None
            for start, _, kind in sorted(marks, key=lambda mark: (-mark[0], mark[2])):
                if not kind:
                    worth *= _BEHIND_AMOUNT
                    continue
                if last is not None and start != last:
                    worth *= _BEHIND_ANOTHER
                last = start
                near[kind] = max(near.get(kind, 0.0), worth)
            if last is not None:
                worth *= _BEHIND_ANOTHER
        return near

    def _right(self, place: Place) -> dict[str, float]:
        near: dict[str, float] = {}
        worth = 1.0
        for reading in self._survey.readings[place.cell.row][place.cell.column :]:
            same = reading.cell.column == place.cell.column
            for keyword in reading.keywords:
                if not same or keyword.start >= place.end:
                    near[keyword.kind] = max(near.get(keyword.kind, 0.0), worth)
            if reading.amounts and not same:
                worth *= _BEHIND_AMOUNT
        return near

    def _above(self, cell: Cell) -> dict[str, float]:
        """Headings over the cell: the nearest of each kind counts, less with every row between."""
        near: dict[str, float] = {}
        for header in self._headers:
            distance = cell.row - header.cell.row
            if not 0 < distance <= HEADERS_LOOKED_AT or header.cell.page_index != cell.page_index:
                continue
            if shared_width(header.cell, cell) <= 0:
                continue
            for keyword in _keywords_over(header, cell):
                near[keyword] = max(near.get(keyword, 0.0), 1.0 / distance**0.5)
        return near

    def _label_row(self, row: int, *, page_index: int) -> dict[str, float]:
        if not 0 <= row < len(self._survey.readings):
            return {}
        readings: Sequence[CellReading] = self._survey.readings[row]
        if readings[0].cell.page_index != page_index or any(reading.amounts or reading.dates for reading in readings):
            return {}
        return {keyword.kind: 1.0 for reading in readings for keyword in reading.keywords}


def _keywords_over(header: CellReading, cell: Cell) -> list[str]:
    """Kinds of the heading's keywords that stand over the cell; all of a short heading's."""
    if len(header.keywords) == 1:
        return [header.keywords[0].kind]
    kinds = []
    for keyword in header.keywords:
        box = header.cell.bbox_at(keyword.start, keyword.end)
        if min(box.x1, cell.bbox.x1) - max(box.x0, cell.bbox.x0) > 0:
            kinds.append(keyword.kind)
    return kinds
