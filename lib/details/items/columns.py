"""The header of a table of items: which column holds what, and where it stands.

In: lines. Out: `Header`s. A header is a row of column words without an amount, together with the rows right above and
below it that go on with its words ("Unit" over "price"). Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, cast

from lib.computing import in_time
from lib.details.items.words import ColumnKind, find_columns
from lib.details.rows import Line
from lib.grammar.folding import letters_of

_LEAST_COVERED: Final = 0.5
"""Share of a header's letters that belong to column words."""

_MOST_LETTERS: Final = 240
"""Letters of a header at most: more are a paragraph."""

_MOST_COLUMNS: Final = 20
_NEXT_ROW: Final = 2.2
"""Heights of a row by which the next row of the same header may lie below it."""

_ROWS_BESIDE: Final = 2
"""Rows above a header, and below it, that may go on with its words."""

_LONE: Final = frozenset({"tax_rate", "tax_amount", "quantity", "unit", "unit_price", "discount"})
"""Columns that may stand alone in a row above or below the others' header: "VAT rate" in two rows, beside no third."""

_NUMBERS: Final = frozenset({"amount", "unit_price"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it holds, its header's text, and the sides and the height of the header, px."""

    kind: ColumnKind
    text: str
    x0: float
    x1: float
    height: float


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table from left to right, and the first and last row of their header."""

    columns: tuple[Column, ...]
    first: int
    last: int


def headers_of(lines: Sequence[Line]) -> tuple[Header, ...]:
    """Every header of a table of items in a document, from top to bottom."""
    found: list[Header] = []
    for index, line in in_time(enumerate(lines)):
        if found and index <= found[-1].last:
            continue
        columns = _columns(line)
        if _heads_items(columns):
            header = _with_rows_beside(lines, index, columns)
            found.append(header)
    return tuple(found)


def _columns(line: Line) -> tuple[Column, ...]:
    """The columns that a line heads; none where it holds an amount, or says much else."""
    if any(number.kind == "money" for number in line.numbers):
        return ()
    letters = len(letters_of(line.text))
    if not 0 < letters <= _MOST_LETTERS:
        return ()
    columns: list[Column] = []
    for index in range(len(line.row.cells)):
        columns += _columns_of_cell(line, index, {column.kind for column in columns})
    covered = sum(len(letters_of(column.text)) for column in columns)
    return tuple(columns) if covered >= _LEAST_COVERED * letters and len(columns) <= _MOST_COLUMNS else ()


def _columns_of_cell(line: Line, index: int, known: set[ColumnKind]) -> Iterator[Column]:
    """The columns that one cell heads; a phrase of two kinds is of the first one that the header has not yet."""
    cell = line.row.cells[index]
    found = [match for match in find_columns(cell.text) if not (match.glued and match.kind == "other")]
    for _, group in groupby(found, key=lambda match: match.start):
        matches = list(group)
        kinds = [cast("ColumnKind", match.kind) for match in matches]
        kind = next((kind for kind in kinds if kind not in known), kinds[0])
        known.add(kind)
        x0, x1 = cell.sides_at(matches[0].start, matches[0].end)
        yield Column(kind, cell.text[matches[0].start : matches[0].end], x0, x1, cell.height)


def _heads_items(columns: Sequence[Column]) -> bool:
    """Whether the columns are those of a table of items: goods and their amounts, not the taxes of a sum."""
    kinds = {column.kind for column in columns}
    return bool(kinds & _NUMBERS) and bool(kinds & {"description", "quantity"})


def _with_rows_beside(lines: Sequence[Line], index: int, columns: tuple[Column, ...]) -> Header:
    """The header with the words of the rows above and below that belong to it."""
    first = last = index
    for other in range(index - 1, max(-1, index - 1 - _ROWS_BESIDE), -1):
        joined = _joined(columns, lines[other], lines[other + 1], above=True)
        if joined is None:
            break
        columns, first = joined, other
    for other in range(index + 1, min(len(lines), index + 1 + _ROWS_BESIDE)):
        joined = _joined(columns, lines[other], lines[other - 1], above=False)
        if joined is None:
            break
        columns, last = joined, other
    return Header(_with_one_description(columns), first, last)


def _with_one_description(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns, where only the last one that names goods is the description: "Item" before it numbers them."""
    named = [index for index, column in enumerate(columns) if column.kind == "description"]
    codes = set(named[:-1])
    return tuple([replace(each, kind="product_code") if i in codes else each for i, each in enumerate(columns)])


def _joined(columns: tuple[Column, ...], line: Line, neighbor: Line, *, above: bool) -> tuple[Column, ...] | None:
    """The columns with the words of one more row; None where that row is no part of the header."""
    height = neighbor.row.cells[0].height
    near = abs(line.bbox.center[1] - neighbor.bbox.center[1]) <= _NEXT_ROW * height
    more = _columns(line) if near and line.page_index == neighbor.page_index else ()
    if not more or line.numbers:
        return None
    beside = not any(own.x0 < more[0].x1 and more[0].x0 < own.x1 for own in columns)
    if len(more) == 1 and beside and more[0].kind not in _LONE:
        return None
    result = list(columns)
    for column in more:
        at = next((i for i, own in enumerate(result) if own.x0 < column.x1 and column.x0 < own.x1), None)
        if at is None:
            result.append(column)
        else:
            stacked = (column, result[at]) if above else (result[at], column)
            result[at] = _stacked(*stacked, otherwise=result[at].kind)
    return tuple(sorted(result, key=lambda column: column.x0))


def _stacked(upper: Column, lower: Column, *, otherwise: ColumnKind) -> Column:
    """Two words over each other as one column: "Unit" over "Price"; of a kind of its own where they are one phrase."""
    text = f"{upper.text} {lower.text}"
    whole = [match for match in find_columns(text) if match.end - match.start == len(text)]
    kind = cast("ColumnKind", whole[0].kind) if whole else otherwise
    return Column(kind, text, min(upper.x0, lower.x0), max(upper.x1, lower.x1), upper.height)
