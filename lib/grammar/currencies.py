"""Currency marks in a text: ISO codes, symbols, words.

In: a line of text. Out: the marks in it with the currencies each can stand for, most usual first. A mark that several
currencies share ("$", "kr") keeps them all; what decides between them is elsewhere in the document.
"""

import functools
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from lib.grammar.alternatives import any_of
from lib.grammar.currency_table import CODES, SYMBOLS, WORDS
from lib.grammar.folding import folded
from lib.grammar.recall import remembered

MarkKind = Literal["code", "symbol", "word"]

_WORDLIKE = """
    AFN AMD AOA ARS BAM BBD BHD BND BOB BWP CNY COP CRC DOP ETB FJD GEL GYD HNL IRR JMD KES LAK LYD MAD MDL MOP MUR
    MVR MZN NAD NIO PEN PGK RON RWF SDG SEK SYP TJS TRY TTD VES XCD YER
"""
_WORDLIKE_CODES = frozenset(_WORDLIKE.split())
"""Codes that are also words, brands or OCR's idea of something else ("SDN BHD", "RON 95", "GEL PEN"): they count beside
a number with separators, in brackets, or right behind a word for a sum ("TOTAL BHD") only."""

_UNIT_CODES = frozenset({"KGS", "ALL"})
"""Codes that are also units, or stand behind any word: they count in front of a number with cents only."""

_SUM_BEFORE = re.compile(
    r"(?:total|summe|amount|betrag|gesamt|suma|summa|totaal|totale|toplam|montant|importe|due|pay|payable|paid|price|net)"
    r"[ .:(]{0,3}$"
)
"""A word for a sum, right in front of a code."""

_LONGEST_SUM = 16
_WORD_BEHIND = re.compile(r"[ .]{0,2}[^\W\d_]")

_MONEY = r"(?:\d{1,3}(?:,\d{3})+|\d{1,6})"
_OWN_FORM = {
    **dict.fromkeys(("jd", "kd", "bd"), re.compile(rf"{_MONEY}\.\d{{2,3}}")),
    "dt": re.compile(r"(?:\d{1,3}(?:[. ]\d{3})+|\d{1,6}),\d{2,3}|\d{1,6}\.\d{3}"),
    **dict.fromkeys(("ro", "r.o"), re.compile(rf"{_MONEY}\.\d{{3}}")),
    **dict.fromkeys(("le", "l.e", "qr"), re.compile(rf"{_MONEY}\.\d{{2}}|\d{{1,3}}(?:,\d{{3}})+")),
}
"""Short letters in capitals that are a currency beside an amount of its form only."""

_SHY_WORDS = frozenset(
    {"euro", "euros", "dollar", "dollars", "franken", "pesos", "rupee", "rupees", "korun", "lirası", "soles"}
)
"""Words that are in names too ("Dollar Store"): they count beside a number, or where the line speaks of amounts."""

_FRONT_ONLY = frozenset({"fr", "sfr", "rs"})
_BACK_ONLY_EVER = frozenset({"р"})
"""A ruble in one letter, which is a year in Ukrainian ("2024 р."): behind numbers with separators only."""
_BACK_ONLY = frozenset({"ft", "kc", "kč", "zl", "zł", "tg", "тг"}) | _BACK_ONLY_EVER
"""Letters that are a currency on one side of a number only: "Fr. 12.50" and "500 Ft", never "12 FR" or "FT 500"."""

_DONG = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
"""What stands before a "d" that is a đ without its bar: thousands, and nothing between them and the letter."""

_MIXED_CASE = frozenset({"ft", "kc"})
"""Letters that are a currency as "Ft" and "Kc", or behind thousands: other "FT" are feet and "KC" are codes."""

_THOUSANDS = re.compile(r"\d{1,3}(?:[ .]\d{3})+")

_SURE_LETTERS = frozenset({"RM", "Rp"})

