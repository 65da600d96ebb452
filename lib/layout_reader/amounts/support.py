"""What a total needs beside the model's word: a name, or sums that lead to it.

In: amount candidates, their features and the probabilities of being the total. Out: which of them may be it. Pure.
A page without a total still has a likeliest amount, an item as a rule: nothing is better than that.
"""

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.layout_reader.amounts.candidates import AmountCandidate
from lib.layout_reader.amounts.features import columns_of, most_of

LEAST_OF_NAMED: Final = 0.5
"""How sure a total is that a row names and the model overlooked, and one that is the only price of its document."""

_UNAIDED: Final = 0.4
"""Probability from which the model needs no further evidence."""

_UNAIDED_TAX: Final = 0.15
_TAX_NAMED: Final = 0.3
_NAMED: Final = 0.2
_SURELY_NAMED: Final = 0.5
_SIDES: Final = ("left", "above", "before")
_TOTAL_NAMED: Final = columns_of(f"{side}_{kind}" for side in _SIDES for kind in ("total", "cash", "payment"))
_TOTAL_PROVEN: Final = columns_of(("is_item_sum", "is_sum", "gross_of_rate", "net_with_change"))
_CALLED_TAX: Final = columns_of(
    f"{side}_{kind}" for side in (*_SIDES, "right", "behind") for kind in ("tax", "tax_summary")
)
_TAX_PROVEN: Final = columns_of(("tax_of_rate", "tax_on_rate", "part_rated"))
_TOTAL_IN_FRONT, _LAST_IN_ROW, _DECIMALS = columns_of(("left_total", "last_in_row", "decimals"))
"""Columns of features."""


def unsupported_totals(features: NDArray[np.float32], likely: NDArray[np.float64]) -> list[int]:
    """Candidates that neither a word nor a sum of the document makes a total, and the model hardly does.

    Args:
        features: The matrix of `amount_features`.
        likely: (candidates,) How likely each is the total.
    """
    named = most_of(features, _TOTAL_NAMED) >= _NAMED
    proven = most_of(features, _TOTAL_PROVEN) > 0
    return [int(index) for index in np.flatnonzero(~named & ~proven & (likely < _UNAIDED))]


def unnamed_taxes(features: NDArray[np.float32], likely: NDArray[np.float64]) -> list[int]:
    """Candidates that neither a word nor a rate makes a tax, and the model hardly does: a sum alone makes none.

    Args:
        features: The matrix of `amount_features`.
        likely: (candidates,) How likely each is the tax.
    """
    named = most_of(features, _CALLED_TAX) >= _TAX_NAMED
    proven = most_of(features, _TAX_PROVEN) > 0
    return [int(index) for index in np.flatnonzero(~named & ~proven & (likely < _UNAIDED_TAX))]


def overlooked_total(
    candidates: Sequence[AmountCandidate], features: NDArray[np.float32], *, superseded: Collection[int] = ()
) -> int | None:
    """The total where the model finds none: the only price, marked as one, or the one at the end of a row for it.

    Args:
        candidates: Amounts of one document.
        features: The matrix of `amount_features`.
        superseded: Those that are no totals.
    """
    prices = [index for index, each in enumerate(candidates) if _is_price(each)]
    if len(prices) == 1 and all(place.match.mark for place in candidates[prices[0]].places):
        return prices[0]
    total, last, decimals = (features[:, column] for column in (_TOTAL_IN_FRONT, _LAST_IN_ROW, _DECIMALS))
    usable = [index for index in prices if last[index] and decimals[index] and index not in superseded]
    named = [index for index in usable if total[index] >= _SURELY_NAMED]
    return named[0] if len(named) == 1 else None


def _is_price(candidate: AmountCandidate) -> bool:
    return candidate.value > 0 and any(place.match.kind == "money" for place in candidate.places)
