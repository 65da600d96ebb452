"""Texts of an e-invoice's elements as values, in the forms that the formats prescribe.

In: an element or its text. Out: values; None where the text is none. Shared by the six fields and those beyond them.
"""

import datetime
import re
from xml.etree.ElementTree import Element

from lib.grammar.date_forms import FIRST_YEAR, LAST_YEAR

NOT_STATED = "not_found"
NOT_READABLE = "unparsable"
"""Problems of a field: the file says nothing, or nothing that its format allows."""

LONGEST_NAME = 300
"""Characters of a seller's name, or of a number; what is longer is something else."""

_COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T.*|Z|[+-][0-9]{2}:[0-9]{2})?")


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
