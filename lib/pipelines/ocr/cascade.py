"""Two recognizers after each other: a tiny one reads every line, and the exact one those that it may have misread.

In: strips. Out: `Reading`s, for OCR_SPEED=fast. Where the tiny recognizer's line may be in another script than Latin,
or lacks letters, the exact one reads it, so that other scripts are found out as they are at OCR_SPEED=exact.
"""

from collections.abc import Sequence
from typing import Any

from lib.document import PageImage
from lib.pipelines.ocr.readings import Reading
from lib.pipelines.ocr.recognizer import LatinModel, LineRecognizer

SURE_LINE = 0.97
"""The tiny recognizer's mean confidence from which its reading of a line stays."""

SURE_SCORE = 0.0
"""What the best character scores in every column of a line in Latin script."""


class Cascade:
    """Reads lines in Latin script; for one thread at a time."""

    def __init__(self, tiny: Any, exact: LineRecognizer) -> None:  # noqa: ANN401 - PaddleOCR has no types
        """Take PaddleOCR's `TextRecognition` of the tiny recognizer, cut to Latin script, and who reads the rest."""
        self._tiny = LatinModel(tiny)
        self._exact = exact

    def read(self, strips: Sequence[PageImage], /, *, batch: int) -> list[Reading]:
        """See `LineRecognizer.read`."""
        lines = list(self._tiny.read(strips, batch=batch))
        readings = [Reading(line.text, line.confidence) for line in lines]
        unsure = [
            place for place, line in enumerate(lines) if not line.is_latin(confidence=SURE_LINE, score=SURE_SCORE)
        ]
        again = self._exact.read([strips[place] for place in unsure], batch=batch)
        for place, reading in zip(unsure, again, strict=True):
            readings[place] = reading
        return readings
