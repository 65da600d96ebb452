"""Whether what is said to be sure is right: answers of high confidence, and documents that need no review.

In: judged documents. Out: counts and shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lib.evaluation.scoring import Judged

SURE = 0.9
"""Confidence from which an answer counts as sure."""


@dataclass(frozen=True, slots=True)
class Assurance:
    """What was promised, and kept.

    Attributes:
        answers: Labelled fields with a value.
        sure: Of these, those with a confidence of SURE and more.
        sure_right: Of these, those that are right.
        documents: Those with a label.
        unreviewed: Of these, those that are said to need no review.
        unreviewed_right: Of these, those whose labelled fields are all right.
    """

    answers: int
    sure: int
    sure_right: int
    documents: int
    unreviewed: int
    unreviewed_right: int

    @property
    def confident_right(self) -> float | None:
        """Share of the sure answers that are right; None where no answer is sure."""
        return self.sure_right / self.sure if self.sure else None

    @property
    def confident_share(self) -> float | None:
        """Share of all answers that are sure; None without answers."""
        return self.sure / self.answers if self.answers else None

    @property
    def no_review_right(self) -> float | None:
        """Share of the documents that need no review that are wholly right; None where there is none."""
        return self.unreviewed_right / self.unreviewed if self.unreviewed else None

    @property
    def no_review_share(self) -> float | None:
        """Share of all documents that need no review; None where nobody says so of any, or there are none."""
        return self.unreviewed / self.documents if self.unreviewed else None

    def as_json(self) -> dict[str, object]:
        """The shares, rounded to four decimals."""
        shares = {
            "confident_right": self.confident_right,
            "confident_share": self.confident_share,
            "no_review_right": self.no_review_right,
            "no_review_share": self.no_review_share,
        }
        return {name: None if share is None else round(share, 4) for name, share in shares.items()}


def assure(judged: Sequence[Judged]) -> Assurance:
    """The promises of all documents."""
    answered = [outcome for one in judged for outcome in one.outcomes if outcome.is_answered]
    sure = [outcome for outcome in answered if (outcome.answered.confidence or 0.0) >= SURE]
    labelled = [one for one in judged if one.outcomes]
    unreviewed = [one for one in labelled if one.prediction.review_needed is False]
    return Assurance(
        answers=len(answered),
        sure=len(sure),
        sure_right=sum(outcome.verdict == "right" for outcome in sure),
        documents=len(labelled),
        unreviewed=len(unreviewed),
        unreviewed_right=sum(one.perfect for one in unreviewed),
    )
