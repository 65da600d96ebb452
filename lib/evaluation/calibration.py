"""Whether a confidence of 0.9 is right nine times out of ten.

In: outcomes. Out: a reliability table and the expected calibration error.
Source: Guo et al., "On Calibration of Modern Neural Networks" (2017): equal-width bins, gaps weighted by their counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lib.evaluation.scoring import Outcome

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose confidence lies in [low, high), the last bin including 1.

    Attributes:
        low: Lower end.
        high: Upper end.
        answers: How many.
        confidence: Their mean confidence; None where there are none.
        accuracy: The share of them that is right; None where there are none.
    """

    low: float
    high: float
    answers: int
    confidence: float | None
    accuracy: float | None

    @property
    def gap(self) -> float:
        """Between what is promised and what is kept, 0..1; 0 for an empty bin."""
        return (
            abs(self.accuracy - self.confidence) if self.accuracy is not None and self.confidence is not None else 0.0
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """The reliability of all answered and labelled fields."""

    bins: tuple[Bin, ...]

    @property
    def answers(self) -> int:
        """How many answers there are."""
        return sum(each.answers for each in self.bins)

    @property
    def expected_error(self) -> float | None:
        """Mean gap over all answers, 0..1; None where no answer has a confidence."""
        return sum(each.gap * each.answers for each in self.bins) / self.answers if self.answers else None


def calibrate(outcomes: Iterable[Outcome]) -> Calibration:
    """The reliability of those outcomes that were answered with a confidence."""
    answers = [
        (outcome.answered.confidence, outcome.verdict == "right")
        for outcome in outcomes
        if outcome.is_answered and outcome.answered.confidence is not None
    ]
    return Calibration(tuple(_bin(index, answers) for index in range(BINS)))


def _bin(index: int, answers: Sequence[tuple[float, bool]]) -> Bin:
    members = [(confidence, right) for confidence, right in answers if min(int(confidence * BINS), BINS - 1) == index]
    count = len(members)
    return Bin(
        low=index / BINS,
        high=(index + 1) / BINS,
        answers=count,
        confidence=sum(confidence for confidence, _ in members) / count if count else None,
        accuracy=sum(right for _, right in members) / count if count else None,
    )
