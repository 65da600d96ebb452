"""Items without a table header, as tills print them: a name on the left, an amount on the right.

In: lines, and how their amounts are printed. Out: drafts in sections; a row of a sum ends a section. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lib.details.items.drafts import Draft, Figure, Part, factors, height_of, is_product
from lib.details.items.sections import Role, roles_of
from lib.details.items.till_rows import (
    Prices,
    amount_of,
    begins_cell,
    letters_of_name,
    named_part,
    product_of_row,
    quantity_in_column,
    rate_before,
    tail_of,
    tax_class,
    unit_of,
)
from lib.details.rows import Line, Number

_LEAST_LETTERS: Final = 2
_NEXT_ROW: Final = 3.0
"""Heights of a row between a name and the amount on a row below it, at most."""

_MOST_NAME_ROWS: Final = 3
"""Rows of one name at most."""

_ASIDE: Final = 2.5
"""Heights of a row by which amounts of one column end apart."""


@dataclass(slots=True)
class _List:
    """The list as far as it has been read.

    Attributes:
        sections: Items, a list for each part that a sum ends.
        names: Rows without an amount since the last item.
        product: Quantity and unit price on a row of their own, above the item that they explain.
        names_stand_above: Whether the last item had its name on a row above its amount.
    """

    sections: list[list[Draft]] = field(default_factory=lambda: [[]])
    names: list[Line] = field(default_factory=list)
    product: tuple[Figure, Figure] | None = None
    names_stand_above: bool = False

    @property
    def last(self) -> Draft | None:
        """The item read last in this section."""
        return self.sections[-1][-1] if self.sections[-1] else None

    def end_section(self) -> None:
        """Let what follows be another part of the list."""
        self.names, self.product, self.names_stand_above = [], None, False
        if self.sections[-1]:
            self.sections.append([])


def list_sections(lines: Sequence[Line], prices: Prices) -> list[list[Draft]]:
    """The items of a document without a header, a list for each part that a sum ends.

    Args:
        lines: Of the document.
        prices: How its amounts are printed.
    """
    state = _List()
    for line, role in zip(lines, roles_of(lines), strict=True):
        if role in {"sum", "carried"}:
            state.end_section()
        elif role == "discount" and any(state.sections):
            _note_discount(state, line)
        else:
            _read(state, line, role, prices)
    return [section for section in state.sections if section]


def aligned(sections: Sequence[Sequence[Draft]], *, share: float) -> list[list[Draft]]:
    """The sections without the items whose amounts end aside of others, as prices inside of texts do.

    Args:
        sections: As `list_sections` gives them.
        share: Of all amounts that end further left than the one that the others are held against.
    """
    rights = sorted(draft.amount.number.x1 for section in sections for draft in section)
    usual = rights[int(share * (len(rights) - 1))] if rights else 0.0
    return [
        [draft for draft in section if abs(draft.amount.number.x1 - usual) <= _ASIDE * height_of(draft)]
        for section in sections
    ]


def _note_discount(state: _List, line: Line) -> None:
    """Note a discount with the item above it."""
    money = [number for number in line.numbers if number.kind == "money"]
    if money and _is_reduced(state, line, money[-1]):
        return
    if money and state.last and state.last.discount is None and abs(money[-1].value) <= abs(state.last.amount.value):
        state.sections[-1][-1] = replace(state.last, discount=Figure(money[-1], line))


def _read(state: _List, line: Line, role: Role, prices: Prices) -> None:
    """One row that is no sum."""
    pair = product_of_row(line)
    amount = amount_of(line, prices)
    if pair and (amount is None or amount in pair):
        _explain(state, pair, line)
    elif amount is None:
        if letters_of_name(line.text) >= _LEAST_LETTERS:
            state.names.append(line)
    elif not _is_reduced(state, line, amount):
        draft = _draft(state, line, amount, prices)
        if draft:
            state.names_stand_above = draft.description[0].line is not line
            is_doubtful = role == "doubtful" and not draft.is_product
            draft = replace(draft, is_doubtful=is_doubtful, is_fee=role == "fee", is_charge=role == "charge")
            state.sections[-1].append(_explained(state, draft))
            state.names, state.product = [], None


def _explained(state: _List, draft: Draft) -> Draft:
    """A draft with the quantity and the price that the row above it states, where they make its amount."""
    if state.product is None or draft.quantity is not None:
        return draft
    quantity, price = state.product
    if not is_product(quantity.number, price.number, draft.amount.value):
        return draft
    return replace(draft, quantity=quantity, unit=unit_of(quantity), unit_price=price, is_product=True)


def _explain(state: _List, pair: tuple[Number, Number], line: Line) -> None:
    """Give a row of quantity and price to the item above where it explains its amount, else to the one below."""
    quantity, price = (Figure(number, line) for number in pair)
    last = state.last
    if last and last.quantity is None and is_product(*pair, last.amount.value):
        explained = replace(last, quantity=quantity, unit=unit_of(quantity), unit_price=price, is_product=True)
        state.sections[-1][-1] = explained
    else:
        state.product = quantity, price


def _is_reduced(state: _List, line: Line, amount: Number) -> bool:
    """Whether a row takes something off the item above and states what is left; notes it there."""
    last = state.last
    for number in line.numbers if last and last.discount is None else ():
        if last and number.value < 0 and number is not amount and last.amount.value + number.value == amount.value:
            state.sections[-1][-1] = replace(last, discount=Figure(number, line))
            return True
    return False


def _draft(state: _List, line: Line, amount: Number, prices: Prices) -> Draft | None:
    """The item of a row with an amount; None where nothing names it."""
    tail = tail_of(line, amount)
    pair = factors(tail, amount.value)
    counted = None if pair else quantity_in_column(line, tail)
    starts = {number.start for number in (*(pair or ()), counted) if number}
    # A number inside the cell of the name is a part of it, such as a size: "Lager 0,5".
    starts |= {number.start for number in tail if number.kind == "money" and begins_cell(line, number)}
    rate = rate_before(line, amount, prices)
    name = named_part(line, min([*starts, rate.start if rate else amount.start, amount.start]))
    quantity, price = pair or (name.quantity or counted, _price_of(tail, name.quantity, amount))
    parts: tuple[Part, ...] = (name.part,)
    if letters_of_name(name.part.text) < _LEAST_LETTERS:
        above = _names_above(state, line)
        if not above and name.code is None:
            return None
        parts = above or (name.code or name.part,)
    return Draft(
        amount=Figure(amount, line),
        description=parts,
        quantity=Figure(quantity, line) if quantity else None,
        unit=unit_of(Figure(quantity, line)) if quantity and pair else None,
        unit_price=Figure(price, line) if price else None,
        tax_rate=Figure(rate, line) if rate else None,
        product_code=name.code,
        tax_class=tax_class(line, amount),
        is_product=price is not None,
    )


def _price_of(tail: Sequence[Number], quantity: Number | None, amount: Number) -> Number | None:
    """The number before the amount which with the quantity in front of the name makes the amount."""
    return next((number for number in tail if quantity and is_product(quantity, number, amount.value)), None)


def _names_above(state: _List, line: Line) -> tuple[Part, ...]:
    """The name on the rows above a row of numbers: the nearest row, or all of them where names stand above amounts."""
    names: list[Line] = []
    below = line
    for row in reversed(state.names[-_MOST_NAME_ROWS:] if state.names_stand_above else state.names[-1:]):
        if row.page_index != line.page_index or below.bbox.y0 - row.bbox.y0 > _NEXT_ROW * row.row.cells[0].height:
            break
        names.insert(0, row)
        below = row
    return tuple([named_part(row, len(row.text)).part for row in names])
