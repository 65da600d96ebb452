"""The tax of a document that prints one for each rate and no sum of them.

In: the amounts found, and the document's evidence. Out: the tax as the sum of its printed parts, or nothing. Nothing is
invented: each part stands in a row that says tax, no amount of the document is their sum already, and they close the
gap between the printed subtotal and the printed total to the cent. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Final, TypeAlias

from lib.document import BBox, Field, FieldKey
from lib.grammar.amounts import AmountMatch
from lib.post.evidence import Evidence, Stated

Amounts: TypeAlias = Mapping[FieldKey, Field]

_MOST_RATES: Final = 4
_MOST_PARTS: Final = 12
_CERTAIN: Final = 0.9
"""Share of the lesser confidence of subtotal and total that their proven difference has."""


def tax_of_parts(amounts: Amounts, evidence: Evidence) -> Amounts:
    """The tax under its key, where it is missing or one of the parts of a sum that is not printed; else nothing."""
    subtotal, total, stated = amounts.get("subtotal"), amounts.get("total"), amounts.get("tax_amount")
    if subtotal is None or total is None:
        return {}
    wanted = size_of(total) - size_of(subtotal)
    if wanted <= 0 or (stated is not None and size_of(stated) == wanted):
        return {}
    if any(abs(each.match.value) == wanted for each in evidence.amounts):
        return {}
    found = next(_parts(wanted, evidence), None)
    if found is None or (stated is not None and all(abs(part.match.value) != size_of(stated) for part in found)):
        return {}
    confidence = _CERTAIN * min(subtotal.confidence, total.confidence)
    return {"tax_amount": sum_field("tax_amount", found, evidence, confidence=confidence)}


def _parts(wanted: Decimal, evidence: Evidence) -> Iterator[Sequence[Stated[AmountMatch]]]:
    """Two or more taxes of different rows that sum up to `wanted`, the fewest first."""
    taxes: list[Stated[AmountMatch]] = []
    for stated in evidence.amounts:
        value = abs(stated.match.value)
        if 0 < value < wanted and stated.match.kind == "money" and "tax" in evidence.kinds_in_row(stated.line.row):
            taxes.append(stated)
    for count in range(2, _MOST_RATES + 1):
        for parts in combinations(taxes[-_MOST_PARTS:], count):
            rows = {part.line.row for part in parts}
            if len(rows) == count and sum((abs(part.match.value) for part in parts), Decimal(0)) == wanted:
                yield parts


def sum_field(key: FieldKey, parts: Sequence[Stated[AmountMatch]], evidence: Evidence, *, confidence: float) -> Field:
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
