"""Why a field is not right, as far as its document's text tells.

In: judged documents. Out: a `FailureClass` for each field that is not right, and counts.
Whether the text holds the true value is looked up by digits and folded letters alone, not with the pipeline's own
parsers: what they cannot read would otherwise count as not there.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from lib.document import AMOUNT_KEYS, FieldKey, OcrDocument
from lib.evaluation.prediction import JsonScalar
from lib.evaluation.scoring import Judged, Outcome, folded, is_same
from lib.grammar.currencies import find_currencies

PARTLY_SIMILAR = 0.5
"""difflib's ratio from which a name is a part or a misspelling of another."""
CENTS = Decimal("0.01")
ROUNDING = Decimal("0.10")
"""How far totals are rounded where the smallest coins are gone."""
DIGIT_RUNS = re.compile(r"\d{1,3}(?: \d{3})+(?:[.,]\d+)?|\d[\d.,']*\d|\d")


class FailureClass(StrEnum):
    """Why a field is not right; the first that applies, in this order."""

    FAILED = "no answer for the document"
    MISSING_PRESENT = "missing, though the text has it"
    MISSING_ABSENT = "missing, and the text does not have it"
    MISSING_UNKNOWN = "missing"
    INVENTED = "answered, though the document does not state it"
    NOT_A_NUMBER = "amount that is not a number"
    OTHER_FIELD = "the value of another field"
    DECIMAL_PLACE = "right digits, other decimal place"
    DAY_AND_MONTH = "day and month swapped"
    OTHER_YEAR = "right day, other year"
    OTHER_SPELLING = "name in part or misspelt"
    ROUNDED = "off by ten cents or less"
    LINE_ABOVE = "a line above the name"
    LINE_BELOW = "a line below the name"
    LARGER = "a larger amount, though the text has the true one"
    SMALLER = "a smaller amount, though the text has the true one"
    OTHER_PRESENT = "another value, though the text has the true one"
    OTHER_ABSENT = "another value; the text does not have the true one"
    OTHER_UNKNOWN = "another value"


def classify(judged: Iterable[Judged]) -> dict[FieldKey, Counter[FailureClass]]:
    """The failure classes of every field that is not right, counted by field."""
    counts: dict[FieldKey, Counter[FailureClass]] = {}
    for one in judged:
        for outcome in one.outcomes:
            if outcome.verdict != "right":
                counts.setdefault(outcome.key, Counter())[failure_of(outcome, one)] += 1
    return counts


def failure_of(outcome: Outcome, judged: Judged) -> FailureClass:
    """Why one field, which is not right, is not."""
    if judged.prediction.error is not None:
        return FailureClass.FAILED
    if outcome.truth is None:
        return FailureClass.INVENTED
    document = judged.prediction.document
    present = None if document is None else text_has(outcome.key, outcome.truth, document)
    if outcome.verdict == "missing":
        return _by_presence(present, "MISSING")
    confusion = _confusion(outcome, outcome.truth, judged.document.truth)
    if confusion is None and present and document is not None:
        confusion = _preferred(outcome, outcome.truth, document)
    return confusion or _by_presence(present, "OTHER")


def _by_presence(present: bool | None, kind: str) -> FailureClass:
    suffix = {True: "PRESENT", False: "ABSENT", None: "UNKNOWN"}[present]
    return FailureClass[f"{kind}_{suffix}"]


def _confusion(outcome: Outcome, truth: str, truths: Mapping[FieldKey, str]) -> FailureClass | None:
    """What a wrong value was taken for; None where that does not show."""
    value = outcome.answered.value
    if outcome.key in AMOUNT_KEYS:
        return _amount_confusion(outcome.key, value, truths)
    if outcome.key == "date":
        return _date_confusion(str(value), truth)
    if outcome.key == "merchant" and _similarity(str(value), truth) >= PARTLY_SIMILAR:
        return FailureClass.OTHER_SPELLING
    return None


def _similarity(name: str, other: str) -> float:
    return difflib.SequenceMatcher(None, folded(name), folded(other)).ratio()


