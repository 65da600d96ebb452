"""Tax numbers: VAT numbers of the EU and its neighbors by checksum, others by their shape behind a label.

In: text. Out: where a number stands, as it is usually written. A shape alone says little: callers ask for it only
behind words that announce a tax number.

Source: checksums as python-stdnum has them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stdnum.ch import uid
from stdnum.eu import vat
from stdnum.util import get_cc_module

from lib.grammar.recall import remembered

_NEIGHBORS: Final[Mapping[str, str]] = {"GB": "gb", "NO": "no", "XI": "gb"}
"""Prefixes of VAT numbers outside of the EU, and the country that checks them; Switzerland has its own form."""

_COUNTRIES: Final[Mapping[str, tuple[str, ...]]] = {
    "cs": ("cz",),
    "da": ("dk",),
    "de": ("de", "at", "ch"),
    "en": ("gb", "ie", "au", "nz", "sg", "in", "ca"),
    "es": ("es", "mx", "ar", "cl", "co", "pe"),
    "fr": ("fr", "be", "ch", "ca"),
    "ja": ("jp",),
    "nl": ("nl", "be"),
    "pt": ("pt", "br"),
    "sv": ("se",),
    "vi": ("vn",),
    "zh": ("cn",),
}
"""Whose checksums apply to what a language calls a tax number; a locale that is not here has its country's code."""

_PREFIX = re.compile(r"(?<![A-Z0-9])[A-Z]{2}")
_ZERO_IN_PREFIX = re.compile(r"(?<=\b[NR])0(?=\d{6,10}(?!\d))")
"""The O of a Romanian or Norwegian number, as recognizers misread it."""

_WITH_PREFIX = re.compile(r"(?:CHE|[A-Z]{2})[ -]{0,2}(?:[A-Z0-9][ .-]?){7,13}[A-Z0-9](?![A-Z0-9])")
_SHAPE = re.compile(r"(?<![^\W_])[A-Z]{0,4}[ -]?\d(?:[ ./-]{0,2}[A-Z0-9]){5,19}(?![^\W_])")
_FEWEST_DIGITS: Final = 6
_MOST_LETTERS: Final = 8
_SEPARATORS = re.compile(r"[^A-Z0-9]")
_AMOUNT = re.compile(r"\d{1,3}(?:[ .]\d{3})*[.]\d{2}")
_WORD_BEHIND = re.compile(r"[ ./-]+(?!MVA$)[A-Z]{2,}$")
"""A word that belongs to no number; Norwegian ones end in "MVA"."""

_NATIONAL: Final[Sequence[tuple[re.Pattern[str], str, str]]] = (
    (re.compile(r"(?<![A-Z0-9])\d{2}[A-Z]{5}\d{4}[A-Z][A-Z0-9]Z[A-Z0-9](?![A-Z0-9])"), "in", "gstin"),
    (re.compile(r"(?<!\d)\d{3} ?\d{3} ?\d{3} ?MVA(?![A-Z0-9])"), "no", "mva"),
    (re.compile(r"(?<!\d)\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}(?!\d)"), "br", "cnpj"),
    (re.compile(r"(?<![\d-])\d{2}-\d{8}-\d(?![\d-])"), "ar", "cuit"),
)
"""Forms that nothing else has, the country and the name of their checksums."""


@dataclass(frozen=True, slots=True)
class TaxIdMatch:
    """One tax number in a line of text.

    Attributes:
        start: Offset of its first character.
        end: Offset behind its last character.
        value: A VAT number without its spaces and points; any other as printed.
        checked: Whether its check digits are right.
    """

    start: int
    end: int
    value: str
    checked: bool


@remembered
def find_vat_ids(text: str) -> tuple[TaxIdMatch, ...]:
    """Every VAT number with its country's prefix and the right check digits, from left to right."""
    line = _upper(text)
    runs = (_WITH_PREFIX.match(line, prefix.start()) for prefix in _PREFIX.finditer(line))
    found: list[TaxIdMatch] = []
    for run in runs:
        if run and not (found and run.start() < found[-1].end):
            found += filter(None, [_vat_id_at(line, run)])
    return tuple(found)


@remembered
def find_certain_tax_ids(text: str) -> tuple[TaxIdMatch, ...]:
    """Every VAT number, and every other one whose form and check digits no other number has, from left to right."""
    line = _upper(text)
    national = (
        TaxIdMatch(match.start(), match.end(), match[0], checked=True)
        for form, country, name in _NATIONAL
        for match in form.finditer(line)
        if _is_checked(match[0], country, name)
    )
    return tuple(sorted([*find_vat_ids(text), *national], key=lambda match: match.start))


@remembered
def find_tax_ids(text: str, *, locales: frozenset[str] = frozenset()) -> tuple[TaxIdMatch, ...]:
    """Whatever may be a tax number in a text that is said to be one, from left to right.

    Args:
        text: What stands behind a label.
        locales: Codes of the languages that the label is of: they say whose checksums apply.
    """
    certain = find_certain_tax_ids(text) or find_certain_tax_ids(_ZERO_IN_PREFIX.sub("O", text))
    return certain or tuple(_shaped(_upper(text), locales))


def has_vat_prefix(value: str) -> bool:
    """Whether a number begins as the VAT numbers of a country do that has check digits: they must be right then."""
    compact = _SEPARATORS.sub("", value.upper())
    prefix, rest = compact[:2], compact[2:]
    return _is_checked_prefix(prefix) and sum(map(str.isdigit, rest)) >= _FEWEST_DIGITS


def _is_checked_prefix(prefix: str) -> bool:
    return prefix == "EL" or prefix.lower() in vat.MEMBER_STATES or prefix in _NEIGHBORS


def _upper(text: str) -> str:
    """`text` in upper case, where that moves no character."""
    upper = text.upper()
    return upper if len(upper) == len(text) else text


def _vat_id_at(line: str, match: re.Match[str]) -> TaxIdMatch | None:
    """The VAT number that a run begins with: words may follow it."""
    end = match.end()
    while end > match.start():
        compact = _SEPARATORS.sub("", line[match.start() : end])
        if _is_vat_id(compact):
            return TaxIdMatch(match.start(), end, compact, checked=True)
        end = max(line.rfind(" ", match.start(), end), match.start())
    return None


def _is_vat_id(compact: str) -> bool:
    if compact.startswith("CHE"):
        return bool(uid.is_valid(compact))
    country = _NEIGHBORS.get(compact[:2])
    return _is_checked(compact[2:], country) if country else bool(vat.is_valid(compact))


def _shaped(line: str, locales: frozenset[str]) -> Iterator[TaxIdMatch]:
    for match in _SHAPE.finditer(line):
        text = _WORD_BEHIND.sub("", match.group()).strip(" -")
        digits = sum(character.isdigit() for character in text)
        letters = sum(character.isalpha() for character in text)
        if digits >= _FEWEST_DIGITS and letters <= _MOST_LETTERS and not _AMOUNT.fullmatch(text):
            start = match.start() + match.group().index(text)
            checked = any(_is_checked(text, country) for code in locales for country in _COUNTRIES.get(code, (code,)))
            yield TaxIdMatch(start, start + len(text), " ".join(text.split()), checked)


def _is_checked(number: str, country: str, name: str = "vat") -> bool:
    module = get_cc_module(country, name)
    return bool(module and module.is_valid(number))