_AMOUNT_TALK = re.compile(
    r"currenc|wahrung|devise|moneda|moeda|valuta|waluta|mena|валют|mata uang|para birimi|in words"
    r"|amount|total|summ|price|betrag|preis|gesamt|montant|prix|importe|valor|totaal|kwota|castka|toplam|tutar|bel[oø]"
    r"|att betala|a betale"
)
_NUMBER_BEFORE = re.compile(r"((?:\d{1,3} )*\d[\d.,']{0,14})[ ().:\-]{0,2}$")
_NUMBER_BEHIND = re.compile(r"[ ().:'\-]{0,3}(\d[\d.,']{0,14}(?![a-z]))")
_SEPARATED = re.compile(r"\d[.,']\d")

_CENTS = re.compile(r"\d[.,]\d\d(?!\d)")
_WEIGHT_TALK = re.compile(r"weight|\blbs?\b|gewicht|poids|peso\b|kilo|\bwt\b")

_FEW_WORDS = 4
"""Words of a line at most, in which a code alone is a currency mark ("Total (EUR)", "AED")."""


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


@remembered
def find_currencies(text: str) -> tuple[CurrencyMatch, ...]:
    """Every currency mark in one line of text, from left to right."""
    keys = _keys(text)
    if not _pattern().search(keys):  # As in nine lines of ten.
        return ()
    line = _Line(keys)
    found = []
    for match in _pattern().finditer(keys):
        mark = _marks()[match.group()]
        neighbors = _Neighbors.of(keys, start=match.start(), end=match.end())
        printed = text[match.start() : match.end()]
        if _counts(match.group(), printed, mark=mark, neighbors=neighbors, line=line):
            code = mark.candidates[0]
            found.append(CurrencyMatch(code, *match.span(), printed, mark.kind, mark.candidates, neighbors.any))
    return tuple(found)


def _keys(text: str) -> str:
    """`text` folded, but for the đ, which is a mark of its own. Same length."""
    keys = folded(text)
    if "đ" in text or "Đ" in text:
        keys = "".join("đ" if letter in "đĐ" else key for letter, key in zip(text, keys, strict=True))
    return keys


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
    signs = any_of(mark for mark in _marks() if not mark[0].isalpha())
    lettered_signs = any_of(mark for mark in _marks() if mark[0].isalpha() and not mark[-1].isalpha())
    letters = any_of(mark for mark in _marks() if mark[0].isalpha() and mark[-1].isalpha())
    return re.compile(rf"{signs}|(?<![^\W\d_])(?:{lettered_signs}|{letters}(?![^\W\d_]))")


class _Line:
    """A folded line, and what is asked of the whole of it, each answered once."""

    def __init__(self, text: str) -> None:
        self.text = text

    @functools.cached_property
    def speaks_of_amounts(self) -> bool:
        """Whether it has a word for sums or prices."""
        return _AMOUNT_TALK.search(self.text) is not None

    @functools.cached_property
    def speaks_of_weights(self) -> bool:
        """Whether it has a word for weights."""
        return _WEIGHT_TALK.search(self.text) is not None

    @functools.cached_property
    def has_few_words(self) -> bool:
        """Whether it is a mark and a word or two."""
        return len(self.text.split(maxsplit=_FEW_WORDS)) <= _FEW_WORDS

    @functools.cached_property
    def stripped(self) -> str:
        """Without the space around it."""
        return self.text.strip()


class _Neighbors(NamedTuple):
    """What stands directly before and behind a mark: numbers, empty where there are none, or a word ("llos€")."""

    before: str
    after: str
    bracketed: bool
    wedged: bool
    touches_before: bool
    ends_word: bool
    behind_sum: bool
    begins_words: bool

    @classmethod
    def of(cls, line: str, *, start: int, end: int) -> "_Neighbors":
        """What stands at most two of space, bracket, point, colon or minus away."""
        before = _NUMBER_BEFORE.search(line[max(0, start - 18) : start])
        after = _NUMBER_BEHIND.match(line[end : end + 19])
        bracketed = line[start - 1 : start] == "(" and line[end : end + 1] == ")"
        touches = line[max(0, start - 1) : start].isdigit()
        wedged = touches and line[end : end + 1].isdigit()
        word = line[max(0, start - 1) : start].isalpha()
        return cls(
            before=before[1] if before else "",
            after=after[1] if after else "",
            bracketed=bracketed,
            wedged=wedged,
            touches_before=touches,
            ends_word=word,
            behind_sum=_SUM_BEFORE.search(line, max(0, start - _LONGEST_SUM), start) is not None,
            begins_words=_WORD_BEHIND.match(line, end) is not None,
        )

    @property
    def any(self) -> bool:
        """Whether there is a number at all."""
        return bool(self.before or self.after)

    @property
    def any_with_separator(self) -> bool:
        """Whether there is a number with a separator inside."""
        return any(_SEPARATED.search(number) for number in (self.before, self.after))


