"""Strips of pixels -> what they say, by one of PaddleOCR's recognizers.

In: PaddleOCR's `TextRecognition`, strips. Out: `Reading`s. `PaddleRecognizer` has PaddleOCR do all of it.
`LatinRecognizer` has it prepare the strips and run the model, whose output layer is cut to Latin script, and reads the
outputs itself: a line that reads badly is scored with all characters. Among those it is told as what it is, if it is in
Chinese or Japanese; print that is hard to read (a row of asterisks) is no better for them, and stays in Latin script.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lib.document import PageImage
from lib.pipelines.ocr.latin_head import WholeHead, text_of
from lib.pipelines.ocr.missing_letters import UNSURE, Line, lacks_letters
from lib.pipelines.ocr.readings import Reading

SURE_LINE = 0.9
"""The mean confidence from which a line may be in Latin script. Confidence alone says little: of a date in Japanese the
digits are read, and nothing is missed."""

SURE_SCORE = 13.0
"""What the best character scores in every column of a line in Latin script, the blank included. In a column that has a
Chinese character 9 of 10 Latin ones score below 12; of 847 lines of labelled pictures in Latin script 5 % have a column
below 13. Of 47 lines with Chinese and Japanese characters the two bounds together let through five, for a full-width
yen sign that is read as a narrow one."""


class LineRecognizer(Protocol):
    """Reads lines; for one thread at a time."""

    def read(self, strips: Sequence[PageImage], /, *, batch: int) -> list[Reading]:
        """What each strip says, (h, w, 3) of any size; `batch` strips are read at once."""


class PaddleRecognizer:
    """PaddleOCR's recognizer as it is."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - PaddleOCR has no types
        """Take PaddleOCR's `TextRecognition`."""
        self._model = model

    def read(self, strips: Sequence[PageImage], /, *, batch: int) -> list[Reading]:
        """See `LineRecognizer.read`."""
        found = self._model.predict([*strips], batch_size=batch)
        return [Reading(str(line["rec_text"]), float(line["rec_score"])) for line in found]


class LatinRecognizer:
    """The bundled recognizer, cut to Latin script, with the whole of its output layer beside it."""

    def __init__(self, model: Any, whole: WholeHead) -> None:  # noqa: ANN401 - PaddleOCR has no types
        """Take PaddleOCR's `TextRecognition` of the cut model, and who reads its features with all characters."""
        predictor = model.paddlex_predictor
        self._resized, self._together = predictor.pre_tfs["ReisizeNorm"], predictor.pre_tfs["ToBatch"]
        self._run = predictor.runner
        self._alphabet: tuple[str, ...] = tuple(predictor.post_op.character)
        self._whole = whole

    def read(self, strips: Sequence[PageImage], /, *, batch: int) -> list[Reading]:
        """See `LineRecognizer.read`."""
        readings: list[Reading] = []
        for first in range(0, len(strips), batch):
            some = strips[first : first + batch]
            probabilities, scores, features = self._run(x=self._together(imgs=self._resized(imgs=[*some])))
            least = scores.max(-1).min(-1)
            readings += map(self._reading, some, probabilities, least, features)
        return readings

    def _reading(
        self, strip: PageImage, probabilities: NDArray[np.float32], score: float, features: NDArray[np.float32]
    ) -> Reading:
        """A line in Latin script where it seems to be in that, and otherwise in whatever script it is."""
        latin = Reading(*text_of(probabilities, self._alphabet))
        height, width = strip.shape[:2]
        is_sure = latin.confidence >= SURE_LINE and score >= SURE_SCORE
        if is_sure and not lacks_letters(Line(latin.text, latin.confidence, width / max(1, height))):
            return latin
        text, confidence = self._whole.read(features)
        return Reading(latin.text if latin.text and confidence < UNSURE else text, confidence)
