"""Which amounts of a document add up: to a sum, by a rate, by a rounding, down a column.

In: amount candidates, how near keywords are to each, and a `ParsedDocument`. Out: features of each candidate, by name.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice, pairwise, takewhile
from math import lcm
from typing import Final, NamedTuple

from lib.computing import in_time
from lib.layout_reader.amounts.candidates import AmountCandidate, AmountPlace
from lib.layout_reader.page.parsing import ParsedDocument

_CENT: Final = Decimal("0.011")
_COIN: Final = Decimal("0.05")
"""The smallest coin where cash is rounded. Source: Malaysia, Switzerland, Canada, Australia."""

_RATE_SLACK: Final = 0.006
NAMED_ROUNDING: Final = 2.0
"""Worth of a rounding whose difference the document states; 1 for one that it does not."""

_NAMED: Final = 0.4
"""A keyword this near names its amount."""

_MOST_RATES: Final = 60
"""Different percentages looked at, the most usual ones: a table of discounts has more, a table of taxes a handful."""

_ENTRIES_OF_COLUMN: Final = 240
"""Amounts that are added up: four a row, where a column is read as several."""

_FEW: Final = 8
"""Amounts of a row that are looked at one by one: it takes longer to search them."""

_ROWS_OF_COLUMN: Final = 60
"""Rows: a column that is summed up is no longer."""

_MOST_FOR_SUMS: Final = 70
"""Values that take part in the search for sums: it grows with their square."""


def rates_of(parsed: ParsedDocument) -> tuple[float, ...]:
    """The percentages a document prints, as shares, 0 to 0.35."""
    found = (float(n.value) / 100 for row in parsed.readings for r in row for n in r.numbers if n.kind == "percent")
    usual = Counter(rate for rate in found if 0 < rate <= 0.35)  # noqa: PLR2004
    return tuple(sorted(rate for rate, _ in usual.most_common(_MOST_RATES)))


def sums_of(
    candidates: Sequence[AmountCandidate],
    nearness: Sequence[dict[str, float]],
    *,
    money: Sequence[int],
    rates: Sequence[float],
) -> list[dict[str, float]]:
    """Which parts each value plays in `a + b = c` among the document's amounts, a >= b > 0."""
    lines: list[dict[str, float]] = [{} for _ in candidates]
    money = [index for index in money if candidates[index].value > 0][-_MOST_FOR_SUMS:]
    for large, small, whole in _sums(candidates, money):
        weight = _roles(nearness[large], nearness[small], nearness[whole])
        if rates and _is_rated(candidates[small].value / candidates[large].value, rates):
            weight["rated"] = 1.0
        for index, role in ((large, "net"), (small, "part"), (whole, "sum")):
            line = lines[index]
            line[f"is_{role}"] = 1.0
            for name, value in weight.items():
                line[f"{role}_{name}"] = max(line.get(f"{role}_{name}", 0.0), value)
    _note_rates(candidates, money, lines, rates=rates)
    _note_roundings(candidates, money, lines, named=_named_roundings(candidates, nearness))
    return lines


