"""Phrases in text, whatever the case, the accents, the spaces, and whether OCR glued the words together.

In: phrases with a kind and a locale, and lines of text. Out: where the phrases stand. Both sides are squeezed to folded
letters and digits; offsets lead back to the line.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from lib.grammar.alternatives import any_of
from lib.grammar.folding import folded

GLUED_FROM: Final = 5
"""Letters that make a phrase recognizable at the start of a longer word: "total" in "TOTALRM", yet not "summe" in
"summer"; fewer never do: a taxi is no tax."""

GLUED_BEHIND_FROM: Final = 8
"""Letters that make it recognizable behind other letters: "discount" in "MEMBERDISCOUNT", no "betrag" in a compound."""

_ALIKE_FROM: Final = 5
"""Letters of a phrase from which i, l and I may be taken for each other: "TotaI", and no "pl" for "P.I."."""

_FIRST_WITHOUT_SPACES: Final = "\u0e00"
"""From Thai on, apart from accented Latin letters, scripts write words without spaces between them."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """A phrase of one kind, the locales that have it, and its letters, none taken for another."""

    phrase: str
    kind: str
    locales: frozenset[str]
    exact: str


@dataclass(frozen=True, slots=True)
class KeywordMatch:
    """A phrase found in a line of text.

    Attributes:
        kind: What the phrase announces: `total`, `tax`, `date` ...
        phrase: As the locale file has it, or its letters as recognizers misread them.
        locales: Codes of the locales that have it.
        start: Offset of its first character.
        end: Offset behind its last character.
        glued: Whether letters run on at either side.
    """

    kind: str
    phrase: str
    locales: frozenset[str]
    start: int
    end: int
    glued: bool


@dataclass(frozen=True, slots=True)
class _Squeezed:
    """A line without anything but letters and digits, and the offset each of them had.

    Attributes:
        text: With one letter for those that look alike.
        exact: With each letter as it was read.
        offsets: Of each character in the line.
    """

    text: str
    exact: str
    offsets: tuple[int, ...]


_ZERO_IN_WORD = re.compile(r"(?<=[^\W\d_])0(?=[^\W\d_])|(?<![^\W_])0(?=[^\W\d_]{2})|(?<=[^\W\d_]{3})0(?![^\W_])")
"""A zero that is an O, or a Danish Ø: "T0TAL", "UDG0R", "EUR0"."""


_ONE_IN_WORD = re.compile(r"(?<=[^\W\d_])1(?=[^\W\d_])|(?<![^\W_])1(?=[^\W\d_]{2})|(?<=[^\W\d_]{3})1(?![^\W_])")
"""A one that is an l or an i: "Em1s1on", "1nvoice", "TOTA1"."""


def _squeeze(text: str) -> _Squeezed:
    line = folded(text)
    if "0" in line:
        line = _ZERO_IN_WORD.sub("o", line)
    kept = [(i, c) for i, c in enumerate(line) if c.isalnum() or c > _FIRST_WITHOUT_SPACES]
    exact = "".join([character for _, character in kept])
    text = exact
    if "1" in line:
        alike = _ONE_IN_WORD.sub("l", line)
        text = "".join([alike[offset] for offset, _ in kept])
    return _Squeezed(text.replace("i", "l"), exact, tuple([offset for offset, _ in kept]))


class KeywordIndex:
    """Finds many phrases in one pass over a line. Immutable after construction."""

    def __init__(self, phrases: Iterable[tuple[str, str, str]]) -> None:
        """Index (phrase, kind, locale) triples; a phrase may have several kinds and locales."""
        locales: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        printed: dict[tuple[str, str], str] = {}
        for phrase, kind, locale in phrases:
            squeezed = _squeeze(phrase)
            if squeezed.text:
                locales[squeezed.text, squeezed.exact, kind].add(locale)
                printed.setdefault((squeezed.text, squeezed.exact), phrase)
        self._by_text: dict[str, list[Keyword]] = defaultdict(list)
        for (text, exact, kind), codes in locales.items():
            self._by_text[text].append(Keyword(printed[text, exact], kind, frozenset(codes), exact))
        self._pattern = re.compile(any_of(self._by_text))
        self._beginnings = {
            phrase: [length for length in range(len(phrase), 0, -1) if phrase[:length] in self._by_text]
            for phrase in self._by_text
        }

    def find(self, text: str, *, locales: frozenset[str] | None = None) -> tuple[KeywordMatch, ...]:
        """Phrases in `text` from left to right, the longest at each place; one match a kind where it has several.

        Args:
            text: One line.
            locales: Codes of the locales whose phrases count; None: all.
        """
        squeezed = _squeeze(text)
        found: list[KeywordMatch] = []
        position = 0
        while match := self._pattern.search(squeezed.text, position):
            length = self._accepted(squeezed, match, text=text, locales=locales)
            if length:
                found += self._matches(squeezed, match.start(), length, text=text, locales=locales)
            position = match.start() + (length or 1)
        return tuple(found)

    def _accepted(self, squeezed: _Squeezed, match: re.Match[str], *, text: str, locales: frozenset[str] | None) -> int:
        """Length of the longest phrase at a match that counts and is itself there, 0 where none is."""
        for length in self._beginnings[match[0]]:
            if not self._keywords(squeezed, match.start(), length, text=text, locales=locales):
                continue
            if _is_itself(*_run_on(squeezed, match.start(), length, text=text), length=length):
                return length
        return 0

    def _keywords(
        self, squeezed: _Squeezed, position: int, length: int, *, text: str, locales: frozenset[str] | None
    ) -> list[Keyword]:
        """The keywords that stand at a place of a squeezed line, in the locales that count.

        Letters may be taken for others in words that stand alone: "müşteri" does not begin "Musterlieferant".
        """
        words = self._by_text[squeezed.text[position : position + length]]
        exact = squeezed.exact[position : position + length]
        if length < _ALIKE_FROM or any(_run_on(squeezed, position, length, text=text)):
            words = [word for word in words if word.exact == exact]
        return words if locales is None else [word for word in words if word.locales & locales]

    def _matches(
        self, squeezed: _Squeezed, position: int, length: int, *, text: str, locales: frozenset[str] | None
    ) -> list[KeywordMatch]:
        start = squeezed.offsets[position]
        end = squeezed.offsets[position + length - 1] + 1
        glued = any(_run_on(squeezed, position, length, text=text))
        words = self._keywords(squeezed, position, length, text=text, locales=locales)
        return [KeywordMatch(word.kind, word.phrase, word.locales, start, end, glued) for word in words]


def _is_itself(before: int, after: int, *, length: int) -> bool:
    """Whether a phrase of `length` letters is itself, and no part of another word, with letters before and after it."""
    if before:
        return length >= GLUED_BEHIND_FROM
    return not after or (length >= GLUED_FROM and after > 1)


def _run_on(squeezed: _Squeezed, position: int, length: int, *, text: str) -> tuple[int, int]:
    """How many letters stand directly before and behind the phrase, at most two a side.

    A change from lower to upper case ends a word too ("TaxInvoice"), and a plural's s is none. Scripts that write
    without spaces never run on.
    """
    start, end = squeezed.offsets[position], squeezed.offsets[position + length - 1] + 1
    if text[start] > _FIRST_WITHOUT_SPACES and not "\u1e00" <= text[start] <= "\u1eff":
        return 0, 0
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:].islower() and text[start].isupper():
        before = ""
    if (text[end - 1].islower() and after[:1].isupper()) or (after[:1] in {"s", "S"} and not after[1:].isalpha()):
        after = ""
    return _letters_at(before[::-1]), _letters_at(after)


def _letters_at(text: str) -> int:
    """How many letters `text` begins with."""
    return next((i for i, character in enumerate(text) if not character.isalpha()), len(text))
