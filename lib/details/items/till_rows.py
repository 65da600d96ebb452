"""The parts of a row as tills print it: "2 x Coffee  1.50  3.00 A", "4011 Bananas", "0.512 kg x 3.99".

In: one line. Out: its amount, the numbers that explain it, and the part that names the item. Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from typing import Final

from lib.details.items.drafts import Figure, Part
from lib.details.items.words import is_glue, is_unit
from lib.details.rows import Line, Number

_BEHIND: Final = re.compile(
    r"[\s*#+|.:;,'_<>/-]*(?:[A-Za-z]{3,4}\b)?[\s*#]*(?:[A-Z]{1,2}\d{0,2}|\d?[A-Za-z]|[*#]|\d\b)?[\s*#.)]*"
)
"""What may stand behind an amount: a currency, a tax class, a mark."""

_MOST_BEHIND: Final = 16
"""Characters behind an amount that may be one of these."""

_FIRST: Final = re.compile(
    r"\s*(?P<quantity>\d{1,3})\s*(?:[xX×*]\s+|\s|(?=[xX×]))(?=\s*(?:\d/\d\s)?[^\w]*[^\W\d_])"
    r"|\s*(?P<weight>\d{1,3}[.,]\d{1,3})\s?(?:kg|g|l|lbs?)?\s?[xX×*]\s+(?=[^\W\d_])"
)
"""A quantity in front of a name: "2 Pizza", "2 x Pizza", "0.412 kg x Cheese"."""

_LAST: Final = re.compile(r"\s[xX×*]\s?(?P<quantity>\d{1,3})\s*$|\s(?P<before>\d{1,3})\s?[xX×*]\s*$")
"""A quantity behind a name: "Pizza x2", "Pizza 2 x"."""

_CODE: Final = re.compile(r"\s*(\d{5,14}|[A-Z]{0,3}\d{4,13})\b[\s:.-]*")
_TIMES: Final = re.compile(r"[xX×*@]|/")
_LABEL: Final = re.compile(r"^\s*[^\W\d_]{2,12}:")
"""A word in front of a row of quantity and price: "Antal: 5 st 12.50 kr/st"."""

_UNIT: Final = re.compile(r"\s*([^\W\d_]{1,8})(?![^\s.)/xX×])")
_LOOSE: Final = " ([@:*=≈~-"
"""What may be left at the end of a name, before its numbers."""

_MARK: Final = re.compile(r"(?<=\s)[^\W\d_]{1,3}$")
"""Letters that are glued to the number behind them: a currency that no list knows."""

_FIRST_SYLLABLE: Final = "\u2e80"
_CENTS: Final = Decimal("0.01")
_GLUED_DECIMALS: Final = 3
_MOST_IN_COLUMN: Final = 100
_SEVERAL: Final = 3


@dataclass(frozen=True, slots=True)
class Prices:
    """How a document prints its amounts.

    Attributes:
        whole: Without decimals.
        with_class: With the digit of a tax class glued to the cents, as OCR reads "12,00 1".
        rates: Of the document's taxes, percent; a percentage before an amount is a tax rate where it is one of these.
    """

    whole: bool
    with_class: bool
    rates: frozenset[Decimal] = frozenset()


@dataclass(frozen=True, slots=True)
class Name:
    """What names an item in its row: the part without the quantity and the code in front of it."""

    part: Part
    quantity: Number | None
    code: Part | None


def prices_of(lines: Sequence[Line], rates: frozenset[Decimal]) -> Prices:
    """How most amounts that end the rows of a document are printed, and the rates of its taxes."""
    last = [line.numbers[-1] for line in lines if line.numbers]
    money = [number for number in last if number.kind == "money"]
    whole = sum(number.match.decimals == 0 for number in money)
    glued = sum(number.kind == "decimal" and number.match.decimals == _GLUED_DECIMALS for number in last)
    return Prices(whole=2 * whole > len(money), with_class=glued >= _SEVERAL, rates=rates)


def amount_of(line: Line, prices: Prices) -> Number | None:
    """The amount that ends a row; None where it has none."""
    numbers = list(line.numbers)
    while numbers and numbers[-1].kind == "identifier" and len(numbers[-1].match.text) == 1:
        numbers.pop()  # The digit of a tax class: "T1".
    if not numbers:
        return None
    last = numbers[-1]
    if last.kind == "integer" and len(numbers) > 1 and numbers[-2].kind == "money" and last.end - last.start == 1:
        last = numbers[-2]  # A tax class behind the amount.
    if prices.with_class and last.kind == "decimal" and last.match.decimals == _GLUED_DECIMALS:
        last = replace(last, value=last.value.quantize(_CENTS, rounding=ROUND_DOWN))
    elif last.kind != "money" and not (prices.whole and last.kind in {"integer", "decimal"} and last.column > 0):
        return None
    behind = line.text[last.end : last.end + _MOST_BEHIND + 1]
    return last if len(behind) <= _MOST_BEHIND and _BEHIND.fullmatch(behind) else None


def product_of_row(line: Line) -> tuple[Number, Number] | None:
    """Quantity and unit price of a row that says nothing else: "2 x 1.50", "0.512 kg x 3.99 EUR/kg"."""
    if len(line.numbers) != 2:  # noqa: PLR2004
        return None
    first, second = line.numbers
    between = line.text[first.end : second.start]
    outside = f"{line.text[: first.start]} {line.text[second.end :]}"
    is_product = is_glue(between) and (_TIMES.search(between) is not None or is_unit(between))
    return (first, second) if is_product and is_glue(_LABEL.sub("", outside)) else None


def tail_of(line: Line, amount: Number) -> list[Number]:
    """The numbers right before an amount, with nothing but units between them."""
    tail: list[Number] = []
    following = amount
    for number in reversed([each for each in line.numbers if each.end <= amount.start]):
        if not is_glue(line.text[number.end : following.start]):
            break
        if number.kind != "percent":
            tail.insert(0, number)
        following = number
    return tail


def named_part(line: Line, end: int) -> Name:
    """What names an item in `line.text[:end]`."""
    first = _FIRST.match(line.text, 0, end)
    quantity = _number_at(line, first) if first else None
    begin = first.end() if first and quantity else 0
    last = None if quantity else _LAST.search(line.text[:end])
    if last:
        quantity, end = _number_at(line, last), last.start()
    code = _CODE.match(line.text, begin, end)
    start = code.end() if code else begin
    text = line.text[start:end]
    mark = _MARK.search(text) if text[-1:].isalpha() and line.text[end : end + 1].isdigit() else None
    text = (text[: mark.start()] if mark else text).rstrip(_LOOSE)
    return Name(Part(line, start, start + len(text)), quantity, Part(line, *code.span(1)) if code else None)


def _number_at(line: Line, match: re.Match[str]) -> Number | None:
    """The number of a line that the group of a match is a part of."""
    start, end = match.span(match.lastgroup or 0)
    return next((number for number in line.numbers if number.start <= start and end <= number.end), None)


def rate_before(line: Line, amount: Number, prices: Prices) -> Number | None:
    """The rate of a tax that is printed between a name and its amount."""
    before = [number for number in line.numbers if number.end <= amount.start]
    rate = next((number for number in reversed(before) if number.kind == "percent"), None)
    return rate if rate and rate.value in prices.rates and is_glue(line.text[rate.end : amount.start]) else None


def quantity_in_column(line: Line, tail: Sequence[Number]) -> Number | None:
    """A small whole number that begins a cell right before the amount: the column of quantities."""
    last = tail[-1] if tail else None
    if last is None or last.kind != "integer" or not 0 < last.value < _MOST_IN_COLUMN:
        return None
    return last if begins_cell(line, last) else None


def begins_cell(line: Line, number: Number) -> bool:
    """Whether a number is the first thing in its cell."""
    return number.start == line.starts[number.column]


def letters_of_name(text: str) -> int:
    """Letters of a text that belong to no unit; a sign of a script that writes syllables or words counts as two."""
    if is_glue(text):
        return 0
    letters = "".join(filter(str.isalpha, "".join(word for word in text.split() if not is_glue(word))))
    return len(letters) + sum(letter >= _FIRST_SYLLABLE for letter in letters)


def unit_of(quantity: Figure) -> Part | None:
    """The unit printed right behind a quantity."""
    match = _UNIT.match(quantity.line.text, quantity.number.end)
    return Part(quantity.line, *match.span(1)) if match and is_unit(match[1]) else None


def tax_class(line: Line, amount: Number) -> str | None:
    """The letter or digit of a tax class behind an amount, with or without a currency between them."""
    words = [word.strip("*#.") for word in line.text[amount.end : amount.end + _MOST_BEHIND].split()]
    return next((word.upper() for word in words if len(word) == 1 and word.isalnum()), None)
