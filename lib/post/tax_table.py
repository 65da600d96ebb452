"""What a table of taxes proves: one row for each rate, and together they are the total.

In: the amounts found, and the document's evidence. Out: the tax and the subtotal, or nothing. Nothing is invented: each
row states a net amount and its tax, or a gross amount and the tax in it, at a rate that the document prints, and the
gross amounts of the rows, one a rate, add up to the total to the cent, or to the coin it was rounded to. Rows of a rate
and its tax alone prove the tax where the amounts they are of add up as closely as their cents tell. Pure.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations, pairwise, permutations
from typing import Final, TypeAlias

from lib.computing import in_time
from lib.document import FieldKey
from lib.grammar.amounts import AmountMatch, find_amounts
from lib.grammar.recall import remembered
from lib.post.evidence import Evidence, Occurrence
from lib.post.tax_parts import Amounts, size_of, sum_field

StatedAmount: TypeAlias = Occurrence[AmountMatch]

_MOST_AMOUNTS: Final = 6
"""Amounts of a row at most: a table of taxes has four columns, and now and then two of them twice."""

_MOST_ROWS: Final = 16
_MOST_RATES: Final = 4
_MOST_PRINTED: Final = 60
"""Different percentages of a document at most: with more of them nearly any two amounts look like a net and its tax."""

_HIGHEST_RATE: Final = 30
_LEAST_TIMES: Final = 3
"""Times that an amount is larger than the tax on it at least: no rate is a third."""

_ROWS_BELOW: Final = 3
_HALF_A_CENT: Final = Decimal("0.006")
_CENTS_OF_ITEMS: Final = Decimal("0.02")
"""A tax that was rounded for each item, where net, tax and gross amount stand in the row."""

_LESS_THAN_ONE: Final = Decimal("0.99")
"""Where prices have no decimals, taxes are rounded down to whole numbers. Source: Japan's usual invoices."""

