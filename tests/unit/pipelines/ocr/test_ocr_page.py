"""One page with two models: how often they are asked, and in which frame the lines are."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from lib.document import BBox, PageImage, Polygon, Rotation, Span
from lib.pipelines.images.orientation import TELLING_LINES, turned
from lib.pipelines.ocr.page import EXACT_LINES, Found, recognize_any_way_up, recognize_as_it_stands
from lib.pipelines.ocr.readings import LineSpeed, Reading

INK = 40
"""The gray of the left half of every line; the right half is black."""

ROWS = 12


def page() -> PageImage:
    """Twelve lines, 100 x 10 pixels each, light at the left and dark at the right, on white."""
    image = np.full((400, 300, 3), 255, np.uint8)
    for row in range(ROWS):
        top = 20 + 30 * row
        image[top : top + 10, 20:70], image[top : top + 10, 70:120] = INK, 0
    return image


class Eyes:
    """Finds the lines of `page`, however it is turned, and reads those that go from light to dark; counts."""

    def __init__(self, *, scale: float = 1.0) -> None:
        self.found = self.read_lines = 0
        self.read_at: Counter[LineSpeed] = Counter()
        self._scale = scale

    def find(self, image: PageImage, /) -> Found:
        """Runs of rows or columns that hold ink."""
        self.found += 1
        dark = (image[..., 0] < 128).astype(np.uint8)
        sideways = dark.any(axis=1).sum() < dark.any(axis=0).sum()
        return Found(tuple(_boxes(dark.T, swap=True) if sideways else _boxes(dark, swap=False)), self._scale)

    def read(self, strips: Sequence[PageImage], /, *, speed: LineSpeed = "exact") -> list[Reading]:
        """A word for a line that goes from light to dark, garbage for any other."""
        self.read_lines += len(strips)
        self.read_at[speed] += len(strips)
        return [_reading(strip) for strip in strips]


def _boxes(dark: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], *, swap: bool) -> list[Polygon]:
    rows = np.flatnonzero(dark.any(axis=1))
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(rows) else []
    boxes = []
    for run in runs:
        columns = np.flatnonzero(dark[run[0]])
        x0, x1, y0, y1 = (float(edge) for edge in (columns[0], columns[-1] + 1, run[0], run[-1] + 1))
        boxes.append((BBox(y0, x0, y1, x1) if swap else BBox(x0, y0, x1, y1)).as_polygon())
    return boxes


def _reading(strip: PageImage) -> Reading:
    half = strip.shape[1] // 2
    forwards = strip[:, :half].mean() > strip[:, half:].mean()
    return Reading(" total  9.90 ", 0.97) if forwards else Reading("06'6", 0.6)


def upright() -> tuple[Span, ...]:
    """What is on the page."""
    boxes = [BBox(20, 20 + 30 * row, 120, 30 + 30 * row).as_polygon() for row in range(ROWS)]
    return tuple(Span("total 9.90", box, 0.97) for box in boxes)


def test_recognize_upright_page_finds_once_and_reads_each_line_once() -> None:
    """Looking for the right way up costs nothing where it is the first."""
    eyes = Eyes()

    recognition = recognize_any_way_up(page(), models=eyes)

    assert (recognition.rotation, recognition.spans) == (0, upright())
    assert (eyes.found, eyes.read_lines) == (1, ROWS)


def test_recognize_turned_page_gives_the_lines_of_the_upright_one() -> None:
    """Whatever way it lies, text and boxes are those of the upright page, for a few readings more."""
    costs: dict[Rotation, tuple[int, int]] = {}
    rotations: tuple[Rotation, ...] = (90, 180, 270)
    for rotation in rotations:
        eyes = Eyes()
        lying = np.ascontiguousarray(turned(page(), rotation))

        recognition = recognize_any_way_up(lying, models=eyes)

        assert (recognition.rotation, recognition.spans) == (360 - rotation, upright())
        costs[rotation] = (eyes.found, eyes.read_lines - ROWS)
    assert costs == {90: (2, 2 * TELLING_LINES), 180: (2, 2 * TELLING_LINES), 270: (2, TELLING_LINES)}


def test_recognize_fast_reads_the_first_lines_exactly() -> None:
    """Most names of merchants stand there."""
    eyes = Eyes()

    recognition = recognize_as_it_stands(page(), models=eyes, speed="fast")

    assert recognition.spans == upright()
    assert eyes.read_at == {"careful": EXACT_LINES, "fast": ROWS - EXACT_LINES}


def test_recognize_as_it_stands_reads_a_page_upside_down_as_garbage() -> None:
    """With OCR_ORIENTATION=off nothing is turned."""
    recognition = recognize_as_it_stands(np.ascontiguousarray(turned(page(), 180)), models=Eyes())

    assert recognition.rotation == 0
    assert {span.text for span in recognition.spans} == {"06'6"}


def test_recognize_page_whose_lines_leave_it_open_follows_the_second_opinion() -> None:
    """Lines that read the same both ways are turned by whoever knows better."""

    class Undecided(Eyes):
        def read(self, strips: Sequence[PageImage], /, *, speed: LineSpeed = "exact") -> list[Reading]:
            del speed
            return [Reading("8", 0.5)] * len(strips)

    assert recognize_any_way_up(page(), models=Undecided(), second_opinion=lambda _: 180).rotation == 180


def test_recognize_little_text_on_large_page_looks_again_from_closer_up() -> None:
    """The second look is at the part of the page that has text; boxes are in the whole page's pixels all the same."""
    sheet = np.full((4000, 3000, 3), 255, np.uint8)
    sheet[1000:1400, 2000:2300] = page()
    eyes = Eyes(scale=0.3)

    recognition = recognize_any_way_up(sheet, models=eyes)

    assert eyes.found == 2
    assert len(recognition.spans) == ROWS
    assert recognition.spans[0].bbox == BBox(2020, 1020, 2120, 1030)
    assert recognition.spans[-1].bbox == BBox(2020, 1350, 2120, 1360)


def test_recognize_closer_look_that_finds_nothing_keeps_the_first() -> None:
    """A detector that knows small letters only loses nothing."""

    class FarSighted(Eyes):
        def find(self, image: PageImage, /) -> Found:
            lines, scale = super().find(image)
            return Found(lines if self.found == 1 else (), scale)

    sheet = np.full((4000, 3000, 3), 255, np.uint8)
    sheet[1000:1400, 2000:2300] = page()

    assert len(recognize_any_way_up(sheet, models=FarSighted(scale=0.3)).spans) == ROWS


def test_recognize_line_without_width_is_left_out() -> None:
    """A detector may find a speck; the others are read."""

    class Specks(Eyes):
        def find(self, image: PageImage, /) -> Found:
            lines, scale = super().find(image)
            return Found((BBox(5, 5, 5, 5).as_polygon(), *lines), scale)

    assert recognize_any_way_up(page(), models=Specks()).spans == upright()
