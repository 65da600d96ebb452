"""A page in a script that the bundled recognizer has no letters for: found out, and read again by one that has.

In: a page's strips and what was read of them. Out: better readings, and the script, or that nobody here can read it.
A page in Latin, Chinese or Japanese script costs a look at its texts, no more. Knows recognizers by a protocol only.

Where letters are missing, a few lines are tried with one script after the other, until one reads them well; the rest is
read with that one. Nothing is decided by a line alone. Most pages that are tried are blurred ones in Latin script: the
first recognizer that knows Latin letters, too, reads them as the bundled one did, and others are not asked.
"""

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from enum import Enum, auto
from typing import Literal, Protocol

import numpy as np
from loguru import logger

from lib.document import PageImage
from lib.pipelines.ocr.missing_letters import (
    DOUBTFUL_SHARE,
    LEAST_LINES,
    UNSURE,
    Line,
    confidence_of,
    doubtful_lines,
    is_half_greek,
    is_row_of_marks,
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

SURE_PAGE = 0.88
"""The bundled recognizer's mean confidence from which a page without missing letters is in a script that it knows: of
195 labelled pictures 3 are below. Hebrew that stands on its head is read as Latin letters, with 0.75."""

SURE, LIKELY = 0.8, 0.75
"""How well the tried lines are read by the right script, and at least; see `_score`."""

UNREADABLE_SHARE = 0.4
"""Of a page's text that has letters missing, from which on what was read of the page is none."""

SURE_FOR_DOUBTFUL = 2
"""Lines that are surely read for each doubtful one, from which a page stands upright and is readable: receipts rule
their parts off with rows of stars, of which nothing is read, and which are longer than any line of words."""

SURE_LATIN = 0.9
"""The bundled recognizer's confidence from which its reading of a line that seems to be in Latin script may stay."""

_LATIN_ALONE = re.compile("[DFGJLQRSUVW]")
"""Letters that no Cyrillic or Greek one looks like: "2 557,80 RUB" is no Cyrillic word, whatever Tesseract says."""

SAME, LEAST_LATIN = 0.6, 5
"""How much two recognizers' Latin letters of a line are alike, 0..1, and how many there are at least, where it is
surely in Latin script: two of three lines are from 0.62 on on four blurred pages, to 0.48 on 72 in other scripts."""

FIGURES_PER_HEIGHT = 1.5
"""Characters for a strip's length by its height, from which a line of digits has nothing but digits."""


class _Bundled(Enum):
    """What the bundled recognizer reads best itself."""

    LATIN = auto()


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
        worded = [line for line in lines if not is_row_of_marks(line.text)]
        if not _lacks_letters(worded) and confidence_of(worded) >= SURE_PAGE:
            return SecondReading([*readings])
        telling = _telling(lines)
        found = self._script_of(
            [strips[place] for place in telling], readings, seen=[lines[place] for place in telling]
        )
        if found is _Bundled.LATIN:
            return SecondReading([*readings])
        if found is None:
            left_out = share_of((place for place in doubtful_lines(lines) if lacks_letters(lines[place])), lines)
            if left_out < UNREADABLE_SHARE or _is_mostly_read(lines):
                return SecondReading([*readings], undecided=True)
            missing = self.missing
            _tell(missing)
            names = tuple(script.name for script in missing)
            return SecondReading([*readings], undecided=True, unreadable=True, missing_scripts=names)
        script, reader = found
        return SecondReading(self._reread(script, reader, strips, lines), script.name)

    def stays(
        self,
        strips: Sequence[PageImage],
        readings: Callable[[], Sequence[Reading]],
        turned: Callable[[], Sequence[Reading]],
    ) -> bool:
        """See `SecondReads.stays`: letters are missing as it stands, and Latin ones are not read well when turned."""
        others = turned()
        if sum(reading.confidence for reading in others) >= SURE_PAGE * len(others):
            return False
        return _lacks_letters([_line(strip, reading) for strip, reading in zip(strips, readings(), strict=True)])

    def is_upside_down(self, strips: Sequence[PageImage], readings: Sequence[Reading]) -> bool:
        """See `SecondReads.is_upside_down`."""
        lines = [_line(strip, reading) for strip, reading in zip(strips, readings, strict=True)]
        if _is_mostly_read(lines):
            return False
        telling = _telling(lines)
        turned = [np.ascontiguousarray(np.rot90(strips[place], 2)) for place in telling]
        return self._script_of(turned, readings) is not None

    @property
    def missing(self) -> tuple[Script, ...]:
        """The scripts that nobody here reads."""
        return tuple(script for script in SCRIPTS if not any(reader.can_read(script) for reader in self._readers))

    def _script_of(
        self, strips: Sequence[PageImage], readings: Sequence[Reading], *, seen: Sequence[Line] = ()
    ) -> tuple[Script, ScriptReader] | Literal[_Bundled.LATIN] | None:
        """The script in which a few lines are read best, if it is read well.

        Args:
            strips: These lines.
            readings: Of the page, by the bundled recognizer.
            seen: What it made of these: where another reads the same Latin letters, the page is in no other script.
        """
        best: tuple[float, Script, ScriptReader] | None = None
        for script in self._in_order(readings):
            reader = next((reader for reader in self._readers if reader.can_read(script)), None)
            if reader is None:
                continue
            tried = reader.read(script, strips)
            score = _score(script, tried)
            if best is None or score > best[0]:
                best = score, script, reader
            if score >= SURE:
                break
            if best[0] < LIKELY and _is_same_latin(seen, tried):
                return _Bundled.LATIN
        return best[1:] if best and best[0] >= LIKELY else None

    def _in_order(self, readings: Sequence[Reading]) -> list[Script]:
        """All scripts: those that the readings hint at, then those that are expected.

        Greek capitals look like Latin ones to whoever does not know them, so that nobody else is asked before.
        """
        text = "".join(reading.text for reading in readings)
        greek = [script for script in SCRIPTS if script.name == "Greek" and is_half_greek(text)]
        return list(dict.fromkeys((*greek, *self._likely, *SCRIPTS)))

    def _reread(
        self, script: Script, reader: ScriptReader, strips: Sequence[PageImage], lines: Sequence[Line]
    ) -> list[Reading]:
        places = [place for place, line in enumerate(lines) if lacks_letters(line) or not _is_figures(line)]
        again = reader.read(script, [strips[place] for place in places])
        readings = [Reading(line.text, line.confidence) for line in lines]
        for place, reading in zip(places, again, strict=True):
            readings[place] = _better(script, lines[place], reading)
        return readings


def _tell(missing: Sequence[Script]) -> None:
    """Say in the log what to install; a page in none of the scripts that are known needs something else."""
    if missing:
        logger.warning(
            "a page is in a script that is not read here, perhaps {}: install {} (`make fetch-scripts`), or set"
            " TESSDATA_PREFIX",
            ", ".join(script.name for script in missing),
            " ".join(script.package for script in missing),
        )
    else:
        logger.warning("a page is in none of the scripts that are known here")


def _line(strip: PageImage, reading: Reading) -> Line:
    height, width = strip.shape[:2]
    return Line(reading.text, reading.confidence, width / max(1, height))


def _lacks_letters(lines: Sequence[Line]) -> bool:
    """Whether so many lines of a page have letters missing, or can hardly be read, that another script is likely."""
    doubtful = doubtful_lines(lines)
    return len(doubtful) >= LEAST_LINES and share_of(doubtful, lines) >= DOUBTFUL_SHARE


def _is_mostly_read(lines: Sequence[Line]) -> bool:
    """Whether a page has far more lines that are surely read than doubtful ones, however long those are."""
    sure = {place for place, line in enumerate(lines) if _is_surely_read(line)}
    doubtful = [place for place in doubtful_lines(lines) if place not in sure]
    return len(sure) > SURE_FOR_DOUBTFUL * len(doubtful)


def _is_surely_read(line: Line) -> bool:
    """Whether a line has letters and no gaps; one that is printed wide apart is as short as one that lacks some."""
    has_gaps = line.text != " ".join(line.text.split())
    is_worded = any(map(str.isalpha, line.text)) and not is_half_greek(line.text)
    return is_worded and not has_gaps and line.confidence >= SURE_LATIN


def _telling(lines: Sequence[Line]) -> list[int]:
    """The lines to try: with letters, of handy length, those that lack some or are unsure first, the longest first."""
    shortest, longest = TRIED_LENGTH

    def order(place: int) -> tuple[bool, bool, bool, float]:
        line = lines[place]
        lacks = lacks_letters(line)
        is_handy = shortest <= line.length <= longest
        is_known = not lacks and line.confidence >= UNSURE
        return not lacks and _is_figures(line), not is_handy, is_known, -min(line.length, longest)

    return sorted(range(len(lines)), key=order)[:TRIED_LINES]


def _score(script: Script, readings: Sequence[Reading]) -> float:
    """How well lines are read in a script, 0..1: the confidence, for the share of letters that belong to it.

    Of three lines the worst does not count: it may be a stamp, or blurred.
    """
    lines = [(reading.confidence * script.share(reading.text), max(1, len(reading.text))) for reading in readings]
    counted = sorted(lines)[1 if len(lines) == TRIED_LINES else 0 :]
    return sum(score * letters for score, letters in counted) / sum(letters for _, letters in counted)


def _is_same_latin(lines: Sequence[Line], others: Sequence[Reading]) -> bool:
    """Whether two recognizers have read the same in Latin script, in all lines but the one that `_score` leaves out."""
    return sum(map(_is_same_latin_line, lines, others)) >= TRIED_LINES - 1


def _is_same_latin_line(line: Line, other: Reading) -> bool:
    """Whether that is so in one line, of which nothing is missing.

    Figures are alike in all scripts, and "TAX INVOICE" may have its Arabic beside it: neither says that there is none.
    """
    letters, others = _latin_letters(line.text), _latin_letters(other.text)
    is_enough = min(len(letters), len(others)) >= LEAST_LATIN and not lacks_letters(line)
    return is_enough and SequenceMatcher(None, letters, others).ratio() >= SAME


def _latin_letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if "a" <= letter <= "z")


def _is_figures(line: Line) -> bool:
    """Whether a line is a number, and nothing else: its digits fill it."""
    words = line.text.split()
    are_numbers = bool(words) and all(any(map(str.isdigit, word)) for word in words)
    return are_numbers and not any(map(str.isalpha, line.text)) and len(line.text) >= FIGURES_PER_HEIGHT * line.length


def _better(script: Script, line: Line, again: Reading) -> Reading:
    """Which of two readings of a line stays, or the best of both."""
    is_latin = not script.count(again.text) or _LATIN_ALONE.search(line.text)
    is_sure = not lacks_letters(line) and line.confidence >= max(again.confidence, SURE_LATIN)
    if not again.text or (is_latin and is_sure):
        return Reading(line.text, line.confidence)
    return Reading(both(script, again.text, line.text), again.confidence)