def _counts(key: str, printed: str, *, mark: CurrencyMark, neighbors: _Neighbors, line: _Line) -> bool:
    """Whether the characters are a currency mark here, rather than a word or a code of another kind.

    Args:
        key: The mark, folded.
        printed: As it stands in the line.
        mark: What it would be.
        neighbors: The numbers beside it.
        line: The whole line.
    """
    if mark.kind == "code":
        return _code_counts(printed, neighbors=neighbors, line=line)
    if mark.kind == "word":
        return key not in _SHY_WORDS or neighbors.any or line.speaks_of_amounts
    if key in _OWN_FORM:
        return _has_amount_of(_OWN_FORM[key], neighbors) and printed.isupper()
    if not key.isalpha():
        return _sign_counts(key, printed, neighbors=neighbors, line=line)
    if printed in _SURE_LETTERS or not (printed.isascii() or key in _BACK_ONLY_EVER):
        return True
    return _letters_count(key, printed, neighbors=neighbors, line=line)


def _has_amount_of(form: re.Pattern[str], neighbors: _Neighbors) -> bool:
    """Whether an amount of the form stands behind a mark, or in front of it where the mark begins no words."""
    if form.fullmatch(neighbors.after.rstrip(".,")):
        return True
    return form.fullmatch(neighbors.before) is not None and not neighbors.begins_words


def _sign_counts(key: str, printed: str, *, neighbors: _Neighbors, line: _Line) -> bool:
    """The same for signs: at the end of a word they are letters misread, and "S/" is also short for "sin"."""
    if key.startswith("s/") and printed.startswith("s"):
        return neighbors.any_with_separator
    if key.startswith("s/"):
        is_last = line.stripped.endswith(key)
        return neighbors.after != "" or line.stripped == key or (is_last and line.speaks_of_amounts)
    return neighbors.after != "" or not neighbors.ends_word


def _letters_count(key: str, printed: str, *, neighbors: _Neighbors, line: _Line) -> bool:
    """The same for plain letters, which each currency has on its own side of a number."""
    if key == "d":
        return neighbors.touches_before and _DONG.fullmatch(neighbors.before.rpartition(" ")[2]) is not None
    if key in _FRONT_ONLY:
        if key == "rs" and line.stripped.rstrip(".") == key:
            return True
        return neighbors.after != "" and (printed == "Rs" or neighbors.any_with_separator)
    if key in _BACK_ONLY:
        if key in _BACK_ONLY_EVER:
            return re.search(r"\d[., ]\d", neighbors.before) is not None
        is_usual = key not in _MIXED_CASE or printed.istitle()
        return neighbors.before != "" and (is_usual or _THOUSANDS.fullmatch(neighbors.before) is not None)
    return neighbors.any_with_separator or (neighbors.any and printed != "KR") or line.speaks_of_amounts


def _code_counts(printed: str, *, neighbors: _Neighbors, line: _Line) -> bool:
    """The same for an ISO code; in lower case ("Eur 12") it needs a number beside it."""
    if neighbors.wedged:
        return False
    if printed.upper() in _UNIT_CODES:
        return printed.isupper() and _CENTS.search(neighbors.after) is not None and not line.speaks_of_weights
    if printed.upper() in _WORDLIKE_CODES:
        return printed.isupper() and (neighbors.any_with_separator or neighbors.bracketed or neighbors.behind_sum)
    if neighbors.any or not printed.isupper():
        return neighbors.any
    return neighbors.bracketed or line.has_few_words or line.speaks_of_amounts
