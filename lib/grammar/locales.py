"""What languages call things on receipts and invoices.

In: configs/locales/*.yaml, one file a language. Out: `Locale`s, and which of them a document is written in.
The files are read at first use and kept; the words in them are folded once, as every text they meet is.
"""

import functools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from lib.grammar.folding import letters_of
from lib.grammar.keywords import KeywordIndex, KeywordMatch
from lib.grammar.misreadings import misreadings
from lib.grammar.recall import remember, remembered
from lib.grammar.tax_clauses import with_clauses_settled

DateOrder = Literal["dmy", "mdy", "ymd"]
DecimalMark = Literal[".", ","]

KINDS: Final[Mapping[str, str]] = {
    "total": "what is to pay, tax included",
    "subtotal": "the sum without tax",
    "tax": "an amount of tax, or its rate",
    "tax_summary": "a table of taxes, one row a rate",
    "date": "the day of issue",
    "due_date": "a day that is none of issue: to pay by, best before, valid until",
    "order_date": "the day of an order or of printing: of issue only where no other day is said to be",
    "delivery_date": "the day of delivery or service",
    "invoice_number": "a number that is neither date nor amount: of a document, a table, a customer",
    "cash": "what was handed over",
    "change": "what was handed back",
    "discount": "what is taken off",
    "rounding": "what coins cannot pay",
    "service": "a charge for service",
    "tip": "a tip; not in every language",
    "item": "the column of goods",
    "quantity": "the column of counts, or a count",
    "unit_price": "the column of prices for one",
    "total_noise": "what looks like a total and is none: points, savings",
    "tax_id": "a number of tax or register",
    "contact": "telephone, mail, web site",
    "payment": "a bank account or a card",
    "customer": "who buys",
    "seller": "who sells",
    "not_merchant": "what is never part of a seller's name: titles, greetings",
}
"""What each kind of a locale's keywords announces."""

_SPACED: Final = frozenset({"bg", "cs", "fi", "hu", "no", "pl", "ru", "sk", "sv", "uk"})
_CLEAR_LANGUAGE: Final = 0.6
"""Weight from which a language stands for the currency that its speakers pay in."""

LOCALES_DIR = Path(__file__).parent.parent.parent / "configs" / "locales"


@dataclass(frozen=True, slots=True)
class Locale:
    """One language's words and habits.

    Attributes:
        code: ISO 639-1.
        keywords: Phrases by kind (see KINDS), as printed, in any case.
        months: Twelve tuples: names and abbreviations of January to December; none where months have numbers only.
        date_order: The usual order of numeric dates.
        decimal: The usual decimal separator.
        currencies: ISO 4217 codes of the currencies its speakers mostly pay in, most usual first; a hint, no evidence.
        legal_forms: What ends the name of a company ("GmbH", "Sdn Bhd").
        sentence_words: Words that stand in sentences and in hardly any name ("your", "please").
        linking_words: Words that lead on to another one ("and", "with"), and end no name.
        extras: Phrases by kind that announce fields beyond the six, as printed, in any case; see extra_keywords.py.
    """

    code: str
    keywords: Mapping[str, tuple[str, ...]]
    months: tuple[tuple[str, ...], ...]
    date_order: DateOrder
    decimal: DecimalMark
    currencies: tuple[str, ...]
    legal_forms: tuple[str, ...]
    sentence_words: tuple[str, ...]
    linking_words: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]]

    @property
    def parts_thousands_with_spaces(self) -> bool:
        """Whether its speakers write 1 234,56 everywhere; French does not in Switzerland."""
        return self.code in _SPACED


def _locale(content: Mapping[str, Any]) -> Locale:
    """One file's content as a `Locale`."""
    return Locale(
        code=content["code"],
        keywords={kind: tuple(phrases) for kind, phrases in content["keywords"].items()},
        months=tuple(tuple(names) for names in content["months"]),
        date_order=content["date_order"],
        decimal=content["decimal"],
        currencies=tuple(content["currencies"]),
        legal_forms=tuple(content.get("legal_forms", ())),
        sentence_words=tuple(content.get("sentence_words", ())),
        linking_words=tuple(content.get("linking_words", ())),
        extras={kind: tuple(phrases) for kind, phrases in content.get("extras", {}).items()},
    )


