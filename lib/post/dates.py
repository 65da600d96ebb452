"""The date rule: which day an answer means.

In: an answer's text and the document's evidence. Out: an `Outcome`. Of several valid readings of 03/04/2024 the one
counts that agrees with the document: with a date written out in it, else with the order of its other dates, else with
its country, language or currency. Where nothing decides, the most usual reading stands at half the confidence and with
problem `ambiguous_date`: it is one of the two days that the document states, and says that it may be the other.
"""

from datetime import date
from typing import Final

from lib.grammar.dates import DateMatch, find_dates, reading_of
from lib.post.evidence import Evidence
from lib.post.outcome import AMBIGUOUS_DATE, FAILED, Outcome

_BY_OTHER_DATES: Final = 0.98
_BY_HINTS: Final = 0.95
_BY_NOTHING: Final = 0.5


def read_date(text: str, evidence: Evidence) -> Outcome:
    """The day that the first date in `text` means."""
    match = next(iter(find_dates(text)), None)
    if match is None:
        return FAILED
    if not match.is_ambiguous:
        return Outcome(match.readings[0])
    written_out = _written_out(match, evidence)
    if written_out:
        return Outcome(written_out)
    for order, certainty in ((evidence.stated_order, _BY_OTHER_DATES), (evidence.usual_order, _BY_HINTS)):
        value = reading_of(match, order=order)
        if value:
            return Outcome(value, certainty)
    return Outcome(match.readings[0], _BY_NOTHING, AMBIGUOUS_DATE)


def _written_out(match: DateMatch, evidence: Evidence) -> date | None:
    """The one reading that the document states a second time, unambiguously."""
    certain = {stated.match.readings[0] for stated in evidence.dates if not stated.match.is_ambiguous}
    shared = [reading for reading in match.readings if reading in certain]
    return shared[0] if len(shared) == 1 else None
