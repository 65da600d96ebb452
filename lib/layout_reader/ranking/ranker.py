"""How likely each candidate is what it may be.

In: feature matrices. Out: probabilities, 0..1, one for each candidate. What ranks is the `model`; tests and
the training may put another ranker in its place.
"""

from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Role = Literal["merchant", "date", "subtotal", "tax_amount", "total"]
ROLES: Final[tuple[Role, ...]] = ("merchant", "date", "subtotal", "tax_amount", "total")


class Ranker(Protocol):
    """Gives every candidate a probability, and every answer a confidence."""

    def probabilities(self, role: Role, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """One for each line of `features`, 0..1: that the candidate is the document's `role`."""
        ...

    def confidence(self, key: str, probability: float) -> float:
        """What such a probability of the chosen candidate is worth, 0..1."""
        ...
