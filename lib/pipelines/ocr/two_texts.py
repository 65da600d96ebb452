"""Two recognizers' texts of one line as one: words from the one that knows the script, numbers from either. Pure.

In: texts. Out: a text. The bundled recognizer reads figures well in any script, but drops one where letters beside it
are dropped; Tesseract keeps them all, but takes a comma, a slash or a percent sign for a digit.
"""

import re

from lib.pipelines.ocr.scripts import Script

_NUMBER = re.compile(r"\d(?:[\d.,:/'’\-]*\d)?")
"""Digits with what stands between them, without spaces: "1,180.00", "12/03/2025", "18:45"."""

_WHOLE = re.compile(
    r"\d{1,3}(?:[.,'’]\d{3})*[.,]\d{2,3}|\d{1,3}(?:[.,'’]\d{3})+|\d{1,4}([./-])\d{1,2}\1\d{2,4}|\d{1,2}:\d\d(?::\d\d)?"
)
"""An amount, a number in thousands, a date or a time as such are written: no recognizer makes one up."""

_DIRECTIONS = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Marks that tell a text's direction; no ink shows them."""

_THAI_GAP = re.compile(r"(?<=[\u0e00-\u0e4f])\s+(?=[\u0e30\u0e31\u0e33-\u0e3a\u0e45\u0e47-\u0e4e])")
"""A space before a mark that belongs to the letter before it."""

_WORD = re.compile(r"[^\W\d_]+")

_CYRILLIC_OF = str.maketrans("ABCEHIKMOPTXYaceiopxy", "АВСЕНІКМОРТХУасеіорху")
"""Latin letters that look as Cyrillic ones do."""

_ABBREVIATIONS = frozenset({"ООО", "АО", "НКО", "АТ", "ТОВ", "ЕТ", "СТО", "РРО"})
"""Legal forms and the like that can be set in Latin letters altogether, and mean nothing there."""


def both(script: Script, text: str, other: str) -> str:
    """One text of two.

    Args:
        script: The line's.
        text: Of the recognizer that knows the script.
        other: Of the bundled one.
    """
    text = " ".join(_DIRECTIONS.sub("", text).split())
    if script.name == "Cyrillic":
        text = _WORD.sub(_in_cyrillic, text)
    if script.name == "Thai":
        text = _THAI_GAP.sub("", text).replace("\u0e4d\u0e32", "\u0e33")
    return with_numbers_of(text, other, script=script)


def _in_cyrillic(match: re.Match[str]) -> str:
    """A word whose letters are of both scripts, or that is an abbreviation, in Cyrillic letters alone."""
    word = match.group()
    converted = word.translate(_CYRILLIC_OF)
    if converted == word or any("A" <= letter <= "z" for letter in converted):
        return word
    is_mixed = any("\u0400" <= letter <= "\u052f" for letter in word)
    return converted if is_mixed or converted in _ABBREVIATIONS else word


def with_numbers_of(text: str, other: str, *, script: Script) -> str:
    """Put those numbers of `other` in the place of those of `text` that are better.

    Args:
        text: Whose words are right.
        other: Its words may be garbage; its numbers stand in the order of the paper, from the left.
        script: Says which way `text` runs, and whose numbers count where both are as good.

    Returns:
        `text` as it is where the two have not equally many numbers, so that it is open which belong together.
    """
    mine, theirs = [*_NUMBER.finditer(text)], [match.group() for match in _NUMBER.finditer(other)]
    if not mine or len(mine) != len(theirs):
        return text
    if script.right_to_left:
        theirs.reverse()
    parts, end = [], 0
    for match, number in zip(mine, theirs, strict=True):
        parts += [text[end : match.start()], _better(match.group(), number, script=script)]
        end = match.end()
    return "".join([*parts, text[end:]])


def _better(number: str, other: str, *, script: Script) -> str:
    """The one that is whole, where one alone is."""
    is_whole, other_is = (_WHOLE.fullmatch(written) is not None for written in (number, other))
    prefers_other = other_is if is_whole != other_is else script.digits == "bundled"
    return other if prefers_other else number
