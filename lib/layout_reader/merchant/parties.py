"""Seller and customer on a form: where one name stands in the seller's block, none in the customer's is the merchant.

In: the features of merchant candidates and how likely each is. Out: how likely each is then. Pure.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.layout_reader.merchant.features import merchant_names

_PLAUSIBLE: Final = 0.2
"""Probability that a name in the seller's block needs to speak against others: words like "from" head lists, too."""


def without_customers(features: NDArray[np.float32], likely: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities, 0 for whoever is the customer for certain.

    Args:
        features: The matrix of `merchant_features`.
        likely: (candidates,), 0..1.
    """
    sells, buys = (features[:, merchant_names().index(name)] > 0 for name in ("in_seller", "in_customer"))
    is_known = bool((likely[sells] >= _PLAUSIBLE).any())
    return np.where(buys, 0.0, likely) if is_known else likely
