"""Dates in text: every order, month names of every locale, CJK, Buddhist era, times glued on.

In: a line of text. Out: where dates stand and every valid reading of each. Nothing is invented: a text without a day, a
month and a year is no date.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from lib.grammar.folding import folded
from lib.grammar.locales import DateOrder, load_locales

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2069
BUDDHIST_OFFSET: Final = 543
"""Years by which the Thai calendar is ahead. Source: Thai solar calendar since 1941."""

_YEAR = r"(?:\d{4}(?!\d(?!\d?:\d))|'?\d{2}(?!\d(?!\d?:\d)))"
_NUMERIC = re.compile(
    rf"(?<![\d])(?<!\d[.,/])(?P<a>\d{{4}}|\d{{1,2}})(?P<s>\s?[./\-,]\s?|\s)(?P<b>\d{{1,2}})(?P<t>\s?[./\-,]\s?|\s)(?P<c>{_YEAR}|\d)(?![.,/\-]?\d(?!\d?[:.]\d))"
)
_CJK = re.compile(r"(?<!\d)(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]?")
_COMPACT = re.compile(r"(?<!\d)(\d{8})(?!\d(?!\d?:\d))")
_DATE_NEAR = re.compile(r"dat|fecha|ngay|tanggal|tarih|วันที่|日期|дата|t\d\d:|\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Reading:
    """One valid way to read a date, and the order of parts it takes for that."""

    value: date
    order: DateOrder


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


def find_dates(text: str) -> tuple[DateMatch, ...]:
    """Every date in one line of text, from left to right, none overlapping another."""
    line = folded(text)
    if sum(character.isdigit() for character in line) < 3:
        return ()
    taken: list[DateMatch] = []
    for start, end, readings in sorted(_candidates(line), key=lambda found: (found[0], -found[1])):
        if readings and not any(start < other.end and other.start < end for other in taken):
            values = dict.fromkeys(reading.value for reading in readings)
            orders = tuple(next(r.order for r in readings if r.value == value) for value in values)
            taken.append(DateMatch(start, end, text[start:end], tuple(values), orders))
    return tuple(taken)


def parse_date(text: str, *, order: DateOrder | None = None) -> date | None:
    """The date in a text that holds exactly one; None where there is none, or where `order` leaves two readings.

    Args:
        text: For example "25/12/2018 13:45", "Dec 25, 2018".
        order: The document's, from `infer_order`.
    """
    matches = find_dates(text)
    if len(matches) != 1:
        return None
    return reading_of(matches[0], order=order)


def reading_of(match: DateMatch, *, order: DateOrder | None) -> date | None:
    """The reading of a date that an order decides for; None where it stays undecided."""
    if not match.is_ambiguous:
        return match.readings[0]
    return next((value for value, taken in zip(match.readings, match.orders, strict=True) if taken == order), None)


def infer_order(matches: Iterable[DateMatch], *, hint: DateOrder | None = None) -> DateOrder | None:
    """The order of numeric dates in a document: from those that allow only one, else the hint.

    Args:
        matches: All dates of the document.
        hint: What language, country or currency suggest; None where they say nothing.
    """
    decided = [match.orders[0] for match in matches if not match.is_ambiguous and re.match(r"\d{1,2}\D", match.text)]
    counts = Counter(order for order in decided if order != "ymd")
    return counts.most_common(1)[0][0] if counts else hint


def _candidates(line: str) -> Iterator[tuple[int, int, list[Reading]]]:
    """Everything that looks like a date, with its valid readings, possibly none."""
    for match in _NUMERIC.finditer(line):
        yield match.start(), match.end(), _numeric_readings(match)
    for pattern, order in _named_patterns():
        for match in pattern.finditer(line):
            yield match.start(), match.end(), _named_readings(match, order)
    for match in _CJK.finditer(line):
        year, month, day = map(int, match.groups())
        yield match.start(), match.end(), _reading(year, month, day, "ymd")
    for match in _COMPACT.finditer(line):
        if _DATE_NEAR.search(line):
            yield match.start(), match.end(), _compact_readings(match.group(1))


def _numeric_readings(match: re.Match[str]) -> list[Reading]:
    a, b, c = match["a"], match["b"], match["c"].lstrip("'")
    separators = match["s"].strip(), match["t"].strip()
    if len(a) == 4:
        return _reading(int(a), int(b), int(c), "ymd") if len(c) <= 2 else []
    if len(c) == 1 or (len(c) == 2 and ("" in separators or separators[0] != separators[1] or "," in separators)):
        return []
    if len(c) == 4 and "," in separators and separators[0] != separators[1] and "" in separators:
        return []
    year = _full_year(c)
    readings = _reading(year, int(b), int(a), "dmy")
    if "." not in separators or not readings:
        readings += _reading(year, int(a), int(b), "mdy")
    if len(c) == 2 and len(a) == 2 and "." not in separators:
        readings += _reading(_full_year(a), int(b), int(c), "ymd")
    return readings


def _named_readings(match: re.Match[str], order: DateOrder) -> list[Reading]:
    return _reading(_full_year(match["year"].lstrip("'")), _month_numbers()[match["month"]], int(match["day"]), order)


def _compact_readings(digits: str) -> list[Reading]:
    year_first = _reading(int(digits[:4]), int(digits[4:6]), int(digits[6:]), "ymd")
    return year_first or _reading(int(digits[4:]), int(digits[2:4]), int(digits[:2]), "dmy")


def _reading(year: int, month: int, day: int, order: DateOrder) -> list[Reading]:
    """The date as a list of one; empty where there is no such day or no such year on a document."""
    if FIRST_YEAR + BUDDHIST_OFFSET <= year <= LAST_YEAR + BUDDHIST_OFFSET:
        year -= BUDDHIST_OFFSET
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return []
    try:
        return [Reading(date(year, month, day), order)]
    except ValueError:
        return []


def _full_year(digits: str) -> int:
    """The year of four or two digits; two are of this century up to LAST_YEAR."""
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year <= LAST_YEAR - 2000 else 1900)


@functools.cache
def _month_numbers() -> dict[str, int]:
    """Month number by folded name, over all locales; the first locale to claim a name keeps it."""
    numbers: dict[str, int] = {}
    for locale in load_locales():
        for number, names in enumerate(locale.months, 1):
            for name in names:
                numbers.setdefault(folded(name), number)
    return numbers


@functools.cache
def _named_patterns() -> tuple[tuple[re.Pattern[str], DateOrder], ...]:
    """Day month year, month day year and year month day, the month by name."""
    names = "|".join(re.escape(name) for name in sorted(_month_numbers(), key=len, reverse=True))
    month = rf"(?P<month>{names})(?![^\W\d_])"
    day = r"(?<!\d)(?P<day>\d{1,2})(?:\s?(?:st|nd|rd|th|er|o|º|ª)(?![^\W\d_]))?"
    glue = r"[\s.,\-/']{0,3}"
    year = r"(?P<year>\d{4}(?!\d(?!\d?:\d))|\d{2}(?![\d:]))"
    return (
        (re.compile(rf"{day}{glue}(?:(?:de|of|d')\s)?{month}{glue}(?:(?:de|del)\s)?{year}"), "dmy"),
        (re.compile(rf"(?<![^\W\d_]){month}{glue}{day}[\s.,\-/']{{1,3}}{year}"), "mdy"),
        (re.compile(rf"(?<!\d)(?P<year>\d{{4}}){glue}{month}{glue}(?P<day>\d{{1,2}})(?!\d)"), "ymd"),
    )
