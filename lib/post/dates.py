"""The date rule: which day an answer means.

In: an answer's text and the document's evidence. Out: an `Outcome`. Of several valid readings of 03/04/2024 the one
counts that agrees with the document: with a date written out in it, else with the order of its other dates, else with
year and month in its number ("INV/2024/03/0017"), else with a sure country, its language or its currency. What only a
hint decides, such as the name of a place, or nothing at all, has problem `ambiguous_date` and less confidence: it is
one of the two days that the document states, and says that it may be the other.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from lib.grammar.dates import DateMatch, find_dates, reading_of
from lib.post.evidence import Evidence
from lib.post.outcome import AMBIGUOUS_DATE, FAILED, Outcome

_NUMBER: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,10}[/.-]?(20\d\d)[/.-]?(0[1-9]|1[0-2])[/.-]\d{1,6}(?![\d/.-])")
"""A number that begins with letters, a year and a month: "FV/2024/03/0017", "RE202403-17"."""

_BY_OTHER_DATES: Final = 0.98
_BY_NUMBER: Final = 0.95
_BY_HABIT: Final = 0.95
_BY_HINTS: Final = 0.75
_BY_NOTHING: Final = 0.5


def read_date(text: str, evidence: Evidence) -> Outcome:
    """The day that the first date in `text` means."""
    match = next(iter(find_dates(text)), None)
    if match is None:
        return FAILED
    if not match.is_ambiguous:
        return Outcome(match.readings[0])
    for value, certainty in _decided(match, evidence):
        if value:
            return Outcome(value, certainty)
    value = reading_of(match, order=evidence.usual_order)
    if value:
        return Outcome(value, _BY_HINTS, AMBIGUOUS_DATE)
    return Outcome(match.readings[0], _BY_NOTHING, AMBIGUOUS_DATE)


def _decided(match: DateMatch, evidence: Evidence) -> Iterator[tuple[date | None, float]]:
    """The readings that something in the document decides for, the surest first, and how sure each is."""
    yield _written_out(match, evidence), 1.0
    yield reading_of(match, order=evidence.stated_order), _BY_OTHER_DATES
    yield _of_number(match, evidence), _BY_NUMBER
    if evidence.is_usual_order_sure:
        yield reading_of(match, order=evidence.usual_order), _BY_HABIT


def _written_out(match: DateMatch, evidence: Evidence) -> date | None:
    """The one reading that the document states a second time, unambiguously."""
    certain = {stated.match.readings[0] for stated in evidence.dates if not stated.match.is_ambiguous}
    shared = [reading for reading in match.readings if reading in certain]
    return shared[0] if len(shared) == 1 else None


def _of_number(match: DateMatch, evidence: Evidence) -> date | None:
    """The one reading whose year and month a number of the document has."""
    months = {(int(number[1]), int(number[2])) for line in evidence.lines for number in _NUMBER.finditer(line.text)}
    fitting = [reading for reading in match.readings if (reading.year, reading.month) in months]
    return fitting[0] if len(fitting) == 1 else None
