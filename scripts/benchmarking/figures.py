"""Medians and ratios that say how far they may be off. Pure."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """What several rounds measured.

    Attributes:
        median: The middle of them.
        low: The least.
        high: The most.
    """

    median: float
    low: float
    high: float

    def written(self, digits: int = 2) -> str:
        """As `0.97 (0.95 to 0.99)`."""
        return f"{self.median:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


def spread(values: Sequence[float]) -> Spread:
    """The spread of some values, one at least."""
    return Spread(statistics.median(values), min(values), max(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Ours over theirs, round by round: both met the same weather in a round, and another one in the next.

    Raises:
        ValueError: They have not the same number of rounds.
    """
    return spread([mine / other for mine, other in zip(ours, theirs, strict=True)])


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0..1) of the values do not exceed, nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]