_COIN: Final = Decimal("0.05")
_CERTAIN: Final = 0.95
"""Share of the total's confidence that what the table proves has."""


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One row of the table.

    Attributes:
        row: Of the document; below zero one of several in one row.
        rate: Percent.
        net: Where it is printed, else None.
        tax: As printed.
        gross: Net and tax, printed or not; below zero where both are, as for bottles that are given back.
        slack: How far off `gross` may be, where the tax alone says what it is of.
    """

    row: int
    rate: Decimal
    net: StatedAmount | None
    tax: StatedAmount
    gross: Decimal
    slack: Decimal = Decimal(0)


def amounts_of_table(amounts: Amounts, evidence: Evidence) -> Amounts:
    """The tax, and the subtotal, that a table proves and the fields do not have; else nothing.

    A total that is the gross amount of one rate alone gives way to the one that all rates add up to.
    """
    total = amounts.get("total")
    if total is None:
        return {}
    table = tax_rows(evidence)
    rows = _proving(size_of(total), table) or _proving(size_of(total), _lone_taxes(evidence))
    rows = rows or _proving(size_of(total), _paired_taxes(evidence), least=2)
    whole = _whole(rows[0], table, evidence) if len(rows) == 1 else None
    if whole:
        value, place = abs(whole.match.value), whole.line.page_index
        found = replace(total, value=value, raw=whole.match.text, page_index=place, bbox=whole.bbox)
        corrected: Amounts = {"total": found}
        return {**corrected, **amounts_of_table({**amounts, **corrected}, evidence)}
    return _proven(amounts, rows, evidence, confidence=_CERTAIN * total.confidence) if rows else {}


def _whole(part: TaxRow, table: Sequence[TaxRow], evidence: Evidence) -> StatedAmount | None:
    """What the document calls a total, outside of the table, where it is the sum of this row and others."""
    inside = {row.row for row in table}
    printed: dict[Decimal, StatedAmount] = {}
    for each in evidence.amounts:
        if each.line.row not in inside and "total" in evidence.kinds_in_row(each.line.row):
            printed.setdefault(abs(each.match.value), each)
    for count in range(1, _MOST_RATES):
        for others in combinations([row for row in table if row.row != part.row], count):
            chosen = (part, *others)
            if len({row.rate for row in chosen}) == len({row.row for row in chosen}) == count + 1:
                stated = printed.get(sum((row.gross for row in chosen), Decimal(0)))
                if stated:
                    return stated
    return None


def _proven(amounts: Amounts, rows: Sequence[TaxRow], evidence: Evidence, *, confidence: float) -> Amounts:
    proven = dict[FieldKey, Sequence[StatedAmount]]()
    if _is_wrong_tax(amounts, rows):
        proven["tax_amount"] = [row.tax for row in rows]
    nets = [net for row in rows if (net := row.net or _net_below(row, evidence))]
    if len(nets) == len(rows) and _is_wrong_subtotal(amounts, rows, evidence):
        proven["subtotal"] = nets
    signed = len({row.gross > 0 for row in rows}) > 1
    found = {
        key: sum_field(key, parts, evidence, confidence=confidence, signed=signed) for key, parts in proven.items()
    }
    return found or {key: field for key, field in amounts.items() if key == "tax_amount"}


def _net_below(row: TaxRow, evidence: Evidence) -> StatedAmount | None:
    """The net amount of a row that has none, where one of the next rows states it."""
    net = row.gross - abs(row.tax.match.value)
    below = (each for each in evidence.amounts if 0 < each.line.row - row.tax.line.row <= _ROWS_BELOW)
    return next((each for each in below if each.match.kind == "money" and each.match.value == net), None)


def _is_wrong_tax(amounts: Amounts, rows: Sequence[TaxRow]) -> bool:
    """Whether the tax is missing, or another amount that does not explain the total either."""
    stated, subtotal, total = amounts.get("tax_amount"), amounts.get("subtotal"), amounts["total"]
    whole = abs(sum((abs(row.tax.match.value) * (1 if row.gross > 0 else -1) for row in rows), Decimal(0)))
    if stated is None or size_of(stated) in {0, whole}:
        return stated is None or size_of(stated) != whole
    if subtotal is None or size_of(subtotal) + size_of(stated) != size_of(total):
        return True
    return {size_of(subtotal), size_of(stated)} <= {abs(row.gross) for row in rows}


def _is_wrong_subtotal(amounts: Amounts, rows: Sequence[TaxRow], evidence: Evidence) -> bool:
    """Whether it is missing, that of one rate out of several, or the total that no row calls a subtotal."""
    stated = amounts.get("subtotal")
    if stated is None:
        return True
    value = size_of(stated)
    if value == size_of(amounts["total"]):
        stating = {each.line.row for each in evidence.amounts if abs(each.match.value) == value}
        return not any("subtotal" in evidence.kinds_in_row(row) for row in stating)
    return len(rows) > 1 and any(value in {abs(row.gross), abs(row.gross) - abs(row.tax.match.value)} for row in rows)


def _proving(total: Decimal, rows: Sequence[TaxRow], *, least: int = 1) -> tuple[TaxRow, ...]:
    """The rows, one a rate and at least so many, that add up to the total; the fewest, of equals the last."""
    for count in range(least, _MOST_RATES + 1):
        for chosen in combinations(reversed(rows), count):
            several = len({row.rate for row in chosen}) == count == len({row.row for row in chosen})
            slack = sum((row.slack for row in chosen), Decimal(0))
            if several and _is_total(abs(sum((row.gross for row in chosen), Decimal(0))), total, slack=slack):
                return tuple(reversed(chosen))
    return ()


def _is_total(whole: Decimal, total: Decimal, *, slack: Decimal) -> bool:
    """Whether a sum is the total, as far as it is known, or the total was rounded to a coin."""
    off = abs(whole - total)
    return off <= slack or (not slack and total % _COIN == 0 and off < _COIN / 2)


@remembered
def _lone_taxes(evidence: Evidence) -> tuple[TaxRow, ...]:
    """Rows that say tax, one rate and one amount, the last of too many."""
    found = []
    for stated in evidence.amounts if evidence.rates else ():
        row = stated.line.row
        rates = evidence.rates_by_row.get(row, frozenset())
        if len(rates) == 1 and stated.match.kind == "money" and "tax" in evidence.kinds_in_row(row):
            (rate,) = rates
            times = (100 + rate) / rate
            found.append(TaxRow(row, rate, None, stated, abs(stated.match.value) * times, _HALF_A_CENT * times))
    counts = Counter(each.row for each in found)
    return tuple(each for each in found if counts[each.row] == 1)[-_MOST_ROWS:]


@remembered
def _paired_taxes(evidence: Evidence) -> tuple[TaxRow, ...]:
    """Several rates in one line, the tax right behind each: "A 10% 0,40 B 20% 0,37"."""
    found: list[TaxRow] = []
    for line in in_time(evidence.lines) if evidence.rates else ():
        numbers = find_amounts(line.text, style=evidence.style) if line.text.count("%") > 1 else ()
        for rate, tax in pairwise(numbers):
            if rate.kind == "percent" and tax.kind == "money" and 1 < rate.value <= _HIGHEST_RATE:
                times = (100 + rate.value) / rate.value
                slack = _HALF_A_CENT * times
                gross = abs(tax.value) * times
                found.append(TaxRow(-len(found) - 1, rate.value, None, Occurrence(tax, line), gross, slack))
    return tuple(found[-_MOST_ROWS:])


@remembered
def tax_rows(evidence: Evidence) -> tuple[TaxRow, ...]:
    """Every row that states amounts of one rate; of those alike, and of too many, the last."""
    rates = evidence.rates
    by_row: dict[int, list[StatedAmount]] = defaultdict(list)
    for stated in evidence.amounts if evidence.rates_by_row and len(rates) <= _MOST_PRINTED else ():
        by_row[stated.line.row].append(stated)
    found: dict[tuple[int, Decimal, Decimal], TaxRow] = {}
    for row, stated_ones in by_row.items():
        if 1 < len(stated_ones) <= _MOST_AMOUNTS:
            untaxed = _untaxed(row, stated_ones) if row in evidence.untaxed_rows else ()
            for each in (*_readings(row, stated_ones, rates), *untaxed):
                found.setdefault((row, each.rate, each.gross), each)
    return tuple(found.values())[-_MOST_ROWS:]


def _readings(row: int, stated: Sequence[StatedAmount], rates: frozenset[Decimal]) -> Iterator[TaxRow]:
    """How a row's amounts can be read as those of one rate, the surest first."""
    money = [each for each in stated if each.match.kind == "money" and each.match.value]
    whole = {abs(each.match.value) for each in money}
    # In some tables the rate is a number like any other, under a heading with the percent sign.
    usable = rates | {value for each in stated if 1 < (value := abs(each.match.value)) <= _HIGHEST_RATE}
    for base, tax in permutations(money, 2):
        amount, part = abs(base.match.value), abs(tax.match.value)
        for rate in usable if part * _LEAST_TIMES < amount else ():
            is_printed = rate in rates
            adds_up = amount + part in whole
            slack = _HALF_A_CENT if base.match.decimals or tax.match.decimals else _LESS_THAN_ONE
            of_items = _CENTS_OF_ITEMS if adds_up and is_printed else slack
            if _is_share(part, amount, rate / 100, max(slack, of_items)) and (is_printed or adds_up):
                sign = -1 if base.match.negative and tax.match.negative else 1
                yield TaxRow(row, rate, base, tax, sign * (amount + part))
            if is_printed and _is_share(part, amount, rate / (100 + rate), slack) and amount - part not in whole:
                yield TaxRow(row, rate, None, tax, amount)


def _untaxed(row: int, stated: Sequence[StatedAmount]) -> Iterator[TaxRow]:
    """A row of the rate zero: an amount, and a tax of nothing on it."""
    money = [each for each in stated if each.match.kind == "money"]
    taxes = [each for each in money if not each.match.value]
    bases = [each for each in money if each.match.value > 0]
    if taxes and len({each.match.value for each in bases}) == 1:
        yield TaxRow(row, Decimal(0), bases[0], taxes[0], bases[0].match.value)


def _is_share(part: Decimal, amount: Decimal, share: Decimal, slack: Decimal) -> bool:
    return abs(amount * share - part) <= slack
