"""One page with two models: find its lines, turn it upright, read it.

In: BGR pixels. Out: `Recognition`. An upright page costs one detection and one request for each line, no more; a page
that lies or stands on its head costs a second detection and a few readings; little text on a large page costs a second
detection, too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from lib.document import OcrSpeed, PageImage, Polygon, Recognition, Rotation, Span
from lib.pipelines.images.orientation import turned, which_way_up
from lib.pipelines.ocr.legibility import legibility
from lib.pipelines.ocr.lines import cut_line, lying
from lib.pipelines.ocr.readings import LineSpeed, Reading, SecondReading, SecondReads
from lib.pipelines.ocr.window import text_window

EXACT_LINES = 8
"""The first lines of a page, which no smaller recognizer reads at any speed: most names of merchants stand there."""

OPPOSITE: Mapping[Rotation, Rotation] = {0: 180, 90: 270, 180: 0, 270: 90}


class Found(NamedTuple):
    """The lines that a detector found, from top to bottom, and the size at which it looked by the image's own size."""

    lines: tuple[Polygon, ...]
    scale: float


class Models(Protocol):
    """The two models that read a page."""

    def find(self, image: PageImage, /) -> Found:
        """The lines of a page, polygons in its pixels."""

    def read(self, strips: Sequence[PageImage], /, *, speed: LineSpeed = "exact") -> list[Reading]:
        """What each strip says, (h, w, 3) of any size."""


def recognize_as_it_stands(
    image: PageImage, *, models: Models, second: SecondReads | None = None, speed: OcrSpeed = "exact"
) -> Recognition:
    """The lines of a page that is known to stand upright.

    Args:
        image: (height, width, 3), uint8, BGR.
        models: Find and read.
        second: Reads lines again that `models` has no letters for; None: nobody does.
        speed: How `models` reads all but the first lines.
    """
    page = _Page(image, models, speed)
    return page.recognition(0, page.read_again(second))


def recognize_any_way_up(
    image: PageImage,
    *,
    models: Models,
    second_opinion: Callable[[PageImage], Rotation | None] = lambda _: None,
    second: SecondReads | None = None,
    speed: OcrSpeed = "exact",
) -> Recognition:
    """The lines of a page that may lie or stand on its head.

    Args:
        image: (height, width, 3), uint8, BGR.
        models: Find and read.
        second_opinion: How an image should be turned, asked where the lines leave it open.
        second: Reads lines again that `models` has no letters for; None: nobody does.
        speed: How `models` reads all but the first lines.
    """
    page = _Page(image, models, speed)
    rotation = which_way_up(page.lines, confidence=page.confidence, second_opinion=lambda: second_opinion(image))
    if rotation:
        upright = _Page(np.ascontiguousarray(turned(image, rotation)), models, speed)
        if rotation == OPPOSITE[0] and second and second.stays(page.strips, page.readings, upright.readings):
            rotation = 0
        else:
            page = upright
    outcome = page.read_again(second)
    if second and outcome.undecided and second.is_upside_down(page.strips, page.readings()):
        rotation = OPPOSITE[rotation]
        page = _Page(np.ascontiguousarray(turned(image, rotation)), models, speed)
        outcome = page.read_again(second)
    return page.recognition(rotation, outcome)


def find_lines(image: PageImage, *, models: Models) -> tuple[Polygon, ...]:
    """The lines of a page; where it is large and has little text, that is looked at again from closer up."""
    height, width = image.shape[:2]
    lines, scale = models.find(image)
    window = text_window(lines, width=width, height=height, scale=scale)
    if window is None:
        return lines
    x0, y0, x1, y1 = window
    closer = models.find(np.ascontiguousarray(image[y0:y1, x0:x1])).lines
    return tuple(_moved(line, x0, y0) for line in closer) or lines


def _moved(line: Polygon, right: int, down: int) -> Polygon:
    a, b, c, d = ((x + right, y + down) for x, y in line)
    return a, b, c, d


class _Page:
    """A page whose lines are found at once and read on demand, each once."""

    def __init__(self, image: PageImage, models: Models, speed: OcrSpeed) -> None:
        self._models, self._speed = models, speed
        found = [(line, cut_line(image, line)) for line in find_lines(image, models=models)]
        self._strips = [strip for _, strip in found if strip is not None]
        self.lines = tuple(line for line, strip in found if strip is not None)
        self._readings: dict[int, Reading] = {}

    def confidence(self, places: Sequence[int], rotation: Rotation) -> float:
        """The mean confidence in the lines at `places`, once the page is turned."""
        if rotation:
            readings = self._models.read(
                [lying(np.ascontiguousarray(turned(self._strips[place], rotation))) for place in places],
                speed=self._speed,
            )
        else:
            readings = self._read(places)
        return sum(reading.confidence for reading in readings) / len(readings)

    @property
    def strips(self) -> list[PageImage]:
        """The pixels of every line, lying, as the page stands."""
        return [lying(strip) for strip in self._strips]

    def readings(self) -> list[Reading]:
        """What every line says."""
        return self._read(range(len(self.lines)))

    def read_again(self, second: SecondReads | None) -> SecondReading:
        """Have the lines read again that need it; what is better counts from then on."""
        readings = self.readings()
        if second is None:
            return SecondReading(readings)
        outcome = second.read(self.strips, readings)
        self._readings = dict(enumerate(outcome.readings))
        return outcome

    def recognition(self, rotation: Rotation, outcome: SecondReading) -> Recognition:
        """The page as it was read; of one that is in no known script, nothing."""
        spans = () if outcome.unreadable else self.spans()
        return Recognition(
            spans, rotation, self.legibility(), outcome.script, outcome.unreadable, outcome.missing_scripts
        )

    def spans(self) -> tuple[Span, ...]:
        """Every line that says anything."""
        texts = ((" ".join(text.split()), confidence) for text, confidence in self._read(range(len(self.lines))))
        return tuple(
            Span(text, line, confidence) for line, (text, confidence) in zip(self.lines, texts, strict=True) if text
        )

    def legibility(self) -> float:
        """How much of what was found could be read, 0..1."""
        shapes = (sorted(strip.shape[:2]) for strip in self._strips)
        readings = self._read(range(len(self.lines)))
        return legibility(
            (longer / shorter, reading.confidence if reading.text.strip() else 0.0)
            for (shorter, longer), reading in zip(shapes, readings, strict=True)
        )

    def _read(self, places: Sequence[int]) -> list[Reading]:
        """The lines at `places` as the page stands."""
        missing = [place for place in places if place not in self._readings]
        parts: Mapping[LineSpeed, list[int]] = {"exact": missing}
        if self._speed == "fast":
            parts = {
                "careful": [place for place in missing if place < EXACT_LINES],
                "fast": [place for place in missing if place >= EXACT_LINES],
            }
        for speed, part in parts.items():
            if part:
                readings = self._models.read([lying(self._strips[place]) for place in part], speed=speed)
                self._readings.update(zip(part, readings, strict=True))
        return [self._readings[place] for place in places]
