"""Taxes by rate, from pages: tables of taxes, and single rows that state a rate and its tax.

In: a parsed document and the settled fields. Out: `TaxLine`s in reading order, from `read_taxes`.
Arithmetic is the judge: rate times base is the tax, and the taxes of all rates are the tax of the document.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from lib.details.rows import Line, Number, lines_of
from lib.details.taxes.choice import choose_rows
from lib.details.taxes.reading import tax_rows
from lib.details.taxes.tax_row import TaxRow, is_share
from lib.document import Field
from lib.extraction import TaxLine
from lib.layout_reader.page.parsing import ParsedDocument

__all__ = ["read_taxes"]

_ADDS_UP = 0.95
_PROVEN = 0.85
_STATED = 0.6


def read_taxes(parsed: ParsedDocument, *, fields: Mapping[str, Field]) -> tuple[TaxLine, ...]:
    """The taxes of a document, one a rate.

    Args:
        parsed: The document's rows and what stands in them.
        fields: The six settled fields by key.
    """
    lines = lines_of(parsed)
    stated = _value(fields.get("tax_amount"))
    rows, adds_up = choose_rows(list(tax_rows(lines, stated)), stated)
    whole = fields.get("subtotal") if len(rows) == 1 else None
    return tuple(
        [_tax_line(row, adds_up=adds_up, is_disagreed=bool(stated) and not adds_up, whole=whole) for row in rows]
    )


def _value(field: Field | None) -> Decimal | None:
    return abs(field.value) if field and isinstance(field.value, Decimal) else None


def _tax_line(row: TaxRow, *, adds_up: bool, is_disagreed: bool, whole: Field | None) -> TaxLine:
    confidence = _ADDS_UP if adds_up else _PROVEN if row.is_proven else _STATED
    amount = _field("amount", row.tax, row.line, confidence)
    base = _field("base", row.base, row.base_line or row.line, confidence) if row.base else None
    subtotal = _value(whole)
    if base is None and whole and row.rate and subtotal and is_share(row.rate.value, subtotal, row.tax.value):
        base = replace(whole, key="base", value=subtotal, problem=None)
    return TaxLine(
        rate=_field("rate", row.rate, row.rate_line or row.line, confidence) if row.rate else None,
        base=base,
        amount=replace(amount, problem="taxes_disagree") if is_disagreed else amount,
    )


def _field(key: str, number: Number, line: Line, confidence: float) -> Field:
    text = line.text[number.start : number.end]
    return Field(key, number.value, text, confidence, line.page_index, line.box(number.start, number.end))
