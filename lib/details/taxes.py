"""Taxes by rate, from pages: tables of taxes, and single rows that state a rate and its tax.

In: the survey of a document and the settled fields. Out: `TaxLine`s in reading order. `read_taxes` is the verb.
Arithmetic is the judge: rate times base is the tax, and the taxes of all rates are the tax of the document.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import permutations
from typing import Final

from lib.computing import in_time
from lib.details.rows import Line, Number, lines_of
from lib.document import Field
from lib.extraction import TaxLine
from lib.grammar.folding import letters_of
from lib.layout_reader.survey import Survey

_HIGHEST_RATE: Final = 35
"""Percent: no tax on sales is higher."""

_MOST_NUMBERS: Final = 7
"""Numbers of a row that are held against each other; a table of taxes has four columns, and now and then twice."""

_MOST_KNOWN: Final = 12
"""Different rates of a document that are held against rows which print none."""

_ROWS_BELOW_HEADER: Final = 6
"""Rows below a word for taxes in which a table of taxes goes on."""

_MOST_ROWS: Final = 30
"""Rates of one table at most."""

_ROWS_APART: Final = 3
"""Rows between two rates of one table at most."""

_MOST_LETTERS: Final = 4
"""Letters of a row that is nothing but a tax class and numbers."""

_CENT: Final = Decimal("0.01")
_HALF_A_CENT: Final = Decimal("0.0051")
_ROUNDED_UP: Final = Decimal("0.02")
"""The same where the row names the tax."""

_ROUNDED: Final = Decimal("0.05")
"""How far off a tax is that was rounded for each item, where its base and it make the gross amount."""

_TAXES: Final = frozenset({"tax", "tax_summary"})
_FIGURES: Final = frozenset({"money", "decimal", "integer"})

_CLASS: Final = re.compile(r"\W*([A-Z]|\d(?=\W))[\W_]{0,3}(?:[A-Z][A-Za-z.]{1,6}\W{1,2})?\d{1,2}(?:[.,]\d{1,3})?\s?%")
"""A row that explains a tax class: "A 7 %", "B=19,0%", "B-TVA 9%"."""

_ADDS_UP: Final = 0.95
_PROVEN: Final = 0.85
_STATED: Final = 0.6


@dataclass(frozen=True, slots=True)
class _Row:
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

    @property
    def label(self) -> str:
        """The row's letters."""
        return "".join(filter(str.isalpha, letters_of(self.line.text)))


def read_taxes(seen: Survey, *, fields: Mapping[str, Field]) -> tuple[TaxLine, ...]:
    """The taxes of a document, one a rate.

    Args:
        seen: The document's rows and what stands in them.
        fields: The six settled fields by key.
    """
    lines = lines_of(seen)
    stated = _value(fields.get("tax_amount"))
    rows, adds_up = _chosen(list(_rows(lines, stated)), stated)
    whole = fields.get("subtotal") if len(rows) == 1 else None
    return tuple(
        [_tax_line(row, adds_up=adds_up, is_disagreed=bool(stated) and not adds_up, whole=whole) for row in rows]
    )


def tax_classes(lines: Sequence[Line]) -> Mapping[str, tuple[Line, Number]]:
    """The rate of each tax class that a document explains, and the row that does."""
    classes: dict[str, tuple[Line, Number]] = {}
    for line in lines:
        match = _CLASS.match(line.text)
        rate = next((number for number in line.numbers if _is_rate(number)), None)
        if match and rate and match.end() >= rate.end:
            classes.setdefault(match[1], (line, rate))
    return classes


def _value(field: Field | None) -> Decimal | None:
    return abs(field.value) if field and isinstance(field.value, Decimal) else None


def _is_rate(number: Number) -> bool:
    return number.kind == "percent" and 0 <= number.value <= _HIGHEST_RATE


def _rows(lines: Sequence[Line], stated: Decimal | None) -> Iterator[_Row]:
    """Every row that may state a tax."""
    known = _known_rates(lines)
    header = -_ROWS_BELOW_HEADER - 1
    for line in in_time(lines):
        kinds = [kind for _, _, kind in sorted(line.keywords)]
        if _TAXES.intersection(kinds):
            header = line.index
        rates = [number for number in line.numbers if _is_rate(number)][:_MOST_NUMBERS]
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
            for rate in filter(_is_rate, line.numbers[:_MOST_NUMBERS]):
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
        nearest = (before[-1:] or behind[:1] or [None])[0]
        return nearest is not None and any(word[0] == nearest[0] and word[2] == "tax" for word in words)

    @property
    def is_bare(self) -> bool:
        """Whether the row says nothing but a tax class."""
        return sum(map(str.isalpha, self.line.text)) <= _MOST_LETTERS


