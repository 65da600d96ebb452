"""Rows that may state a tax: below or beside a word for taxes, or proven by their own numbers.

In: lines, and the settled tax. Out: `TaxRow`s in reading order. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import permutations
from typing import Final

from lib.computing import in_time
from lib.details.rows import Line, Number
from lib.details.taxes.tax_row import HALF_A_CENT, HIGHEST_RATE, TaxRow, is_rate, is_share

_MOST_NUMBERS: Final = 7
"""Numbers of a row that are held against each other; a table of taxes has four columns, and now and then twice."""

_MOST_KNOWN: Final = 12
"""Different rates of a document that are held against rows which print none."""

_ROWS_BELOW_HEADER: Final = 6
"""Rows below a word for taxes in which a table of taxes goes on."""

_MOST_LETTERS: Final = 4
"""Letters of a row that is nothing but a tax class and numbers."""

_ROUNDED_UP: Final = Decimal("0.02")
"""The same where the row names the tax."""

_ROUNDED: Final = Decimal("0.05")
"""How far off a tax is that was rounded for each item, where its base and it make the gross amount."""

_TAXES: Final = frozenset({"tax", "tax_summary"})
_FIGURES: Final = frozenset({"money", "decimal", "integer"})


def tax_rows(lines: Sequence[Line], stated: Decimal | None) -> Iterator[TaxRow]:
    """Every row that may state a tax."""
    known = _known_rates(lines)
    header = -_ROWS_BELOW_HEADER - 1
    for line in in_time(lines):
        kinds = [kind for _, _, kind in sorted(line.keywords)]
        if _TAXES.intersection(kinds):
            header = line.index
        rates = [number for number in line.numbers if is_rate(number)][:_MOST_NUMBERS]
        if "discount" not in kinds:
            row = _row(_Context(line, kinds, line.index - header <= _ROWS_BELOW_HEADER, known, stated), rates)
            if row:
                yield row


def _known_rates(lines: Sequence[Line]) -> Mapping[Decimal, tuple[Line, Number]]:
    """The rates that stand beside words for taxes, or shortly below them, each with its first row."""
    known: dict[Decimal, tuple[Line, Number]] = {}
    header = -_ROWS_BELOW_HEADER - 1
    for line in lines:
        if any(kind in _TAXES for _, _, kind in line.keywords):
            header = line.index
        if line.index - header <= _ROWS_BELOW_HEADER and len(known) < _MOST_KNOWN:
            for rate in filter(is_rate, line.numbers[:_MOST_NUMBERS]):
                known.setdefault(rate.value, (line, rate))
    return known


@dataclass(frozen=True, slots=True)
class _Context:
    """A row and what is known where it stands.

    Attributes:
        line: The row.
        kinds: Of the phrases in it, from left to right.
        is_near: Whether a word for taxes stands in it or shortly above.
        known: The rates that stand beside words for taxes so far, each with its row.
        stated: The tax of the document.
    """

    line: Line
    kinds: Sequence[str]
    is_near: bool
    known: Mapping[Decimal, tuple[Line, Number]]
    stated: Decimal | None

    @property
    def says_tax(self) -> bool:
        """Whether the row names a tax."""
        return "tax" in self.kinds

    @property
    def is_of_tax(self) -> bool:
        """Whether the last phrase of the row names a tax: what it states is one."""
        return bool(self.kinds) and self.kinds[-1] == "tax"

    def names_tax_of(self, rate: Number) -> bool:
        """Whether the phrase right before a rate names a tax, or the one behind it where none stands before."""
        words = sorted(self.line.keywords)
        before = [word for word in words if word[0] < rate.start]
        behind = [word for word in words if word[0] >= rate.end]
        nearest = before[-1:] or behind[:1]
        return any(word[0] == nearest[0][0] and word[2] == "tax" for word in words) if nearest else False

    @property
    def is_bare(self) -> bool:
        """Whether the row says nothing but a tax class."""
        return sum(map(str.isalpha, self.line.text)) <= _MOST_LETTERS


def _row(row: _Context, rates: Sequence[Number]) -> TaxRow | None:
    """The tax that one row states."""
    numbers = [number for number in row.line.numbers if number.kind in _FIGURES]
    money = [number for number in numbers if number.kind == "money"]
    if not money or len(numbers) > _MOST_NUMBERS or not (row.is_near or row.is_bare):
        return None
    slack = _ROUNDED_UP if row.says_tax else HALF_A_CENT
    if row.is_bare or row.says_tax:
        found = next((each for rate in rates if (each := _proven(row.line, rate, money, slack))), None)
        if found and (row.is_near or found.base):
            return found
    if rates:
        amount = next((number for number in money if number.start > rates[0].end), money[-1])
        return TaxRow(row.line, rates[0], amount) if row.names_tax_of(rates[0]) else None
    if not row.is_near or not (row.is_bare or row.says_tax):
        return None
    return _with_rate_inside(row.line, numbers) or _with_known_rate(row, money)


def _proven(line: Line, rate: Number, money: Sequence[Number], slack: Decimal = HALF_A_CENT) -> TaxRow | None:
    """The row where one amount is the rate's share of another, or the share inside of a gross amount."""
    for base, tax in permutations(money, 2):
        if is_share(rate.value, base.value, tax.value, slack=slack):
            return TaxRow(line, rate, tax, base, is_proven=True)
    for base, tax, gross in permutations(money, 3):
        if base.value + tax.value == gross.value and is_share(rate.value, base.value, tax.value, slack=_ROUNDED):
            return TaxRow(line, rate, tax, base, is_proven=True)
    for gross, tax in permutations(money, 2):
        if rate.value and is_share(rate.value, gross.value - tax.value, tax.value):
            return TaxRow(line, rate, tax, is_proven=True)
    return None


def _with_rate_inside(line: Line, numbers: Sequence[Number]) -> TaxRow | None:
    """A row of a table whose rate is printed without a sign: base, rate and tax are three of its numbers."""
    for rate in numbers:
        others = [number for number in numbers if number is not rate and number.kind == "money"]
        if 0 < rate.value <= HIGHEST_RATE and len(others) > 1 and rate.match.mark is None:
            found = _proven(line, rate, others)
            if found and found.base:
                return found
    return _with_no_tax(line, numbers)


def _with_no_tax(line: Line, numbers: Sequence[Number]) -> TaxRow | None:
    """The row of a table for what is not taxed: a rate and a tax of zero, and net and gross that are equal."""
    zeros = [number for number in numbers if not number.value]
    others = [number for number in numbers if number.value]
    if len(zeros) == 2 and len(others) == 2 and others[0].value == others[1].value:  # noqa: PLR2004
        return TaxRow(line, zeros[0], zeros[1], others[0])
    return None


def _with_known_rate(row: _Context, money: Sequence[Number]) -> TaxRow | None:
    """A row without a rate, with the rate that the document states for taxes elsewhere."""
    for rate_line, rate in row.known.values():
        found = _proven(row.line, rate, money) if rate.value else None
        if found and found.base:
            return replace(found, rate_line=rate_line)
    if not row.is_of_tax or not row.stated or abs(money[-1].value) != row.stated:
        return None
    if len(row.known) == 1:
        ((rate_line, rate),) = row.known.values()
        return TaxRow(row.line, rate, money[-1], rate_line=rate_line)
    return None if row.known else TaxRow(row.line, None, money[-1])
