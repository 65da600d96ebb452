"""The forms in which dates are written, and what dates their numbers can mean.

In: a line, folded (see `folding`). Out: spans with their valid readings, some of them empty or overlapping.
Every pattern is linear: no part of it can match the same characters in two ways.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from lib.grammar.folding import folded
from lib.grammar.locales import DateOrder, load_locales

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2049
"""Years that documents of this kind bear. Two digits are read as one of them too."""

BUDDHIST_OFFSET: Final = 543
"""Years by which the Thai calendar is ahead. Source: Thai solar calendar since 1941."""

ERAS: Final = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
"""The year before each era's first. Source: Japan's and Taiwan's official calendars."""

_TIME_GLUED = r"(?=\d{1,2}:\d{2}|(?:[01]\d|2[0-3])[-.][0-5]\d(?![\d.,-]))"
_YEAR4 = r"(?:199|20[0-4]|25[3-9])\d"
_YEAR = rf"(?P<year>{_YEAR4}(?:(?!\d)|{_TIME_GLUED})(?!:\d\d(?!:))|'?\d{{2}}(?:(?![\d:])|(?=\d\d:\d\d)))"
"""Four digits that can be a year, else two; behind them no digit, except those of a time that OCR glued on."""

_START = r"(?:(?<!\d)|(?<=\d:[0-5]\d))"
"""No digit in front, except those of a time that OCR glued on."""

_NO_MORE = r"(?![./,]\d(?!\d?:\d\d)|-\d(?!\d?:\d\d|\d?\.\d\d(?![\d.])))"
_SEPARATOR = r"(?:\s?[./\-]\s?|\s|,\s?)"
_NUMERIC = re.compile(
    rf"{_START}(?<!\d[.,/])(?P<a>\d{{1,2}})(?P<s>{_SEPARATOR})(?P<b>\d{{1,2}})(?P<t>{_SEPARATOR}){_YEAR}{_NO_MORE}"
)
_PHONE_BEFORE = re.compile(r"[\d+] ?$")
_PHONE_AFTER = re.compile(r" \d(?!\d?:\d\d)")
_CODE_BEFORE = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,2}$|\d[^\W\d_]{1,2}$")
_CODE_AFTER = re.compile(r"\s?-\s?\d(?!\d?:\d\d|\d?([./-])\d{1,2}\1\d\d)")
_YEAR_FIRST = re.compile(
    rf"{_START}(?P<year>{_YEAR4})\s?[./\-年년]\s?(?P<month>\d{{1,2}})\s?[./\-月월]\s?(?P<day>\d{{1,2}})"
    rf"(?:(?!\d)|{_TIME_GLUED})[日일]?{_NO_MORE}"
)
_ERA = re.compile(rf"({'|'.join(ERAS)})\s?(\d{{1,3}}|元)\s?年\s?(\d{{1,2}})\s?月\s?(\d{{1,2}})\s?日")
_VIETNAMESE = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})\s?(?:thang|thg)\s?(?P<month>\d{1,2})[\s,]{0,2}(?:nam)?\s?(?P<year>\d{4})(?!\d)"
)
_COMPACT = re.compile(rf"(?<![a-z\d.,/\-])(\d{{8}})(?:(?!\d)(?![.,\-]\d)|{_TIME_GLUED})")
_DATE_NEAR = re.compile(
    r"dat[aeou]|fecha|ngay|tanggal|tgl|tarih|tarikh|วันท|日期|дата|pvm|kelt|t\d{4,6}|\d\d:\d\d|/\d{4,6}(?!\d)"
)

_WORD_CHARACTER = r"[^\s\d.,/\-'():;]"
_WORD = rf"(?P<month>{_WORD_CHARACTER}{{3,20}}|{_WORD_CHARACTER}{{1,3}}\.{_WORD_CHARACTER}{{1,3}}\.?)"
_GLUE = r"[\s.,/\-']{0,3}"
_DAY = r"(?<!\d)(?<!\d[.,/:])(?P<day>\d{1,2})(?:\s?(?:st|nd|rd|th|er|[ºª°])(?![^\W\d_]))?"
_NAMED_YEAR = rf"(?:{_YEAR})(?![.,]\d)(?!,?\s{{1,2}}{_YEAR4}(?![\d.,]))"
"""Not the day of a date that goes on: "7 Apr 28, 2025" is no day of 2028."""

