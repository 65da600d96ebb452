"""Two readers' fields compared: agreement raises confidence, disagreement lowers it.

In: the fields of the reader that answers, and those of the other one. Out: the same fields with other confidences, and
a problem where the two contradict each other. No value changes here. Pure.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from rapidfuzz import fuzz

from lib.document import Field

DISAGREE = "readers_disagree"

AGREEMENT = 0.5
"""How much of the doubt left an agreeing second reader of full confidence removes: half, as both see the same words."""
DISAGREEMENT = 0.5
"""How much of the confidence a contradicting second reader of full confidence removes."""
SAME_NAME = 85
"""From this similarity on (0..100, rapidfuzz), two merchants are one: readers cut names differently."""


def cross_check(fields: Sequence[Field], second_opinion: Sequence[Field]) -> tuple[Field, ...]:
    """The fields, each weighed by what the other reader found for it."""
    others = {field.key: field for field in second_opinion}
    return tuple(_weighed(field, others.get(field.key)) for field in fields)


def _weighed(field: Field, other: Field | None) -> Field:
    if field.value is None or other is None or other.value is None:
        return field
    if _same(field, other):
        return replace(field, confidence=field.confidence + (1 - field.confidence) * AGREEMENT * other.confidence)
    confidence = field.confidence * (1 - DISAGREEMENT * other.confidence)
    return replace(field, confidence=confidence, problem=field.problem or DISAGREE)


def _same(field: Field, other: Field) -> bool:
    if field.key == "merchant":
        return fuzz.token_set_ratio(str(field.value).casefold(), str(other.value).casefold()) >= SAME_NAME
    if isinstance(field.value, Decimal) and isinstance(other.value, Decimal):
        return abs(field.value) == abs(other.value)
    return field.value == other.value
