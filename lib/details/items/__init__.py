"""Line items, from pages.

In: a parsed document, the settled fields, and the taxes. Out: `Item`s in reading order, from `read_items`.
Arithmetic is the judge: what adds up to a sum of the document is sure, what does not says so.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice

from lib.details.items.adding_up import Chosen, choose, items_of, without_tax
from lib.details.items.answers import item_of
from lib.details.items.columns import headers_of
from lib.details.items.drafts import Draft
from lib.details.items.listing import aligned, list_sections
from lib.details.items.sections import roles_of
from lib.details.items.table import table_sections
from lib.details.items.till_rows import prices_of
from lib.details.rows import Line, lines_of
from lib.details.taxes.classes import tax_classes
from lib.document import Field
from lib.extraction import Item, Leaf, TaxLine
from lib.layout_reader.page.parsing import ParsedDocument

_MOST_SUMS = 60
"""Rows of sums that items are held against, the first ones."""

_SEVERAL = 3
"""Amounts above a row that states the total, from which on it is one whatever it says."""

__all__ = ["read_items"]


def read_items(parsed: ParsedDocument, *, fields: Mapping[str, Field], taxes: Sequence[TaxLine]) -> tuple[Item, ...]:
    """The line items of a document.

    Args:
        parsed: The document's rows and what stands in them.
        fields: The six settled fields by key.
        taxes: The document's taxes, for items whose tax class is a letter.
    """
    lines = lines_of(parsed)
    settled, sums = _settled_sums(fields, taxes), _stated_sums(lines)
    end = _row_of_total(lines, _value(fields.get("total")))
    chosen = _first_that_adds_up(_tables(lines, end), settled, sums)
    if not chosen.is_proven:
        listed = _first_that_adds_up(_lists(lines, end, taxes), settled, sums)
        chosen = listed if listed.adds_up or not chosen.drafts else chosen
    chosen = without_tax(chosen, settled, [abs(_value(each.amount)) for each in taxes])
    classes = tax_classes(lines)
    return tuple([item_of(draft, classes, adds_up=chosen.adds_up) for draft in items_of(chosen)])


def _first_that_adds_up(
    readings: Iterator[list[list[Draft]]], settled: Collection[Decimal], sums: Collection[Decimal]
) -> Chosen:
    """What the first reading says that adds up; else what the first one says that finds items."""
    chosen = Chosen((), adds_up=False)
    for sections in readings:
        found = choose(sections, settled, sums)
        if found.adds_up:
            return found
        chosen = chosen if chosen.drafts else found
    return chosen


def _tables(lines: Sequence[Line], end: int) -> Iterator[list[list[Draft]]]:
    """The document as tables, each time with more of what is rarely an item."""
    table = [part for part in table_sections(lines, headers_of(lines)) if part]
    yield _until(end, _sure(table))
    yield _until(end, table)
    yield _sure(table)
    yield table


def _lists(lines: Sequence[Line], end: int, taxes: Sequence[TaxLine]) -> Iterator[list[list[Draft]]]:
    """The document as a list, each time with more of what is rarely an item, or less of what stands aside."""
    listed = list_sections(lines, prices_of(lines, frozenset(_value(each.rate) for each in taxes if each.rate)))
    sure = _sure(listed)
    yield _until(end, sure)
    yield sure
    yield aligned(sure, share=0.5)
    yield aligned(sure, share=0.85)
    yield listed


def _row_of_total(lines: Sequence[Line], total: Decimal) -> int:
    """The first row that states the total of the document: as a sum, or below several amounts whatever it says.

    Behind the last row where none does.
    """
    amounts = 0
    for line, role in zip(lines, roles_of(lines), strict=True):
        last = line.numbers[-1] if line.numbers else None
        if last and last.value == total and (role == "sum" or amounts >= _SEVERAL):
            return line.index
        amounts += last is not None and last.kind == "money"
    return len(lines)


def _until(end: int, sections: Sequence[Sequence[Draft]]) -> list[list[Draft]]:
    """The sections up to a row: what stands below the total is a payment, a tax, or a copy of the document."""
    parts = ([draft for draft in part if draft.amount.line.index < end] for part in sections)
    return [part for part in parts if part]


def _sure(sections: Sequence[Sequence[Draft]]) -> list[list[Draft]]:
    """The sections without doubtful rows and charges."""
    parts = (
        [draft for draft in part if not (draft.is_doubtful or draft.is_charge or draft.is_fee)] for part in sections
    )
    return [part for part in parts if part]


def _stated_sums(lines: Sequence[Line]) -> Collection[Decimal]:
    """Every sum that the document states."""
    rows = (line for line, role in zip(lines, roles_of(lines), strict=True) if role == "sum" and line.numbers)
    return {abs(line.numbers[-1].value) for line in islice(rows, _MOST_SUMS)} - {Decimal(0)}


def _settled_sums(fields: Mapping[str, Field], taxes: Sequence[TaxLine]) -> Collection[Decimal]:
    """What all items may add up to, net or gross."""
    subtotal, tax, total = (_value(fields.get(key)) for key in ("subtotal", "tax_amount", "total"))
    bases = sum((_value(tax_line.base) for tax_line in taxes), Decimal(0))
    sums = {subtotal, total, total - tax, bases} - {Decimal(0)}
    return sums | {-each for each in sums}


def _value(leaf: Leaf) -> Decimal:
    return leaf.value if leaf and isinstance(leaf.value, Decimal) else Decimal(0)
