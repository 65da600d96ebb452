"""An item while it is being read: where its description and its numbers stand.

In: lines. Out: `Draft`s, and the arithmetic of one row: quantity times unit price is the amount. Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import permutations
from typing import Final

from lib.details.rows import Line, Number

_CENT: Final = Decimal("0.01")
_GROUP: Final = re.compile(r"\d{1,3}[.,]\d{3}")
_MOST_FACTORS: Final = 4
"""Numbers of a row that may be its quantity and its unit price."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some characters of a line."""

    line: Line
    start: int
    end: int

    @property
    def text(self) -> str:
        """As printed, without spaces around."""
        return self.line.text[self.start : self.end].strip()


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and the line it stands in."""

    number: Number
    line: Line

    @property
    def value(self) -> Decimal:
        """With its sign."""
        return self.number.value

    @property
    def part(self) -> Part:
        """Its characters."""
        return Part(self.line, self.number.start, self.number.end)


@dataclass(frozen=True, slots=True)
class Draft:
    """One item as read so far.

    Attributes:
        amount: Of its own row.
        description: Parts of lines, in reading order.
        discount: On a row below it, or in a column.
        is_product: Whether quantity times unit price is the amount.
        is_doubtful: Whether words name it that goods are rarely named by.
        is_fee: Whether words name a fee: an item where it stands among items, none below the last one.
        is_charge: Whether it is a tax or a rounding: no item, yet a part of the sum.
        tax_class: The letter behind its amount, which a table of taxes explains.
        in_table: Whether it stands below a header.
    """

    amount: Figure
    description: tuple[Part, ...] = ()
    quantity: Figure | None = None
    unit: Part | None = None
    unit_price: Figure | None = None
    tax_rate: Figure | None = None
    product_code: Part | None = None
    discount: Figure | None = None
    is_product: bool = False
    is_doubtful: bool = False
    is_fee: bool = False
    is_charge: bool = False
    tax_class: str | None = None
    in_table: bool = False

    @property
    def is_likely(self) -> bool:
        """Whether it is an item although no sum proves it: goods name it, and its amount is printed as one."""
        is_money = self.amount.number.kind != "integer" or self.is_product
        return is_money and not (self.is_doubtful or self.is_charge or self.is_fee)

    @property
    def weight(self) -> int:
        """How much it counts for a run of items: nothing where it is a charge or free, less where it is doubtful."""
        if self.is_charge or self.is_fee or not self.amount.value:
            return 0
        return 2 if not self.is_doubtful else int(self.in_table)

    @property
    def value(self) -> Decimal:
        """What it adds to the sum of all items."""
        return self.amount.value - abs(self.discount.value if self.discount else Decimal(0))


def is_product(quantity: Number, price: Number, amount: Decimal) -> bool:
    """Whether quantity times unit price is an amount, as closely as the printed decimals of the price tell."""
    rounding = quantity.value * Decimal(5).scaleb(-max(price.match.decimals, 2) - 1)
    return abs(abs(quantity.value * price.value) - abs(amount)) <= abs(rounding) + _CENT / 2


def factors(numbers: Sequence[Number], amount: Decimal) -> tuple[Number, Number] | None:
    """The quantity and the unit price among the numbers of a row, where a pair of them gives its amount.

    A price has decimals where only one of the two has; else the quantity stands first.
    """
    usable = [number for number in numbers if number.kind != "identifier"][-_MOST_FACTORS:]
    for readings in (usable, [_with_decimals(number) for number in usable]):
        fitting = [pair for pair in permutations(readings, 2) if is_product(*pair, amount)]
        if fitting:
            return min(fitting, key=_unlikelihood)
    return None


def _with_decimals(number: Number) -> Number:
    """A number whose three last digits are decimals, although its document writes thousands so: "1.000 kg"."""
    is_group = number.match.decimals == 0 and _GROUP.fullmatch(number.match.text.strip())
    return replace(number, value=number.value / 1000) if is_group else number


def _unlikelihood(pair: tuple[Number, Number]) -> tuple[bool, bool, bool]:
    quantity, price = pair
    return quantity.match.mark is not None, price.match.decimals != 2, quantity.start > price.start  # noqa: PLR2004


def height_of(draft: Draft) -> float:
    """How high the letters of its row are, px."""
    return draft.amount.line.row.cells[0].height
