"""Letters of scripts that are written from right to left, in the order they are read in.

In: the letters of one word with their places. Out: its text. Pure.

Producers store such words in either order, and PDF libraries turn some of them round and not others. Where the letters
stand on the page tells which one comes first.
"""

import unicodedata
from collections.abc import Sequence
from itertools import groupby

LEFTWARD = frozenset({"R", "AL"})
NUMERIC = frozenset({"EN", "AN", "ES", "ET", "CS"})
"""Bidirectional classes. Source: Unicode Standard Annex 9, table 4."""


def is_leftward(text: str) -> bool:
    """Whether more of a text's letters are written from right to left than the other way."""
    if text.isascii():
        return False
    kinds = [unicodedata.bidirectional(char) for char in text]
    return sum(kind in LEFTWARD for kind in kinds) > kinds.count("L")


def in_reading_order(letters: Sequence[str], centers: Sequence[float]) -> list[str]:
    """The letters of a word as it is read: from right to left, but numbers inside of it from left to right.

    Args:
        letters: In any order.
        centers: Where each stands along the line, from the left.
    """
    placed = sorted(zip(centers, range(len(letters)), letters, strict=True), reverse=True)
    ordered = [letter for _, _, letter in placed]
    runs = (
        (numeric, list(run))
        for numeric, run in groupby(ordered, lambda char: unicodedata.bidirectional(char[:1]) in NUMERIC)
    )
    return [letter for numeric, run in runs for letter in (reversed(run) if numeric else run)]
