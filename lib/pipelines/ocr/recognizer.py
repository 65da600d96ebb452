"""Strips of pixels -> what they say, by one of PaddleOCR's recognizers.

In: PaddleOCR's `TextRecognition`, strips. Out: `Reading`s. `PaddleRecognizer` has PaddleOCR do all of it.
`LatinRecognizer` has it prepare the strips and run the model, whose output layer is cut to Latin script, and reads the
outputs itself: a line that reads badly is scored with all characters. Among those it is told as what it is, if it is in
Chinese or Japanese; print that is hard to read (a row of asterisks) is no better for them, and stays in Latin script.

The model was trained on lines that are filled up to 320 pixels, which most lines fill by half. `LatinRecognizer` fills
them up by `SPARE` pixels first, and once more to 320 where it is not sure of what it then reads.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lib.document import PageImage
from lib.pipelines.ocr.latin_head import WholeHead, text_of
from lib.pipelines.ocr.missing_letters import UNSURE, Line, lacks_letters
from lib.pipelines.ocr.readings import Reading, Sureness

SPARE, STEP, LEAST_WIDTH = 32, 32, 96
"""Pixels, at a height of 48, that a line is filled up by at least; what the width is then a multiple of, so that lines
come in few shapes; and the least width."""

SURE_SHORT = Sureness(figures=0.97, words=0.93)
"""From which a line that was filled up by little stays as it is read. Of 6,576 lines of 150 labelled pictures 10 % are
below, and 0.5 % stay that are read otherwise in 320 pixels, by a space most of them; 1.5 % with 0.9 for both. Without a
second reading 3.5 % are read otherwise ("2,50 1" instead of "2,501"). Together they take 0.86 of the time."""

SURE_LINE = 0.9
"""The mean confidence from which a line may be in Latin script. Confidence alone says little: of a date in Japanese the
digits are read, and nothing is missed."""

SURE_SCORE = 13.0
"""What the best character scores in every column of a line in Latin script, the blank included. In a column that has a
Chinese character 9 of 10 Latin ones score below 12; of 847 lines of labelled pictures in Latin script 5 % have a column
below 13. Of 47 lines with Chinese and Japanese characters the two bounds together let through five, for a full-width
yen sign that is read as a narrow one."""


_Resize: TypeAlias = Callable[[PageImage], NDArray[np.float32]]


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
        self._resize, self._together = predictor.pre_tfs["ReisizeNorm"], predictor.pre_tfs["ToBatch"]
        self._run = predictor.runner
        self._alphabet: tuple[str, ...] = tuple(predictor.post_op.character)
        self._height: int
        self._trained_width: int
        _, self._height, self._trained_width = self._resize.rec_image_shape
        self._whole = whole

    def read(self, strips: Sequence[PageImage], /, *, batch: int) -> list[Reading]:
        """See `LineRecognizer.read`."""
        lines = [*self._scored(strips, self._filled_up_little, batch)]
        unsure = [place for place, strip in enumerate(strips) if self._is_unsure(strip, lines[place])]
        again = self._scored([strips[place] for place in unsure], self._resize.resize, batch)
        for place, line in zip(unsure, again, strict=True):
            lines[place] = line
        return [*map(self._reading, strips, lines)]

    def _scored(self, strips: Sequence[PageImage], resize: _Resize, batch: int) -> Iterator["_Scored"]:
        for first in range(0, len(strips), batch):
            images = [*map(resize, strips[first : first + batch])]
            probabilities, scores, features = self._run(x=self._together(imgs=images))
            least = scores.max(-1).min(-1)
            latin = (Reading(*text_of(line, self._alphabet)) for line in probabilities)
            yield from map(_Scored, latin, least, features)

    def _filled_up_little(self, strip: PageImage) -> NDArray[np.float32]:
        """A strip as the model takes it, (3, 48, width)."""
        if not self._is_short(strip):
            return self._resize.resize(strip)  # type: ignore[no-any-return]
        return self._resize.resize_norm_img(strip, self._width(strip) / self._height)  # type: ignore[no-any-return]

    def _is_unsure(self, strip: PageImage, line: "_Scored") -> bool:
        return self._is_short(strip) and not SURE_SHORT.holds(line.latin)

    def _is_short(self, strip: PageImage) -> bool:
        """Whether the width that the model was trained with would fill a strip up by more."""
        return self._width(strip) < self._trained_width

    def _width(self, strip: PageImage) -> int:
        """Pixels of a strip that is filled up by little."""
        height, width = strip.shape[:2]
        filled_up: int = math.ceil(width * self._height / height) + SPARE
        return max(LEAST_WIDTH, math.ceil(filled_up / STEP) * STEP)

    def _reading(self, strip: PageImage, line: "_Scored") -> Reading:
        """A line in Latin script where it seems to be in that, and otherwise in whatever script it is."""
        latin, height, width = line.latin, *strip.shape[:2]
        is_sure = latin.confidence >= SURE_LINE and line.least_score >= SURE_SCORE
        if is_sure and not lacks_letters(Line(latin.text, latin.confidence, width / max(1, height))):
            return latin
        text, confidence = self._whole.read(line.features)
        return Reading(latin.text if latin.text and confidence < UNSURE else text, confidence)


class _Scored(NamedTuple):
    """What the cut model makes of a line: its text, the least of its columns' best scores, (columns, features)."""

    latin: Reading
    least_score: float
    features: NDArray[np.float32]
