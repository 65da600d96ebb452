"""What recognizers make of the lines of a page: the nouns that they, `page` and `second_reading` share. Pure."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

from lib.document import OcrSpeed, PageImage

LineSpeed: TypeAlias = OcrSpeed | Literal["careful"]
"""How a line is read: that of its page, or on a page that is read fast by the recognizer that an exact one is read by,
though perhaps in 8 bits."""


class Reading(NamedTuple):
    """What a recognizer made of one line; confidence 0..1."""

    text: str
    confidence: float


class Sureness(NamedTuple):
    """The confidence from which a line that was read in less time stays, with digits in it and without."""

    figures: float
    words: float

    def holds(self, reading: Reading) -> bool:
        """Whether a reading stays."""
        return reading.confidence >= (self.figures if any(map(str.isdigit, reading.text)) else self.words)


class SecondReading(NamedTuple):
    """What came of reading a page again.

    Attributes:
        readings: Of every line.
        script: The script's name; empty for one that the first recognizer reads.
        undecided: Whether letters are missing on the page, and no script was found that has them.
        unreadable: Whether that is so because the page is in a script that nobody here reads.
        missing_scripts: Of an unreadable page, the names of the scripts that nobody here reads.
    """

    readings: list[Reading]
    script: str = ""
    undecided: bool = False
    unreadable: bool = False
    missing_scripts: tuple[str, ...] = ()


class SecondReads(Protocol):
    """Whoever reads a page again."""

    def read(self, strips: Sequence[PageImage], readings: Sequence[Reading], /) -> SecondReading:
        """Read a page again, where that is needed.

        Args:
            strips: Every line, lying, as a recognizer wants them.
            readings: What the first recognizer made of each, as it was, spaces included.
        """

    def stays(
        self,
        strips: Sequence[PageImage],
        readings: Callable[[], Sequence[Reading]],
        turned: Callable[[], Sequence[Reading]],
        /,
    ) -> bool:
        """Whether a page stays as it is, though it seems to be read better the other way round.

        Args:
            strips: Every line as the page stands.
            readings: What each says, when asked.
            turned: What the lines of the turned page say, when asked.
        """

    def is_upside_down(self, strips: Sequence[PageImage], readings: Sequence[Reading], /) -> bool:
        """Whether a page for which `read` found no script has one once it stands the other way round."""
