"""The arithmetic rule: subtotal, tax and total are witnesses of each other.

In: the fields and the document's evidence. Out: the same fields: surer where subtotal + tax = total, doubted where
nothing in the document explains why not, and a missing third filled in where the document itself shows the number.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import Final, Literal

from lib.document import AMOUNT_KEYS, Field, FieldKey
from lib.grammar.amounts import AmountMatch
from lib.post.evidence import Evidence, Stated
from lib.post.outcome import TOTALS_DISAGREE

Verdict = Literal["agree", "explained", "disagree"]

_CENTS: Final = Decimal("0.02")
"""Two cents: two numbers rounded independently."""

_CASH_ROUNDING: Final = Decimal("0.05")
"""Totals rounded for cash in Malaysia, Sweden, Switzerland and others may be off by this much."""

_EXTRAS = frozenset({"tip", "service", "discount", "rounding"})
"""Kinds of amounts that stand between subtotal + tax and total."""

_MOST_EXTRAS: Final = 6
_TOGETHER: Final = 3

_DOUBT_LEFT: Final = 0.5
"""Share of the doubt that agreement leaves: three numbers seldom add up by chance."""

_DOUBTED: Final = 0.8
"""Share of the confidence that disagreement leaves: one of the three is wrong, or something else is part of the sum."""

_FILLED: Final = 0.85
"""Share of the other two's confidence that a number found by their sum has."""


def reconcile(fields: Sequence[Field], evidence: Evidence) -> tuple[Field, ...]:
    """The fields with their confidences, problems and gaps as the arithmetic sees them."""
    amounts = {field.key: field for field in fields if field.key in AMOUNT_KEYS and field.value is not None}
    if len(amounts) == len(AMOUNT_KEYS):
        verdict = _verdict({key: abs(_value(field)) for key, field in amounts.items()}, evidence)
        return tuple(_judged(field, verdict) for field in fields)
    if len(amounts) == len(AMOUNT_KEYS) - 1:
        return tuple(_filled(field, amounts, evidence) for field in fields)
    return tuple(fields)


def _verdict(values: Mapping[FieldKey, Decimal], evidence: Evidence) -> Verdict:
    subtotal, tax, total = values["subtotal"], values["tax_amount"], values["total"]
    # Where prices include the tax, the subtotal may do so too.
    gaps = [total - subtotal - tax, total - subtotal]
    if any(abs(gap) <= _CENTS for gap in gaps):
        return "agree"
    if any(abs(gap) <= _CASH_ROUNDING for gap in gaps):
        return "explained"
    sums = set(_sums(evidence))
    return "explained" if any(abs(gap - extra) <= _CASH_ROUNDING for gap in gaps for extra in sums) else "disagree"


def _sums(evidence: Evidence) -> Iterator[Decimal]:
    """What tips, charges, discounts and roundings of the document can come to."""
    extras: set[Decimal] = set()
    for stated in evidence.amounts:
        kinds = {keyword.kind for keyword in evidence.keywords.get(stated.line.row, ())}
        if kinds & _EXTRAS:
            extras |= (
                {abs(stated.match.value), -abs(stated.match.value)}
                if "discount" in kinds or "rounding" in kinds
                else {abs(stated.match.value)}
            )
    usable = sorted(extras, key=abs, reverse=True)[: 2 * _MOST_EXTRAS]
    for count in range(1, _TOGETHER + 1):
        for chosen in combinations(usable, count):
            yield sum(chosen, Decimal(0))


def _judged(field: Field, verdict: Verdict) -> Field:
    if field.key not in AMOUNT_KEYS or verdict == "explained":
        return field
    if verdict == "agree":
        return replace(field, confidence=1 - (1 - field.confidence) * _DOUBT_LEFT)
    return replace(field, confidence=field.confidence * _DOUBTED, problem=field.problem or TOTALS_DISAGREE)


def _filled(field: Field, amounts: Mapping[FieldKey, Field], evidence: Evidence) -> Field:
    """A missing amount as the document shows it, where the other two say which one it is."""
    if field.key not in AMOUNT_KEYS or field.key in amounts:
        return field
    wanted = _implied(field.key, {key: _value(known) for key, known in amounts.items()})
    stated = _shown(wanted, field.key, evidence) if wanted > 0 else None
    if stated is None:
        return field
    confidence = _FILLED * min(known.confidence for known in amounts.values())
    return Field(field.key, wanted, stated.match.text, confidence, stated.line.page_index, stated.bbox)


def _implied(key: FieldKey, known: Mapping[FieldKey, Decimal]) -> Decimal:
    if key == "total":
        return known["subtotal"] + known["tax_amount"]
    return known["total"] - known["tax_amount" if key == "subtotal" else "subtotal"]


def _shown(value: Decimal, key: FieldKey, evidence: Evidence) -> Stated[AmountMatch] | None:
    """Where the document shows `value` as money; a tax must be called one, or it may be a tip as well."""
    for stated in reversed(evidence.amounts):
        kinds = {keyword.kind for keyword in evidence.keywords.get(stated.line.row, ())}
        if (
            abs(stated.match.value) == value
            and stated.match.kind == "money"
            and (key != "tax_amount" or "tax" in kinds)
        ):
            return stated
    return None


def _value(field: Field) -> Decimal:
    if not isinstance(field.value, Decimal):
        raise TypeError(f"The field {field.key} must be an amount.")
    return field.value
