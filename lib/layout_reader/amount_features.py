"""What speaks for an amount being the total, the subtotal or the tax.

In: a `Survey` and its amount candidates. Out: a matrix, one line for each candidate, columns as in `amount_names()`.
Nothing in it depends on a language: words count by their kind. All numbers are relative to the document.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, pairwise
from operator import attrgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.layout_reader.candidates import AmountCandidate, AmountPlace
from lib.layout_reader.context import Context, Surroundings
from lib.layout_reader.survey import Survey
from lib.layout_reader.tax_sums import tax_sums

KINDS: Final = (
    "total",
    "total_noise",
    "tax_summary",
    "subtotal",
    "tax",
    "cash",
    "change",
    "discount",
    "tip",
    "rounding",
    "service",
    "item",
    "quantity",
    "unit_price",
    "tax_id",
    "payment",
    "invoice_number",
    "contact",
    "date",
    "due_date",
    "customer",
)
"""Kinds of keywords that say something about an amount."""

_SIDES: Final = ("left", "above", "before", "behind", "right")
_CENT: Final = Decimal("0.011")
_COIN: Final = Decimal("0.05")
"""The smallest coin where cash is rounded. Source: Malaysia, Switzerland, Canada, Australia."""

_RATE_SLACK: Final = 0.006
NAMED_ROUNDING: Final = 2.0
"""Worth of a rounding whose difference the document states; 1 for one that it does not."""
_FEW: Final = 2
_NAMED: Final = 0.4
"""A keyword this near names its amount."""

_ROWS_OF_COLUMN: Final = 60
"""Rows: a column that is summed up is no longer."""

_MOST_FOR_SUMS: Final = 70
"""Values that take part in the search for sums: it grows with their square."""


def amount_features(survey: Survey, candidates: Sequence[AmountCandidate]) -> NDArray[np.float32]:
    """One line for each candidate, float32, shape (candidates, features)."""
    if not candidates:
        return np.zeros((0, len(amount_names())), dtype=np.float32)
    context = Context(survey)
    around = [[context.around(place) for place in candidate.places] for candidate in candidates]
    nearness = [_nearness(places) for places in around]
    sums = _sums(candidates, nearness, money=_money(candidates), rates=_rates(survey))
    money = _money(candidates)
    taxes = tax_sums(candidates, nearness)
    largest = max((candidates[index].value for index in money), default=Decimal(1))
    ranks = _ranks(candidates, money)
    entries = _entries(survey)
    lines = []
    for index, candidate in enumerate(candidates):
        line = dict(nearness[index])
        line |= _shape(candidate, survey)
        line |= _position(candidate, survey)
        line |= sums[index] | taxes[index]
        line["rank"] = ranks[index]
        line["to_largest"] = min(float(candidate.value / largest), 1.01) if largest else 0.0
        line["is_item_sum"] = float(_ends_column(candidate, entries, survey))
        lines.append([line.get(name, 0.0) for name in amount_names()])
    return np.asarray(lines, dtype=np.float32)


def amount_names() -> tuple[str, ...]:
    """Names of the columns, in order."""
    return _NAMES


def _nearness(places: Sequence[Surroundings]) -> dict[str, float]:
    """The best of all places, for each side and kind."""
    best: dict[str, float] = {}
    for place in places:
        for side in _SIDES:
            for kind, worth in getattr(place, side).items():
                name = f"{side}_{kind}"
                best[name] = max(best.get(name, 0.0), worth)
    return best


def _money(candidates: Sequence[AmountCandidate]) -> list[int]:
    """Indices of what is surely money; of every number in a document that writes its prices without decimals."""
    sure = [i for i, c in enumerate(candidates) if any(place.match.kind == "money" for place in c.places)]
    return sure if len(sure) >= _FEW else list(range(len(candidates)))


def _shape(candidate: AmountCandidate, survey: Survey) -> dict[str, float]:
    matches = [place.match for place in candidate.places]
    heights = [place.cell.height / survey.frames[place.cell.page_index].height for place in candidate.places]
    return {
        "is_money": float(any(match.kind == "money" for match in matches)),
        "is_integer": float(all(match.kind == "integer" for match in matches)),
        "is_marked": float(any(match.mark for match in matches)),
        "share_marked": sum(bool(match.mark) for match in matches) / len(matches),
        "decimals": float(max(match.decimals for match in matches)),
        "is_negative": float(any(match.negative for match in matches)),
        "is_zero": float(candidate.value == 0),
        "places": float(min(len(matches), 6)),
        "height": max(heights),
        "height_least": min(heights),
    }


def _position(candidate: AmountCandidate, survey: Survey) -> dict[str, float]:
    first, last = candidate.places[0].cell, candidate.places[-1].cell
    rows = len(survey.rows)
    pages = max(survey.frames) + 1
    frame = survey.frames[last.page_index]
    amounts_in_row = [len([a for r in survey.readings[p.cell.row] for a in r.amounts]) for p in candidate.places]
    texts = [survey.rows[place.cell.row].text for place in candidate.places]
    return {
        "first_row": first.row / rows,
        "last_row": last.row / rows,
        "rows_after": float(min(rows - last.row, 40)),
        "right_edge": max(_right_edge(place, survey) for place in candidate.places),
        "x_center": (last.bbox.center[0] - frame.content.x0) / max(frame.content.width, 1.0),
        "last_in_row": float(any(_is_last_in_row(place, survey) for place in candidate.places)),
        "least_in_row": float(min(amounts_in_row)),
        "most_in_row": float(min(max(amounts_in_row), 8)),
        "alone": float(any(len(survey.rows[place.cell.row].cells) == 1 for place in candidate.places)),
        "letters": float(min(sum(character.isalpha() for character in text) for text in texts)),
        "percent": float(any(_has_percent(place, survey) for place in candidate.places)),
        "page": last.page_index / pages if pages > 1 else 1.0,
    }


def _right_edge(place: AmountPlace, survey: Survey) -> float:
    frame = survey.frames[place.cell.page_index]
    return (place.bbox.x1 - frame.content.x0) / max(frame.content.width, 1.0)


def _is_last_in_row(place: AmountPlace, survey: Survey) -> bool:
    rest = survey.readings[place.cell.row][place.cell.column + 1 :]
    return not any(reading.amounts for reading in rest) and not any(
        match.start >= place.end for match in survey.readings[place.cell.row][place.cell.column].amounts
    )


def _has_percent(place: AmountPlace, survey: Survey) -> bool:
    return any(n.kind == "percent" for reading in survey.readings[place.cell.row] for n in reading.numbers)


def _ranks(candidates: Sequence[AmountCandidate], money: Sequence[int]) -> list[float]:
    """0 for the largest amount of money, 1 for the next ...; 12 at most, and for what is no money."""
    values = sorted({candidates[index].value for index in money}, reverse=True)
    place = {value: float(min(index, 12)) for index, value in enumerate(values)}
    return [place.get(candidate.value, 12.0) for candidate in candidates]


def _rates(survey: Survey) -> tuple[float, ...]:
    """The percentages a document prints, as shares, 0 to 0.35."""
    found = {float(n.value) / 100 for row in survey.readings for r in row for n in r.numbers if n.kind == "percent"}
    return tuple(sorted(rate for rate in found if 0 < rate <= 0.35))  # noqa: PLR2004


def _sums(
    candidates: Sequence[AmountCandidate],
    nearness: Sequence[dict[str, float]],
    *,
    money: Sequence[int],
    rates: Sequence[float],
) -> list[dict[str, float]]:
    """Which parts each value plays in `a + b = c` among the document's amounts, a >= b > 0."""
    lines: list[dict[str, float]] = [{} for _ in candidates]
    money = [index for index in money if candidates[index].value > 0][-_MOST_FOR_SUMS:]
    by_value = {candidates[i].value: i for i in money}
    for position, i in enumerate(money):
        for j in money[position + 1 :]:
            large, small = (i, j) if candidates[i].value >= candidates[j].value else (j, i)
            whole = by_value.get(candidates[large].value + candidates[small].value)
            if whole is None:
                continue
            share = float(candidates[small].value / candidates[large].value)
            weight = _roles(nearness[large], nearness[small], nearness[whole])
            rated = float(any(abs(share - rate) < _RATE_SLACK * rate + 1e-4 for rate in rates))
            for index, role in ((large, "net"), (small, "part"), (whole, "sum")):
                line = lines[index]
                line[f"is_{role}"] = 1.0
                line[f"{role}_rated"] = max(line.get(f"{role}_rated", 0.0), rated)
                for name, value in weight.items():
                    line[f"{role}_{name}"] = max(line.get(f"{role}_{name}", 0.0), value)
    _note_rates(candidates, money, lines, rates=rates)
    _note_roundings(candidates, money, lines, named=_named_roundings(candidates, nearness))
    return lines


