"""What may be the document's date: dates by value with every place they stand.

In: a `ParsedDocument`. Out: typed candidates; ranking decides among them. Nothing here judges.
"""

from dataclasses import dataclass
from datetime import date
from itertools import islice

from lib.computing import in_time
from lib.grammar.dates import DateMatch, reading_of
from lib.layout_reader.dates.words import cues_before
from lib.layout_reader.page.parsing import CellReading, ParsedDocument
from lib.layout_reader.page.places import Place, first_and_last, text_before

MOST_DATES = 300
"""Distinct dates looked at, the first ones; a bank statement has as many."""

MOST_DATE_PLACES = 2_000
"""Places of dates looked at, the first ones."""


@dataclass(frozen=True, slots=True)
class DatePlace(Place):
    """One place of a date, as the grammar read it."""

    match: DateMatch


@dataclass(frozen=True, slots=True)
class DateCandidate:
    """A date (or an undecided text, its first reading) and everywhere it stands."""

    value: date
    places: tuple[DatePlace, ...]


def date_candidates(parsed: ParsedDocument) -> tuple[DateCandidate, ...]:
    """Distinct dates, in order of their first place; those of a form's version only where there is no other."""
    places: dict[date, list[DatePlace]] = {}
    everywhere = ((reading, match) for row in parsed.readings for reading in row for match in reading.dates)
    found = list(islice(everywhere, MOST_DATE_PLACES))
    usable = [each for each in in_time(found) if not _is_of_version(parsed, *each)]
    for reading, match in usable or found:
        value = reading_of(match, order=parsed.order) or match.readings[0]
        places.setdefault(value, []).append(DatePlace(reading.cell, match.start, match.end, match))
    return tuple(DateCandidate(value, first_and_last(found)) for value, found in islice(places.items(), MOST_DATES))


def _is_of_version(parsed: ParsedDocument, reading: CellReading, match: DateMatch) -> bool:
    return "version" in cues_before(text_before(parsed, reading.cell, match.start))