@functools.cache
def load_locales() -> tuple[Locale, ...]:
    """Every locale of configs/locales, sorted by code."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted(LOCALES_DIR.glob("*.yaml"))
    return tuple(_locale(yaml.load(file.read_bytes(), Loader=loader)) for file in files)  # noqa: S506 - both are safe


@functools.cache
def _keyword_index() -> KeywordIndex:
    """Every phrase of every locale, and what recognizers make of some, where that is no phrase of its own."""
    phrases = [
        (phrase, kind, locale.code)
        for locale in load_locales()
        for kind, phrases in locale.keywords.items()
        for phrase in phrases
    ]
    known = {letters_of(phrase) for phrase, _, _ in phrases}
    misread = ((other, kind, code) for phrase, kind, code in phrases for other in misreadings(phrase))
    return KeywordIndex([*phrases, *(each for each in misread if each[0] not in known)])


@remembered
def find_keywords(text: str, *, locales: frozenset[str] | None = None) -> tuple[KeywordMatch, ...]:
    """The phrases in one line of text, from left to right, the longest at each place.

    Args:
        text: One line.
        locales: Codes of the locales whose phrases count; None: all.
    """
    found = _phrases(text)
    if locales is not None and any(locales.isdisjoint(match.locales) for match in found):
        found = _keyword_index().find(text, locales=locales)  # Another phrase may stand where one does not count.
    return with_clauses_settled(text, found)


@remembered
def _phrases(text: str) -> tuple[KeywordMatch, ...]:
    """The phrases of all locales in one line of text, each by itself."""
    return _keyword_index().find(text)


def find_keywords_in_row(parts: Sequence[str]) -> tuple[KeywordMatch, ...]:
    """The phrases in a row of parts that stand apart, joined by spaces. What is found in each part is remembered.

    Args:
        parts: The texts of the row's cells, at least one.
    """
    text = " ".join(parts)
    if len(parts) > 1:
        _remember_parts(parts, _phrases(text))
    return find_keywords(text)


def _remember_parts(parts: Sequence[str], found: Sequence[KeywordMatch]) -> None:
    """Note each part's phrases, which are the row's, unless one of those runs on from one part to the next."""
    phrases, start, first = list[tuple[KeywordMatch, ...]](), 0, 0
    for part in parts:
        end, last = start + len(part), first
        while last < len(found) and found[last].start < end:
            last += 1
        if last > first and found[last - 1].end > end:
            return
        phrases.append(tuple([match.moved(-start) for match in found[first:last]]))
        start, first = end + 1, last
    for part, own in zip(parts, phrases, strict=True):
        remember(_phrases, part, result=own)


@dataclass(frozen=True, slots=True)
class LocaleWeight:
    """How much of what a document says speaks for a locale; the weights of a ranking sum to 1."""

    locale: Locale
    weight: float


def currency_of_language(ranked: Sequence[LocaleWeight]) -> str | None:
    """The currency of a document's language, where that is told clearly and paid in one currency alone.

    Args:
        ranked: From `detect_locales`.
    """
    if not ranked or ranked[0].weight < _CLEAR_LANGUAGE:
        return None
    currencies = ranked[0].locale.currencies
    return currencies[0] if len(currencies) == 1 else None


def detect_locales(lines: Iterable[str]) -> tuple[LocaleWeight, ...]:
    """The locales a document may be written in, the likeliest first; empty where nothing speaks for any.

    Args:
        lines: The document's lines of text, or its words.
    """
    return _ranked(map(find_keywords, lines))


def detect_locales_of_rows(rows: Iterable[Sequence[str]]) -> tuple[LocaleWeight, ...]:
    """The same of rows that are cut into parts, which are remembered."""
    return _ranked(map(find_keywords_in_row, rows))


def _ranked(found: Iterable[Iterable[KeywordMatch]]) -> tuple[LocaleWeight, ...]:
    counts: dict[str, float] = defaultdict(float)
    for matches in found:
        for match in matches:
            weight = len(match.phrase) / len(match.locales)
            for code in match.locales:
                counts[code] += weight
    total = math.fsum(counts.values())  # Rounded once: locales of a match come in the order of their hashes.
    spoken = [locale for locale in load_locales() if locale.code in counts]
    ranked = sorted(spoken, key=lambda locale: (-counts[locale.code], locale.code))
    return tuple([LocaleWeight(locale, counts[locale.code] / total) for locale in ranked])
