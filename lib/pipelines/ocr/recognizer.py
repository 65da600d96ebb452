"""Strips of pixels -> what they say, by one of PaddleOCR's recognizers.

In: PaddleOCR's `TextRecognition`, strips. Out: `Reading`s. `PaddleRecognizer` has PaddleOCR do all of it.
`LatinRecognizer` has it prepare the strips and run the model, whose output layer is cut to Latin script, and reads the
outputs itself: a line that reads badly is scored with all characters. Among those it is told as what it is, if it is in
Chinese or Japanese; print that is hard to read (a row of asterisks) is no better for them, and stays in Latin script.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

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


class LatinLine(NamedTuple):
    """What a recognizer that is cut to Latin script makes of a line.

    Attributes:
        text: In Latin script, whatever stands there.
        confidence: 0..1.
        score: What the best character scores in the column where that is least.
        length: Of the strip, by its height.
        features: (columns, features), what characters are scored by.
    """

    text: str
    confidence: float
    score: float
    length: float
    features: NDArray[np.float32]

    def is_latin(self, *, confidence: float, score: float) -> bool:
        """Whether the line is in Latin script, and read so well at least; no letters are missing then."""
        is_sure = self.confidence >= confidence and self.score >= score
        return is_sure and not lacks_letters(Line(self.text, self.confidence, self.length))


class LatinModel:
    """A recognizer that is cut to Latin script; PaddleOCR prepares the strips and runs it."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - PaddleOCR has no types
        """Take PaddleOCR's `TextRecognition` of the cut model."""
        predictor = model.paddlex_predictor
        self._resized, self._together = predictor.pre_tfs["ReisizeNorm"], predictor.pre_tfs["ToBatch"]
        self._run = predictor.runner
        self._alphabet: tuple[str, ...] = tuple(predictor.post_op.character)

    def read(self, strips: Sequence[PageImage], /, *, batch: int) -> Iterator[LatinLine]:
        """Each strip's line; see `LineRecognizer.read`."""
        for first in range(0, len(strips), batch):
            some = strips[first : first + batch]
            probabilities, scores, features = self._run(x=self._together(imgs=self._resized(imgs=[*some])))
            for strip, *found in zip(some, probabilities, scores.max(-1).min(-1), features, strict=False):
                yield self._line(strip, *found)

    def _line(
        self, strip: PageImage, probabilities: NDArray[np.float32], score: float, features: NDArray[np.float32]
    ) -> LatinLine:
        height, width = strip.shape[:2]
        return LatinLine(*text_of(probabilities, self._alphabet), score, width / max(1, height), features)


class LatinRecognizer:
    """The bundled recognizer, cut to Latin script, with the whole of its output layer beside it."""

    def __init__(self, model: Any, whole: WholeHead) -> None:  # noqa: ANN401 - PaddleOCR has no types
        """Take PaddleOCR's `TextRecognition` of the cut model, and who reads its features with all characters."""
        self._model = LatinModel(model)
        self._whole = whole

    def read(self, strips: Sequence[PageImage], /, *, batch: int) -> list[Reading]:
        """See `LineRecognizer.read`."""
        return [self._reading(line) for line in self._model.read(strips, batch=batch)]

    def _reading(self, latin: LatinLine) -> Reading:
        """A line in Latin script where it seems to be in that, and otherwise in whatever script it is."""
        if latin.is_latin(confidence=SURE_LINE, score=SURE_SCORE):
            return Reading(latin.text, latin.confidence)
        text, confidence = self._whole.read(latin.features)
        return Reading(latin.text if latin.text and confidence < UNSURE else text, confidence)