def _roles(large: dict[str, float], small: dict[str, float], whole: dict[str, float]) -> dict[str, float]:
    """How well keywords fit a sum: subtotal + tax = total, or total + change = cash."""
    tax = max(small.get("left_tax", 0.0), small.get("above_tax", 0.0))
    net = max(large.get("left_subtotal", 0.0), large.get("above_subtotal", 0.0))
    gross = max(whole.get("left_total", 0.0), whole.get("above_total", 0.0))
    paid = whole.get("left_cash", 0.0)
    back = max(small.get("left_change", 0.0), large.get("left_change", 0.0))
    return {"with_tax": tax, "with_net": net, "with_gross": gross, "with_paid": paid, "with_change": back}


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


@dataclass(frozen=True, slots=True)
class _Entry:
    """One amount where it stands: row, right edge in px, and its value with sign."""

    row: int
    right: float
    value: Decimal


def _entries(survey: Survey) -> tuple[_Entry, ...]:
    """Every amount of the document in reading order."""
    return tuple(
        _Entry(reading.cell.row, reading.cell.bbox_at(match.start, match.end).x1, match.value)
        for row in survey.readings
        for reading in row
        for match in reading.amounts
    )


def _ends_column(candidate: AmountCandidate, entries: Sequence[_Entry], survey: Survey) -> bool:
    """Whether a place of the value is the sum of the amounts right above it in its column."""
    return any(
        _is_column_sum(
            _above(place.cell.row, entries),
            value=candidate.value,
            right=place.bbox.x1,
            reach=1.5 * survey.frames[place.cell.page_index].height,
        )
        for place in candidate.places
    )


