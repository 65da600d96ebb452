"""The numbers of invoices and receipts: what may stand behind "Invoice no.".

In: text behind a label. Out: the number at its begin, as printed. A date, an amount with its decimals or a word without
a digit is none.
"""

import re
from dataclasses import dataclass
from typing import Final

from lib.grammar.dates import find_dates

_CONTEXT: Final = 200
"""Characters behind a number that tell whether it is a date."""

LONGEST: Final = 40
"""Characters of a number; what is longer is something else."""

_MARKS = re.compile(r"(?:\s|\([^()]{1,12}\)|[:：#№.º°*=|-]|(?:no|nr|n|num|number|id)\b(?=[\s.:#º°]))*", re.IGNORECASE)
"""What may stand between a label and its number: "Rechnung (380) Nr. 17"."""
_NUMBER = re.compile(r"(?:[^\W\d_]{1,5}[ ])?[^\W_](?:[\w/.\\-]*[^\W_])?")
_SPACED = re.compile(r"\d{1,3}(?: \d{3}){2,5}(?![\d.,]| \d)")
"""A long number in groups: "23 456 789 012"."""

_AMOUNT = re.compile(r"\d{1,3}(?:[.,' ]\d{3})*[.,]\d{2}|\d+[.,]\d{2}")
_DECIMALS = re.compile(r"[,.']\d")
"""What runs on behind a number only where it is an amount."""


_POINT_AND_NUMBER = re.compile(r"\d{4,5}\s?-\s?\d{8}(?!\d)")
_POINT_OF_SALE = re.compile(r"(?<!\w)n(?:[uú]mero|ro|[oº°])?\.?\s?:?\s{0,2}(\d{4,5}\s?-\s?\d{8})(?!\d)", re.IGNORECASE)
"""Point of sale and number, as invoices of Argentina and their neighbors have them: "Nº 0003-00001234"."""


@dataclass(frozen=True, slots=True)
class NumberMatch:
    """A document's number in a text.

    Attributes:
        start: Offset of its first character.
        end: Offset behind its last character.
        value: As printed.
        marked: Whether "#", "No." or a colon stands in front of it.
    """

    start: int
    end: int
    value: str
    marked: bool


def number_at_start(text: str) -> NumberMatch | None:
    """The number that a text begins with, after ":" or "No."; None where it begins with anything else."""
    marks = _MARKS.match(text)
    start = marks.end() if marks else 0
    whole = _POINT_AND_NUMBER.match(text, start) or _SPACED.match(text, start)
    if whole:
        return NumberMatch(whole.start(), whole.end(), whole[0], marked=bool(text[:start].strip()))
    found = _NUMBER.match(text, start)
    if found is None:
        return None
    value, end = found.group(), found.end()
    head, space, tail = value.partition(" ")
    if space and (any(c.isdigit() for c in head) or not any(c.isdigit() for c in tail)):
        value, end = head, start + len(head)
    if not any(character.isdigit() for character in value) or len(value) > LONGEST or _is_other(text, start, end):
        return None
    return NumberMatch(start, end, value, marked=bool(text[:start].strip()))


def point_of_sale_number(text: str) -> NumberMatch | None:
    """The first number of the form of a point of sale and eight digits behind "Nº" in a text."""
    match = _POINT_OF_SALE.search(text)
    return NumberMatch(match.start(1), match.end(1), match[1], marked=True) if match else None


def _is_other(text: str, start: int, end: int) -> bool:
    """Whether what stands there is a date or an amount."""
    if _AMOUNT.fullmatch(text[start:end]) or _DECIMALS.match(text, end):
        return True
    return any(date.start < end <= date.end for date in find_dates(text[: end + _CONTEXT]))
