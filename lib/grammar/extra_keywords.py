"""Phrases that announce the fields beyond the six: numbers of documents, due dates, tax numbers.

In: a line of text. Out: where such phrases stand. They are kept apart from the other keywords, which are many and are
there to tell amounts and dates from each other: these are few and mean one thing each.
"""

import functools
from collections.abc import Mapping
from typing import Final

from lib.grammar.keywords import KeywordIndex, KeywordMatch
from lib.grammar.locales import load_locales

KINDS: Final[Mapping[str, str]] = {
    "invoice_number": "the number of an invoice",
    "receipt_number": "the number of a receipt, a bill or another document",
    "title": 'the document itself; its number may follow: "Invoice #17"',
    "due_date": "the day by which is to be paid",
    "tax_id": "the tax number of whoever issued the document",
    "other": "something that only looks like one of these",
}
"""What each kind of a locale's `extras` announces."""


@functools.cache
def _index() -> KeywordIndex:
    """Every phrase of every locale."""
    return KeywordIndex(
        (phrase, kind, locale.code)
        for locale in load_locales()
        for kind, phrases in locale.extras.items()
        for phrase in phrases
    )


def find_extra_keywords(text: str) -> tuple[KeywordMatch, ...]:
    """The phrases in one line of text, from left to right, the longest at each place."""
    return _index().find(text)
