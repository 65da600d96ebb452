"""A page in a script that the bundled recognizer has no letters for: found out, and read again by one that has.

In: a page's strips and what was read of them. Out: better readings, and the script, or that nobody here can read it.
A page in Latin, Chinese or Japanese script costs a look at its texts, no more. Knows recognizers by a protocol only.

Where letters are missing, a few lines are tried with one script after the other, until one reads them well; the rest is
read with that one. Nothing is decided by a line alone.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from lib.document import PageImage
from lib.pipelines.ocr.missing_letters import (
    DOUBTFUL_SHARE,
    LEAST_LINES,
    Line,
    doubtful_lines,
    is_half_greek,
    lacks_letters,
    share_of,
)
from lib.pipelines.ocr.readings import Reading, SecondReading
from lib.pipelines.ocr.scripts import SCRIPTS, Script
from lib.pipelines.ocr.two_texts import both

TRIED_LINES = 3
"""Lines that every script is tried with."""

TRIED_LENGTH = (4.0, 14.0)
"""Length by height of the lines that are tried: enough letters to tell, few enough to take no time."""

SURE, LIKELY = 0.8, 0.6
"""How well the tried lines are read by the right script, and at least; see `_score`."""

UNREADABLE_SHARE = 0.4
"""Of a page's text that has letters missing, from which on what was read of the page is none."""

SURE_LATIN = 0.9
"""The bundled recognizer's confidence from which its reading stays, of a line that both say is in Latin script."""

FIGURES_PER_HEIGHT = 1.5
"""Characters for a strip's length by its height, from which a line of digits has nothing but digits."""


class ScriptReader(Protocol):
    """Reads strips in scripts."""

    def can_read(self, script: Script, /) -> bool:
        """Whether it can read a script here and now."""

    def read(self, script: Script, strips: Sequence[PageImage], /) -> list[Reading]:
        """What each strip says; nothing, without confidence, where that failed."""


class SecondReader:
    """Finds a page's script, and reads it."""

    def __init__(self, readers: Sequence[ScriptReader], *, likely: Sequence[Script] = ()) -> None:
        """Take recognizers, the better ones first, and the scripts that are expected here, which are tried first."""
        self._readers = tuple(readers)
        self._likely = tuple(likely)

    def read(self, strips: Sequence[PageImage], readings: Sequence[Reading]) -> SecondReading:
        """See `SecondReads.read`."""
        lines = [_line(strip, reading) for strip, reading in zip(strips, readings, strict=True)]
        doubtful = doubtful_lines(lines)
        if len(doubtful) < LEAST_LINES or share_of(doubtful, lines) < DOUBTFUL_SHARE:
            return SecondReading([*readings])
        found = self._script_of([strips[place] for place in _telling(doubtful, lines)], readings)
        if found is None:
            missing = share_of((place for place in doubtful if lacks_letters(lines[place])), lines)
            return SecondReading([*readings], undecided=True, unreadable=missing >= UNREADABLE_SHARE)
        script, reader = found
        return SecondReading(self._reread(script, reader, strips, lines), script.name)

    def is_upside_down(self, strips: Sequence[PageImage], readings: Sequence[Reading]) -> bool:
        """See `SecondReads.is_upside_down`."""
        lines = [_line(strip, reading) for strip, reading in zip(strips, readings, strict=True)]
        telling = _telling(doubtful_lines(lines), lines)
        turned = [np.ascontiguousarray(np.rot90(strips[place], 2)) for place in telling]
        return self._script_of(turned, readings) is not None

    def _script_of(
        self, strips: Sequence[PageImage], readings: Sequence[Reading]
    ) -> tuple[Script, ScriptReader] | None:
        """The script in which a few lines are read best, if it is read well."""
        best: tuple[float, Script, ScriptReader] | None = None
        for script in self._in_order(readings):
            reader = next((reader for reader in self._readers if reader.can_read(script)), None)
            if reader is None:
                continue
            score = _score(script, reader.read(script, strips))
            if best is None or score > best[0]:
                best = score, script, reader
            if score >= SURE:
                break
        return best[1:] if best and best[0] >= LIKELY else None

    def _in_order(self, readings: Sequence[Reading]) -> list[Script]:
        """All scripts: those that are expected, then those that the readings hint at."""
        text = "".join(reading.text for reading in readings)
        greek = [script for script in SCRIPTS if script.name == "Greek" and is_half_greek(text)]
        return list(dict.fromkeys((*self._likely, *greek, *SCRIPTS)))

    def _reread(
        self, script: Script, reader: ScriptReader, strips: Sequence[PageImage], lines: Sequence[Line]
    ) -> list[Reading]:
        places = [place for place, line in enumerate(lines) if not _is_figures(line)]
        again = reader.read(script, [strips[place] for place in places])
        readings = [Reading(line.text, line.confidence) for line in lines]
        for place, reading in zip(places, again, strict=True):
            readings[place] = _better(script, lines[place], reading)
        return readings


def _line(strip: PageImage, reading: Reading) -> Line:
    height, width = strip.shape[:2]
    return Line(reading.text, reading.confidence, width / max(1, height))


def _telling(doubtful: Sequence[int], lines: Sequence[Line]) -> list[int]:
    """The lines to try: those that lack letters, of handy length, the longest first."""
    shortest, longest = TRIED_LENGTH

    def order(place: int) -> tuple[bool, bool, float]:
        line = lines[place]
        return not shortest <= line.length <= longest, not lacks_letters(line), -min(line.length, longest)

    return sorted(doubtful, key=order)[:TRIED_LINES]


def _score(script: Script, readings: Sequence[Reading]) -> float:
    """How well lines are read in a script, 0..1: the confidence, for the share of letters that belong to it."""
    letters = [max(1, len(reading.text)) for reading in readings]
    scores = [reading.confidence * script.share(reading.text) for reading in readings]
    return sum(score * count for score, count in zip(scores, letters, strict=True)) / sum(letters)


def _is_figures(line: Line) -> bool:
    """Whether a line is a number, and nothing else: its digits fill it."""
    digits = sum(letter.isdigit() for letter in line.text)
    return digits > 0 and not any(map(str.isalpha, line.text)) and len(line.text) >= FIGURES_PER_HEIGHT * line.length


def _better(script: Script, line: Line, again: Reading) -> Reading:
    """Which of two readings of a line stays, or the best of both."""
    is_latin = not script.count(again.text) and not lacks_letters(line)
    if not again.text or (is_latin and line.confidence >= max(again.confidence, SURE_LATIN)):
        return Reading(line.text, line.confidence)
    return Reading(both(script, again.text, line.text), again.confidence)
