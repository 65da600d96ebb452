"""Results as tables for a spreadsheet: one row a document, and one row an item.

In: lines of results as `extract_folder` keeps them. Out: CSV files. Columns of the details are there only where some
result has details.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from lib.document import FIELD_KEYS

Result = dict[str, Any]

_GROUPS: Final = ("supplier", "customer", "references", "payment", "amounts")
_ITEM_COLUMNS: Final = (
    *("description", "quantity", "unit", "unit_price", "amount", "tax_rate", "product_code", "discount"),
)


def write_documents(out: Path, lines: Sequence[Result]) -> None:
    """The six fields of every file, its details, and the code of its problem."""
    columns = _detail_columns(lines)
    rows = ([line["path"], *_fields(line), *_details(line, columns), _problem(line)] for line in lines)
    _write(out, ["path", *FIELD_KEYS, *columns, "problem"], rows)


def write_items(out: Path, lines: Sequence[Result]) -> None:
    """The items of every file that has details, in their order."""
    rows = (
        [line["path"], number, *(_value(item.get(column)) for column in _ITEM_COLUMNS)]
        for line in lines
        for number, item in enumerate((line.get("details") or {}).get("items", ()), 1)
    )
    _write(out, ["path", "item", *_ITEM_COLUMNS], rows)


def _write(out: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(head)
        table.writerows([_harmless(cell) for cell in row] for row in rows)


def _fields(line: Result) -> Iterator[object]:
    data = line.get("data") or {}
    return (data.get(key) for key in FIELD_KEYS)


def _problem(line: Result) -> object:
    return (line.get("problem") or {}).get("code")


def _detail_columns(lines: Sequence[Result]) -> list[str]:
    """The names of all leaves but those of lists, as "supplier.name"; none where no result has details."""
    details = next((line["details"] for line in lines if line.get("details")), None)
    if details is None:
        return []
    heads = [key for key in details if key not in {*_GROUPS, "taxes", "items", "by_reader"}]
    return [*heads, *(f"{group}.{key}" for group in _GROUPS for key in details[group])]


def _details(line: Result, columns: Sequence[str]) -> Iterator[object]:
    details = line.get("details") or {}
    for column in columns:
        group, _, key = column.rpartition(".")
        yield _value((details.get(group) or {}).get(key) if group else details.get(key))


def _value(leaf: Result | None) -> object:
    return leaf["value"] if leaf else None


def _harmless(cell: object) -> object:
    """A text that no spreadsheet takes for a formula. Source: OWASP, CSV injection."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
