"""Texts of an e-invoice's elements as values, in the forms that the formats prescribe.

In: an element or its text. Out: values; None where the text is none. Shared by the six fields and those beyond them.
"""

import datetime
import re
from decimal import Decimal
from xml.etree.ElementTree import Element

from lib.grammar.date_forms import FIRST_YEAR, LAST_YEAR

NOT_STATED = "not_found"
NOT_READABLE = "unparsable"
CHECK_DIGITS = "check_digits"
"""Problems of a field: the file says nothing, nothing that its format allows, or an account with a wrong checksum."""

LONGEST_NAME = 300
"""Characters of a seller's name, or of a number; what is longer is something else."""

_COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T.*|Z|[+-][0-9]{2}:[0-9]{2})?")


LONGEST_TEXT = 2_000
"""Characters of a description or of terms of payment that are kept."""

_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})")
"""xs:decimal within reason: no exponent, no NaN, no infinity."""

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::.*)?")


def text_of(element: Element) -> str:
    """What stands in an element, white space collapsed; empty where nothing does."""
    return " ".join((element.text or "").split())


def read_name(text: str) -> str | None:
    """A name or a number, as it is."""
    return text if 0 < len(text) <= LONGEST_NAME else None


def read_date(text: str) -> datetime.date | None:
    """The day that "20241115" or "2024-11-15" stands for, where there is such a day and it is one of our time."""
    match = _COMPACT_DATE.fullmatch(text) or _ISO_DATE.fullmatch(text)
    if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        return None
    try:
        return datetime.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def read_text(text: str) -> str | None:
    """A text that may be long, cut where it is longer than anybody reads."""
    return text[:LONGEST_TEXT] or None


def read_amount(text: str) -> Decimal | None:
    """The number that an xs:decimal stands for."""
    if not _DECIMAL.fullmatch(text):
        return None
    return Decimal(text) or Decimal(0)  # There is no negative zero on an invoice.


def read_time(text: str) -> str | None:
    """The hour and minute of "14:05:00"."""
    match = _TIME.fullmatch(text)
    return f"{match[1]}:{match[2]}" if match else None
