"""Which rows are the taxes of a document: those of one table that are its tax together.

In: rows that may state a tax, and the settled tax. Out: the rows, and whether they add up. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from lib.details.taxes.tax_row import TaxRow, is_share

_MOST_ROWS: Final = 30
"""Rates of one table at most."""

_ROWS_APART: Final = 3
"""Rows between two rates of one table at most."""

_CENT: Final = Decimal("0.01")


def choose_rows(rows: Sequence[TaxRow], stated: Decimal | None) -> tuple[tuple[TaxRow, ...], bool]:
    """The rows of one table that are the document's tax together; else the first table, proven before unproven."""
    tables = [table for table in map(_cleaned, _tables(rows)) if table]
    rated = [table for table in tables if all(row.rate for row in table)]
    alone = [[row] for table in rated for row in table if sum(each.is_proven for each in table) < 2]  # noqa: PLR2004
    together = _distinct([row for table in rated for row in table])
    for table in (*rated, *map(_distinct, rated), together, *alone):
        if _adds_up(table, stated):
            return tuple(table), True
    proven = max(rated, key=lambda table: sum(row.is_proven for row in table), default=[])
    if any(row.is_proven for row in proven) or (proven and stated is None):
        return tuple(_distinct(proven)), False
    unrated = next(([row] for row in rows if _adds_up([row], stated)), None)
    return (tuple(unrated), True) if unrated else (tuple(_distinct(proven)), False)


def _adds_up(rows: Sequence[TaxRow], stated: Decimal | None) -> bool:
    """Whether taxes are the tax of the document together, with their signs or without."""
    if stated is None or not rows:
        return False
    values = [row.tax.value for row in rows]
    sums = abs(sum(values, Decimal(0))), sum(map(abs, values), Decimal(0))
    return any(abs(each - stated) <= _CENT for each in sums)


def _tables(rows: Sequence[TaxRow]) -> Iterator[list[TaxRow]]:
    """Rows that stand close together."""
    table: list[TaxRow] = []
    for row in rows:
        if table and (
            len(table) == _MOST_ROWS
            or row.line.index - table[-1].line.index > _ROWS_APART
            or row.line.page_index != table[-1].line.page_index
        ):
            yield table
            table = []
        table.append(row)
    if table:
        yield table


def _cleaned(rows: Sequence[TaxRow]) -> list[TaxRow]:
    """The rows without those that tax nothing, those that state a base, and the parts of a tax stated as a whole."""
    rows = [_with_base(row, rows) for row in rows if row.tax.value or (row.base and row.base.value)]
    shares = {(row.rate.value, abs(row.base.value)) for row in rows if row.rate and row.base}
    rows = [row for row in rows if not row.rate or (row.rate.value, abs(row.tax.value)) not in shares]
    for whole in rows:
        parts = [row for row in rows if row is not whole]
        same = sum((row.tax.value for row in parts), Decimal(0)) == whole.tax.value
        rates = sum((row.rate.value for row in parts if row.rate), Decimal(0))
        if len(parts) > 1 and same and whole.rate and rates == whole.rate.value:
            return [whole]
    return list(rows)


def _with_base(row: TaxRow, rows: Sequence[TaxRow]) -> TaxRow:
    """The row with the base that another row of its rate states: "Net at 20 %: 40.00" beside "VAT 20 %: 8.00"."""
    rate = row.rate
    if rate is None or row.base:
        return row
    for other in rows:
        same = other.rate and other.rate.value == rate.value and other.line.page_index == row.line.page_index
        if same and other.base is None and is_share(rate.value, other.tax.value, row.tax.value):
            return replace(row, base=other.tax, base_line=other.line, is_proven=True)
    return row


def _distinct(rows: Sequence[TaxRow]) -> list[TaxRow]:
    """One row for each rate and tax, the proven one where there are several."""
    best: dict[tuple[Decimal | None, Decimal], TaxRow] = {}
    for row in rows:
        key = row.rate.value if row.rate else None, abs(row.tax.value)
        if key not in best or (row.is_proven and not best[key].is_proven):
            best[key] = row
    return list(best.values())
