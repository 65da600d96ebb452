"""The arithmetic rule: subtotal, tax and total are witnesses of each other.

In: the fields and the document's evidence. Out: the same fields: surer where subtotal + tax = total, doubted where
nothing in the document explains why not, exchanged where total + tax = subtotal, and a missing third filled in where
the document itself shows the number.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import Final, Literal, TypeAlias

from lib.document import AMOUNT_KEYS, Field, FieldKey
from lib.grammar.amounts import AmountMatch
from lib.post.evidence import Evidence, Occurrence
from lib.post.outcome import TOTALS_DISAGREE
from lib.post.tax_parts import Amounts, size_of, tax_of_entries, tax_of_parts
from lib.post.tax_table import amounts_of_table

Verdict: TypeAlias = Literal["agree", "explained", "disagree"]

_CENTS: Final = Decimal("0.02")
"""Two numbers, each rounded to the cent for itself, differ by as much."""

_CASH_ROUNDING: Final = Decimal("0.05")
"""Totals that are rounded for cash, as in Malaysia or Switzerland, differ by as much."""

_ADDED: Final = frozenset({"tip", "service", "tax"})
_EITHER_WAY: Final = frozenset({"discount", "rounding"})
"""Kinds of amounts that stand between subtotal + tax and total: added only, or added or taken off."""

_MOST_EXTRAS: Final = 10
_MOST_TOGETHER: Final = 3

_DOUBT_LEFT: Final = 0.5
"""Share of the doubt that agreement leaves: three numbers seldom add up by chance."""

_DOUBTED: Final = 0.8
"""Share of the confidence that disagreement leaves: one of three is wrong, or something else is part of the sum."""

_FILLED: Final = 0.85
"""Share of the lesser confidence of two amounts that a third found by them has."""


def reconcile(fields: Sequence[Field], evidence: Evidence) -> tuple[Field, ...]:
    """The fields with their confidences, problems and gaps as the arithmetic sees them."""
    given = {field.key: field for field in fields if isinstance(field.value, Decimal)}
    amounts: Amounts = {key: given[key] for key in AMOUNT_KEYS if key in given}
    amounts = {**amounts, **_taxes(amounts, evidence)}
    if len(amounts) == len(AMOUNT_KEYS):
        amounts = _exchanged(amounts)
        verdict = _verdict(amounts, evidence)
        amounts = {key: _judged(field, verdict) for key, field in amounts.items()}
    elif len(amounts) == len(AMOUNT_KEYS) - 1:
        amounts = {**amounts, **_third(amounts, evidence)}
    settled: Mapping[str, Field] = {field.key: field for field in amounts.values()}
    return tuple(settled.get(field.key, field) for field in fields)


def _taxes(amounts: Amounts, evidence: Evidence) -> Amounts:
    """What the document's taxes of several rates come to: by a table, by their sum, or as entries of a list."""
    by_table = amounts_of_table(amounts, evidence)
    return by_table or tax_of_parts(amounts, evidence) or tax_of_entries(amounts, evidence)


def _exchanged(amounts: Amounts) -> Amounts:
    """Subtotal and total exchanged where total + tax = subtotal: tax is added to make a total, not to leave one."""
    subtotal, total = amounts["subtotal"], amounts["total"]
    if (
        size_of(total) >= size_of(subtotal)
        or abs(size_of(total) + size_of(amounts["tax_amount"]) - size_of(subtotal)) > _CENTS
    ):
        return amounts
    return {**amounts, "subtotal": replace(total, key="subtotal"), "total": replace(subtotal, key="total")}


def _verdict(amounts: Amounts, evidence: Evidence) -> Verdict:
    subtotal, tax, total = (size_of(amounts[key]) for key in AMOUNT_KEYS)
    # Where prices include the tax, the subtotal may do so too.
    gaps = (total - subtotal - tax, total - subtotal)
    if any(abs(gap) <= _CENTS for gap in gaps):
        return "agree"
    explained = any(abs(gap - extra) <= _CASH_ROUNDING for extra in _extras(evidence) for gap in gaps)
    return "explained" if explained else "disagree"


def _extras(evidence: Evidence) -> Iterator[Decimal]:
    """What roundings, tips, charges, discounts and further taxes that the document names can come to, nothing first."""
    yield Decimal(0)
    named: dict[Decimal, None] = {}
    for stated in evidence.amounts:
        value = abs(stated.match.value)
        kinds = evidence.kinds_in_row(stated.line.row)
        if value and kinds & (_ADDED | _EITHER_WAY):
            named[value] = None
        if value and kinds & _EITHER_WAY:
            named[-value] = None
    usable = list(named)[-_MOST_EXTRAS:]
    for count in range(1, _MOST_TOGETHER + 1):
        for chosen in combinations(usable, count):
            yield sum(chosen, Decimal(0))


def _judged(field: Field, verdict: Verdict) -> Field:
    if verdict == "agree":
        return replace(field, confidence=1 - (1 - field.confidence) * _DOUBT_LEFT)
    if verdict == "explained":
        return field
    return replace(field, confidence=field.confidence * _DOUBTED, problem=field.problem or TOTALS_DISAGREE)


def _third(amounts: Amounts, evidence: Evidence) -> Amounts:
    """The missing amount as the document shows it, where the other two say which one it is; else nothing."""
    key = next(key for key in AMOUNT_KEYS if key not in amounts)
    wanted = _implied(key, amounts)
    stated = _shown(wanted, key, evidence) if wanted > 0 else None
    if stated is None:
        return {}
    confidence = _FILLED * min(known.confidence for known in amounts.values())
    return {key: Field(key, wanted, stated.match.text, confidence, stated.line.page_index, stated.bbox)}


def _implied(key: FieldKey, amounts: Amounts) -> Decimal:
    if key == "total":
        return size_of(amounts["subtotal"]) + size_of(amounts["tax_amount"])
    return size_of(amounts["total"]) - size_of(amounts["tax_amount" if key == "subtotal" else "subtotal"])


def _shown(value: Decimal, key: FieldKey, evidence: Evidence) -> Occurrence[AmountMatch] | None:
    """Where the document shows `value` as money, last; a tax must be called one, or it may be a tip as well."""
    for stated in reversed(evidence.amounts):
        if abs(stated.match.value) != value or stated.match.kind != "money":
            continue
        if key != "tax_amount" or "tax" in evidence.kinds_in_row(stated.line.row):
            return stated
    return None
