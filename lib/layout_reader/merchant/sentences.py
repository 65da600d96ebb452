"""Sentences among lines: what a shop says to its customers is not its name. Pure.

In: a text. Out: how many of its words stand in sentences only, whether it breaks off in the middle of one, and what
share of its words is in lower case.
"""

import functools
import re
from typing import Final

from lib.grammar.folding import folded
from lib.grammar.locales import load_locales
from lib.grammar.recall import remembered

_WORD: Final = re.compile(r"[^\W\d_]+")

_SENTENCE: Final = 2
"""Words of sentences from which a line is one."""

_SEVERAL: Final = 4
_LONG: Final = 8
_SMALL_LETTERS: Final = 0.6
"""Words of a long line, and the share of them in lower case where it is a sentence."""

_LONGEST_FORM: Final = 2
"""Letters of legal forms that look like such words in capitals ("AS")."""

_FEWEST_CUT: Final = 3
"""Words of a line that breaks off; two may be a name ("Drive In")."""


@remembered
def sentence_words(text: str) -> int:
    """How many words of the text are ones of sentences, in any language: "your", "please"."""
    return sum(map(_sentence_words().__contains__, _WORD.findall(folded(text))))


def is_sentence(text: str) -> bool:
    """Whether a line speaks to somebody, or has several words that are all, or many that are mostly in lower case."""
    return sentence_words(text) >= _SENTENCE or _goes_on(text)


def _goes_on(text: str) -> bool:
    """Whether several words are all in lower case, or many are mostly."""
    words = len(text.split())
    if words < _SEVERAL:
        return False
    lower = lower_share(text)
    return lower == 1.0 or (words >= _LONG and lower >= _SMALL_LETTERS)


def breaks_off(text: str) -> bool:
    """Whether a line ends in a word that leads on to another one: "Rate us satisfied and"."""
    words = _WORD.findall(text)
    if len(words) < _FEWEST_CUT or not text[-1:].isalpha() or folded(words[-1]) not in _linking_words():
        return False
    return words[-1].islower() or (len(words[-1]) > _LONGEST_FORM and text.isupper())


def lower_share(text: str) -> float:
    """Share of the words that are in lower case, 0..1: slogans and sentences have many, names few."""
    words = _WORD.findall(text)
    return sum(map(str.islower, words)) / len(words) if words else 0.0


@functools.cache
def _sentence_words() -> frozenset[str]:
    return frozenset(folded(word) for locale in load_locales() for word in locale.sentence_words)


@functools.cache
def _linking_words() -> frozenset[str]:
    return frozenset(folded(word) for locale in load_locales() for word in locale.linking_words)