def _row(row: _Context, rates: Sequence[Number]) -> _Row | None:
    """The tax that one row states."""
    numbers = [number for number in row.line.numbers if number.kind in _FIGURES]
    money = [number for number in numbers if number.kind == "money"]
    if not money or len(numbers) > _MOST_NUMBERS or not (row.is_near or row.is_bare):
        return None
    slack = _ROUNDED_UP if row.says_tax else _HALF_A_CENT
    if row.is_bare or row.says_tax:
        found = next((each for rate in rates if (each := _proven(row.line, rate, money, slack))), None)
        if found and (row.is_near or found.base):
            return found
    if rates:
        amount = next((number for number in money if number.start > rates[0].end), money[-1])
        return _Row(row.line, rates[0], amount) if row.names_tax_of(rates[0]) else None
    if not row.is_near or not (row.is_bare or row.says_tax):
        return None
    return _with_rate_inside(row.line, numbers) or _with_known_rate(row, money)


def _proven(line: Line, rate: Number, money: Sequence[Number], slack: Decimal = _HALF_A_CENT) -> _Row | None:
    """The row where one amount is the rate's share of another, or the share inside of a gross amount."""
    for base, tax in permutations(money, 2):
        if _is_share(rate.value, base.value, tax.value, slack=slack):
            return _Row(line, rate, tax, base, is_proven=True)
    for base, tax, gross in permutations(money, 3):
        if base.value + tax.value == gross.value and _is_share(rate.value, base.value, tax.value, slack=_ROUNDED):
            return _Row(line, rate, tax, base, is_proven=True)
    for gross, tax in permutations(money, 2):
        if rate.value and _is_share(rate.value, gross.value - tax.value, tax.value):
            return _Row(line, rate, tax, is_proven=True)
    return None


def _is_share(rate: Decimal, base: Decimal, tax: Decimal, *, slack: Decimal = _HALF_A_CENT) -> bool:
    """Whether a tax is the rate's share of a base, to the cent or as closely as is said; signs are left to the printer."""
    if not base or abs(tax) >= abs(base):
        return False
    return abs(abs(base) * rate / 100 - abs(tax)) <= slack


def _with_rate_inside(line: Line, numbers: Sequence[Number]) -> _Row | None:
    """A row of a table whose rate is printed without a sign: base, rate and tax are three of its numbers."""
    for rate in numbers:
        others = [number for number in numbers if number is not rate and number.kind == "money"]
        if 0 < rate.value <= _HIGHEST_RATE and len(others) > 1 and rate.match.mark is None:
            found = _proven(line, rate, others)
            if found and found.base:
                return found
    return _with_no_tax(line, numbers)


def _with_no_tax(line: Line, numbers: Sequence[Number]) -> _Row | None:
    """The row of a table for what is not taxed: a rate and a tax of zero, and net and gross that are equal."""
    zeros = [number for number in numbers if not number.value]
    others = [number for number in numbers if number.value]
    if len(zeros) == 2 and len(others) == 2 and others[0].value == others[1].value:  # noqa: PLR2004
        return _Row(line, zeros[0], zeros[1], others[0])
    return None


def _with_known_rate(row: _Context, money: Sequence[Number]) -> _Row | None:
    """A row without a rate, with the rate that the document states for taxes elsewhere."""
    for rate_line, rate in row.known.values():
        found = _proven(row.line, rate, money) if rate.value else None
        if found and found.base:
            return replace(found, rate_line=rate_line)
    if not row.is_of_tax or not row.stated or abs(money[-1].value) != row.stated:
        return None
    if len(row.known) == 1:
        ((rate_line, rate),) = row.known.values()
        return _Row(row.line, rate, money[-1], rate_line=rate_line)
    return None if row.known else _Row(row.line, None, money[-1])


