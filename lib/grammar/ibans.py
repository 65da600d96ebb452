"""International bank account numbers in text, told by their checksum.

In: a line of text. Out: where IBANs stand, and each without its spaces. A number counts only with the length and the
form of its country and with the right check digits, so that none is ever taken for one by mistake.

Source: ISO 13616 as python-stdnum has it; the national check digits inside some of them are not looked at.
"""

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from stdnum import iban

_SHORTEST: Final = 15
_LONGEST: Final = 34
"""Characters. Source: ISO 13616; Norway has the shortest."""

_BEGIN = re.compile(r"(?:(?<![A-Z0-9])|(?<=IBAN))[A-Z]{2} ?[0-9]{2}(?=[ -]?[A-Z0-9])")
_CHARACTER = re.compile(r"[ -]?[A-Z0-9]")


_LABELLED = re.compile(r"IBAN[^A-Z0-9]{0,8}([A-Z]{2} ?[0-9]{2}(?:[ -]?[A-Z0-9]){11,30})(?![A-Z0-9])")
"""What stands behind its name in the form of an IBAN, its check digits right or not."""

_WORDS_BEHIND = re.compile(r"(?:[ -][A-Z]+)+$")
"""The next words of the line."""

_LEAST_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class IbanMatch:
    """One IBAN in a line of text.

    Attributes:
        start: Offset of its first character.
        end: Offset behind its last character.
        value: Without spaces, in upper case.
    """

    start: int
    end: int
    value: str


def find_ibans(text: str) -> tuple[IbanMatch, ...]:
    """Every IBAN in one line, from left to right, in one run or in groups with single spaces or hyphens between."""
    found: list[IbanMatch] = []
    line = text.upper() if len(text.upper()) == len(text) else text
    for begin in _BEGIN.finditer(line):
        match = _iban_at(line, begin.start())
        if match and not (found and match.start < found[-1].end):
            found.append(match)
    return tuple(found)


def find_misprinted_ibans(text: str) -> tuple[IbanMatch, ...]:
    """What a line calls an IBAN and has the form of one, with the wrong check digits: a misprint or an example."""
    line = text.upper() if len(text.upper()) == len(text) else text
    found = (_misprinted(line, match) for match in _LABELLED.finditer(line))
    return tuple(each for each in found if each is not None)


def _misprinted(line: str, match: re.Match[str]) -> IbanMatch | None:
    """A run without the words behind it, where it is no IBAN with the right check digits."""
    start = match.start(1)
    if _iban_at(line, start):
        return None
    text = _WORDS_BEHIND.sub("", match[1])
    value = "".join(filter(str.isalnum, text))
    if len(value) < _SHORTEST or sum(map(str.isdigit, value)) < _LEAST_DIGITS:
        return None
    return IbanMatch(start, start + len(text), value)


def iban_shaped(text: str) -> str | None:
    """A text that is an IBAN but for its check digits, without its spaces; None for any other."""
    value = re.sub(r"[ -]", "", text.strip().upper())
    return value if re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", value) else None


def _iban_at(line: str, start: int) -> IbanMatch | None:
    """The IBAN that begins at `start`; what stands behind it in the line is left out."""
    ends = _ends(line, start)
    for count in range(min(len(ends), _LONGEST), _SHORTEST - 1, -1):
        end = ends[count - 1]
        value = "".join(character for character in line[start:end] if character.isalnum())
        is_whole = not line[end : end + 1].isalnum()
        if is_whole and iban.is_valid(value, check_country=False):
            return IbanMatch(start, end, value)
    return None


def _ends(line: str, start: int) -> list[int]:
    """Offsets behind each letter or digit of the run that begins at `start`, at most as many as an IBAN may have."""
    pieces: list[int] = []
    position = start
    while len(pieces) < _LONGEST and (piece := _CHARACTER.match(line, position)):
        pieces.append(len(piece.group()))
        position = piece.end()
    return [start + length for length in accumulate(pieces)]
