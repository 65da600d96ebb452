"""What tables of items call their columns, their carried sums and their units.

In: configs/item_tables.yaml. Out: where such words stand in a line of text. Read at first use and kept.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import yaml

from lib.grammar.folding import letters_of
from lib.grammar.keywords import KeywordIndex, KeywordMatch

ColumnKind: TypeAlias = Literal[
    "description",
    "product_code",
    "position",
    "quantity",
    "unit",
    "unit_price",
    "amount",
    "tax_rate",
    "tax_amount",
    "discount",
    "other",
]
"""What a column holds; `other`: nothing that an item has."""

_MOST_LETTERS_OF_GLUE = 14
"""Letters between two numbers that may be a unit and a sign of multiplication."""

_CURRENCIES = frozenset({"eur", "euro", "usd", "gbp", "chf", "rm", "rs", "kr", "zl", "kc", "rp", "r"})
_UNIT_TIMES = re.compile(r"[\W_]*([^\W\d_]{1,5}?)[\W_]*(?:(?<![^\W\d_])[xX×*@]|(?<=[a-zß-ÿ])X)(?![^\W\d_])")
"""A unit that no list knows, in front of a sign of multiplication: "gab X"."""

CONFIG: Final = Path(__file__).parents[3] / "configs" / "item_tables.yaml"


@functools.cache
def _config() -> Mapping[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content: Mapping[str, Any] = yaml.load(CONFIG.read_bytes(), Loader=loader)  # noqa: S506 - both are safe
    return content


@functools.cache
def _columns() -> KeywordIndex:
    words: Mapping[str, Mapping[str, Sequence[str]]] = _config()["columns"]
    return KeywordIndex(
        (str(phrase), kind, language)
        for kind, languages in words.items()
        for language, phrases in languages.items()
        for phrase in phrases
    )


@functools.cache
def _rows() -> KeywordIndex:
    """Words that say what a row is."""
    return KeywordIndex(
        (phrase, kind, language)
        for kind in ("carried", "deposits")
        for language, phrases in _config()[kind].items()
        for phrase in phrases
    )


@functools.cache
def _units() -> frozenset[str]:
    """Letters of what follows a quantity: "kg", "pcs"."""
    return frozenset(letters_of(word) for group in _config()["units"] for word in group)


@functools.cache
def _glue() -> frozenset[str]:
    """Letters of what may stand between a quantity and a price: units, currencies, "x", "per"."""
    return _units() | _CURRENCIES | {letters_of(word) for word in _config()["times"]}


def is_unit(word: str) -> bool:
    """Whether a word is a unit that quantities have."""
    return letters_of(word) in _units()


def find_columns(text: str) -> tuple[KeywordMatch, ...]:
    """Words that head columns in one line of text, from left to right; their kinds are those of `ColumnKind`."""
    return _columns().find(text)


def find_row_words(text: str) -> tuple[KeywordMatch, ...]:
    """Words in one line of text that carry a sum over to the next page (`carried`) or name a deposit (`deposits`)."""
    return _rows().find(text)


def is_glue(text: str) -> bool:
    """Whether a text between two numbers of a row says nothing but units and multiplication: "kg x", "@", "Stk à"."""
    if sum(map(str.isalpha, text)) > _MOST_LETTERS_OF_GLUE:
        return False
    unit = _UNIT_TIMES.match(text)
    words = [letters_of(word) for word in re.split(r"[\s/~]+", text[unit.end() :] if unit else text)]
    return all(not word or word in _glue() for word in words)
