"""Subtotal, tax and total chosen together, so that the arithmetic holds where it can.

In: amount candidates and how likely each is each role. Out: one choice for each role, or none. Pure.
The score of a choice is the sum of the log odds of its parts, plus what the sums say: subtotal + tax = total (with a
tip, a charge, a discount or a rounding between, where the document has one) speaks for all three at once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.layout_reader.amounts.candidates import AmountCandidate
from lib.layout_reader.ranking.ranker import Role

AMOUNT_ROLES: Final[tuple[Role, ...]] = ("subtotal", "tax_amount", "total")

_LOOKED_AT: Final = 6
"""Candidates of each role that take part."""

_LEAST: Final = {"subtotal": 0.3, "tax_amount": 0.25, "total": 0.12}
"""Odds below this probability count as against a candidate: with nothing else for it, there is no answer."""

_HOLDS: Final = 2.0
"""The most that sums can say for a choice."""

_HOLDS_WITH_EXTRA: Final = 1.0
_BROKEN: Final = -0.5
_ABSURD: Final = -4.0
_RULED_OUT: Final = -20.0
"""Log odds that no sum makes up for."""

_CENT: Final = Decimal("0.011")


@dataclass(frozen=True, slots=True)
class Totals:
    """Indices of the chosen candidates, None where there is none.

    Attributes:
        subtotal: Index of the chosen candidate.
        tax_amount: Likewise.
        total: Likewise.
        agreement: What the sums said for the choice, in log odds; below zero: they disagree.
    """

    subtotal: int | None
    tax_amount: int | None
    total: int | None
    agreement: float

    def of(self, role: Role) -> int | None:
        """The choice for one role."""
        return {"subtotal": self.subtotal, "tax_amount": self.tax_amount, "total": self.total}[role]


def choose_totals(
    candidates: Sequence[AmountCandidate],
    likely: Mapping[Role, NDArray[np.float64]],
    *,
    extras: Sequence[Decimal] = (),
    superseded: Collection[int] = (),
    other_than_tax: Collection[int] = (),
    possible_subtotals: Collection[int] | None = None,
) -> Totals:
    """The choice with the best score; ties go to the candidates that stand last.

    Args:
        candidates: Amounts of one document.
        likely: For each of AMOUNT_ROLES, one probability for each candidate.
        superseded: Candidates that the document itself rounds to another: no totals.
        other_than_tax: Candidates that the document calls something else: no taxes.
        possible_subtotals: Only these may be subtotal and total at once; None: all may.
        extras: Amounts that may stand between subtotal + tax and total: tips, charges, discounts, roundings.
    """
    odds = {role: _log_odds(likely[role], least=_LEAST[role]) for role in AMOUNT_ROLES}
    for index in superseded:
        odds["total"][index] += _RULED_OUT
    for index in other_than_tax:
        odds["tax_amount"][index] += _RULED_OUT
    subtotals, taxes, totals = (_options(odds[role]) for role in AMOUNT_ROLES)
    best, best_score = Totals(None, None, None, 0.0), 0.0
    most_for_total = max([for_total for _, for_total in totals])
    for (subtotal, for_subtotal), (tax, for_tax) in product(subtotals, taxes):
        if for_subtotal + for_tax + most_for_total + _HOLDS <= best_score:
            continue
        for total, for_total in totals:
            score = for_subtotal + for_tax + for_total
            if score + _HOLDS <= best_score:
                continue
            if subtotal is not None and subtotal == total and not _may_be_both(total, possible_subtotals):
                continue
            values = [None if choice is None else candidates[choice].value for choice in (subtotal, tax, total)]
            agreement = _agreement(*values, extras=extras)
            if score + agreement > best_score:
                best, best_score = Totals(subtotal, tax, total, agreement), score + agreement
    return best


def _may_be_both(index: int, possible: Collection[int] | None) -> bool:
    return possible is None or index in possible


def _log_odds(likely: NDArray[np.float64], *, least: float) -> NDArray[np.float64]:
    clipped = np.clip(likely, 1e-4, 1 - 1e-4)
    shift = np.log(least / (1 - least))
    return np.asarray(np.log(clipped / (1 - clipped)) - shift, dtype=np.float64)


def _options(odds: NDArray[np.float64]) -> list[tuple[int | None, float]]:
    """The best candidates and their odds, and none, which has nothing for it or against it."""
    worth = odds.tolist()
    ranked = sorted(range(len(worth)), key=lambda i: (-worth[i], -i))[:_LOOKED_AT]
    return [(None, 0.0), *((index, worth[index]) for index in ranked)]


def _agreement(
    subtotal: Decimal | None, tax: Decimal | None, total: Decimal | None, *, extras: Sequence[Decimal]
) -> float:
    """What the sums say, in log odds."""
    if total is not None and tax is not None and tax >= total > 0:
        return _ABSURD
    if subtotal is not None and tax is not None and tax >= subtotal > 0:
        return _ABSURD
    if total is None or subtotal is None:
        return 0.0
    if tax is None:
        return 0.0 if subtotal <= total else _off(subtotal - total, extras)
    gap = total - subtotal - tax
    if abs(gap) < _CENT:
        return _HOLDS
    # Prices that include the tax: the subtotal is the total, or differs by an extra.
    return max(_off(gap, extras), _off(total - subtotal, extras) if abs(total - subtotal) >= _CENT else 0.0)


def _off(gap: Decimal, extras: Sequence[Decimal]) -> float:
    known = any(abs(abs(gap) - extra) < _CENT for extra in extras if extra > 0)
    return _HOLDS_WITH_EXTRA if known else _BROKEN
