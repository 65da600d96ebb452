"""Dates in text: every order, month names of every locale, CJK, Buddhist and Japanese eras, times glued on.

In: a line of text. Out: where dates stand and every valid reading of each. Nothing is invented: a text without a day, a
month and a year is no date.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lib.grammar.date_forms import Found, candidates
from lib.grammar.folding import folded
from lib.grammar.locales import DateOrder
from lib.grammar.lookalikes import date_digits
from lib.grammar.recall import remembered

_DIGIT = re.compile(r"\d")
_NUMBERS = re.compile(r"\d\D+\d+\D+\d|\d{8}")
_DAY_AND_YEAR = re.compile(r"\d\D+\d")
_LETTER = re.compile(r"[^\W\d_]")
_NUMERIC = re.compile(r"\d{1,2}\D\D?\d")
_SAYS_ORDER = 2
"""What a date in numbers counts for against one with the month's name, where both tell the order."""


@dataclass(frozen=True, slots=True)
class DateMatch:
    """One date in a line of text.

    Attributes:
        start: Offset of its first character.
        end: Offset behind its last character.
        text: As printed.
        readings: Every valid date it can mean, most usual first, without repetition.
        orders: The order of parts that each reading takes.
    """

    start: int
    end: int
    text: str
    readings: tuple[date, ...]
    orders: tuple[DateOrder, ...]

    @property
    def is_ambiguous(self) -> bool:
        """Whether more than one reading is valid."""
        return len(self.readings) > 1


@remembered
def find_dates(text: str) -> tuple[DateMatch, ...]:
    """Every date in one line of text, from left to right, none overlapping another."""
    line = folded(text)
    if not _DIGIT.search(line):
        return ()
    line = date_digits(line)
    if not _has_numbers_of_date(line):
        return ()
    taken: list[DateMatch] = []
    for found in sorted(candidates(line), key=lambda found: (found.start, -found.end)):
        if found.readings and not (taken and found.start < taken[-1].end):
            taken.append(_match(text, found))
    return tuple(taken)


def _has_numbers_of_date(line: str) -> bool:
    """Whether a line has what every date is made of: three numbers, or eight digits, or two numbers and a word."""
    return bool(_NUMBERS.search(line) or (_DAY_AND_YEAR.search(line) and _LETTER.search(line)))


def _match(text: str, found: Found) -> DateMatch:
    """The date as callers see it: readings without repetition, each with the first order that yields it."""
    orders: dict[date, DateOrder] = {}
    for reading in found.readings:
        orders.setdefault(reading.value, reading.order)
    return DateMatch(found.start, found.end, text[found.start : found.end], tuple(orders), tuple(orders.values()))


def parse_date(text: str, *, order: DateOrder | None = None) -> date | None:
    """The date in a text that holds exactly one; None where there is none, or where `order` leaves two readings.

    Args:
        text: For example "25/12/2018 13:45", "Dec 25, 2018".
        order: The document's, from `infer_order`.
    """
    matches = find_dates(text)
    return reading_of(matches[0], order=order) if len(matches) == 1 else None


def reading_of(match: DateMatch, *, order: DateOrder | None) -> date | None:
    """The reading of a date that an order decides for; None where it stays undecided."""
    if not match.is_ambiguous:
        return match.readings[0]
    return next((value for value, taken in zip(match.readings, match.orders, strict=True) if taken == order), None)


def infer_order(matches: Iterable[DateMatch], *, hint: DateOrder | None = None) -> DateOrder | None:
    """The order of numeric dates in a document: from those that allow only one, else the hint.

    A year in front says nothing: "2018-12-25" stands beside "25/12/2018" and "12/25/2018" alike.

    Args:
        matches: All dates of the document.
        hint: What language, country or currency suggest; None where they say nothing.
    """
    votes: Counter[DateOrder] = Counter()
    for match in matches:
        if not match.is_ambiguous and match.orders[0] != "ymd" and match.readings[0].day != match.readings[0].month:
            votes[match.orders[0]] += _SAYS_ORDER if _NUMERIC.match(match.text) else 1
    ranked = votes.most_common(2)
    tie = len(ranked) > 1 and ranked[0][1] == ranked[1][1]
    return ranked[0][0] if ranked and not tie else hint