_DAY_MONTH = re.compile(rf"{_DAY}{_GLUE}(?:(?:de|of|den|d')\s?)??{_WORD}{_GLUE}(?:(?:de|del|nam|anul)\s)?{_NAMED_YEAR}")
_MONTH_DAY = re.compile(rf"(?<!{_WORD_CHARACTER}){_WORD}{_GLUE}{_DAY}[\s.,/\-']{{1,3}}{_NAMED_YEAR}")
_YEAR_MONTH = re.compile(rf"(?<!\d)(?P<year>{_YEAR4}){_GLUE}(?:m\.?\s)?{_WORD}{_GLUE}(?P<day>\d{{1,2}})(?!\d)")
"""Also as in Lithuanian, "2025 m. gegužės 5 d."."""

_YEAR_DAY_MONTH = re.compile(rf"(?<!\d)(?P<year>{_YEAR4})\.?\s?gada\s(?P<day>\d{{1,2}}){_GLUE}{_WORD}")
"""Latvian: "2025. gada 5. maijs"."""
_AMOUNT = re.compile(r"\d[.,]\d\d")
"""A day and a year of two digits, if a month stood in front of them: "DEC 5,00" is a price."""

_TORN_MONTH = re.compile(
    rf"(?<!\d)(?<!\d[.,/:])(?P<day>\d{{1,2}})\s?(?P<s>[./-])\s?(?P<month>[^\W\d_]{{1,4}}\s[^\W\d_]{{1,4}})"
    rf"\s?(?P=s)\s?{_NAMED_YEAR}"
)
"""A month between two separators, torn in two by a recognizer: "25-D ec-2018"."""

