"""In which country a document was written: from tax numbers, addresses, phone prefixes, domains and names.

In: configs/countries.yaml and a document's lines. Out: countries with a weight, the strongest first. A country
says what "$" means and whether 03/04 is in March or in April, where the document itself does not.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from lib.grammar.alternatives import any_of
from lib.grammar.folding import plain
from lib.grammar.keywords import KeywordIndex
from lib.grammar.locales import DateOrder

COUNTRIES_FILE = Path(__file__).parent.parent.parent / "configs" / "countries.yaml"

_SIGN: Final = 3.0
_PHONE: Final = 2.0
_DOMAIN: Final = 2.0
_PLACE: Final = 1.0
_MOST: Final = 2
"""Times that one kind of evidence counts for a country: a page of Berlin addresses is no surer than two."""

SURE_FROM: Final = 3.0
"""Weight of a country that stands for itself: a tax number, or a phone prefix with a place."""

_INTERNATIONAL = re.compile(r"(?<![\d+])\+ ?(\d{1,4})(?=[\d ()./-]{6,18})")
_WEB = re.compile(r"(?:www\.|https?://|@)[\w.-]{1,80}?\.([a-z]{2})(?![\w.])")


_HEAD = re.compile(r"\\b((?:(?:[^\W_]|[/-]|\\[./])(?![?*+{]))+)")
_GROUP = re.compile(r"\([^()]*\)")
"""What a sign begins with, as its expression is written; and the parts of it that may hold alternatives."""


@dataclass(frozen=True, slots=True, eq=False)
class Sign:
    """What only one country's documents have. Equal to nothing but itself.

    Attributes:
        pattern: Stands in the text in capitals.
        head: Characters that it begins a word with; empty where it may begin in several ways.
        begins_word: Whether it begins a word, in whatever way.
    """

    pattern: re.Pattern[str]
    head: str
    begins_word: bool

    @classmethod
    def of(cls, source: str) -> "Sign":
        """A sign by its regular expression."""
        head = _HEAD.match(source) if "|" not in _GROUP.sub("", source) else None
        return cls(re.compile(source), head[1].replace("\\", "") if head else "", source.startswith(r"\b"))


@dataclass(frozen=True, slots=True)
class Country:
    """One country's habits and what gives it away.

    Attributes:
        code: ISO 3166-1 alpha-2.
        currency: ISO 4217.
        date_order: Of numeric dates.
        phone: International prefix, digits only.
        domain: Top-level domain, empty where it is used all over the world.
        signs: What only this country's documents have.
        hints: What few other countries' documents have; they weigh like places.
        places: Its names and those of its regions and large cities.
    """

    code: str
    currency: str
    date_order: DateOrder
    phone: str
    domain: str
    signs: tuple["Sign", ...]
    hints: tuple["Sign", ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountryWeight:
    """How much of a document speaks for a country; from SURE_FROM on it stands for itself."""

    country: Country
    weight: float

    @property
    def is_sure(self) -> bool:
        """Whether the evidence needs no other beside it."""
        return self.weight >= SURE_FROM


def _country(content: dict[str, Any]) -> Country:
    return Country(
        code=content["code"],
        currency=content["currency"],
        date_order=content["date_order"],
        phone=content["phone"],
        domain=content["domain"],
        signs=tuple(Sign.of(sign) for sign in content["signs"]),
        hints=tuple(Sign.of(hint) for hint in content.get("hints", ())),
        places=tuple(content["places"]),
    )


@functools.cache
def load_countries() -> tuple[Country, ...]:
    """Every country of configs/countries.yaml."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(COUNTRIES_FILE.read_bytes(), Loader=loader)  # noqa: S506 - both are safe
    return tuple(_country(entry) for entry in content)


@functools.cache
def order_of_currency(code: str) -> DateOrder:
    """How numeric dates are written where people pay in a currency: in the first country of the table that has it."""
    return next((country.date_order for country in load_countries() if country.currency == code), "dmy")


