"""Telephone numbers, mail addresses and web sites in a text.

In: text. Out: patterns of them, and values as they are answered. Pure.
"""

import re
from typing import Final

EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b")
WEBSITE: Final = re.compile(
    r"(?:https?://|www\.)[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}(?:/[\w./-]{0,80})?"
    r"|(?<![\w@.+-])[\w-]{3,63}\.(?:com|de|net|org|co\.uk|fr|it|es|nl|at|ch|eu|pl|cz|com\.my|com\.sg|com\.au)\b(?!@)",
    re.IGNORECASE,
)
PHONE: Final = re.compile(r"(?:\+|\(\+?|00)?\d(?:[\s./()-]{0,3}\d){5,14}(?!\d)")
_FEWEST_PHONE_DIGITS, _MOST_PHONE_DIGITS = 7, 15


def is_phone(text: str) -> bool:
    """Whether a text has as many digits as a telephone number."""
    return _FEWEST_PHONE_DIGITS <= sum(map(str.isdigit, text)) <= _MOST_PHONE_DIGITS


def as_email(text: str) -> str:
    """A mail address as it is answered."""
    return text.rstrip(".").lower()


def as_website(text: str) -> str:
    """A web site as it is answered."""
    return text.rstrip("./")