_NAMED: Final[tuple[tuple[re.Pattern[str], DateOrder], ...]] = (
    (_DAY_MONTH, "dmy"),
    (_MONTH_DAY, "mdy"),
    (_YEAR_MONTH, "ymd"),
    (_YEAR_DAY_MONTH, "ymd"),
    (_TORN_MONTH, "dmy"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One valid way to read a date, and the order of parts it takes for that."""

    value: date
    order: DateOrder


@dataclass(frozen=True, slots=True)
class Found:
    """A span that looks like a date; without readings it is none."""

    start: int
    end: int
    readings: tuple[Reading, ...]


def candidates(line: str) -> Iterator[Found]:
    """Everything in a folded line that has the form of a date."""
    whole = _Line(line)
    for match in _NUMERIC.finditer(line):
        yield _numeric(match, whole)
    for match in _YEAR_FIRST.finditer(line):
        yield Found(*match.span(), _reading(match["year"], match["month"], match["day"], "ymd"))
    yield from _named(whole)
    for match in _VIETNAMESE.finditer(line):
        yield Found(*match.span(), _reading(match["year"], match["month"], match["day"], "dmy"))
    for match in _ERA.finditer(line):
        year = ERAS[match[1]] + (1 if match[2] == "元" else int(match[2]))
        yield Found(*match.span(), _reading(str(year), match[3], match[4], "ymd"))
    for match in _COMPACT.finditer(line):
        if whole.length == len(match[1]) or whole.speaks_of_dates:
            yield Found(*match.span(), _compact(match[1]))


class _Line:
    """A folded line, and what is asked of the whole of it, each answered once."""

    def __init__(self, text: str) -> None:
        self.text = text

    @functools.cached_property
    def length(self) -> int:
        """Characters without the space around them."""
        return len(self.text.strip())

    @functools.cached_property
    def speaks_of_dates(self) -> bool:
        """Whether it has a word for dates, or what stands beside them."""
        return _DATE_NEAR.search(self.text) is not None

    @functools.cached_property
    def is_thai(self) -> bool:
        """Whether it has a Thai letter."""
        return any("\u0e00" <= character <= "\u0e7f" for character in self.text)


def _numeric(match: re.Match[str], line: _Line) -> Found:
    """Day, month and year in numbers, the year last or of two digits."""
    first, second, last = match["a"], match["b"], match["year"].lstrip("'")
    separators = {match["s"].strip(), match["t"].strip()}
    if not (_is_short_form(match) if len(last) == 2 else _is_long_form(match, line)):
        return Found(*match.span(), ())
    year = _christian_or_buddhist(last, line)
    readings = _reading(year, second, first, "dmy")
    if "." not in separators or not readings:
        readings += _reading(year, first, second, "mdy")
    if len(year) == len(first) == 2 and "." not in separators:
        readings += _reading(first, second, last, "ymd")
    return Found(*match.span(), readings)


def _is_long_form(match: re.Match[str], line: _Line) -> bool:
    """Whether the separators are those of a date with a year of four digits."""
    separators = {match["s"].strip(), match["t"].strip()}
    if separators == {""}:
        # "25 12 2018", but not three groups of a phone number.
        alone = not _PHONE_BEFORE.search(match.string[max(0, match.start() - 3) : match.start()])
        return len(match["a"]) == len(match["b"]) == 2 and alone and not _PHONE_AFTER.match(match.string, match.end())
    if separators == {".", ""}:
        # "05.03 2024": a point that OCR lost; an amount before a year is no date.
        return len(match["a"]) == len(match["b"]) == 2 and line.speaks_of_dates
    return separators <= {".", "/", "-"} or separators == {","}


def _is_short_form(match: re.Match[str]) -> bool:
    """Whether it all looks like a date with a year of two digits, and not like an article number ("RC11-23-42")."""
    if match["s"] != match["t"] or match["s"].strip() not in {".", "/", "-"}:
        return False
    in_code = _CODE_BEFORE.search(match.string[max(0, match.start() - 3) : match.start()])
    return not in_code and not _CODE_AFTER.match(match.string, match.end())


def _named(line: _Line) -> Iterator[Found]:
    """Dates with the month's name in them."""
    for pattern, order in _NAMED:
        position = 0
        while match := pattern.search(line.text, position):
            month = None if _AMOUNT.fullmatch(line.text[match.start("day") : match.end()]) else _month(match)
            # "38 del 31 ottobre 2023" begins with no date, and holds one.
            position = match.end() if month else match.start() + 1
            if month:
                year = _christian_or_buddhist(match["year"].lstrip("'"), line)
                yield Found(*match.span(), _reading(year, str(month), match["day"], order))


def _month(match: re.Match[str]) -> int | None:
    """The month's number, whatever tore its name."""
    return _month_number("".join(match["month"].split()))


def _compact(digits: str) -> tuple[Reading, ...]:
    """Eight digits in a row: year first, else year last."""
    year_first = _reading(digits[:4], digits[4:6], digits[6:], "ymd")
    if year_first:
        return year_first
    year, first, second = digits[4:], digits[:2], digits[2:4]
    return _reading(year, second, first, "dmy") + _reading(year, first, second, "mdy")


def _reading(year: str, month: str, day: str, order: DateOrder) -> tuple[Reading, ...]:
    """The date as a tuple of one; empty where there is no such day or no such year on a document."""
    try:
        return (Reading(date(_full_year(year), int(month), int(day)), order),)
    except ValueError:
        return ()


def _christian_or_buddhist(digits: str, line: _Line) -> str:
    """The year's digits; two digits beside Thai letters are of the Buddhist era, where that makes a document's year."""
    is_thai = len(digits) == 2 and line.is_thai
    return f"25{digits}" if is_thai and 2500 + int(digits) - BUDDHIST_OFFSET >= FIRST_YEAR else digits


def _full_year(digits: str) -> int:
    """The Christian year of two or four digits.

    Raises:
        ValueError: It is none that documents bear.
    """
    year = int(digits)
    if len(digits) == 2:
        year += 2000 if year <= LAST_YEAR - 2000 else 1900
    elif FIRST_YEAR + BUDDHIST_OFFSET <= year <= LAST_YEAR + BUDDHIST_OFFSET:
        year -= BUDDHIST_OFFSET
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(year)
    return year


@functools.cache
def _month_numbers() -> dict[str, int]:
    """Month number by folded name, over all locales; the first locale to claim a name keeps it."""
    numbers: dict[str, int] = {}
    for locale in load_locales():
        for number, names in enumerate(locale.months, 1):
            for name in names:
                numbers.setdefault(folded(name).strip("."), number)
    return numbers


@functools.cache
def _date_words() -> frozenset[str]:
    """One-word announcements of a date, which OCR may have glued to the month behind them."""
    phrases = (phrase for locale in load_locales() for phrase in locale.keywords.get("date", ()))
    return frozenset(folded(phrase) for phrase in phrases if " " not in phrase)


def _month_number(word: str) -> int | None:
    """The month that a folded word names, "date" and the like in front of it left out."""
    word = word.strip(".")
    number = _month_numbers().get(word)
    if number is None and len(word) > len("date"):
        cut = next((i for i in range(3, len(word) - 2) if word[:i] in _date_words()), len(word))
        return _month_numbers().get(word[cut:])
    return number