def _sums(candidates: Sequence[AmountCandidate], money: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """The indices of a, b and c for every `a + b = c`, a > b."""
    by_value = dict(zip(_in_units([candidates[index].value for index in money]), money, strict=True))
    ordered = sorted(by_value.items())
    for position, (value, large) in enumerate(ordered):
        for less, small in ordered[:position]:
            whole = by_value.get(value + less)
            if whole is not None:
                yield large, small, whole


def _in_units(values: Sequence[Decimal]) -> list[int]:
    """The values as whole numbers of what divides them all: these are added and looked up faster than decimals."""
    ratios = [value.as_integer_ratio() for value in values]
    unit = lcm(*[denominator for _, denominator in ratios])
    return [numerator * (unit // denominator) for numerator, denominator in ratios]


def _roles(large: dict[str, float], small: dict[str, float], whole: dict[str, float]) -> dict[str, float]:
    """How well keywords fit a sum, where they do: subtotal + tax = total, or total + change = cash."""
    tax = max(small.get("left_tax", 0.0), small.get("above_tax", 0.0))
    net = max(large.get("left_subtotal", 0.0), large.get("above_subtotal", 0.0))
    gross = max(whole.get("left_total", 0.0), whole.get("above_total", 0.0))
    paid = whole.get("left_cash", 0.0)
    back = max(small.get("left_change", 0.0), large.get("left_change", 0.0))
    worths = {"with_tax": tax, "with_net": net, "with_gross": gross, "with_paid": paid, "with_change": back}
    return {name: worth for name, worth in worths.items() if worth}


def _is_rated(share: Decimal, rates: Sequence[float]) -> bool:
    """Whether a share is one of the rates."""
    value = float(share)
    return any(abs(value - rate) < _RATE_SLACK * rate + 1e-4 for rate in rates)


def _note_rates(
    candidates: Sequence[AmountCandidate],
    money: Sequence[int],
    lines: list[dict[str, float]],
    *,
    rates: Sequence[float],
) -> None:
    """Mark pairs of gross and included tax (tax = gross * rate / (1 + rate)) for rates that the document prints."""
    values = sorted((float(candidates[i].value), i) for i in money)
    for amount, i in values:
        for rate in rates:
            included = _near(values, amount * rate / (1 + rate), below=amount)
            for j in included:
                lines[i]["gross_of_rate"] = 1.0
                lines[j]["tax_of_rate"] = 1.0
            for j in _near(values, amount * rate, below=amount) - included:
                lines[i]["net_of_rate"] = 1.0
                lines[j]["tax_on_rate"] = 1.0


def _near(values: Sequence[tuple[float, int]], wanted: float, *, below: float) -> set[int]:
    """The candidates within a cent of `wanted` and less than `below`; `values` are sorted."""
    cent = float(_CENT)
    found = set()
    for value, index in islice(values, bisect_left(values, (wanted - 2 * cent, 0)), None):
        if value >= below or value > wanted + 2 * cent:
            break
        if abs(value - wanted) < cent:
            found.add(index)
    return found


def _note_roundings(
    candidates: Sequence[AmountCandidate], money: Sequence[int], lines: list[dict[str, float]], *, named: set[Decimal]
) -> None:
    """Mark pairs of amounts up to five cents apart, where one is what coins can pay."""
    ordered = sorted(money, key=lambda i: candidates[i].value)
    for low, high in pairwise(ordered):
        if not 0 < candidates[high].value - candidates[low].value < _COIN:
            continue
        for rounded, exact in ((low, high), (high, low)):
            if candidates[rounded].value % _COIN == 0 and candidates[exact].value % _COIN:
                worth = NAMED_ROUNDING if candidates[high].value - candidates[low].value in named else 1.0
                lines[rounded]["is_rounded"] = worth
                lines[exact]["is_unrounded"] = worth


def _named_roundings(candidates: Sequence[AmountCandidate], nearness: Sequence[dict[str, float]]) -> set[Decimal]:
    """Amounts that the document calls a rounding."""
    return {
        candidate.value
        for candidate, near in zip(candidates, nearness, strict=True)
        if max(near.get("left_rounding", 0.0), near.get("before_rounding", 0.0)) > _NAMED
    }


class Entry(NamedTuple):
    """One amount where it stands: right edge in px, its number among those of its row, and its value with sign."""

    right: float
    number: int
    value: Decimal


class Columns:
    """Every amount of a document in reading order: where it ends, and what stands above it."""

    def __init__(self, parsed: ParsedDocument) -> None:
        """Measure each amount once."""
        self._parsed = parsed
        self._rows: list[list[Entry]] = []
        """The last amount of a row comes first; where there are more than a few, the leftmost one."""
        self._rights: dict[tuple[int, int, int], float] = {}
        for row in in_time(parsed.readings):
            entries: list[Entry] = []
            for reading in row:
                for match in reading.amounts:
                    cell = reading.cell
                    right = cell.sides_at(match.start, match.end)[1]
                    self._rights[cell.row, cell.column, match.start] = right
                    entries.append(Entry(right, len(entries), match.value))
            self._rows.append(sorted(entries) if len(entries) > _FEW else entries[::-1])

    def right_of(self, place: AmountPlace) -> float:
        """Where a place of an amount ends, px."""
        return self._rights[place.cell.row, place.cell.column, place.start]

    def ends_one(self, candidate: AmountCandidate) -> bool:
        """Whether a place of the value is the sum of the amounts right above it in its column."""
        for place in candidate.places:
            reach = 1.5 * self._parsed.frames[place.cell.page_index].height
            above = self._above(place.cell.row, right=self.right_of(place), reach=reach)
            if _is_column_sum(islice(above, _ENTRIES_OF_COLUMN), value=candidate.value):
                return True
        return False

    def _above(self, row: int, *, right: float, reach: float) -> Iterator[Decimal]:
        """The amounts in the rows right above a row that end at the same place, the nearest first."""
        for entries in reversed(self._rows[max(0, row + 1 - _ROWS_OF_COLUMN) : row]):
            near = entries
            if len(entries) > _FEW:
                first = bisect_left(entries, (right - reach - 1,))
                near = entries[first : first + _ENTRIES_OF_COLUMN]
                near = sorted(
                    takewhile(lambda entry: entry.right <= right + reach + 1, near), key=_number, reverse=True
                )
            for entry in near:
                if abs(entry.right - right) <= reach:
                    yield entry.value


def _number(entry: Entry) -> int:
    return entry.number


def _is_column_sum(above: Iterable[Decimal], *, value: Decimal) -> bool:
    """Whether the first two or more of `above` sum up to `value`."""
    running, most = Decimal(0), 3 * value
    for seen, part in enumerate(above, 1):
        running += part
        if seen > 1 and abs(running - value) < _CENT:
            return True
        if running > most:
            return False
    return False
