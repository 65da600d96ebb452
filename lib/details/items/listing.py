"""Items without a table header, as tills print them: a name on the left, an amount on the right.

In: lines. Out: drafts in sections; a row of a sum ends a section. "2 x 1.50" on a row of its own belongs to the item
above or below it whose amount it explains, or to the name above it where it states the amount itself. Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lib.computing import in_time
from lib.details.items.drafts import Draft, Figure, Part, factors, is_product
from lib.details.items.rows import Line, Number, is_glue
from lib.details.items.sections import role_of

_LEAST_LETTERS: Final = 2
_NEXT_ROW: Final = 3.0
"""Heights of a row between a name and the amount on a row below it, at most."""

_ASIDE: Final = 2.5
"""Heights of a row by which amounts of one column end apart."""

_BEHIND: Final = re.compile(r"[\s*#+|.:;,'_<>-]*(?:[A-Za-z]{3}\b)?[\s*#]*(?:[A-Z]{1,2}\d?|\d?[A-Z]|[*#]|\d\b)?[\s*#.)]*")
"""What may stand behind an amount: a currency, a tax class, a mark."""

_FIRST: Final = re.compile(r"\s*(?P<quantity>\d{1,3})\s*(?:[xX×*]\s+|\s|(?=[xX×]))(?=\s*(?:\d/\d\s)?[^\w]*[^\W\d_])")
"""A quantity in front of a name: "2 Pizza", "2 x Pizza"."""

_CODE: Final = re.compile(r"\s*(\d{5,14}|[A-Z]{0,3}\d{4,13})\b[\s:.-]*")
_MOST_QUANTITY: Final = 999


@dataclass(slots=True)
class _List:
    """The list as far as it has been read."""

    sections: list[list[Draft]] = field(default_factory=lambda: [[]])
    name: Line | None = None
    product: tuple[Figure, Figure] | None = None

    @property
    def last(self) -> Draft | None:
        """The item read last in this section."""
        return self.sections[-1][-1] if self.sections[-1] else None


def list_sections(lines: Sequence[Line], *, whole: bool) -> list[list[Draft]]:
    """The items of a document without a header, a list for each part that a sum ends.

    Args:
        lines: Of the document.
        whole: Whether amounts are printed without decimals.
    """
    state = _List()
    for line in in_time(lines):
        role = role_of(line)
        if role in {"other", "doubtful"}:
            _read(state, line, whole=whole, is_doubtful=role == "doubtful")
        elif role == "discount":
            _discount(state, line)
        else:
            state.name = state.product = None
            if role == "sum" and state.sections[-1]:
                state.sections.append([])
    return [section for section in state.sections if section]


def aligned(sections: Sequence[Sequence[Draft]]) -> list[list[Draft]]:
    """The sections without the items whose amounts end aside of most others, as prices inside of texts do."""
    rights = sorted(draft.amount.number.x1 for section in sections for draft in section)
    usual = rights[len(rights) // 2] if rights else 0.0
    return [
        [draft for draft in section if abs(draft.amount.number.x1 - usual) <= _ASIDE * _height(draft)]
        for section in sections
    ]


def _height(draft: Draft) -> float:
    return draft.amount.line.row.cells[0].height


def _discount(state: _List, line: Line) -> None:
    """Note a discount with the item above it."""
    money = [number for number in line.numbers if number.kind == "money"]
    if money and state.last and state.last.discount is None and abs(money[-1].value) <= abs(state.last.amount.value):
        state.sections[-1][-1] = replace(state.last, discount=Figure(money[-1], line))


def _read(state: _List, line: Line, *, whole: bool, is_doubtful: bool) -> None:
    """One row that is no sum."""
    pair = _product_row(line)
    amount = _amount(line, whole=whole)
    if pair and (amount is None or amount in pair):
        _explain(state, pair, line)
        return
    if amount is None:
        state.name = line if _letters(_without_units(line.text)) >= _LEAST_LETTERS else state.name
        return
    if _is_reduced(state, line, amount):
        return
    draft = _draft(state, line, amount)
    if draft is None:
        return
    draft = replace(draft, is_doubtful=is_doubtful)
    if state.product and draft.quantity is None:
        quantity, price = state.product
        if is_product(quantity.number, price.number, draft.amount.value):
            draft = replace(draft, quantity=quantity, unit_price=price, is_product=True)
    state.name = state.product = None
    state.sections[-1].append(draft)


def _is_reduced(state: _List, line: Line, amount: Number) -> bool:
    """Whether a row takes something off the item above and states what is left; notes it there."""
    last = state.last
    for number in line.numbers if last and last.discount is None else ():
        if number.value < 0 and number is not amount and last.amount.value + number.value == amount.value:
            state.sections[-1][-1] = replace(last, discount=Figure(number, line))
            return True
    return False


def _explain(state: _List, pair: tuple[Number, Number], line: Line) -> None:
    """Give a row of quantity and price to the item above, where it explains its amount, else to the one below."""
    quantity, price = (Figure(number, line) for number in pair)
    last = state.last
    if last and last.quantity is None and is_product(*pair, last.amount.value):
        unit = _unit(line, pair[0])
        state.sections[-1][-1] = replace(last, quantity=quantity, unit=unit, unit_price=price, is_product=True)
        return
    state.product = quantity, price


def _product_row(line: Line) -> tuple[Number, Number] | None:
    """Quantity and unit price of a row that says nothing else."""
    numbers = line.numbers
    if len(numbers) != 2 or not re.search(r"[xX×*@]|/", line.text[numbers[0].end : numbers[1].start]):  # noqa: PLR2004
        return None
    outside = f"{line.text[: numbers[0].start]} {line.text[numbers[1].end :]}"
    if is_glue(line.text[numbers[0].end : numbers[1].start]) and is_glue(outside):
        return numbers[0], numbers[1]
    return None


def _amount(line: Line, *, whole: bool) -> Number | None:
    """The amount that ends a row."""
    if not line.numbers:
        return None
    last = line.numbers[-1]
    if last.kind == "integer" and len(line.numbers) > 1 and line.numbers[-2].kind == "money" and last.value < 10:
        last = line.numbers[-2]  # A tax class behind the amount.
    usable = last.kind == "money" or (whole and last.kind in {"integer", "decimal"} and last.column > 0)
    return last if usable and _BEHIND.fullmatch(line.text[last.end :]) else None


def _draft(state: _List, line: Line, amount: Number) -> Draft | None:
    """The item of a row with an amount; None where nothing names it."""
    tail = _tail(line, amount)
    pair = factors(tail, amount.value)
    start = min((number.start for number in (*(pair or ()), amount)), default=amount.start)
    start = min([start, *(number.start for number in tail if number.kind == "money")])
    first = _FIRST.match(line.text, 0, start)
    quantity = next((n for n in line.numbers if first and n.start == first.start("quantity")), None)
    begin = first.end() if first and quantity else 0
    code = _CODE.match(line.text, begin, start)
    own = Part(line, code.end() if code else begin, start)
    numbers = pair or (quantity, _lone_price(tail, quantity, amount))
    if _letters(_without_units(own.text)) < _LEAST_LETTERS:
        own = Part(line, begin, start) if code and not state.name else own
        named = _above(state, line)
        if named is None and not code:
            return None
        own = named or own
    return Draft(
        amount=Figure(amount, line),
        description=(own,),
        quantity=Figure(numbers[0], line) if numbers[0] else None,
        unit=_unit(line, numbers[0]) if pair else None,
        unit_price=Figure(numbers[1], line) if numbers[1] else None,
        product_code=Part(line, *code.span(1)) if code else None,
        is_product=pair is not None,
    )


def _lone_price(tail: Sequence[Number], quantity: Number | None, amount: Number) -> Number | None:
    """The number before the amount, where with the quantity in front of the name it makes the amount."""
    return next((n for n in tail if quantity and is_product(quantity, n, amount.value)), None)


def _above(state: _List, line: Line) -> Part | None:
    """The name on the row above a row of numbers."""
    name = state.name
    if name is None or name.page_index != line.page_index:
        return None
    if line.bbox.y0 - name.bbox.y0 > _NEXT_ROW * name.row.cells[0].height:
        return None
    first = _FIRST.match(name.text)
    return Part(name, first.end() if first else 0, len(name.text))


def _tail(line: Line, amount: Number) -> list[Number]:
    """The numbers right before an amount, with nothing but units between them."""
    tail: list[Number] = []
    following = amount
    for number in reversed([each for each in line.numbers if each.end <= amount.start]):
        if not is_glue(line.text[number.end : following.start]) or number.kind in {"percent"}:
            break
        tail.insert(0, number)
        following = number
    return tail


def _unit(line: Line, quantity: Number | None) -> Part | None:
    """The unit printed behind a quantity."""
    match = re.compile(r"\s*([^\W\d_]{1,6})\b").match(line.text, quantity.end) if quantity else None
    if match is None or match[1].lower() == "x" or not is_glue(match[1]):
        return None
    return Part(line, *match.span(1))


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _without_units(text: str) -> str:
    return " ".join(word for word in text.split() if not is_glue(word))
