"""Taxes of several rates and the sum of them.

In: amount candidates and the keywords near them. Out: which of them are the parts of a tax, and which is their sum.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from itertools import combinations
from typing import Final

from lib.layout_reader.amounts.candidates import AmountCandidate, AmountPlace

_NAMED: Final = 0.5
_NAMED_AFAR: Final = 0.2
"""The same for their sum, which stands at the foot of a column whose heading is many rows above."""

_MOST_PLACES: Final = 8
"""Places of one value looked at, the last ones."""

_MOST_RATES: Final = 4
_MOST_TAXES: Final = 12
_OFF: Final = (Decimal("-0.01"), Decimal(0), Decimal("0.01"))
"""What a sum of rounded taxes may be off by."""


def tax_sums(candidates: Sequence[AmountCandidate], nearness: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """For each candidate `sums_taxes` or `is_tax_part`, where some amounts called a tax sum up to another one."""
    lines: list[dict[str, float]] = [{} for _ in candidates]
    named = [_nearest(near) if candidates[index].value > 0 else 0.0 for index, near in enumerate(nearness)]
    taxes = [index for index, worth in enumerate(named) if worth >= _NAMED][-_MOST_TAXES:]
    wholes = [index for index, worth in enumerate(named) if index in taxes or _NAMED_AFAR <= worth < _NAMED]
    by_value = {candidates[index].value: index for index in wholes}
    most = max(by_value, default=Decimal(0)) + _OFF[-1]
    for count in range(2, _MOST_RATES + 1):
        for parts in combinations(taxes, count):
            whole = sum([candidates[part].value for part in parts], Decimal(0))
            if whole > most:
                continue
            for index in {by_value[whole + off] for off in _OFF if whole + off in by_value} - set(parts):
                if index in taxes or _foots(candidates[index], [candidates[part] for part in parts]):
                    lines[index]["sums_taxes"] = 1.0
                    for part in parts:
                        lines[part]["is_tax_part"] = 1.0
    return lines


def _foots(whole: AmountCandidate, parts: Sequence[AmountCandidate]) -> bool:
    """Whether it stands below all of the parts in one column."""
    return any(
        all(any(map(partial(_is_below, place), part.places[-_MOST_PLACES:])) for part in parts)
        for place in whole.places[-_MOST_PLACES:]
    )


def _is_below(place: AmountPlace, other: AmountPlace) -> bool:
    shared = min(place.bbox.x1, other.bbox.x1) - max(place.bbox.x0, other.bbox.x0)
    return place.page_index == other.page_index and place.cell.row > other.cell.row and shared > 0


def _nearest(near: Mapping[str, float]) -> float:
    """How near a keyword for taxes is, 0..1."""
    return max(near.get("left_tax", 0.0), near.get("above_tax", 0.0))
