"""Where on its page a cell stands: its size and neighbors, and whose block it is in.

In: a `ParsedDocument`. Out: for a cell, features by name. What a cell's text says is no matter here. Pure.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from lib.layout_reader.page.lines import Cell, Row
from lib.layout_reader.page.overlaps import Overlaps
from lib.layout_reader.page.parsing import CellReading, ParsedDocument

HEADINGS: Final = ("customer", "seller", "contact", "tax_id", "payment")
"""Kinds of keywords that head a block, or stand in one."""

_HEADINGS: Final = frozenset(HEADINGS)
_PARTIES: Final = frozenset({"seller", "customer"})

_BLOCK: Final = 6
"""Rows below a heading ("Bill to") that its block reaches."""

_SECTION: Final = 12
"""Rows below the heading of a party that may still be about it."""


class Blocks:
    """Looks at the cells of one document, at each of them once."""

    def __init__(self, parsed: ParsedDocument) -> None:
        """Note the headings, and where the first amount and the first keyword stand."""
        self._parsed = parsed
        heads: dict[tuple[int, str], list[Cell]] = {}
        for row in parsed.readings:
            for reading in row:
                for kind in (
                    _HEADINGS.intersection([word.kind for word in reading.keywords]) if reading.keywords else ()
                ):
                    heads.setdefault((reading.cell.row, kind), []).append(reading.cell)
        self._heads: dict[int, list[tuple[str, Overlaps[Cell]]]] = {}
        self._parties: dict[int, list[tuple[float, int, str]]] = {}
        for (index, kind), cells in heads.items():
            across = Overlaps((cell.bbox.x0, cell.bbox.x1, cell) for cell in cells)
            self._heads.setdefault(index, []).append((kind, across))
            if kind in _PARTIES:
                self._parties.setdefault(index, []).extend((cell.bbox.x0, cell.column, kind) for cell in cells)
        for parties in self._parties.values():
            parties.sort()
        rows, end = parsed.readings, len(parsed.rows)
        self._first_amount = next((i for i, row in enumerate(rows) if any(map(has_money, row))), end)
        self._first_keyword = next((i for i, row in enumerate(rows) if any(r.keywords or r.dates for r in row)), end)
        self._known: dict[tuple[int, int], dict[str, float]] = {}

    def around(self, cell: Cell) -> dict[str, float]:
        """What the cell's place says."""
        at = cell.row, cell.column
        known = self._known.get(at)
        if known is None:
            known = self._known[at] = self._position(cell) | self._nearness(cell) | self._section(cell)
        return known

    def _position(self, cell: Cell) -> dict[str, float]:
        rows, at = self._parsed.rows, cell.row
        frame = self._parsed.frames[cell.page_index]
        left, top, right, bottom = frame.content
        x0, y0, x1, _ = cell.bbox
        width = max(right - left, 1.0)
        above = rows[at - 1] if at and rows[at - 1].page_index == cell.page_index else None
        below = rows[at + 1] if at + 1 < len(rows) else None
        return {
            "row": float(min(at, 60)),
            "page": float(cell.page_index),
            "y": (y0 - top) / max(bottom - top, 1.0),
            "x": (x0 - left) / width,
            "center": abs((x0 + x1) / 2 - (left + right) / 2) / width,
            "width": (x1 - x0) / width,
            "height": cell.height / frame.height,
            "height_above": above.cells[0].height / frame.height if above else 0.0,
            "height_below": below.cells[0].height / frame.height if below else 0.0,
            "gap_above": _gap(above, cell),
            "cells": float(min(len(rows[at].cells), 4)),
            "column": float(min(cell.column, 3)),
            "to_amount": float(max(min(self._first_amount - at, 20), -20)),
            "to_keyword": float(max(min(self._first_keyword - at, 20), -20)),
            "to_end": float(min(len(rows) - at, 30)),
            "below_digits": _digits_below(rows, cell),
        }

    def _nearness(self, cell: Cell) -> dict[str, float]:
        """How close a heading of a block is: over the line, or in front of it; 1 for the next row."""
        near: dict[str, float] = {}
        rows = self._parsed.rows
        for index in range(max(0, cell.row - _BLOCK), min(len(rows), cell.row + _BLOCK + 1)):
            heads = self._heads.get(index)
            if heads is not None and rows[index].page_index == cell.page_index:
                side = "under" if index <= cell.row else "over"
                for kind, across in heads:
                    closeness = self._closeness(cell, kind, across, cell.row - index)
                    if closeness > near.get(f"{side}_{kind}", 0.0):
                        near[f"{side}_{kind}"] = closeness
        return near

    def _closeness(self, cell: Cell, kind: str, heads: Overlaps[Cell], distance: int) -> float:
        """How close the headings of a kind in a row so many rows above are to a cell of their column, 0..1."""
        if distance:
            return 1.0 / abs(distance) if any(heads.over(cell.bbox.x0, cell.bbox.x1)) else 0.0
        beside = self._parsed.readings[cell.row][max(0, cell.column - 1) : cell.column + 1]
        return float(any(word.kind == kind for reading in beside for word in reading.keywords))

    def _section(self, cell: Cell) -> dict[str, float]:
        """Whose block the line is in: the last heading above that names a party and stands not to the right of it."""
        own = cell.row, cell.column
        for index in range(cell.row, max(-1, cell.row - _SECTION - 1), -1):
            parties = self._parties.get(index)
            if parties and self._parsed.rows[index].page_index == cell.page_index:
                end = bisect_right(parties, (cell.bbox.x0 + cell.height, math.inf, ""))
                # The cell itself may be named by both kinds, and heads nothing.
                for _, column, kind in reversed(parties[max(0, end - 3) : end]):
                    if (index, column) != own:
                        return {f"in_{kind}": 1.0}
        return {}


def has_money(reading: CellReading) -> bool:
    """Whether a number of the cell is surely money."""
    return "money" in [number.kind for number in reading.numbers]


def _gap(above: Row | None, cell: Cell) -> float:
    """White space over the line, in its heights; 9 for the first line."""
    return min((cell.bbox.y0 - above.cells[0].bbox.y1) / cell.height, 9.0) if above else 9.0


def _digits_below(rows: Sequence[Row], cell: Cell) -> float:
    """Share of digits in the next cell of the same column: addresses and numbers follow a name."""
    for row in rows[cell.row + 1 : cell.row + 3]:
        for other in row.over(cell.bbox):
            return sum(map(str.isdigit, other.text)) / len(other.text)
    return 0.0