def _above(row: int, entries: Sequence[_Entry]) -> Sequence[_Entry]:
    """The entries of the rows right above a row; they stand in the order of their rows."""
    first = bisect_right(entries, row - _ROWS_OF_COLUMN, key=attrgetter("row"))
    return entries[first : bisect_left(entries, row, key=attrgetter("row"))]


def _is_column_sum(above: Sequence[_Entry], *, value: Decimal, right: float, reach: float) -> bool:
    """Whether the last two or more of `above` that end at `right` sum up to `value`."""
    running, seen = Decimal(0), 0
    for entry in reversed(above):
        if abs(entry.right - right) > reach:
            continue
        running += entry.value
        seen += 1
        if seen > 1 and abs(running - value) < _CENT:
            return True
        if running > 3 * value:
            return False
    return False


_NAMES: Final = (
    *(f"{side}_{kind}" for side in _SIDES for kind in KINDS),
    *("is_money", "is_integer", "is_marked", "share_marked", "decimals", "is_negative", "is_zero", "places"),
    *("height", "height_least", "first_row", "last_row", "rows_after", "right_edge", "x_center", "last_in_row"),
    *("least_in_row", "most_in_row", "alone", "letters", "percent", "page", "rank", "to_largest", "is_item_sum"),
    *(
        f"{role}_{name}"
        for role in ("net", "part", "sum")
        for name in ("rated", "with_tax", "with_net", "with_gross", "with_paid", "with_change")
    ),
    *("is_net", "is_part", "is_sum", "gross_of_rate", "tax_of_rate", "net_of_rate", "tax_on_rate"),
    *("is_rounded", "is_unrounded", "sums_taxes", "is_tax_part"),
)
