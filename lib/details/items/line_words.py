"""The words of one line of a table that describe an item, and the product code among them.

In: a line, the draft of an item that stands in it or none, and the columns. Out: `LineWords`. Pure.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lib.details.items.columns import Column
from lib.details.items.drafts import Draft, Part
from lib.details.items.words import is_glue
from lib.details.rows import Line

_POSITION: Final = re.compile(r"[#(]?\d{1,3}[.)]?")
_TEXTS: Final = frozenset({"description", "product_code"})
_WITH_TEXT: Final = frozenset({"unit", "quantity", "unit_price", "position"})
"""Columns that a description may reach into."""


@dataclass(frozen=True, slots=True)
class LineWords:
    """The words of one line.

    Attributes:
        line: Where they stand.
        description: Parts of the line, from left to right.
        code: The product code.
        opens: Whether a word stands under the column of positions or product codes, as in an item's first line.
        x1: Where the description ends, px.
    """

    line: Line
    description: tuple[Part, ...]
    code: Part | None
    opens: bool
    x1: float

    @property
    def letters(self) -> int:
        """Letters of the description."""
        return sum(sum(map(str.isalpha, part.text)) for part in self.description)

    @property
    def y(self) -> float:
        """The middle of the line, px."""
        return self.line.bbox.center[1]

    @property
    def height(self) -> float:
        """Of its letters, px."""
        return self.line.row.cells[0].height


def words_of_line(line: Line, draft: Draft | None, columns: Sequence[Column]) -> LineWords:
    """The words of a line that no number and no other column has."""
    taken = _Spans(_taken(line, draft))
    parts: list[Part] = []
    code: Part | None = None
    opens = False
    for at in range(len(line.row.cells)):
        cell = _words_of_cell(line, at, columns, taken)
        parts += cell.parts
        code, opens = code or cell.code, opens or cell.opens
    parts = [part for part in parts if not is_glue(part.text) and not (draft and _POSITION.fullmatch(part.text))]
    x1 = max((line.box(part.start, part.end).x1 for part in parts), default=line.bbox.x0)
    return LineWords(line, tuple(parts), code, opens, x1)


@dataclass(slots=True)
class _CellWords:
    """The words of one cell, sorted."""

    parts: list[Part]
    code: Part | None = None
    opens: bool = False


def _words_of_cell(line: Line, at: int, columns: Sequence[Column], taken: "_Spans") -> _CellWords:
    """The words of one cell: from the first one that describes on, all do, up to a number that is taken."""
    cell, offset = line.row.cells[at], line.starts[at]
    found = _CellWords([])
    run: list[Part] = []
    for word, start in zip(cell.words, cell.starts, strict=True):
        part = Part(line, offset + start, offset + start + len(word.text))
        if taken.touch(part.start, part.end):
            found.parts += _joined(run)
            run = []
            continue
        kind = "description" if run else _kind_at(word.bbox.x0, word.bbox.x1, columns)
        has_digit = any(map(str.isdigit, word.text))
        found.opens = found.opens or (has_digit and kind in {"position", "product_code"})
        if kind == "product_code" and found.code is None and (has_digit or len(cell.words) == 1):
            found.code = part
        elif kind in _TEXTS or (kind in _WITH_TEXT and _is_text(word.text)):
            run.append(part)
    found.parts += _joined(run)
    return found


def _joined(run: Sequence[Part]) -> list[Part]:
    """Words beside each other as one part."""
    return [Part(run[0].line, run[0].start, run[-1].end)] if run else []


class _Spans:
    """Parts of a line's text."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._ends: list[int] = []
        self._starts: list[int] = []
        for start, end in sorted(spans):
            if not self._ends or end > self._ends[-1]:
                self._starts.append(start)
                self._ends.append(end)

    def touch(self, start: int, end: int) -> bool:
        """Whether one of them shares a character with a part."""
        at = bisect_right(self._ends, start)
        return at < len(self._ends) and self._starts[at] < end


def _is_text(text: str) -> bool:
    """Whether a word is no number and no unit."""
    return any(map(str.isalpha, text)) and not is_glue(text)


def _taken(line: Line, draft: Draft | None) -> list[tuple[int, int]]:
    """Where numbers of the draft stand in its line, and the signs between quantity and price."""
    if draft is None:
        return []
    figures = (draft.amount, draft.quantity, draft.unit_price, draft.tax_rate, draft.discount)
    spans = [(each.number.start, each.number.end) for each in figures if each and each.line is line]
    spans += [(n.start, n.end) for n in line.numbers if n.kind in {"money", "percent"} and n.column]
    if draft.quantity and draft.unit_price:
        start, end = draft.quantity.number.end, draft.unit_price.number.start
        spans += [(start, end)] if start < end and is_glue(line.text[start:end]) else []
    if draft.unit:
        spans.append((draft.unit.start, draft.unit.end))
    return spans


def _kind_at(x0: float, x1: float, columns: Sequence[Column]) -> str:
    """What the column holds that a word stands under; a description reaches over all free width."""
    over = [column for column in columns if column.x0 < x1 and x0 < column.x1]
    if over:
        return max(over, key=lambda column: min(column.x1, x1) - max(column.x0, x0)).kind
    left = [column for column in columns if column.x1 <= x0]
    right = [column for column in columns if column.x0 >= x1]
    near = [*left[-1:], *right[:1]]
    if any(column.kind == "description" for column in near):
        return "description"
    return min(near, key=lambda column: max(column.x0 - x1, x0 - column.x1)).kind if near else "other"
