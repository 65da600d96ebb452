"""One pattern for many words.

In: words as they shall stand in a text. Out: the source of a regular expression that finds any of them.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

_AS_THEY_ARE: Final[Mapping[str, str]] = MappingProxyType({})


def any_of(words: Iterable[str], *, spelled: Mapping[str, str] = _AS_THEY_ARE) -> str:
    """A group that matches any of `words`, the longest that can stand where it is tried.

    Words share what they begin with, letter by letter: the engine tries one letter where a plain list of alternatives
    would have it try hundreds of words.

    Args:
        words: Any number, none empty.
        spelled: Patterns of characters that stand for something else than themselves.
    """
    tails: dict[str, list[str]] = {}
    for word in sorted(set(words)):
        tails.setdefault(word[:1], []).append(word[1:])
    ends = tails.pop("", None) is not None
    branches = [spelled.get(first, re.escape(first)) + _rest(rest, spelled) for first, rest in tails.items()]
    return f"(?:{'|'.join(branches)}){'?' if ends else ''}"


def _rest(tails: list[str], spelled: Mapping[str, str]) -> str:
    """What may follow a shared beginning."""
    if len(tails) > 1:
        return any_of(tails, spelled=spelled)
    return "".join(spelled.get(character, re.escape(character)) for character in tails[0])
