"""Currency marks in a text: ISO codes, symbols, words.

In: a line of text. Out: the marks in it with the currencies each can stand for, most usual first. A mark that several
currencies share ("$", "kr") keeps them all; what decides between them is elsewhere in the document.
Source: ISO 4217; symbols as Unicode CLDR lists them, and as receipts print them.
"""

import functools
import re
from dataclasses import dataclass
from typing import Literal

from lib.grammar.folding import folded

MarkKind = Literal["code", "symbol", "word"]

_CODES = """
    AED ALL AMD ARS AUD AZN BAM BDT BGN BHD BND BOB BRL BYN CAD CHF CLP CNY COP CRC CZK DKK DOP DZD EGP EUR GBP GEL
    GHS GTQ HKD HRK HUF IDR ILS INR IQD ISK JOD JPY KES KGS KHR KRW KWD KZT LAK LBP LKR MAD MDL MKD MMK MNT MOP MUR
    MXN MYR NGN NOK NPR NZD OMR PEN PHP PKR PLN PYG QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD TZS UAH UGX USD UYU
    UZS VES VND XAF XOF XPF ZAR ZMW
"""

CODES = frozenset(_CODES.split())
"""ISO 4217 codes of currencies that people pay with."""

_WORDLIKE_CODES = frozenset({"ALL", "TRY", "MOP", "COP", "PEN", "TOP", "CUP", "MAD", "GEL", "LAK", "ARS", "BAM", "AMD"})
"""Codes that are also words or brand names: they count in capitals beside a number only."""