def _amount_confusion(key: FieldKey, value: JsonScalar, truth: Mapping[FieldKey, str]) -> FailureClass | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return FailureClass.NOT_A_NUMBER
    if any(is_same(other, value, truth[other]) for other in AMOUNT_KEYS if other != key and other in truth):
        return FailureClass.OTHER_FIELD
    answered, true = (
        abs(amount).normalize().as_tuple().digits for amount in (Decimal(str(value)), Decimal(truth[key]))
    )
    if answered == true:
        return FailureClass.DECIMAL_PLACE
    is_near = abs(abs(Decimal(str(value))) - abs(Decimal(truth[key]))) <= ROUNDING
    return FailureClass.ROUNDED if is_near else None


def _preferred(outcome: Outcome, truth: str, document: OcrDocument) -> FailureClass | None:
    """What was taken instead of a true value that the text has; None where that does not show."""
    value = outcome.answered.value
    if outcome.key in AMOUNT_KEYS:
        is_larger = abs(Decimal(str(value))) > abs(Decimal(truth))
        return FailureClass.LARGER if is_larger else FailureClass.SMALLER
    if outcome.key != "merchant":
        return None
    text = folded("".join(_lines(document)))
    taken, true = text.find(folded(str(value))), text.find(folded(truth))
    if taken < 0 or true < 0:
        return None
    return FailureClass.LINE_ABOVE if taken < true else FailureClass.LINE_BELOW


def _date_confusion(value: str, truth: str) -> FailureClass | None:
    try:
        answered, true = date.fromisoformat(value), date.fromisoformat(truth)
    except ValueError:
        return None
    if (answered.year, answered.month, answered.day) == (true.year, true.day, true.month):
        return FailureClass.DAY_AND_MONTH
    return FailureClass.OTHER_YEAR if (answered.month, answered.day) == (true.month, true.day) else None


def text_has(key: FieldKey, truth: str, document: OcrDocument) -> bool:
    """Whether the text of a document holds a labelled value in any usual writing."""
    lines = _lines(document)
    if key in AMOUNT_KEYS:
        return _has_amount(Decimal(truth), lines)
    if key == "date":
        return _has_date(date.fromisoformat(truth), "\n".join(lines))
    if key == "currency":
        return any(truth in mark.candidates for line in lines for mark in find_currencies(line))
    return _has_name(truth, lines)


def _lines(document: OcrDocument) -> list[str]:
    """Its lines, or its words where it came as words."""
    return [span.text for page in document.pages for span in page.spans or page.words]


def _has_amount(truth: Decimal, lines: Iterable[str]) -> bool:
    """By digits alone: separators, signs and zeros at either end are left aside."""
    cents = f"{abs(truth).quantize(CENTS):f}".replace(".", "")
    writings = {cents, f"{cents}0", cents.removesuffix("0"), cents.removesuffix("00")}
    wanted = {digits.lstrip("0") for digits in writings}
    runs = (run for line in lines for run in DIGIT_RUNS.findall(line))
    return any(re.sub(r"\D", "", run).lstrip("0") in wanted for run in runs)


def _has_date(truth: date, text: str) -> bool:
    """Day, month and year beside each other in any order; any word may stand for the month."""
    day, month, year = (
        f"0?{truth.day}",
        f"0?{truth.month}",
        f"(?:{truth.year}|{truth.year + 543}|{truth.year % 100:02d})",
    )
    name = r"[^\W\d_]{2,}"
    numeric = ([day, month, year], [month, day, year], [year, month, day], [year, day, month])
    named = ([day, name, year], [day, name, name, year], [name, day, year], [name, day, name, year], [year, name, day])
    patterns = [r"\D{0,3}".join(order) for order in numeric] + [r"\W{0,3}".join(order) for order in named]
    return any(re.search(rf"(?<!\d)(?:{pattern})(?!\d)", text) for pattern in patterns)


def _has_name(truth: str, lines: Sequence[str]) -> bool:
    """On one line, or on two that follow each other, or somewhere in the text without its breaks."""
    pairs = (f"{first} {second}" for first, second in pairwise(lines))
    return folded(truth) in folded("".join(lines)) or any(is_same("merchant", t, truth) for t in [*lines, *pairs])
