"""Letters that recognizers lose or take for others: how a phrase may come back from a scanned page.

In: a phrase as its language writes it. Out: other texts that mean it. Pure.
Source: PP-OCRv6's Latin weights on drawn pages: of Vietnamese letters with two accents ("ộ", "ế") they drop a fifth, of
"ł" they read a sixth as "t". Accents alone need no such list: matching does without them.
"""

import unicodedata
from collections.abc import Iterable
from itertools import product
from typing import Final

from lib.grammar.folding import letters_of

_TAKEN_FOR: Final = {"ł": "t"}
_TWO_ACCENTS: Final = 2
_MOST_DOUBTFUL: Final = 5
"""Letters of a phrase that may be lost: its misreadings double with each."""

_FEWEST_LETTERS: Final = 6
_FEWEST_CONSONANTS: Final = 3
"""Letters that a misreading needs to be no other word; fewer do where no vowel is left ("tng")."""

_VOWELS: Final = frozenset("aeiouy")


def misreadings(phrase: str) -> Iterable[str]:
    """What may be left of `phrase` besides itself, folded to letters and digits."""
    if phrase.isascii():
        return ()
    forms = [_forms(letter) for letter in unicodedata.normalize("NFC", phrase.lower())]
    if not 0 < sum(len(each) > 1 for each in forms) <= _MOST_DOUBTFUL:
        return ()
    found = {letters_of("".join(chosen)) for chosen in product(*forms)} - {letters_of(phrase)}
    return sorted(filter(_is_distinct, found))


def _forms(letter: str) -> tuple[str, ...]:
    """A letter, and what it may be read as."""
    if letter in _TAKEN_FOR:
        return letter, _TAKEN_FOR[letter]
    parts = unicodedata.normalize("NFD", letter)
    return (letter, "") if parts[0].isascii() and len(parts) > _TWO_ACCENTS else (letter,)


def _is_distinct(letters: str) -> bool:
    return len(letters) >= _FEWEST_LETTERS or (len(letters) >= _FEWEST_CONSONANTS and not _VOWELS.intersection(letters))
