"""Rules: a reader's answers as normalized, checked fields.

In: answers (raw text, as the document has it) and the document. Out: one `Field` for each of the six keys, in their
order. A text that cannot be read as its field's type is a null with a problem, never a guess. Pure.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from lib.document import AMOUNT_KEYS, FIELD_KEYS, Answer, Field, FieldKey, OcrDocument
from lib.post.amounts import read_amount
from lib.post.arithmetic import reconcile
from lib.post.currency import currency_of_document, read_currency
from lib.post.dates import read_date
from lib.post.evidence import Evidence
from lib.post.merchant import read_merchant_of
from lib.post.outcome import FAILED, NOT_FOUND, WEAK_EVIDENCE, Outcome

RULESET_VERSION: Final = "2026.12.01"
"""The day of the rules' last change."""

LOW_CONFIDENCE: Final = 0.5
"""A value that is less sure than this brings a warning."""

_NOT_WARNED: Final = frozenset({NOT_FOUND, WEAK_EVIDENCE})
"""Problems that are no warning: most documents lack a field or two."""

_PLAIN_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")


def normalize(
    answers: Sequence[Answer], *, document: OcrDocument, evidence: Evidence | None = None
) -> tuple[Field, ...]:
    """The six fields, typed in the document's own terms and held against each other.

    Args:
        answers: Of a reader, in any order; keys that are no field are ignored, of two answers the first counts.
        document: What the reader read.
        evidence: Of that document, where it is at hand already.
    """
    evidence = evidence or Evidence.of(document)
    given = {answer.key: answer for answer in reversed(answers)}
    fields = tuple(_field(key, given.get(key), evidence) for key in FIELD_KEYS)
    return reconcile(fields, evidence)


def as_typed(answers: Sequence[Answer]) -> tuple[Field, ...]:
    """The six fields for RULES_ENABLED=0: typed where the text itself is a number or an ISO date, not normalized."""
    given = {answer.key: answer for answer in reversed(answers)}
    return tuple(_made(key, given.get(key), _typed(key, given.get(key))) for key in FIELD_KEYS)


def warnings_of(fields: Iterable[Field]) -> tuple[str, ...]:
    """Codes for `meta.warnings`, sorted, without repetition."""
    codes: set[str] = set()
    for field in fields:
        if field.problem and field.problem not in _NOT_WARNED:
            codes.add(field.problem)
        if field.value is not None and field.confidence < LOW_CONFIDENCE:
            codes.add("low_confidence")
        if field.key == "total" and field.value is None:
            codes.add("missing_total")
    return tuple(sorted(codes))


def _field(key: FieldKey, answer: Answer | None, evidence: Evidence) -> Field:
    if answer is not None and answer.text is not None:
        return _made(key, answer, _READ[key](answer.text, evidence))
    return _currency_unasked(answer, evidence) if key == "currency" else _made(key, answer, FAILED)


def _currency_unasked(answer: Answer | None, evidence: Evidence) -> Field:
    """The document's currency where the reader named none."""
    outcome, stated = currency_of_document(evidence)
    if outcome.value is None and outcome.problem == FAILED.problem:
        return _made("currency", answer, outcome)
    return Field(
        "currency",
        outcome.value,
        stated.match.text if stated else None,
        outcome.certainty,
        stated.line.page_index if stated else None,
        stated.bbox if stated else None,
        outcome.problem,
    )


def _typed(key: FieldKey, answer: Answer | None) -> Outcome:
    """The answer's text as the field's type, where it is that already."""
    text = (answer.text or "").strip() if answer else ""
    if key in AMOUNT_KEYS:
        return Outcome(Decimal(text)) if _PLAIN_NUMBER.fullmatch(text) else FAILED
    if key == "date":
        try:
            return Outcome(date.fromisoformat(text))
        except ValueError:
            return FAILED
    return Outcome(text) if text else FAILED


def _made(key: FieldKey, answer: Answer | None, outcome: Outcome) -> Field:
    """The field of an answer; where there is no text, the reader's reason is the problem."""
    if answer is None:
        return Field(key, None, None, 0.0, problem=NOT_FOUND)
    if answer.text is None:
        return Field(key, None, None, answer.confidence, problem=answer.reason or NOT_FOUND)
    confidence = answer.confidence * outcome.certainty if outcome.value is not None else 1 - answer.confidence
    return Field(key, outcome.value, answer.text, confidence, answer.page_index, answer.bbox, outcome.problem)


_READ: Final[Mapping[FieldKey, Callable[[str, Evidence], Outcome]]] = {
    "merchant": read_merchant_of,
    "date": read_date,
    "currency": read_currency,
    "subtotal": read_amount,
    "tax_amount": read_amount,
    "total": read_amount,
}
