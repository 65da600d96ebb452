"""The words that announce a document's details, stand before names, name its kind and how it was paid.

In: configs/details.yaml, and a line of text. Out: where such words stand. Read at first use and kept.
"""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from lib.grammar.keywords import KeywordIndex, KeywordMatch
from lib.grammar.locales import load_locales
from lib.grammar.recall import remembered

WORDS_FILE: Final = Path(__file__).parent.parent.parent / "configs" / "details.yaml"

OTHER: Final = "other"
"""The kind of words that only look like a label of another kind."""

_ANY_LANGUAGE: Final = ""


@functools.cache
def _words() -> Mapping[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content: Mapping[str, Any] = yaml.load(WORDS_FILE.read_bytes(), Loader=loader)  # noqa: S506 - both are safe
    return content


def _phrases(section: str) -> Iterator[tuple[str, str, str]]:
    for kind, phrases in _words()[section].items():
        for phrase in phrases:
            yield phrase, kind, _ANY_LANGUAGE


@functools.cache
def _labels() -> KeywordIndex:
    """The labels of the details, and those of the four extra fields, which end what stands behind another label."""
    extras = (
        (phrase, kind, locale.code)
        for locale in load_locales()
        for kind, phrases in locale.extras.items()
        for phrase in phrases
    )
    return KeywordIndex([*_phrases("labels"), *extras])


@functools.cache
def _parties() -> KeywordIndex:
    return KeywordIndex(_phrases("parties"))


@functools.cache
def _titles() -> KeywordIndex:
    return KeywordIndex(_phrases("titles"))


@functools.cache
def _methods() -> KeywordIndex:
    return KeywordIndex(_phrases("methods"))


@remembered
def find_labels(text: str) -> tuple[KeywordMatch, ...]:
    """The labels in one line of text, from left to right; of several kinds at one place `other` comes last."""
    return tuple(sorted(_labels().find(text), key=lambda match: (match.start, match.kind == OTHER)))


@remembered
def find_party_words(text: str) -> tuple[KeywordMatch, ...]:
    """The words in one line that stand in front of a party's name or address, from left to right."""
    return _parties().find(text)


@remembered
def find_titles(text: str) -> tuple[KeywordMatch, ...]:
    """The words in one line that name the kind of a document, from left to right."""
    return _titles().find(text)


@remembered
def find_methods(text: str) -> tuple[KeywordMatch, ...]:
    """The words in one line that name a way to pay, from left to right."""
    return _methods().find(text)
