"""What speaks for an amount being the total, the subtotal or the tax.

In: a `Survey` and its amount candidates. Out: a matrix, one line for each candidate, columns as in `amount_names()`.
Nothing in it depends on a language: words count by their kind. All numbers are relative to the document.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.layout_reader.amount_sums import ends_column, entries_of, rates_of, sums_of
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
"""Attributes of `Surroundings`, taken by their names."""

_FEW: Final = 2


def amount_features(survey: Survey, candidates: Sequence[AmountCandidate]) -> NDArray[np.float32]:
    """One line for each candidate, float32, shape (candidates, features)."""
    if not candidates:
        return np.zeros((0, len(amount_names())), dtype=np.float32)
    context = Context(survey)
    around = [[context.around(place) for place in candidate.places] for candidate in candidates]
    nearness = [_nearness(places) for places in around]
    money = _money(candidates)
    sums = sums_of(candidates, nearness, money=money, rates=rates_of(survey))
    taxes = tax_sums(candidates, nearness)
    largest = max((candidates[index].value for index in money), default=Decimal(1))
    ranks = _ranks(candidates, money)
    entries = entries_of(survey)
    lines = []
    for index, candidate in enumerate(candidates):
        line = dict(nearness[index])
        line |= _shape(candidate, survey)
        line |= _position(candidate, survey)
        line |= sums[index] | taxes[index]
        line["rank"] = ranks[index]
        line["to_largest"] = min(float(candidate.value / largest), 1.01) if largest else 0.0
        line["is_item_sum"] = float(ends_column(candidate, entries, survey))
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
