"""Which way is up, decided from boxes and confidences alone."""

from collections.abc import Sequence

import numpy as np
import pytest

from lib.document import BBox, Polygon, Rotation
from lib.pipelines.images.orientation import TELLING_LINES, lies_sideways, telling_lines, turned, which_way_up


def line(width: float, height: float, y: float = 0) -> Polygon:
    """A line's box at the left margin."""
    return BBox(0, y, width, y + height).as_polygon()


ACROSS = [line(200 + width, 20, y=30 * width) for width in range(9)]
DOWN = [line(20, 200 + height) for height in range(9)]


class Reader:
    """Reads lines with the confidence that is told for each way to turn the page, and counts."""

    def __init__(self, **confidences: float) -> None:
        self._confidences = {int(name[1:]): confidence for name, confidence in confidences.items()}
        self.asked: list[Rotation] = []

    def __call__(self, places: Sequence[int], rotation: Rotation) -> float:
        """The confidence of this way."""
        assert len(places) == TELLING_LINES
        self.asked.append(rotation)
        return self._confidences[rotation]


@pytest.mark.parametrize(
    ("lines", "reader", "rotation", "asked"),
    [
        pytest.param(ACROSS, Reader(r0=0.97), 0, [0], id="upright"),
        pytest.param(ACROSS, Reader(r0=0.66, r180=0.97), 180, [0, 180], id="upside-down"),
        pytest.param(ACROSS, Reader(r0=0.72, r180=0.6), 0, [0, 180], id="blurred"),
        pytest.param(ACROSS, Reader(r0=0.6, r180=0.61), 0, [0, 180], id="no-letter-known"),
        pytest.param(ACROSS, Reader(r0=0.64, r180=0.69), 0, [0, 180], id="a-poor-photo-that-reads-badly-either-way"),
        pytest.param(ACROSS, Reader(r0=0.64, r180=0.74), 180, [0, 180], id="upside-down-and-faded"),
        pytest.param(DOWN, Reader(r90=0.97), 90, [90], id="top-at-the-left"),
        pytest.param(DOWN, Reader(r90=0.65, r270=0.96), 270, [90, 270], id="top-at-the-right"),
        pytest.param(DOWN, Reader(r90=0.71, r270=0.6), 90, [90, 270], id="sideways-and-blurred"),
        pytest.param(DOWN, Reader(r90=0.3, r270=0.31), 0, [90, 270], id="bars-that-are-no-text"),
    ],
)
def test_which_way_up_of_page_follows_boxes_then_confidence(
    lines: list[Polygon], reader: Reader, rotation: Rotation, asked: list[Rotation]
) -> None:
    """Boxes tell lying from standing, confidence tells up from down; what is plain is asked once."""
    assert which_way_up(lines, confidence=reader) == rotation
    assert reader.asked == asked


@pytest.mark.parametrize(
    ("lines", "opinion", "rotation"),
    [
        pytest.param(ACROSS, 180, 180, id="taken"),
        pytest.param(ACROSS, 0, 0, id="upright-taken"),
        pytest.param(ACROSS, 90, 0, id="against-the-boxes"),
        pytest.param(ACROSS, None, 0, id="none"),
        pytest.param(DOWN, 270, 270, id="sideways-taken"),
    ],
)
def test_which_way_up_of_undecided_page_asks_for_a_second_opinion(
    lines: list[Polygon], opinion: Rotation | None, rotation: Rotation
) -> None:
    """Where the lines are read badly either way, somebody else may decide, within what the boxes allow."""
    even = Reader(r0=0.6, r180=0.6, r90=0.6, r270=0.6)

    assert which_way_up(lines, confidence=even, second_opinion=lambda: opinion) == rotation


def test_which_way_up_of_decided_page_asks_nobody_else() -> None:
    """The second opinion costs time and knows less than the lines."""

    def opinion() -> Rotation:
        raise AssertionError("asked although the lines had told")

    assert which_way_up(ACROSS, confidence=Reader(r0=0.66, r180=0.97), second_opinion=opinion) == 180


def test_which_way_up_of_empty_page_is_upright() -> None:
    """Nothing is read where there is nothing."""
    assert which_way_up([], confidence=Reader()) == 0


@pytest.mark.parametrize(
    ("lines", "sideways"),
    [
        pytest.param([line(300, 20), line(20, 200)], False, id="more-across"),
        pytest.param([line(200, 20), line(20, 300)], True, id="more-down"),
        pytest.param([line(90, 20), *[line(30, 40)] * 9], False, id="single-letters-do-not-vote"),
        pytest.param([line(30, 40)], False, id="nothing-but-a-letter"),
    ],
)
def test_lies_sideways_weighs_lines_by_their_length(lines: list[Polygon], sideways: bool) -> None:
    """A column of marks does not outvote a line of text."""
    assert lies_sideways(lines) is sideways


def test_lies_sideways_of_slanted_lines_measures_along_them() -> None:
    """A photo taken askew by 30 degrees is not a sideways one."""
    slanted: Polygon = ((0, 100), (173, 0), (183, 17), (10, 117))

    assert not lies_sideways([slanted])


def test_telling_lines_are_the_longest_for_their_height() -> None:
    """A headline in large letters tells less than a line of small print of the same length."""
    lines = [line(300, 60), line(300, 10), line(40, 20), line(280, 10)]

    assert telling_lines(lines) == (1, 3, 0, 2)


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        pytest.param(0, [[1, 2, 3], [4, 5, 6]], id="not"),
        pytest.param(90, [[4, 1], [5, 2], [6, 3]], id="clockwise"),
        pytest.param(180, [[6, 5, 4], [3, 2, 1]], id="half"),
        pytest.param(270, [[3, 6], [2, 5], [1, 4]], id="counterclockwise"),
    ],
)
def test_turned_page_goes_clockwise(rotation: Rotation, expected: list[list[int]]) -> None:
    """As EXIF and PDF count."""
    image = np.repeat(np.array([[1, 2, 3], [4, 5, 6]], np.uint8)[..., None], 3, axis=2)

    assert turned(image, rotation)[..., 0].tolist() == expected
