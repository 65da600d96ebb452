"""Results as tables: one row a document, one row an item."""

import csv
from pathlib import Path
from typing import Any

from scripts.result_tables import write_documents, write_items


def cell(value: object) -> dict[str, object]:
    """A leaf of the details, with nothing but its value."""
    return {"value": value}


GROUPS: dict[str, Any] = {"customer": {}, "references": {}, "payment": {}, "amounts": {"tip": None}}
LINES = [
    {
        "path": "a.pdf",
        "data": {"merchant": "=Öxl KG", "total": 12.1},
        "details": {"time": cell("09:05"), "supplier": {"phone": cell("040 1")}, **GROUPS}
        | {"taxes": [], "items": [{"description": cell("Milk"), "amount": cell(1.2)}, {"amount": cell(10.9)}]},
    },
    {"path": "b.pdf", "problem": {"code": "unreadable_document"}},
]


def table(path: Path) -> list[dict[str, str]]:
    """A CSV's rows by the names of their columns."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_details_are_columns_of_a_document(tmp_path: Path) -> None:
    """A text that a spreadsheet would take for a formula is harmless; a file that failed says why."""
    write_documents(tmp_path / "out.csv", LINES)

    first, second = table(tmp_path / "out.csv")
    assert (first["merchant"], first["time"], first["supplier.phone"], first["amounts.tip"]) == (
        "'=Öxl KG",
        "09:05",
        "040 1",
        "",
    )
    assert (second["problem"], second["time"]) == ("unreadable_document", "")


def test_items_are_rows_of_their_own(tmp_path: Path) -> None:
    """With the path of their document and their place in it."""
    write_items(tmp_path / "items.csv", LINES)

    assert [(row["path"], row["item"], row["description"], row["amount"]) for row in table(tmp_path / "items.csv")] == [
        ("a.pdf", "1", "Milk", "1.2"),
        ("a.pdf", "2", "", "10.9"),
    ]


def test_without_details_there_are_no_columns_for_them(tmp_path: Path) -> None:
    """As before."""
    write_documents(tmp_path / "out.csv", [{"path": "a.pdf", "data": {"total": 1}}])

    (row,) = table(tmp_path / "out.csv")
    assert list(row) == ["path", "merchant", "date", "currency", "subtotal", "tax_amount", "total", "problem"]
