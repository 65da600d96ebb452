"""The tax of a document that prints one for each rate and no sum of them.

In: the amounts found, and the document's evidence. Out: the tax as the sum of its printed parts, or nothing. Nothing is
invented: each part stands in a row that says tax, no amount of the document is their sum already, and they close the
gap between the printed subtotal and the printed total to the cent, a printed rounding considered. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Final, TypeAlias

from lib.document import BBox, Field, FieldKey
from lib.grammar.amounts import AmountMatch
from lib.post.evidence import Evidence, Occurrence

Amounts: TypeAlias = Mapping[FieldKey, Field]

_MOST_RATES: Final = 4
_MOST_PARTS: Final = 12
_MOST_ROUNDED: Final = Decimal(1)
"""Totals are rounded to a whole unit of the currency at most, as in India."""

_MOST_ROUNDINGS: Final = 3
_CERTAIN: Final = 0.9
"""Share of the lesser confidence of subtotal and total that their proven difference has."""


def tax_of_parts(amounts: Amounts, evidence: Evidence) -> Amounts:
    """The tax under its key, where it is missing or one of the parts of a sum that is not printed; else nothing."""
    subtotal, total, stated = amounts.get("subtotal"), amounts.get("total"), amounts.get("tax_amount")
    if subtotal is None or total is None:
        return {}
    gap = size_of(total) - size_of(subtotal)
    if gap <= 0 or (stated is not None and size_of(stated) == gap):
        return {}
    printed = {abs(each.match.value) for each in evidence.amounts}
    possible = [wanted for wanted in _taxes_behind(gap, evidence) if wanted not in printed]
    found = next((parts for wanted in possible for parts in _parts(wanted, evidence)), None)
    if found is None or (stated is not None and all(abs(part.match.value) != size_of(stated) for part in found)):
        return {}
    confidence = _CERTAIN * min(subtotal.confidence, total.confidence)
    return {"tax_amount": sum_field("tax_amount", found, evidence, confidence=confidence)}


def _taxes_behind(gap: Decimal, evidence: Evidence) -> Iterator[Decimal]:
    """What the tax can be where subtotal and total differ by `gap`: the same, or more or less by a named rounding."""
    yield gap
    if gap in {abs(each.match.value) for each in evidence.amounts}:
        return
    named = [each for each in evidence.amounts if "rounding" in evidence.kinds_in_row(each.line.row)]
    roundings = {abs(each.match.value) for each in named if 0 < abs(each.match.value) <= _MOST_ROUNDED}
    for rounding in sorted(roundings)[:_MOST_ROUNDINGS]:
        yield from (wanted for wanted in (gap - rounding, gap + rounding) if wanted > 0)


def _parts(wanted: Decimal, evidence: Evidence) -> Iterator[Sequence[Occurrence[AmountMatch]]]:
    """Two or more taxes of different rows that sum up to `wanted`, the fewest first."""
    taxes: list[Occurrence[AmountMatch]] = []
    for stated in evidence.amounts:
        value = abs(stated.match.value)
        if 0 < value < wanted and stated.match.kind == "money" and "tax" in evidence.kinds_in_row(stated.line.row):
            taxes.append(stated)
    for count in range(2, _MOST_RATES + 1):
        for parts in combinations(taxes[-_MOST_PARTS:], count):
            rows = {part.line.row for part in parts}
            if len(rows) == count and sum((abs(part.match.value) for part in parts), Decimal(0)) == wanted:
                yield parts


def sum_field(
    key: FieldKey, parts: Sequence[Occurrence[AmountMatch]], evidence: Evidence, *, confidence: float
) -> Field:
    """The sum of parts: where the document prints it, else its parts as printed and the box around the last page's."""
    value = sum((abs(part.match.value) for part in parts), Decimal(0))
    printed = [each for each in evidence.amounts if abs(each.match.value) == value and each.match.kind == "money"]
    shown = printed[-1:] if printed else parts
    page_index = shown[-1].line.page_index
    box = BBox.around(part.bbox for part in shown if part.line.page_index == page_index)
    return Field(key, value, " + ".join(part.match.text for part in shown), confidence, page_index, box)


def size_of(field: Field) -> Decimal:
    """The amount without its sign: on a credit note all three have one."""
    return abs(field.value) if isinstance(field.value, Decimal) else Decimal(0)
