"""Drafts as items: each value as a field with its place and how sure it is.

In: a draft. Out: an `Item`. Pure.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from lib.details.items.drafts import Draft, Figure, Part
from lib.details.rows import Line, Number
from lib.document import BBox, Field
from lib.extraction import Item

_ADDS_UP = 0.95
_PRODUCT = 0.85
_UNPROVEN = 0.6


def item_of(draft: Draft, classes: Mapping[str, tuple[Line, Number]], *, adds_up: bool) -> Item:
    """The item of a draft; where the items do not add up to a sum, its amount says so.

    Args:
        draft: As read.
        classes: The rate of each tax class, and the row that states it.
        adds_up: Whether all items add up to a sum.
    """
    rate = draft.tax_rate
    if rate is None and draft.tax_class in classes:
        line, number = classes[draft.tax_class or ""]
        rate = Figure(number, line)
    confidence = _ADDS_UP if adds_up else _PRODUCT if draft.is_product else _UNPROVEN
    amount = _number("amount", draft.amount, confidence)
    discount = _number("discount", draft.discount, confidence)
    if discount and isinstance(discount.value, Decimal):
        discount = replace(discount, value=abs(discount.value))
    return Item(
        description=_text("description", draft.description, confidence),
        quantity=_number("quantity", draft.quantity, _PRODUCT if draft.is_product else confidence),
        unit=_text("unit", (draft.unit,) if draft.unit else (), confidence),
        unit_price=_number("unit_price", draft.unit_price, confidence),
        amount=amount if adds_up or amount is None else replace(amount, problem="items_disagree"),
        tax_rate=_number("tax_rate", rate, confidence),
        product_code=_text("product_code", (draft.product_code,) if draft.product_code else (), confidence),
        discount=discount,
    )


def _number(key: str, figure: Figure | None, confidence: float) -> Field | None:
    if figure is None:
        return None
    part = figure.part
    box = part.line.box(part.start, part.end)
    return Field(key, figure.value, part.text, confidence, part.line.page_index, box)


def _text(key: str, parts: tuple[Part, ...], confidence: float) -> Field | None:
    text = " ".join(part.text for part in parts).strip()
    if not text:
        return None
    page_index = parts[0].line.page_index
    boxes = [part.line.box(part.start, part.end) for part in parts if part.line.page_index == page_index]
    return Field(key, text, text, confidence, page_index, BBox.around(boxes))
