"""When little text on a large page is looked at again, and where."""

import pytest

from lib.document import BBox, Polygon
from lib.pipelines.ocr.window import text_window

A4 = {"width": 2480, "height": 3508}
SCALE = 1142 / 3508


def lines(x: float, y: float, *, width: float, height: float, count: int) -> list[Polygon]:
    """Lines under each other, half a line apart."""
    tops = [y + 1.5 * height * number for number in range(count)]
    return [BBox(x, top, x + width, top + height).as_polygon() for top in tops]


RECEIPT = lines(1400, 300, width=600, height=30, count=20)


def test_text_window_of_receipt_on_a4_has_it_and_a_margin() -> None:
    """Lines that were missed at first stand around those that were found."""
    window = text_window(RECEIPT, **A4, scale=SCALE)

    assert window == (1090, 0, 2310, 1495)


def test_text_window_stays_on_the_page() -> None:
    """At an edge there is no margin."""
    receipt = lines(5, 10, width=600, height=30, count=10)

    assert text_window(receipt, **A4, scale=SCALE) == (0, 0, 815, 655)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([], id="nothing"),
        pytest.param(lines(200, 200, width=2000, height=30, count=60), id="full-page"),
        pytest.param(lines(200, 200, width=900, height=120, count=3), id="large-letters"),
    ],
)
def test_text_window_of_page_seen_well_is_none(found: list[Polygon]) -> None:
    """Text that fills the page, or is large enough, is not looked at twice."""
    assert text_window(found, **A4, scale=SCALE) is None
