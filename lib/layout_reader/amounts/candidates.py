"""What may be an amount of the document: numbers by value with every place they stand.

In: a `ParsedDocument`. Out: typed candidates; ranking decides among them. Nothing here judges.
"""

from dataclasses import dataclass
from decimal import Decimal

from lib.computing import in_time
from lib.grammar.amounts import AmountMatch
from lib.layout_reader.page.parsing import ParsedDocument
from lib.layout_reader.page.places import Place, first_and_last

MOST_AMOUNTS = 120
"""Distinct values looked at: a long invoice's items, never a whole price list."""


@dataclass(frozen=True, slots=True)
class AmountPlace(Place):
    """One place of an amount, as the grammar read it; `index` counts the numbers of its cell."""

    match: AmountMatch


@dataclass(frozen=True, slots=True)
class AmountCandidate:
    """A value (without sign) and everywhere it stands, in reading order."""

    value: Decimal
    places: tuple[AmountPlace, ...]


def amount_candidates(parsed: ParsedDocument) -> tuple[AmountCandidate, ...]:
    """Distinct values, in order of their last place; where there are too many, those that stand last."""
    places: dict[Decimal, list[AmountPlace]] = {}
    for row in in_time(parsed.readings):
        for reading in row:
            for match in reading.amounts:
                place = AmountPlace(reading.cell, match.start, match.end, match)
                places.setdefault(abs(match.value), []).append(place)
    ranked = sorted(places.items(), key=lambda item: (item[1][-1].cell.row, item[1][-1].cell.column))
    return tuple(AmountCandidate(value, first_and_last(found)) for value, found in ranked[-MOST_AMOUNTS:])
