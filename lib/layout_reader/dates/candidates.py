"""What may be the document's date: dates by value with every place they stand.

In: a `ParsedDocument`. Out: typed candidates; ranking decides among them. Nothing here judges.
"""

from dataclasses import dataclass
from datetime import date
from itertools import islice

from lib.computing import in_time
from lib.grammar.dates import DateMatch, reading_of
from lib.layout_reader.dates.words import cues_before
from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.parsing import ParsedDocument
from lib.layout_reader.page.places import Place, first_and_last, text_before

MOST_DATES = 300
"""Distinct dates looked at, the first ones; a bank statement has as many."""

MOST_DATE_PLACES = 2_000
"""Places of dates looked at, the first ones."""


@dataclass(frozen=True, slots=True)
class DatePlace(Place):
    """One place of a date, as the grammar read it, and what the words in front of it say (`words.py`)."""

    match: DateMatch
    cues: frozenset[str]


@dataclass(frozen=True, slots=True)
class DateCandidate:
    """A date (or an undecided text, its first reading) and everywhere it stands."""

    value: date
    places: tuple[DatePlace, ...]


def date_candidates(parsed: ParsedDocument) -> tuple[DateCandidate, ...]:
    """Distinct dates, in order of their first place; those of a form's version only where there is no other."""
    places: dict[date, list[DatePlace]] = {}
    everywhere = ((reading.cell, match) for row in parsed.readings for reading in row for match in reading.dates)
    found = [_place(parsed, cell, match) for cell, match in in_time(islice(everywhere, MOST_DATE_PLACES))]
    for place in [place for place in found if "version" not in place.cues] or found:
        value = reading_of(place.match, order=parsed.order) or place.match.readings[0]
        places.setdefault(value, []).append(place)
    return tuple(DateCandidate(value, first_and_last(found)) for value, found in islice(places.items(), MOST_DATES))


def _place(parsed: ParsedDocument, cell: Cell, match: DateMatch) -> DatePlace:
    cues = cues_before(text_before(parsed, cell, match.start))
    return DatePlace(cell, match.start, match.end, match, cues)