def _chosen(rows: Sequence[_Row], stated: Decimal | None) -> tuple[tuple[_Row, ...], bool]:
    """The rows of one table that are the document's tax together; else the first table, proven before unproven."""
    tables = [table for table in map(_cleaned, _tables(rows)) if table]
    rated = [table for table in tables if all(row.rate for row in table)]
    alone = [[row] for table in rated for row in table if sum(each.is_proven for each in table) < 2]  # noqa: PLR2004
    together = _distinct([row for table in rated for row in table])
    for table in (*rated, *map(_distinct, rated), together, *alone):
        if _adds_up(table, stated):
            return tuple(table), True
    proven = max(rated, key=lambda table: sum(row.is_proven for row in table), default=[])
    if any(row.is_proven for row in proven) or (proven and stated is None):
        return tuple(_distinct(proven)), False
    unrated = next(([row] for row in rows if _adds_up([row], stated)), None)
    return (tuple(unrated), True) if unrated else (tuple(_distinct(proven)), False)


def _adds_up(rows: Sequence[_Row], stated: Decimal | None) -> bool:
    """Whether taxes are the tax of the document together, with their signs or without."""
    if stated is None or not rows:
        return False
    values = [row.tax.value for row in rows]
    sums = abs(sum(values, Decimal(0))), sum(map(abs, values), Decimal(0))
    return any(abs(each - stated) <= _CENT for each in sums)


def _tables(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Rows that stand close together."""
    table: list[_Row] = []
    for row in rows:
        if table and (
            len(table) == _MOST_ROWS
            or row.line.index - table[-1].line.index > _ROWS_APART
            or row.line.page_index != table[-1].line.page_index
        ):
            yield table
            table = []
        table.append(row)
    if table:
        yield table


def _cleaned(rows: Sequence[_Row]) -> list[_Row]:
    """The rows without those of no tax on nothing, those that state a base, and the parts of a tax stated as a whole."""
    rows = [_with_base(row, rows) for row in rows if row.tax.value or (row.base and row.base.value)]
    shares = {(row.rate.value, abs(row.base.value)) for row in rows if row.rate and row.base}
    rows = [row for row in rows if not row.rate or (row.rate.value, abs(row.tax.value)) not in shares]
    for whole in rows:
        parts = [row for row in rows if row is not whole]
        same = sum((row.tax.value for row in parts), Decimal(0)) == whole.tax.value
        rates = sum((row.rate.value for row in parts if row.rate), Decimal(0))
        if len(parts) > 1 and same and whole.rate and rates == whole.rate.value:
            return [whole]
    return list(rows)


def _with_base(row: _Row, rows: Sequence[_Row]) -> _Row:
    """The row with the base that another row of its rate states: "Net at 20 %: 10.83" beside "VAT 20 %: 2.17"."""
    for other in rows if row.base is None and row.rate else ():
        same = other.rate and other.rate.value == row.rate.value and other.line.page_index == row.line.page_index
        if same and other.base is None and _is_share(row.rate.value, other.tax.value, row.tax.value):
            return replace(row, base=other.tax, base_line=other.line, is_proven=True)
    return row


def _distinct(rows: Sequence[_Row]) -> list[_Row]:
    """One row for each rate and tax, the proven one where there are several."""
    best: dict[tuple[Decimal | None, Decimal], _Row] = {}
    for row in rows:
        key = row.rate.value if row.rate else None, abs(row.tax.value)
        if key not in best or (row.is_proven and not best[key].is_proven):
            best[key] = row
    return list(best.values())


def _tax_line(row: _Row, *, adds_up: bool, is_disagreed: bool, whole: Field | None) -> TaxLine:
    confidence = _ADDS_UP if adds_up else _PROVEN if row.is_proven else _STATED
    amount = _field("amount", row.tax, row.line, confidence)
    base = _field("base", row.base, row.base_line or row.line, confidence) if row.base else None
    subtotal = _value(whole)
    if base is None and whole and row.rate and subtotal and _is_share(row.rate.value, subtotal, row.tax.value):
        base = replace(whole, key="base", value=subtotal, problem=None)
    return TaxLine(
        rate=_field("rate", row.rate, row.rate_line or row.line, confidence) if row.rate else None,
        base=base,
        amount=replace(amount, problem="taxes_disagree") if is_disagreed else amount,
    )


def _field(key: str, number: Number, line: Line, confidence: float) -> Field:
    text = line.text[number.start : number.end]
    return Field(key, number.value, text, confidence, line.page_index, line.box(number.start, number.end))