NO_DECIMALS = frozenset({"CLP", "IDR", "ISK", "JPY", "KHR", "KRW", "LAK", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"})
"""Currencies whose prices are written without decimals in practice, whatever ISO 4217 gives as minor unit."""

RARELY_DECIMALS = NO_DECIMALS | {"COP", "CRC", "HUF", "IQD", "TWD", "UZS"}
"""Currencies whose prices mostly are."""

THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""Currencies with three decimals. Source: ISO 4217, minor unit 3."""

_DOLLARS = ("USD", "CAD", "AUD", "SGD", "NZD", "HKD", "TWD", "MXN", "CLP", "COP", "ARS", "BND", "UYU", "DOP")

SYMBOLS: dict[str, tuple[str, ...]] = {
    "€": ("EUR",),
    "£": ("GBP", "EGP"),
    "$": _DOLLARS,
    "us$": ("USD",),
    "u$s": ("USD",),
    "s$": ("SGD",),
    "hk$": ("HKD",),
    "nt$": ("TWD",),
    "a$": ("AUD",),
    "au$": ("AUD",),
    "c$": ("CAD",),
    "ca$": ("CAD",),
    "nz$": ("NZD",),
    "mx$": ("MXN",),
    "r$": ("BRL",),
    "¥": ("JPY", "CNY"),
    "円": ("JPY",),
    "元": ("CNY", "TWD", "HKD"),
    "₩": ("KRW",),
    "원": ("KRW",),
    "₫": ("VND",),
    "đ": ("VND",),
    "vnđ": ("VND",),
    "฿": ("THB",),
    "₺": ("TRY",),
    "₽": ("RUB",),
    "₴": ("UAH",),
    "₹": ("INR",),
    "₱": ("PHP",),
    "₪": ("ILS",),
    "₦": ("NGN",),
    "₸": ("KZT",),
    "₾": ("GEL",),
    "zł": ("PLN",),
    "zl": ("PLN",),
    "kč": ("CZK",),
    "kc": ("CZK",),
    "rm": ("MYR",),
    "rp": ("IDR",),
    "rs": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "ft": ("HUF",),
    "fr": ("CHF",),
    "sfr": ("CHF",),
    "kr": ("SEK", "NOK", "DKK", "ISK", "CZK"),
    "lei": ("RON", "MDL"),
    "лв": ("BGN",),
    "руб": ("RUB",),
    "грн": ("UAH",),
    "тг": ("KZT",),
    "tl": ("TRY",),
    "บาท": ("THB",),
    "ден": ("MKD",),
    "dh": ("MAD", "AED"),
    "dhs": ("AED", "MAD"),
}
"""Symbols and abbreviations, folded in case only, and the currencies that use them, most usual first."""

WORDS: dict[str, tuple[str, ...]] = {
    "ringgit": ("MYR",),
    "rupiah": ("IDR",),
    "euro": ("EUR",),
    "euros": ("EUR",),
    "eur": ("EUR",),
    "dollar": _DOLLARS,
    "dollars": _DOLLARS,
    "us dollar": ("USD",),
    "us dollars": ("USD",),
    "pounds sterling": ("GBP",),
    "pound sterling": ("GBP",),
    "złotych": ("PLN",),
    "złoty": ("PLN",),
    "korun českých": ("CZK",),
    "korun": ("CZK",),
    "kronor": ("SEK",),
    "kroner": ("NOK", "DKK"),
    "forint": ("HUF",),
    "franken": ("CHF",),
    "рублей": ("RUB",),
    "рубль": ("RUB",),
    "рубля": ("RUB",),
    "гривень": ("UAH",),
    "гривня": ("UAH",),
    "гривні": ("UAH",),
    "тенге": ("KZT",),
    "việt nam đồng": ("VND",),
    "đồng": ("VND",),
    "türk lirası": ("TRY",),
    "lirası": ("TRY",),
    "reais": ("BRL",),
    "rupees": ("INR", "PKR", "LKR"),
    "rupee": ("INR", "PKR", "LKR"),
    "pesos": ("MXN", "PHP", "ARS", "COP", "CLP"),
    "baht": ("THB",),
    "yen": ("JPY",),
    "人民币": ("CNY",),
    "日本円": ("JPY",),
}
"""Names of currencies as they stand in sentences ("all amounts in Euro")."""


@dataclass(frozen=True, slots=True)
class CurrencyMark:
    """A mark as the table knows it: what it can stand for, most usual first."""

    candidates: tuple[str, ...]
    kind: MarkKind


@dataclass(frozen=True, slots=True)
class CurrencyMatch:
    """One currency mark in a text.

    Attributes:
        code: The currency, or the most usual one of several.
        start: Offset of its first character.
        end: Offset behind its last character.
        text: The mark as printed.
        kind: `code`, `symbol` or `word`.
        candidates: Every currency the mark can stand for, most usual first; one where it is unambiguous.
        beside_number: Whether a digit stands next to it, at most a space or a bracket away.
    """

    code: str
    start: int
    end: int
    text: str
    kind: MarkKind
    candidates: tuple[str, ...]
    beside_number: bool

    @property
    def is_ambiguous(self) -> bool:
        """Whether several currencies use this mark."""
        return len(self.candidates) > 1


@functools.cache
def _marks() -> dict[str, CurrencyMark]:
    """Every mark by its folded text."""
    marks = {folded(word): CurrencyMark(codes, "word") for word, codes in WORDS.items()}
    marks |= {symbol: CurrencyMark(codes, "symbol") for symbol, codes in SYMBOLS.items()}
    marks |= {folded(symbol): CurrencyMark(codes, "symbol") for symbol, codes in SYMBOLS.items() if symbol != "đ"}
    return marks | {code.lower(): CurrencyMark((code,), "code") for code in CODES}


@functools.cache
def _pattern() -> re.Pattern[str]:
    """All marks, the longest first; letters must not run on to either side."""
    marks = sorted(_marks(), key=len, reverse=True)
    letters = "|".join(re.escape(mark) for mark in marks if mark[0].isalpha() and mark[-1].isalpha())
    signs = "|".join(re.escape(mark) for mark in marks if not (mark[0].isalpha() and mark[-1].isalpha()))
    return re.compile(
        rf"(?P<sign>(?:(?<![^\W\d_])(?=[a-z])|(?![a-z]))(?:{signs}))|(?<![^\W\d_])(?:{letters})(?![^\W\d_])"
    )


def _stands_beside_number(text: str, *, start: int, end: int) -> bool:
    """Whether a digit stands at most two of space, bracket, dot, colon or minus away."""
    before = text[max(0, start - 3) : start].rstrip(" (-:.")[-1:]
    after = text[end : end + 3].lstrip(" ().:-'")[:1]
    return before.isdigit() or after.isdigit()


def find_currencies(text: str) -> tuple[CurrencyMatch, ...]:
    """Every currency mark in one line of text, from left to right."""
    lowered = "".join(character.lower()[:1] for character in text)
    keys = "".join(low if low == "đ" else fold for low, fold in zip(lowered, folded(text), strict=True))
    found = []
    for match in _pattern().finditer(keys):
        mark = _marks()[match.group()]
        printed = text[match.start() : match.end()]
        beside = _stands_beside_number(keys, start=match.start(), end=match.end())
        if _is_only_a_word(printed, mark=mark, beside=beside):
            continue
        found.append(CurrencyMatch(mark.candidates[0], *match.span(), printed, mark.kind, mark.candidates, beside))
    return tuple(found)


def _is_only_a_word(printed: str, *, mark: CurrencyMark, beside: bool) -> bool:
    """Whether letters that happen to spell a mark are more likely something else ("all", "fr", "rs")."""
    if mark.kind == "code":
        return not printed.isupper() or (printed in _WORDLIKE_CODES and not beside)
    return (
        mark.kind == "symbol" and printed.isascii() and printed.isalpha() and not beside and printed not in {"RM", "Rp"}
    )
