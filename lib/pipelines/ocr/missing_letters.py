"""Whether letters of a line went missing when the bundled recognizer read it, which tells of another script. Pure.

In: a line's text, as it was recognized, and its shape. Out: yes or no, and a share over a page.

The recognizer leaves out what it has no letters for, and is sure of the rest: of "ИТОГО 1 456,80" it reads " 1 456,80"
with confidence 0.96. So the confidence says little; but spaces stand at the end of the line or side by side, and the
text is too short for its strip. Of 4,385 lines of 184 labelled pictures in Latin script 2 have such spaces, and 8 are
that short.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lib.pipelines.ocr.legibility import legibility

SHORT = 2.0
"""Length by height up to which a strip is a single letter or a mark, and tells nothing."""

LETTERS_PER_HEIGHT = 1.0
"""That a strip has at least where its line was read as a whole."""

FULL_WIDTH_PER_HEIGHT = 0.5
"""The same for Chinese and Japanese, whose letters are as wide as high."""

UNSURE = 0.6
"""Confidence below which a line may be in any script."""

DOUBTFUL_SHARE = 0.25
"""Of a page's text, by length, that has letters missing or is unsure: then other scripts are tried."""

LEAST_LINES = 2
"""Of that kind: a page has a logo, a signature or a stamp that nobody can read."""

_GAPS = re.compile(r"^\s|\s$|\s\s")
_FULL_WIDTH = frozenset("WF")


class Line(NamedTuple):
    """What was read, as it was read, its confidence 0..1, and the strip's length by its height."""

    text: str
    confidence: float
    length: float


def lacks_letters(line: Line) -> bool:
    """Whether letters of a line are missing in what was read of it."""
    letters = "".join(line.text.split())
    if not letters or _GAPS.search(line.text):
        return True
    wide = sum(1 for letter in letters if unicodedata.east_asian_width(letter) in _FULL_WIDTH)
    least = FULL_WIDTH_PER_HEIGHT if 2 * wide > len(letters) else LETTERS_PER_HEIGHT
    return len(letters) < least * line.length or is_half_greek(letters)


def is_half_greek(text: str) -> bool:
    """Whether a text has Greek letters, which the recognizer knows some of: more than a sign among figures."""
    return sum(1 for letter in text if "\u0370" <= letter <= "\u03ff") > 1


def is_row_of_marks(text: str) -> bool:
    """Whether a line is one mark, over and over: of a receipt's long rows of asterisks a few are read, if any."""
    marks = set("".join(text.split()))
    return len(marks) == 1 and not any(map(str.isalnum, marks))


def doubtful_lines(lines: Sequence[Line]) -> list[int]:
    """The places of the lines that have letters missing or could hardly be read."""
    return [
        place
        for place, line in enumerate(lines)
        if line.length >= SHORT and (lacks_letters(line) or line.confidence < UNSURE)
    ]


def share_of(places: Iterable[int], lines: Sequence[Line]) -> float:
    """The share of a page's text that these lines are, by length, 0..1."""
    total = sum(line.length for line in lines if line.length >= SHORT)
    return sum(lines[place].length for place in places) / total if total else 0.0


def confidence_of(lines: Sequence[Line]) -> float:
    """The mean confidence in a page's text, by length; 1.0 where there is next to none."""
    return legibility((line.length, line.confidence if line.text.strip() else 0.0) for line in lines)
