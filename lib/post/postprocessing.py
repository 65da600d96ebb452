"""All rules for one document: a reader's answers -> checked fields.

In: answers, the other reader's answers where there are any, the document, and what was asked. Out: the six fields and
those beyond them. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lib.document import EXTRA_KEYS, Answer, Field, Inquiry, OcrDocument
from lib.post.cross_check import cross_check
from lib.post.evidence import Evidence
from lib.post.extras import answer_fields, as_given, checked_extra_fields, extra_fields
from lib.post.grounding import ground
from lib.post.rules import as_typed, normalize


@dataclass(frozen=True, slots=True)
class CheckedFields:
    """What the rules make of the answers.

    Attributes:
        fields: The six.
        extras: Those of EXTRA_KEYS where they were asked for, then the answers to a client's own questions.
    """

    fields: tuple[Field, ...]
    extras: tuple[Field, ...]


def postprocess(
    answers: Sequence[Answer], second_opinion: Sequence[Answer], *, document: OcrDocument, inquiry: Inquiry
) -> CheckedFields:
    """The answers as fields; those that might be invented are held against the document and the second opinion.

    Args:
        answers: To every question that was asked.
        second_opinion: Of the embedded reader, where another one answered; empty where it answered itself.
        document: What the readers read.
        inquiry: What was asked beyond the six.
    """
    evidence = Evidence.of(document)
    own = answer_fields(_own(answers, inquiry), evidence=evidence)
    if not second_opinion:
        fields = normalize(answers, document=document, evidence=evidence)
        return CheckedFields(fields, (*(extra_fields(answers, evidence=evidence) if inquiry.extras else ()), *own))
    grounded = ground(answers, document=document, evidence=evidence)
    fields = normalize(grounded, document=document, evidence=evidence)
    checked = cross_check(fields, normalize(second_opinion, document=document, evidence=evidence))
    extras = checked_extra_fields(answers, second_opinion, evidence=evidence) if inquiry.extras else ()
    return CheckedFields(checked, (*extras, *own))


def postprocess_unruled(answers: Sequence[Answer], *, inquiry: Inquiry) -> CheckedFields:
    """The answers as fields for RULES_ENABLED=0: typed where their texts are values already, not normalized."""
    extras = [answer for answer in answers if answer.key in EXTRA_KEYS] if inquiry.extras else []
    return CheckedFields(as_typed(answers), as_given([*extras, *_own(answers, inquiry)]))


def postprocess_questions(answers: Sequence[Answer], *, document: OcrDocument) -> tuple[Field, ...]:
    """The answers to a client's questions alone, of a document whose fields are known already."""
    return answer_fields(answers, evidence=Evidence.of(document))


def _own(answers: Sequence[Answer], inquiry: Inquiry) -> list[Answer]:
    """The answers to the client's own questions."""
    keys = {question.key for question in inquiry.questions}
    return [answer for answer in answers if answer.key in keys]
