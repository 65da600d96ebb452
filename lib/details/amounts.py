"""Amounts of the whole document beside the three of `data`, by the words in front of them.

In: a `ParsedDocument`, its labels, and the fields that are settled. Out: `Amounts`. The amount of a label stands behind
it in its row, the last one where there are several; a column's heading announces none.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from lib.computing import in_time
from lib.details.labels import BEHIND, Label, Labels, leaf_at
from lib.document import Field
from lib.extraction import Amounts, Leaf
from lib.grammar.amounts import AmountMatch
from lib.grammar.folding import letters_of
from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.parsing import ParsedDocument

_ITEM_KINDS: Final = frozenset({"item", "quantity", "unit_price"})
_POSITIVE: Final = frozenset({"discount", "prepaid"})
"""Keys whose sign says only that they are taken off."""

_MARKS_IN_FRONT: Final = 4
"""Characters, such as a bracket or the number of items, in front of the word that a row begins with."""

_SHORT: Final = 4
_LETTERS_BEHIND: Final = 6
"""Letters of a short label, and of what may stand behind it: "Tip amount"."""

_LINKED: Final = re.compile(r"s?\s[^\W\d_A-Z]{2,4}\s")
_NEAR: Final = 40
_CELLS_BEHIND: Final = 6
_LEAST_CONFIDENCE: Final = 0.75


def read_amounts(
    parsed: ParsedDocument, labels: Labels, fields: dict[str, Field], *, asks_for_payment: bool
) -> Amounts:
    """The amounts that labels announce, and what is due where the total and the payments on account tell it.

    Args:
        parsed: The document.
        labels: Its labels.
        fields: The six, settled.
        asks_for_payment: Whether it is a bill that somebody is still to pay.
    """
    total = fields.get("total")
    tables = _rows_of_headers(parsed)
    found = {key: _amount(key, parsed, labels, tables) for key in Amounts.__dataclass_fields__}
    if total is not None and isinstance(total.value, Decimal):
        asks = asks_for_payment and not _says_paid(parsed, labels)
        found["amount_due"] = _due(parsed, total, found["amount_due"], found["prepaid"], asks=asks)
    return Amounts(**found)


def _due(parsed: ParsedDocument, total: Field, labelled: Leaf, prepaid: Leaf, *, asks: bool) -> Leaf:
    """What is due: as labelled, what the payments on account leave of the total, or all of it."""
    if prepaid is not None and prepaid.value:
        return labelled or _left_to_pay(parsed, total, prepaid)
    whole = replace(total, key="amount_due", confidence=0.8 * total.confidence) if asks else None
    if labelled is None or labelled.value == total.value or prepaid is not None:
        return labelled or whole
    # A balance that the total does not explain is somebody's running account.
    is_less = isinstance(labelled.value, Decimal) and isinstance(total.value, Decimal) and labelled.value < total.value
    return labelled if is_less else whole


def _left_to_pay(parsed: ParsedDocument, total: Field, prepaid: Field) -> Leaf:
    """The amount below a payment on account that it leaves of the total; the total where it has been taken off."""
    if not isinstance(total.value, Decimal) or not isinstance(prepaid.value, Decimal) or prepaid.bbox is None:
        return None
    left, whole, is_whole_stated = total.value - prepaid.value, total.value + prepaid.value, False
    for row in in_time(parsed.readings):
        cell = row[0].cell
        is_below = (cell.page_index, cell.bbox.y0) > (prepaid.page_index or 0, prepaid.bbox.y1)
        for reading in row:
            for match in reading.amounts:
                is_whole_stated = is_whole_stated or (not is_below and match.value == whole)
                if is_below and left > 0 and match.value == left:
                    return leaf_at(reading.cell, "amount_due", left, (match.start, match.end), _LEAST_CONFIDENCE)
    return replace(total, key="amount_due", confidence=0.8 * total.confidence) if is_whole_stated else None


def _says_paid(parsed: ParsedDocument, labels: Labels) -> bool:
    """Whether a row says nothing but that it has been paid, as a stamp does."""
    return any(
        len(parsed.rows[label.cell.row].cells) == 1
        and letters_of(label.cell.text[label.match.start : label.match.end]) == letters_of(label.cell.text)
        for label in labels.of("paid")
    )


def _amount(key: str, parsed: ParsedDocument, labels: Labels, tables: frozenset[int]) -> Leaf:
    """The amount of the last row that the label of a key begins; totals stand at the end, and taxes on it are none."""
    best: Leaf = None
    for label in labels.of(key):
        if label.match.glued or label.cell.row in tables or not _begins_row(label):
            continue
        found = [each for each in _amounts_behind(label, parsed) if key not in _POSITIVE or each[1].kind == "money"]
        if found and not (best is not None and _says_tax(parsed, label)):
            cell, match = found[-1]
            value = abs(match.value) if key in _POSITIVE else match.value
            best = leaf_at(cell, key, value, (match.start, match.end), BEHIND if len(found) == 1 else _LEAST_CONFIDENCE)
    return best


def _says_tax(parsed: ParsedDocument, label: Label) -> bool:
    """Whether a word for taxes stands behind a label in its row: "Shipping VAT 19 % of 4.99"."""
    row = parsed.readings[label.cell.row][label.cell.column : label.cell.column + _CELLS_BEHIND]
    return any(word.kind == "tax" for reading in row for word in reading.keywords)


def _begins_row(label: Label) -> bool:
    """Whether nothing but marks or a number of items stands in front of a label, and no goods behind a short one."""
    text, start, end = label.cell.text, label.match.start, label.match.end
    if start > _MARKS_IN_FRONT or any(map(str.isalpha, text[:start])):
        return False
    # "Tips for the driver", but not "TIP MARMELADE".
    behind = text[end : min(label.until, end + _NEAR)]
    return end - start > _SHORT or sum(map(str.isalpha, behind)) <= _LETTERS_BEHIND or bool(_LINKED.match(behind))


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
