"""Two readers' fields compared: agreement raises confidence, disagreement lowers it.

In: the fields of the reader that answers, and those of the other one. Out: the same fields with other confidences, and
a problem where the two contradict each other. No value changes here. Pure.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from rapidfuzz import fuzz

from lib.document import Field
from lib.grammar.folding import letters_of

DISAGREE = "readers_disagree"

AGREEMENT = 0.5
"""How much of the doubt left an agreeing second reader of full confidence removes: half, as both see the same words."""
DISAGREEMENT = 0.5
"""How much of the confidence a contradicting second reader of full confidence removes."""
SAME_NAME = 85
"""From this similarity on (0..100, rapidfuzz), two names are one: readers cut them differently."""

NAMES = frozenset({"merchant", "name", "address", "terms"})
"""Keys of values of several words."""


def cross_check(fields: Sequence[Field], second_opinion: Sequence[Field]) -> tuple[Field, ...]:
    """The fields, each weighed by what the other reader found for it."""
    others = {field.key: field for field in second_opinion}
    return tuple(_weighed(field, others.get(field.key)) for field in fields)


def _weighed(field: Field, other: Field | None) -> Field:
    if field.value is None or other is None or other.value is None:
        return field
    if same_value(field, other):
        return replace(field, confidence=field.confidence + (1 - field.confidence) * AGREEMENT * other.confidence)
    confidence = field.confidence * (1 - DISAGREEMENT * other.confidence)
    return replace(field, confidence=confidence, problem=field.problem or DISAGREE)


def same_value(field: Field, other: Field) -> bool:
    """Whether two fields of one key mean the same."""
    if field.key in NAMES:
        return fuzz.token_set_ratio(str(field.value).casefold(), str(other.value).casefold()) >= SAME_NAME
    if isinstance(field.value, Decimal) and isinstance(other.value, Decimal):
        return abs(field.value) == abs(other.value)
    if isinstance(field.value, str) and isinstance(other.value, str):
        return letters_of(field.value) == letters_of(other.value)
    return field.value == other.value
