"""Rules for what is asked beyond the six fields: the standard extras, and a client's own questions.

In: answers and the document's evidence. Out: a `Field` for each key. An extra is typed as the six are: a day, a number
as it is usually written, an IBAN with the right check digits. The answer to a client's question is a text that stands
in the document, or null. Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from lib.document import EXTRA_KEYS, Answer, BBox, ExtraKey, Field
from lib.grammar.dates import find_dates
from lib.grammar.document_numbers import number_at_start
from lib.grammar.ibans import find_ibans, iban_shaped
from lib.grammar.tax_ids import find_tax_ids, has_vat_prefix
from lib.post.cross_check import cross_check
from lib.post.dates import read_date
from lib.post.evidence import Evidence
from lib.post.outcome import CHECK_DIGITS, FAILED, NOT_FOUND, UNGROUNDED, Outcome
from lib.post.text_search import find_text

_DOUBTED: Final = 0.6
"""Share of the confidence that a VAT number has whose check digits are wrong."""


def extra_fields(answers: Sequence[Answer], *, evidence: Evidence) -> tuple[Field, ...]:
    """The fields of EXTRA_KEYS, in their order, of a reader that answers with the document's own words."""
    given = {answer.key: answer for answer in reversed(answers)}
    return tuple(_extra(key, given.get(key), evidence) for key in EXTRA_KEYS)


def checked_extra_fields(
    answers: Sequence[Answer], second_opinion: Sequence[Answer], *, evidence: Evidence
) -> tuple[Field, ...]:
    """The same of a reader that may invent: each held against the document and against the embedded reader.

    Where the first reader has no value, the second one's stands: it answers only what the document announces.
    """
    own = extra_fields([_grounded(answer, evidence) for answer in answers], evidence=evidence)
    others = extra_fields(second_opinion, evidence=evidence)
    checked = cross_check(own, others)
    return tuple(
        other if field.value is None and other.value is not None else field
        for field, other in zip(checked, others, strict=True)
    )


def answer_fields(answers: Sequence[Answer], *, evidence: Evidence) -> tuple[Field, ...]:
    """The answers to a client's questions as fields, each with its place in the document or null."""
    return tuple(_of_question(_standing(answer, evidence)) for answer in answers)


def as_given(answers: Sequence[Answer]) -> tuple[Field, ...]:
    """Answers for RULES_ENABLED=0: the reader's texts as they are, a due date typed where it is an ISO date."""
    return tuple(_given(answer) for answer in answers)


def _extra(key: ExtraKey, answer: Answer | None, evidence: Evidence) -> Field:
    if answer is None:
        return Field(key, None, None, 0.0, problem=NOT_FOUND)
    if answer.text is None:
        return _none(answer)
    outcome = _READ[key](answer.text, evidence)
    confidence = answer.confidence * outcome.certainty if outcome.value is not None else 1 - answer.confidence
    return Field(key, outcome.value, answer.text, confidence, answer.page_index, answer.bbox, outcome.problem)


def _grounded(answer: Answer, evidence: Evidence) -> Answer:
    """An extra as TILT gave it, with its place; without its text where the document does not state it."""
    if answer.key != "due_date" or answer.text is None:
        return _standing(answer, evidence)
    wanted = {reading for match in find_dates(answer.text) for reading in match.readings}
    stated = next((s for s in evidence.dates if wanted.intersection(s.match.readings)), None)
    return _placed(answer, (stated.line.page_index, stated.bbox) if stated else None)


def _standing(answer: Answer, evidence: Evidence) -> Answer:
    if answer.text is None or answer.bbox is not None:
        return answer
    return _placed(answer, find_text(answer.text, evidence.lines, tokens=evidence.tokens))


def _placed(answer: Answer, place: tuple[int, BBox] | None) -> Answer:
    if place is None:
        return replace(answer, text=None, confidence=1 - answer.confidence, reason=UNGROUNDED)
    return replace(answer, page_index=place[0], bbox=place[1])


def _of_question(answer: Answer) -> Field:
    text = " ".join((answer.text or "").split())
    if not text:
        return _none(answer)
    return Field(answer.key, text, answer.text, answer.confidence, answer.page_index, answer.bbox)


def _given(answer: Answer) -> Field:
    if answer.key != "due_date" or answer.text is None:
        return _of_question(answer)
    try:
        value = date.fromisoformat(answer.text.strip())
    except ValueError:
        return Field(answer.key, None, answer.text, 1 - answer.confidence, problem=FAILED.problem)
    return Field(answer.key, value, answer.text, answer.confidence)


def _none(answer: Answer) -> Field:
    return Field(answer.key, None, answer.text, answer.confidence, problem=answer.reason or NOT_FOUND)


def read_number(text: str, _evidence: Evidence) -> Outcome:
    """The number that a text begins with, as printed."""
    match = number_at_start(text)
    return Outcome(match.value) if match else FAILED


def read_tax_id(text: str, _evidence: Evidence) -> Outcome:
    """The first tax number in a text; a VAT number with wrong check digits is doubted."""
    match = next(iter(find_tax_ids(text)), None)
    if match is None:
        return FAILED
    doubted = not match.checked and has_vat_prefix(match.value)
    return Outcome(match.value, _DOUBTED if doubted else 1.0, CHECK_DIGITS if doubted else None)


def _read_iban(text: str, _evidence: Evidence) -> Outcome:
    match = next(iter(find_ibans(text)), None)
    if match:
        return Outcome(match.value)
    misprinted = iban_shaped(text)
    return Outcome(misprinted, problem=CHECK_DIGITS) if misprinted else FAILED


_READ: Final[Mapping[ExtraKey, Callable[[str, Evidence], Outcome]]] = {
    "invoice_number": read_number,
    "due_date": read_date,
    "tax_id": read_tax_id,
    "iban": _read_iban,
}
