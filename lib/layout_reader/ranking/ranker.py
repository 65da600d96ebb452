"""How likely each candidate is what it may be.

In: feature matrices. Out: probabilities, 0..1, one for each candidate, and the confidence of an answer. What ranks is
the `model`; tests and the training may put another ranker in its place.
"""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Role = Literal["merchant", "date", "subtotal", "tax_amount", "total"]
ROLES: Final[tuple[Role, ...]] = ("merchant", "date", "subtotal", "tax_amount", "total")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the candidate that was chosen.

    Attributes:
        probability: Its own, 0..1.
        runner_up: The greatest of the others, 0..1; 0 where there is no other.
        agreement: What the sums of the chosen amounts say, in log odds: below 0, they disagree.
    """

    probability: float
    runner_up: float = 0.0
    agreement: float = 0.0


class Ranker(Protocol):
    """Gives every candidate a probability, and every answer a confidence."""

    def probabilities(self, role: Role, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """One for each line of `features`, 0..1: that the candidate is the document's `role`."""
        ...

    def confidence(self, key: str, evidence: Evidence) -> float:
        """How sure an answer with such evidence is, 0..1."""
        ...
