"""A rate, its tax and what it is of, as a document states them; and the arithmetic that holds them together.

In: numbers of lines. Out: `TaxRow`s. Pure.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from lib.details.rows import Line, Number

HIGHEST_RATE: Final = 35
"""Percent: no tax on sales is higher."""

HALF_A_CENT: Final = Decimal("0.0051")


@dataclass(frozen=True, slots=True)
class TaxRow:
    """A rate, its tax, and what it is of, as far as a row states them.

    Attributes:
        line: Where the tax stands.
        rate: Percent; None where the document states none.
        tax: In `line`.
        base: What the tax is of, where the document states it.
        rate_line: Where the rate stands, if not in `line`.
        base_line: Where the base stands, if not in `line`.
        is_proven: Whether rate times base is the tax, or the row's gross amount has it in it.
    """

    line: Line
    rate: Number | None
    tax: Number
    base: Number | None = None
    rate_line: Line | None = None
    base_line: Line | None = None
    is_proven: bool = False


def is_rate(number: Number) -> bool:
    """Whether a number is a percentage that may be a rate."""
    return number.kind == "percent" and 0 <= number.value <= HIGHEST_RATE


def is_share(rate: Decimal, base: Decimal, tax: Decimal, *, slack: Decimal = HALF_A_CENT) -> bool:
    """Whether a tax is the rate's share of a base, to the cent or as closely as is said; the signs do not matter."""
    if not base or abs(tax) >= abs(base):
        return False
    return abs(abs(base) * rate / 100 - abs(tax)) <= slack
