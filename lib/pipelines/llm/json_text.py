"""The JSON object inside of what a model says.

In: a text. Out: the object that has most of the wanted keys. Pure. Models put JSON into fences, talk before and behind
it, think aloud first, add a comma too many, or are cut off in the middle: whatever pairs are whole are taken. The work
is bounded, whatever a text holds.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

MOST_CHARS: Final = 200_000
"""Of a text that are looked at, from its end; answers have some hundred."""
MOST_STARTS: Final = 200
"""Braces that are tried; a model that opens more says nothing."""

_DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal)
_THOUGHT_END = re.compile(r"</(?:think|thinking|reasoning)>", re.IGNORECASE)
_SPACE = re.compile(r"[\s,]*")
_COLON = re.compile(r"\s*:\s*")


def find_object(text: str, keys: Sequence[str]) -> dict[str, Any] | None:
    """The object with most of `keys`, of equals the last one; None where no object has any.

    Keys are compared without case and signs: `Tax Amount` is `tax_amount`.
    """
    spoken = _THOUGHT_END.split(text[-MOST_CHARS:])[-1]
    wanted = {_plain(key): key for key in keys}
    best: dict[str, Any] = {}
    for tree in _objects(spoken):
        for candidate in (tree, *_inner(tree)):
            found = _renamed(candidate, wanted)
            if found and len(found) >= len(best):
                best = found
    return best or None


def _plain(key: str) -> str:
    return re.sub(r"[\W_]", "", key).casefold()


def _renamed(tree: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, Any]:
    pairs = [(wanted.get(_plain(key)), value) for key, value in tree.items()]
    return {key: value for key, value in pairs if key is not None}


def _inner(tree: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Objects one level down: {"fields": {...}}."""
    return [value for value in tree.values() if isinstance(value, dict)]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every object of the text, whole or as far as it goes."""
    position = 0
    for _ in range(MOST_STARTS):
        start = text.find("{", position)
        if start < 0:
            return
        tree, position = _whole(text, start) or _pairs(text, start)
        if tree:
            yield tree


def _whole(text: str, start: int) -> tuple[dict[str, Any], int] | None:
    try:
        tree, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError, ArithmeticError):
        return None
    return (tree, end) if isinstance(tree, dict) else None


def _pairs(text: str, start: int) -> tuple[dict[str, Any], int]:
    """The whole pairs of an object that is broken further on, and where to look next."""
    tree: dict[str, Any] = {}
    position = start + 1
    try:
        while True:
            key, position_after = _DECODER.raw_decode(text, _after(_SPACE, text, position))
            colon = _COLON.match(text, position_after)
            if colon is None or not isinstance(key, str):
                break
            value, end = _DECODER.raw_decode(text, colon.end())
            if end == len(text) and not isinstance(value, str):
                break  # A number at the very end may lack digits.
            tree[key] = value
            position = end
    except (ValueError, RecursionError, ArithmeticError):
        pass
    return tree, position


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position