class _Signs:
    """The signs of all countries, by how they are found in a text. What each begins with nearly always ends the search.

    Attributes:
        heads: Where signs with a head may stand.
        by_head: Which ones, by the longest head that stands there.
        starts: Where a sign stands that begins a word in several ways: those of one pattern share the edge of the word,
            which is tried once, or have none.
        headless: These signs.
        others: All that are left, each to be searched for.
    """

    def __init__(self, signs: Sequence[Sign]) -> None:
        with_head = [sign for sign in signs if sign.head]
        heads = {sign.head for sign in with_head}
        self.heads = re.compile(rf"\b(?=({any_of(heads)}))")
        self.by_head = {head: [sign for sign in with_head if head.startswith(sign.head)] for head in heads}
        self.headless = [sign for sign in signs if sign.begins_word and not sign.head]
        self.others = [sign for sign in signs if not sign.begins_word]
        sources = [sign.pattern.pattern for sign in self.headless]
        edged = [source for source in sources if all(part.startswith(r"\b") for part in _alternatives(source))]
        ragged = [source for source in sources if source not in edged]
        self.starts = [re.compile("|".join(part)) for part in (edged, ragged) if part]


def _alternatives(source: str) -> list[str]:
    """The alternatives of an expression, without the groups in them."""
    while (shorter := _GROUP.sub("", source)) != source:
        source = shorter
    return source.split("|")


@functools.cache
def _signs() -> _Signs:
    return _Signs([sign for country in load_countries() for sign in (*country.signs, *country.hints)])


@functools.cache
def _places() -> KeywordIndex:
    return KeywordIndex((place, "place", country.code) for country in load_countries() for place in country.places)


def detect_countries(lines: Iterable[str]) -> tuple[CountryWeight, ...]:
    """Countries that a document's lines speak for, the strongest first; empty where nothing speaks for any.

    Args:
        lines: The document's lines of text.
    """
    text = "\n".join(plain(line) for line in lines)
    capitals = text.upper()
    standing = signs_in(capitals)
    weights = {
        country.code: _SIGN * min(_MOST, len(standing.intersection(country.signs))) for country in load_countries()
    }
    for code, weight in _evidence_of_numbers(text):
        weights[code] += weight
    for code, count in _hints_and_places(text, standing).items():
        weights[code] += _PLACE * min(_MOST, count)
    ranked = sorted(load_countries(), key=lambda country: -weights[country.code])
    return tuple(CountryWeight(country, weights[country.code]) for country in ranked if weights[country.code])


def signs_in(capitals: str) -> frozenset[Sign]:
    """The signs, and hints, of all countries that stand in a text.

    Args:
        capitals: The text, in capitals.
    """
    signs, found = _signs(), set[Sign]()
    for place in signs.heads.finditer(capitals):
        for sign in signs.by_head[place[1]]:
            if sign not in found and sign.pattern.match(capitals, place.start()):
                found.add(sign)
    starts = [start for pattern in signs.starts for start in _starts(pattern, capitals)]
    found.update(sign for sign in signs.headless if any(sign.pattern.match(capitals, start) for start in starts))
    found.update(sign for sign in signs.others if sign.pattern.search(capitals))
    return frozenset(found)


def _starts(pattern: re.Pattern[str], capitals: str) -> Iterator[int]:
    """Where a pattern stands in a text, also inside of what it stands for."""
    match = pattern.search(capitals)
    while match:
        yield match.start()
        match = pattern.search(capitals, match.start() + 1)


def _evidence_of_numbers(text: str) -> Iterator[tuple[str, float]]:
    """What phone prefixes and domains weigh, by country code."""
    prefixes = {_prefix_owner(match[1]) for match in _INTERNATIONAL.finditer(text)}
    domains = {match[1] for match in _WEB.finditer(text.lower())}
    for country in load_countries():
        if country.phone in prefixes:
            yield country.code, _PHONE
        if country.domain in domains:
            yield country.code, _DOMAIN


def _hints_and_places(text: str, standing: frozenset[Sign]) -> Counter[str]:
    """How many different hints and places a text has of each country."""
    places = {(code, m.phrase) for m in _places().find(text) if not m.glued for code in m.locales}
    counts = Counter(code for code, _ in places)
    for country in load_countries():
        counts[country.code] += len(standing.intersection(country.hints))
    return counts


def _prefix_owner(digits: str) -> str:
    """The international prefix that a number begins with; empty where it is none of ours."""
    return next((digits[:n] for n in range(len(digits), 0, -1) if digits[:n] in _prefixes()), "")


@functools.cache
def _prefixes() -> frozenset[str]:
    return frozenset(country.phone for country in load_countries())
