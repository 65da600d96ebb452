"""Seller and customer on a form: who is not the merchant.

In: the features of merchant candidates and how likely each is. Out: how likely each is then: not at all for whom a
label calls the customer, nor for anybody in the customer's block where a name stands in the seller's. Pure.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.layout_reader.merchant.features import merchant_names

_RIGHT_BELOW: Final = 1.0
"""How near the heading of the seller's block is to the row below it."""

_PLAUSIBLE: Final = 0.2
"""Probability that a name in the seller's block needs to speak against others: words like "from" head lists, too."""


def without_customers(features: NDArray[np.float32], likely: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities, 0 for whoever is the customer for certain.

    Args:
        features: The matrix of `merchant_features`.
        likely: (candidates,), 0..1.
    """
    columns = ("in_seller", "in_customer", "is_customer", "under_seller")
    seller, customer, named, headed = (features[:, merchant_names().index(name)] for name in columns)
    sells, buys = seller > 0, customer > 0
    likely = np.where((named > 0) & ~sells & (headed < _RIGHT_BELOW), 0.0, likely)
    is_known = bool((likely[sells] >= _PLAUSIBLE).any())
    return np.where(buys, 0.0, likely) if is_known else likely
