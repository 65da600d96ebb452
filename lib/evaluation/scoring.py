"""Right or wrong, and how often.

In: labelled documents and predictions. Out: an `Outcome` for each labelled field, and a `Summary` of them.

Rules: dates and currencies are equal. Amounts are equal to the cent, without their sign (a credit note states either),
and are numbers. Merchants are equal after folding case, accents, spaces and punctuation; or one of the two, four
characters at least, begins the other, or stands inside it and is at least half as long, unless the answer is less than
a third of the name or much longer than it (a name with its address); or they are 85 % similar.
Only fields with a label count: recall is right / labelled, precision right answers / answered. A label may say that the
document does not state the field: then no answer is right, and an answer is invented.
"""

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from lib.document import AMOUNT_KEYS, FIELD_KEYS, FieldKey
from lib.evaluation.dataset import OK, LabelledDocument
from lib.evaluation.prediction import JsonScalar, PredictedField, Prediction

HALF_A_CENT = Decimal("0.005")
MIN_CONTAINED = 4
"""Folded characters from which a name may count as a part of another."""
SIMILAR = 0.85
"""difflib's ratio from which two names are the same."""
LEAST_OF_NAME = 0.33
"""Share of the name's length below which an answer is a crumb of it."""

Verdict: TypeAlias = Literal["right", "wrong", "missing"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One labelled field and what was answered for it; `truth` is None where the document does not state it."""

    document: LabelledDocument
    key: FieldKey
    truth: str | None
    answered: PredictedField
    verdict: Verdict

    @property
    def is_answered(self) -> bool:
        """Whether there is a value."""
        return self.answered.value is not None


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

    @property
    def failed(self) -> bool:
        """Whether there is no answer, though there should be one."""
        return self.prediction.error is not None and self.document.status == OK


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of outcomes.

    Attributes:
        labelled: All of them.
        answered: Those with a value.
        right: Those that are right, with or without a value.
        right_answers: Those that are right and have a value.
        absent: Those for which no answer would be right.
        invented: Of these, those that are answered and wrong.
    """

    labelled: int = 0
    answered: int = 0
    right: int = 0
    right_answers: int = 0
    absent: int = 0
    invented: int = 0

    @property
    def recall(self) -> float | None:
        """Right of labelled, 0..1; None where nothing is labelled."""
        return self.right / self.labelled if self.labelled else None

    @property
    def precision(self) -> float | None:
        """Right answers of all answers, 0..1; None where nothing is answered."""
        return self.right_answers / self.answered if self.answered else None


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


def is_right(document: LabelledDocument, key: FieldKey, answered: JsonScalar) -> bool:
    """Whether an answer, or none, is what a document's label wants for a field that it has a label for."""
    if answered is None:
        return key in document.absent
    return any(is_same(key, answered, truth) for truth in document.values(key))


def _is_same_amount(answered: JsonScalar, truth: str) -> bool:
    if isinstance(answered, bool) or not isinstance(answered, int | float):
        return False
    difference = abs(Decimal(str(answered))) - abs(Decimal(truth))
    return abs(difference) < HALF_A_CENT


def _is_same_name(answered: str, truth: str) -> bool:
    if not answered or not truth:
        return False
    if answered == truth or (_holds_other(answered, truth) and _is_as_long(answered, truth)):
        return True
    return difflib.SequenceMatcher(None, answered, truth).ratio() >= SIMILAR


def _holds_other(answered: str, truth: str) -> bool:
    short, long = sorted((answered, truth), key=len)
    return len(short) >= MIN_CONTAINED and (long.startswith(short) or (short in long and 2 * len(short) >= len(long)))


def _is_as_long(answered: str, truth: str) -> bool:
    """Whether an answer is neither a crumb of the name nor a line that happens to hold it."""
    most = len(truth) + 24 if answered.startswith(truth) else 0
    return LEAST_OF_NAME * len(truth) <= len(answered) <= max(2 * len(truth) + 6, most)


def judge(documents: Iterable[LabelledDocument], predictions: Mapping[str, Prediction]) -> tuple[Judged, ...]:
    """Every document with its outcomes; one that `predictions` does not have counts as unanswered."""
    return tuple(judge_one(document, predictions.get(document.id, Prediction(document.id))) for document in documents)


def judge_one(document: LabelledDocument, prediction: Prediction) -> Judged:
    """One document with its outcomes."""
    outcomes = (_outcome(document, key, prediction.of(key)) for key in document.labelled)
    return Judged(document, prediction, tuple(outcomes))


def _outcome(document: LabelledDocument, key: FieldKey, answered: PredictedField) -> Outcome:
    wrong: Verdict = "missing" if answered.value is None else "wrong"
    verdict = "right" if is_right(document, key, answered.value) else wrong
    return Outcome(document, key, document.truth.get(key), answered, verdict)


def summarize(judged: Sequence[Judged]) -> Summary:
    """The figures over judged documents."""
    strata = summaries_by(judged, lambda document: document.stratum)
    outcomes = [outcome for one in judged for outcome in one.outcomes]
    recalls = [recall for stratum in strata.values() if (recall := stratum.all_fields.recall) is not None]
    labelled = sum(stratum.labelled for stratum in strata.values())
    seconds = sorted(one.prediction.seconds for one in judged)
    return Summary(
        documents=len(judged),
        failed=sum(one.failed for one in judged),
        strata=strata,
        fields=_tallies(outcomes),
        all_fields=_tally(outcomes),
        macro_recall=sum(recalls) / len(recalls) if recalls else None,
        perfect_documents=sum(s.perfect for s in strata.values()) / labelled if labelled else None,
        seconds_median=seconds[len(seconds) // 2] if seconds else None,
    )


def summaries_by(judged: Sequence[Judged], group_of: Callable[[LabelledDocument], str]) -> dict[str, StratumSummary]:
    """The figures of each group of documents, sorted by its name."""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        groups.setdefault(group_of(one.document), []).append(one)
    return {name: _of_members(groups[name]) for name in sorted(groups)}


def _of_members(members: Sequence[Judged]) -> StratumSummary:
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
        answered=sum(outcome.is_answered for outcome in outcomes),
        right=sum(outcome.verdict == "right" for outcome in outcomes),
        right_answers=sum(outcome.verdict == "right" and outcome.is_answered for outcome in outcomes),
        absent=sum(outcome.key in outcome.document.absent for outcome in outcomes),
        invented=sum(outcome.verdict == "wrong" and outcome.key in outcome.document.absent for outcome in outcomes),
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
        "absent": summary.all_fields.absent,
        "invented": summary.all_fields.invented,
        "seconds_per_document_median": _rounded(summary.seconds_median, digits=3),
    }


def _rounded(share: float | None, *, digits: int = 4) -> float | None:
    return None if share is None else round(share, digits)
