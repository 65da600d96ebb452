"""One shape for many writings of the same text, without moving a character.

In: text as OCR or a text layer gave it. Out: text of the same length, so that offsets hold in both.
"""

import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

_PUNCTUATION = {
    **dict.fromkeys(
        "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\n\r", " "
    ),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d\u2500", "-"),
    **dict.fromkeys("\u2018\u2019\u201b\u2032\u00b4`\uff07\u02bc", "'"),
    **dict.fromkeys("\uff0c\u060c\ufe50\u201a", ","),
    **dict.fromkeys("\uff0e\ufe52\u3002\uff61", "."),
    **dict.fromkeys("\uff1a\ufe55\u2236", ":"),
    **dict.fromkeys("\uff0f\u2044\u2215", "/"),
}

_LETTERS = {
    "ı": "i",
    "ł": "l",
    "đ": "d",
    "ø": "o",
    "ð": "d",
    "ß": "s",
    "æ": "a",
    "œ": "o",
    "ŀ": "l",
    "ħ": "h",
    "ς": "σ",
}

_MOST_KNOWN: Final = 8192
"""Characters whose forms a table keeps at most, before it begins anew: more than documents have."""


class CharacterTable(dict[int, str | None]):
    """What each character becomes, by its code point, as `str.translate` asks for it; found out at first sight.

    None: it is left out.
    """

    def __init__(self, form: Callable[[str], str | None]) -> None:
        super().__init__()
        self._form = form

    def __missing__(self, code: int) -> str | None:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        character = self[code] = self._form(chr(code))
        return character


def _plain_character(character: str) -> str:
    """One character in the form number grammars know; itself where there is no such form."""
    if character in _PUNCTUATION:
        return _PUNCTUATION[character]
    digit = unicodedata.digit(character, None)
    if digit is not None and unicodedata.category(character) == "Nd":
        return str(digit)
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if len(compatible) == 1 and compatible.isascii() else character


def _folded_character(character: str) -> str:
    """One character without case and accent."""
    lower = _plain_character(character).lower()[:1]
    if "\uac00" <= lower <= "\ud7a3":
        return lower  # A Hangul syllable falls apart into letters, not into a letter and its accent.
    base = unicodedata.normalize("NFKD", lower)[:1]
    return _LETTERS.get(base, base)


def _letter_or_digit(character: str) -> str | None:
    """The same, where that is a letter or a digit."""
    character = _folded_character(character)
    return character if character.isalnum() else None


_PLAIN: Final = CharacterTable(_plain_character)
_FOLDED: Final = CharacterTable(_folded_character)
_LETTERS_AND_DIGITS: Final = CharacterTable(_letter_or_digit)


def plain(text: str) -> str:
    """`text` with ASCII digits, separators, minus signs and spaces; every other character as it was. Same length."""
    return text if text.isascii() and text.isprintable() else text.translate(_PLAIN)


def folded(text: str) -> str:
    """`text` in lower case, without accents, and plain as above. Same length."""
    if text.isascii() and text.isprintable():
        return text.lower()
    return text.translate(_FOLDED)


def letters_of(text: str) -> str:
    """The letters and digits of `text`, folded: what is left of a name, however it was spaced and punctuated."""
    return text.translate(_LETTERS_AND_DIGITS)


def share_of_ideographs(texts: Iterable[str]) -> float:
    """Share of the letters that are Chinese characters, 0..1."""
    texts = list(texts)
    foreign = (text for text in texts if not text.isascii())
    ideographs = sum("\u4e00" <= character <= "\u9fff" for text in foreign for character in text)
    return ideographs / sum(sum(map(str.isalpha, text)) for text in texts) if ideographs else 0.0
