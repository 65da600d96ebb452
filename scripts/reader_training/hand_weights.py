"""Weights set by hand: the yardstick that the learned ranker is measured against.

In: feature matrices. Out: probabilities from a logistic score.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.layout_reader.ranking import Role


class HandWeights:
    """A logistic score for each role."""

    def __init__(self, names: Mapping[Role, Sequence[str]]) -> None:
        """Lay the weights out in the order of the features' `names`."""
        self._weights = {
            role: np.asarray([_WEIGHTS[role].get(name, 0.0) for name in columns]) for role, columns in names.items()
        }

    def probabilities(self, role: Role, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """See `Ranker`."""
        scores = features @ self._weights[role] + _BIAS[role]
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -30, 30))), dtype=np.float64)

    def confidence(self, key: str, probability: float) -> float:  # noqa: ARG002 - part of the protocol
        """See `ranking.Ranker`: nothing is known about what it is worth."""
        return probability


_BIAS: Final[Mapping[Role, float]] = {
    "merchant": -3.0,
    "date": 0.0,
    "subtotal": -4.0,
    "tax_amount": -4.0,
    "total": -4.0,
}

_WEIGHTS: Final[Mapping[Role, Mapping[str, float]]] = {
    "merchant": {
        "row": -0.25,
        "form_letters": 0.35,
        "height": 0.6,
        "to_tallest": 1.0,
        "digits": -3.0,
        "covered": -2.5,
        "has_colon": -1.5,
        "has_postcode": -1.0,
        "has_comma": -0.7,
        "holds_date": -2.0,
        "has_money": -2.0,
        "under_customer": -4.0,
        "under_seller": 1.5,
        "is_site": 1.5,
        "has_not_merchant": -1.5,
        "has_contact": -1.0,
        "has_tax_id": -1.0,
        "repeats": 0.2,
        "page": -1.0,
    },
    "date": {
        "left_date": 2.0,
        "above_date": 1.0,
        "before_date": 1.0,
        "left_due_date": -3.0,
        "above_due_date": -1.5,
        "left_delivery_date": -2.0,
        "has_time": 0.8,
        "in_range": -1.0,
        "with_amounts": -1.5,
        "is_glued": -1.5,
        "places": 0.3,
        "first_row": -1.0,
    },
    "subtotal": {
        "left_subtotal": 5.0,
        "above_subtotal": 1.5,
        "before_subtotal": 1.5,
        "left_total": -1.0,
        "left_tax": -1.5,
        "left_cash": -2.0,
        "left_change": -3.0,
        "net_with_tax": 1.5,
        "net_with_gross": 1.0,
        "is_integer": -1.5,
        "is_zero": -4.0,
    },
    "tax_amount": {
        "left_tax": 4.0,
        "above_tax": 1.5,
        "left_subtotal": -1.5,
        "left_total": -0.5,
        "left_change": -3.0,
        "left_cash": -2.0,
        "left_tax_id": -3.0,
        "part_rated": 1.5,
        "part_with_gross": 1.5,
        "tax_of_rate": 1.0,
        "tax_on_rate": 1.0,
        "is_integer": -1.5,
        "to_largest": -2.0,
        "is_zero": -1.0,
    },
    "total": {
        "left_total": 4.0,
        "above_total": 0.8,
        "before_total": 1.2,
        "left_subtotal": -1.5,
        "left_tax": -1.5,
        "left_cash": -1.0,
        "left_change": -4.0,
        "left_quantity": -2.0,
        "left_discount": -2.5,
        "sum_with_tax": 1.0,
        "sum_with_net": 1.0,
        "places": 0.3,
        "height": 0.4,
        "to_largest": 1.0,
        "rank": -0.12,
        "is_integer": -2.0,
        "is_zero": -3.0,
        "last_row": 0.5,
    },
}
