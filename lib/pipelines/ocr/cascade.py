"""Two recognizers after each other: a tiny one reads every line, and the exact one those that it may have misread.

In: strips. Out: `Reading`s, for OCR_SPEED=fast. The tiny recognizer knows 6,904 characters, Latin and Chinese ones
among them. A line with others than Latin ones is read by the exact recognizer, and so is one where letters are missing,
so that other scripts are found out as they are at OCR_SPEED=exact. (Cut to Latin characters it took a tenth less time,
and read 2025314 of a date in Japanese, with a confidence of 0.99.)
"""

from collections.abc import Iterator, Sequence
from typing import Any

from lib.document import PageImage
from lib.pipelines.ocr.latin_head import is_latin, text_of
from lib.pipelines.ocr.missing_letters import Line, lacks_letters
from lib.pipelines.ocr.readings import Reading, Sureness
from lib.pipelines.ocr.recognizer import LineRecognizer

SURE = Sureness(figures=0.97, words=0.93)
"""The tiny recognizer's mean confidence from which its reading of a line stays. Of 8,992 lines of 240 labelled pictures
31 % are below, and 0.5 % stay with other digits than the exact one reads."""

SURE_IN_8_BITS = 0.95
"""The confidence from which a line stays as it is read in 8 bits. Of 500 lines of labelled pictures 9 % are below, and
2 % stay that read otherwise in 32 bits, one of them with another digit; without it, 7 %."""


class Cascade:
    """Reads lines in Latin script; for one thread at a time."""

    def __init__(self, tiny: Any, exact: LineRecognizer) -> None:  # noqa: ANN401 - PaddleOCR has no types
        """Take PaddleOCR's `TextRecognition` of the tiny recognizer, and who reads what that does not."""
        predictor = tiny.paddlex_predictor
        self._resized, self._together = predictor.pre_tfs["ReisizeNorm"], predictor.pre_tfs["ToBatch"]
        self._run = predictor.runner
        self._alphabet: tuple[str, ...] = tuple(predictor.post_op.character)
        self._exact = exact

    def read(self, strips: Sequence[PageImage], /, *, batch: int) -> list[Reading]:
        """See `LineRecognizer.read`."""
        readings = list(self._by_tiny(strips, batch))
        unsure = [
            place
            for place, (strip, reading) in enumerate(zip(strips, readings, strict=True))
            if not _is_sure(strip, reading)
        ]
        return _read_again(strips, readings, unsure, by=self._exact, batch=batch)

    def _by_tiny(self, strips: Sequence[PageImage], batch: int) -> Iterator[Reading]:
        for first in range(0, len(strips), batch):
            (lines,) = self._run(x=self._together(imgs=self._resized(imgs=[*strips[first : first + batch]])))
            yield from (Reading(*text_of(probabilities, self._alphabet)) for probabilities in lines)


class EightBitCascade:
    """The same in 8 bits, for processors that are fast with them: lines that it may have misread are read in 32."""

    def __init__(self, in_8_bits: LineRecognizer, exact: LineRecognizer) -> None:
        """Take the bundled recognizer in 8 bits and in 32."""
        self._in_8_bits, self._exact = in_8_bits, exact

    def read(self, strips: Sequence[PageImage], /, *, batch: int) -> list[Reading]:
        """See `LineRecognizer.read`."""
        readings = self._in_8_bits.read(strips, batch=batch)
        unsure = [place for place, reading in enumerate(readings) if reading.confidence < SURE_IN_8_BITS]
        return _read_again(strips, readings, unsure, by=self._exact, batch=batch)


def _read_again(
    strips: Sequence[PageImage], readings: Sequence[Reading], unsure: Sequence[int], *, by: LineRecognizer, batch: int
) -> list[Reading]:
    """The readings, with those of the places in `unsure` by another recognizer."""
    again = by.read([strips[place] for place in unsure], batch=batch)
    better = dict(zip(unsure, again, strict=True))
    return [better.get(place, reading) for place, reading in enumerate(readings)]


def _is_sure(strip: PageImage, reading: Reading) -> bool:
    """Whether the tiny recognizer's reading of a line stays: it is in Latin script, whole, and read well."""
    height, width = strip.shape[:2]
    line = Line(reading.text, reading.confidence, width / max(1, height))
    return SURE.holds(reading) and all(map(is_latin, reading.text)) and not lacks_letters(line)
