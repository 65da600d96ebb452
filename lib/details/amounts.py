"""Amounts of the whole document beside the three of `data`, by the words in front of them.

In: a `ParsedDocument`, its labels, and the fields that are settled. Out: `Amounts`. The amount of a label stands behind
it in its row, the last one where there are several; a column's heading announces none.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from lib.computing import in_time
from lib.details.labels import BEHIND, Label, Labels, leaf_at
from lib.document import Field
from lib.extraction import Amounts, Leaf
from lib.grammar.amounts import AmountMatch
from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.parsing import ParsedDocument

_ITEM_KINDS: Final = frozenset({"item", "quantity", "unit_price"})
_POSITIVE: Final = frozenset({"discount", "prepaid"})
"""Keys whose sign says only that they are taken off."""

_MARKS_IN_FRONT: Final = 2
"""Characters, such as a bracket, in front of the word that a row begins with."""

_CELLS_BEHIND: Final = 6
_LEAST_CONFIDENCE: Final = 0.75


def read_amounts(
    parsed: ParsedDocument, labels: Labels, fields: dict[str, Field], *, asks_for_payment: bool
) -> Amounts:
    """The amounts that labels announce; what is due is the total where nothing was paid and payment is asked for."""
    total = fields.get("total")
    known = total.value if total is not None and isinstance(total.value, Decimal) else None
    tables = _rows_of_headers(parsed)
    found = {key: _amount(key, parsed, labels, tables) for key in Amounts.__dataclass_fields__}
    due, prepaid = found["amount_due"], found["prepaid"]
    if due is not None and prepaid is None and known is not None and due.value != known:
        # A balance that the total does not explain is somebody's running account.
        found["amount_due"] = due if isinstance(due.value, Decimal) and due.value < known else None
    if found["amount_due"] is None and prepaid is None and asks_for_payment and total is not None and known is not None:
        found["amount_due"] = replace(total, key="amount_due", confidence=0.8 * total.confidence)
    return Amounts(**found)


def _amount(key: str, parsed: ParsedDocument, labels: Labels, tables: frozenset[int]) -> Leaf:
    """The amount of the last row that the label of a key begins; totals stand at the end."""
    best: Leaf = None
    for label in labels.of(key):
        if label.match.glued or label.match.start > _MARKS_IN_FRONT or label.cell.row in tables:
            continue
        found = [each for each in _amounts_behind(label, parsed) if key not in _POSITIVE or each[1].kind == "money"]
        if found:
            cell, match = found[-1]
            value = abs(match.value) if key in _POSITIVE else match.value
            best = leaf_at(cell, key, value, (match.start, match.end), BEHIND if len(found) == 1 else _LEAST_CONFIDENCE)
    return best


def _rows_of_headers(parsed: ParsedDocument) -> frozenset[int]:
    """The rows that head columns: a word there announces no amount in its row."""
    return frozenset(
        reading.cell.row
        for row in in_time(parsed.readings)
        for reading in row
        if any(word.kind in _ITEM_KINDS for word in reading.keywords)
    )


def _amounts_behind(label: Label, parsed: ParsedDocument) -> Iterator[tuple[Cell, AmountMatch]]:
    """The amounts behind a label, in its cell and those to the right until another label."""
    for reading in parsed.readings[label.cell.row][label.cell.column : label.cell.column + _CELLS_BEHIND]:
        own = reading.cell.column == label.cell.column
        for match in reading.amounts:
            if not own or label.match.end <= match.start < max(label.until, label.match.end):
                yield reading.cell, match
