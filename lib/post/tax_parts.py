"""The tax of a document that prints one for each rate and no sum of them.

In: the amounts found, and the document's evidence. Out: the tax as the sum of its printed parts, or nothing. Nothing is
invented: each part stands in a row that says tax, and they close the gap between the printed subtotal and the printed
total to the cent, a printed rounding considered; or they are entries of a list that adds up to the total. Pure.
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

_FEWEST_ENTRIES: Final = 3
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
    found = next((parts for wanted in _taxes_behind(gap, evidence) for parts in _parts(wanted, evidence)), None)
    if found is None or (stated is not None and all(abs(part.match.value) != size_of(stated) for part in found)):
        return {}
    confidence = _CERTAIN * min(subtotal.confidence, total.confidence)
    return {"tax_amount": sum_field("tax_amount", found, evidence, confidence=confidence)}


def tax_of_entries(amounts: Amounts, evidence: Evidence) -> Amounts:
    """The sum of the taxes among entries that add up to the total, as a hotel lists a tax for each night; else nothing.

    The tax found so far must be missing, or one of those entries.
    """
    total, stated = amounts.get("total"), amounts.get("tax_amount")
    if total is None or "subtotal" in amounts:
        return {}
    entries = _entries_of(size_of(total), evidence)
    taxes = [each for each in entries if _is_tax_alone(evidence.kinds_in_row(each.line.row))]
    if not 0 < len(taxes) < len(entries):
        return {}
    if stated is not None and all(abs(each.match.value) != size_of(stated) for each in taxes):
        return {}
    found = sum_field("tax_amount", taxes, evidence, confidence=_CERTAIN * total.confidence)
    return {} if stated is not None and size_of(stated) == found.value else {"tax_amount": found}


def _entries_of(total: Decimal, evidence: Evidence) -> Sequence[Occurrence[AmountMatch]]:
    """The longest run of rows with one amount of money each that adds up to `total`; nothing where there is none."""
    by_row: dict[int, list[Occurrence[AmountMatch]]] = {}
    for each in evidence.amounts:
        if each.match.kind == "money":
            by_row.setdefault(each.line.row, []).append(each)
    entries = [row[0] for _, row in sorted(by_row.items()) if len(row) == 1]
    first_with = {Decimal(0): 0}
    best, running = (0, 0), Decimal(0)
    for end, each in enumerate(entries, 1):
        running += each.match.value
        start = first_with.get(running - total)
        if start is not None and end - start > best[1] - best[0]:
            best = start, end
        first_with.setdefault(running, end)
    run = entries[best[0] : best[1]]
    return run if len(run) >= _FEWEST_ENTRIES else ()


def _is_tax_alone(kinds: frozenset[str]) -> bool:
    return "tax" in kinds and not kinds & {"subtotal", "total"}


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
    key: FieldKey,
    parts: Sequence[Occurrence[AmountMatch]],
    evidence: Evidence,
    *,
    confidence: float,
    signed: bool = False,
) -> Field:
    """The sum of parts: where the document prints it, else its parts as printed and the box around the last page's.

    Args:
        key: The field.
        parts: What is summed.
        evidence: The document's.
        confidence: The field's, 0..1.
        signed: Whether parts below zero are taken off; else brackets and minus mean nothing, as on a credit note.
    """
    value = abs(sum((part.match.value if signed else abs(part.match.value) for part in parts), Decimal(0)))
    printed = [each for each in evidence.amounts if abs(each.match.value) == value and each.match.kind == "money"]
    shown = printed[-1:] if printed else parts
    page_index = shown[-1].line.page_index
    box = BBox.around(part.bbox for part in shown if part.line.page_index == page_index)
    return Field(key, value, " + ".join(part.match.text for part in shown), confidence, page_index, box)


def size_of(field: Field) -> Decimal:
    """The amount without its sign: on a credit note all three have one."""
    return abs(field.value) if isinstance(field.value, Decimal) else Decimal(0)
