"""Right or wrong, and how often.

In: labelled documents and predictions. Out: an `Outcome` for each labelled field, and a `Summary` of them.

Rules: dates and currencies are equal. Amounts are equal to the cent, without their sign (a credit note states either),
and are numbers. Merchants are equal after folding case, accents, spaces and punctuation; or one of the two, four
characters at least, begins the other, or stands inside it and is at least half as long; or they are 85 % similar.
Only fields that the label states count: recall is right / labelled, precision right / answered.
"""

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from lib.document import AMOUNT_KEYS, FIELD_KEYS, FieldKey
from lib.evaluation.dataset import LabelledDocument
from lib.evaluation.prediction import JsonScalar, PredictedField, Prediction

HALF_A_CENT = Decimal("0.005")
MIN_CONTAINED = 4
"""Folded characters from which a name may count as a part of another."""
SIMILAR = 0.85
"""difflib's ratio from which two names are the same."""

Verdict: TypeAlias = Literal["right", "wrong", "missing"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One labelled field and what was answered for it."""

    document: LabelledDocument
    key: FieldKey
    truth: str
    answered: PredictedField
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """One document with all its outcomes."""

    document: LabelledDocument
    prediction: Prediction
    outcomes: tuple[Outcome, ...]

    @property
    def perfect(self) -> bool:
        """Whether every labelled field is right."""
        return all(outcome.verdict == "right" for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of outcomes."""

    labelled: int = 0
    answered: int = 0
    right: int = 0

    @property
    def recall(self) -> float | None:
        """Right of labelled, 0..1; None where nothing is labelled."""
        return self.right / self.labelled if self.labelled else None

    @property
    def precision(self) -> float | None:
        """Right of answered, 0..1; None where nothing is answered."""
        return self.right / self.answered if self.answered else None


@dataclass(frozen=True, slots=True)
class StratumSummary:
    """The figures of one kind of document; `perfect` counts among `labelled`, the documents with any label."""

    documents: int
    labelled: int
    perfect: int
    fields: Mapping[FieldKey, Tally]
    all_fields: Tally


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one evaluation.

    Attributes:
        documents: All of them, answered or not.
        failed: Those without an answer because of an error.
        strata: By stratum, sorted.
        fields: By field, over all strata.
        all_fields: Over everything: its recall is the micro recall.
        macro_recall: Mean over the strata of their recall, so that small strata weigh as much as large ones.
        perfect_documents: Share of documents whose labelled fields are all right.
        seconds_median: Of a document.
    """

    documents: int
    failed: int
    strata: Mapping[str, StratumSummary]
    fields: Mapping[FieldKey, Tally]
    all_fields: Tally
    macro_recall: float | None
    perfect_documents: float | None
    seconds_median: float | None


def folded(text: str) -> str:
    """Letters and digits only, lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in decomposed if character.isalnum())


def is_same(key: FieldKey, answered: JsonScalar, truth: str) -> bool:
    """Whether an answer states what the label states, by the rules above."""
    if answered is None:
        return False
    if key in AMOUNT_KEYS:
        return _is_same_amount(answered, truth)
    if key == "merchant":
        return _is_same_name(folded(str(answered)), folded(truth))
    return str(answered) == truth


def _is_same_amount(answered: JsonScalar, truth: str) -> bool:
    if isinstance(answered, bool) or not isinstance(answered, int | float):
        return False
    difference = abs(Decimal(str(answered))) - abs(Decimal(truth))
    return abs(difference) < HALF_A_CENT


def _is_same_name(answered: str, truth: str) -> bool:
    if not answered or not truth:
        return False
    short, long = sorted((answered, truth), key=len)
    if short == long or (len(short) >= MIN_CONTAINED and long.startswith(short)):
        return True
    if len(short) >= MIN_CONTAINED and short in long and 2 * len(short) >= len(long):
        return True
    return difflib.SequenceMatcher(None, answered, truth).ratio() >= SIMILAR


def judge(documents: Iterable[LabelledDocument], predictions: Mapping[str, Prediction]) -> tuple[Judged, ...]:
    """Every document with its outcomes; one that `predictions` does not have counts as unanswered."""
    return tuple(_judged(document, predictions.get(document.id, Prediction(document.id))) for document in documents)


def _judged(document: LabelledDocument, prediction: Prediction) -> Judged:
    outcomes = (_outcome(document, key, prediction.of(key)) for key in FIELD_KEYS if key in document.truth)
    return Judged(document, prediction, tuple(outcomes))


def _outcome(document: LabelledDocument, key: FieldKey, answered: PredictedField) -> Outcome:
    truth = document.truth[key]
    wrong: Verdict = "missing" if answered.value is None else "wrong"
    return Outcome(document, key, truth, answered, "right" if is_same(key, answered.value, truth) else wrong)


def summarize(judged: Sequence[Judged]) -> Summary:
    """The figures over judged documents."""
    strata = {name: _of_stratum(judged, name) for name in sorted({one.document.stratum for one in judged})}
    outcomes = [outcome for one in judged for outcome in one.outcomes]
    recalls = [recall for stratum in strata.values() if (recall := stratum.all_fields.recall) is not None]
    labelled = sum(stratum.labelled for stratum in strata.values())
    seconds = sorted(one.prediction.seconds for one in judged)
    return Summary(
        documents=len(judged),
        failed=sum(one.prediction.error is not None for one in judged),
        strata=strata,
        fields=_tallies(outcomes),
        all_fields=_tally(outcomes),
        macro_recall=sum(recalls) / len(recalls) if recalls else None,
        perfect_documents=sum(s.perfect for s in strata.values()) / labelled if labelled else None,
        seconds_median=seconds[len(seconds) // 2] if seconds else None,
    )


def _of_stratum(judged: Sequence[Judged], name: str) -> StratumSummary:
    members = [one for one in judged if one.document.stratum == name]
    labelled = [one for one in members if one.outcomes]
    outcomes = [outcome for one in members for outcome in one.outcomes]
    return StratumSummary(
        documents=len(members),
        labelled=len(labelled),
        perfect=sum(one.perfect for one in labelled),
        fields=_tallies(outcomes),
        all_fields=_tally(outcomes),
    )


def _tallies(outcomes: Sequence[Outcome]) -> dict[FieldKey, Tally]:
    return {key: _tally([outcome for outcome in outcomes if outcome.key == key]) for key in FIELD_KEYS}


def _tally(outcomes: Sequence[Outcome]) -> Tally:
    return Tally(
        labelled=len(outcomes),
        answered=sum(outcome.verdict != "missing" for outcome in outcomes),
        right=sum(outcome.verdict == "right" for outcome in outcomes),
    )


def as_json(summary: Summary) -> dict[str, object]:
    """The headline figures, shares rounded to four decimals."""
    return {
        "documents": summary.documents,
        "failed": summary.failed,
        "macro_recall": _rounded(summary.macro_recall),
        "micro_recall": _rounded(summary.all_fields.recall),
        "precision": _rounded(summary.all_fields.precision),
        "field_recall": {key: _rounded(tally.recall) for key, tally in summary.fields.items()},
        "field_precision": {key: _rounded(tally.precision) for key, tally in summary.fields.items()},
        "strata": {name: _rounded(stratum.all_fields.recall) for name, stratum in summary.strata.items()},
        "perfect_documents": _rounded(summary.perfect_documents),
        "seconds_per_document_median": _rounded(summary.seconds_median, digits=3),
    }


def _rounded(share: float | None, *, digits: int = 4) -> float | None:
    return None if share is None else round(share, digits)
