"""Phrases in text, whatever the case, the accents, the spaces, and whether OCR glued the words together.

In: phrases with a kind and a locale, and lines of text. Out: where the phrases stand. Both sides are squeezed to folded
letters and digits; offsets lead back to the line.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Final, NamedTuple

from lib.grammar.alternatives import any_of
from lib.grammar.folding import CharacterTable, folded

GLUED_FROM: Final = 5
"""Letters that make a phrase recognizable at the start of a longer word: "total" in "TOTALRM", yet not "summe" in
"summer"; fewer never do: a taxi is no tax."""

GLUED_BEHIND_FROM: Final = 8
"""Letters that make it recognizable behind other letters: "discount" in "MEMBERDISCOUNT", no "betrag" in a compound."""

_ALIKE_FROM: Final = 5
"""Letters of a phrase from which i, l and I may be taken for each other: "TotaI", and no "pl" for "P.I."."""

_HEAD: Final = 5
"""Letters of a phrase that a line is searched for; whole phrases are looked up from there. A pattern of all letters
finds the same and takes a fifth of a second to make, in each process."""

_FIRST_WITHOUT_SPACES: Final = "\u0e00"
"""From Thai on, apart from accented Latin letters, scripts write words without spaces between them."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """A phrase of one kind, the locales that have it, and its letters, none taken for another."""

    phrase: str
    kind: str
    locales: frozenset[str]
    exact: str


class KeywordMatch(NamedTuple):
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

    def moved(self, by: int) -> "KeywordMatch":
        """The same, so many characters further right in its line."""
        return KeywordMatch(self.kind, self.phrase, self.locales, self.start + by, self.end + by, self.glued)


class _Squeezed(NamedTuple):
    """A line without anything but letters and digits.

    Attributes:
        text: With one letter for those that look alike.
        exact: With each letter as it was read.
        line: What they were taken from, folded.
    """

    text: str
    exact: str
    line: str

    def offsets(self) -> Sequence[int]:
        """Where each character stood in the line."""
        places = range(len(self.line))
        if len(self.exact) == len(self.line):
            return places
        return tuple(compress(places, map(_KEPT.__getitem__, map(ord, self.line))))


_DROPPED: Final = re.compile(r"[^\w\u0900-\u0963\u0e01-\U0010ffff]|_")
"""What is neither a letter nor a digit; Devanagari keeps its vowel signs, without which words look alike, and scripts
without spaces all of their signs, such as Thai vowels."""

_KEPT: Final = CharacterTable(lambda character: None if _DROPPED.match(character) else character)


def _is_vowel_sign(character: str) -> bool:
    """Whether it is a letter or sign of Devanagari, which `isalpha` has in part."""
    return "\u0900" <= character <= "\u0963"


_ZERO_IN_WORD: Final = re.compile(
    r"0(?:(?<=[^\W\d_]0)(?=[^\W\d_])|(?<![^\W_]0)(?=[^\W\d_]{2})|(?<=[^\W\d_]{3}0)(?![^\W_]))"
)
"""A zero that is an O, or a Danish Ø: "T0TAL", "UDG0R", "EUR0"."""


_ONE_IN_WORD: Final = re.compile(
    r"1(?:(?<=[^\W\d_]1)(?=[^\W\d_])|(?<![^\W_]1)(?=[^\W\d_]{2})|(?<=[^\W\d_]{3}1)(?![^\W_]))"
)
"""A one that is an l or an i: "Em1s1on", "1nvoice", "TOTA1"."""


def _squeeze(text: str) -> _Squeezed:
    line = folded(text)
    if "0" in line:
        line = _ZERO_IN_WORD.sub("o", line)
    exact = line.translate(_KEPT)
    ones = _ONE_IN_WORD.sub("l", line) if "1" in line else line
    alike = exact if ones == line else ones.translate(_KEPT)
    return _Squeezed(alike.replace("i", "l"), exact, line)


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
        lengths: dict[str, set[int]] = defaultdict(set)
        for phrase in self._by_text:
            lengths[phrase[:_HEAD]].add(len(phrase))
        self._lengths = {
            head: sorted(own.union(*(lengths.get(head[:n], ()) for n in range(1, len(head)))), reverse=True)
            for head, own in lengths.items()
        }
        # Nearly every line is ASCII once it is folded, and then nine in ten first letters need not be tried.
        self._ascii_pattern = re.compile(any_of(filter(str.isascii, lengths)))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """For lines in any script; many a document needs none."""
        return re.compile(any_of(self._lengths))

    def find(self, text: str, *, locales: frozenset[str] | None = None) -> tuple[KeywordMatch, ...]:
        """Phrases in `text` from left to right, the longest at each place; one match a kind where it has several.

        Args:
            text: One line.
            locales: Codes of the locales whose phrases count; None: all.
        """
        squeezed = _squeeze(text)
        pattern = self._ascii_pattern if squeezed.text.isascii() else self._pattern
        head = pattern.search(squeezed.text)
        if head is None:
            return ()
        found: list[KeywordMatch] = []
        offsets = squeezed.offsets()
        while head:
            length, here = self._longest(head, squeezed.exact, offsets, text=text, locales=locales)
            found += here
            head = pattern.search(squeezed.text, head.start() + length)
        return tuple(found)

    def _longest(
        self,
        head: re.Match[str],
        exact: str,
        offsets: Sequence[int],
        *,
        text: str,
        locales: frozenset[str] | None,
    ) -> tuple[int, Sequence[KeywordMatch]]:
        """How far the longest phrase reaches that counts and is itself where one is, and what it announces.

        Where there is none, one letter is passed over.
        """
        letters, position = head.string, head.start()
        start = offsets[position]
        runs_on = not _is_apart(text[start])
        before = runs_on and _runs_on_before(text, start)
        for length in self._lengths[head[0]]:
            if before and length < GLUED_BEHIND_FROM:
                break
            phrase = letters[position : position + length]
            if phrase not in self._by_text or len(phrase) < length:
                continue
            end = offsets[position + length - 1] + 1
            after = _letters_behind(text, end) if runs_on else 0
            if after and not before and (length < GLUED_FROM or after == 1):
                continue
            glued = before or after > 0
            words = self._words(phrase, exact[position : position + length], glued=glued, locales=locales)
            if words:
                return length, [KeywordMatch(word.kind, word.phrase, word.locales, start, end, glued) for word in words]
        return 1, ()

    def _words(self, text: str, exact: str, *, glued: bool, locales: frozenset[str] | None) -> Sequence[Keyword]:
        """The keywords with these letters, in the locales that count.

        Letters may be taken for others in words that stand alone: "müşteri" does not begin "Musterlieferant".
        """
        words = self._by_text[text]
        if glued or len(text) < _ALIKE_FROM:
            words = [word for word in words if word.exact == exact]
        return words if locales is None else [word for word in words if word.locales & locales]


def _is_apart(letter: str) -> bool:
    """Whether a letter is of a script that writes without spaces: its words never run on."""
    return letter > _FIRST_WITHOUT_SPACES and not "\u1e00" <= letter <= "\u1eff"


def _runs_on_before(text: str, start: int) -> bool:
    """Whether a letter stands directly before a phrase; a change from lower to upper case begins a word ("myTotal")."""
    last = text[start - 1 : start]
    return (last.isalpha() or _is_vowel_sign(last)) and not (last.islower() and text[start].isupper())


def _letters_behind(text: str, end: int) -> int:
    """How many letters stand directly behind a phrase, at most two.

    A change from lower to upper case ends a word too ("TaxInvoice"), and a plural's s is none.
    """
    first, second = text[end : end + 1], text[end + 1 : end + 2]
    if _is_vowel_sign(first):
        return 2
    if not first.isalpha() or (first.isupper() and text[end - 1].islower()):
        return 0
    if second.isalpha():
        return 2
    return 0 if first in {"s", "S"} else 1
