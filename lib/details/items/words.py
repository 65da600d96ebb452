"""What tables of items call their columns, their carried sums and their units.

In: configs/item_tables.yaml. Out: where such words stand in a line of text. Read at first use and kept.
"""

import functools
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
def units() -> frozenset[str]:
    """Letters of what follows a quantity ("kg", "pcs") or stands between it and a price ("x", "per"), folded."""
    return frozenset(letters_of(word) for group in _config()["units"] for word in group)


def find_columns(text: str) -> tuple[KeywordMatch, ...]:
    """Words that head columns in one line of text, from left to right; their kinds are those of `ColumnKind`."""
    return _columns().find(text)


def find_row_words(text: str) -> tuple[KeywordMatch, ...]:
    """Words in one line of text that carry a sum over to the next page (`carried`) or name a deposit (`deposits`)."""
    return _rows().find(text)
