"""Which line comes after which."""

import math
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.document import BBox, Point, Span
from lib.pipelines.reading_order import reading_order

Place = tuple[str, float, float, float]
"""Text, left end, top, height; a character is as wide as half of the height."""


def drawn(places: Sequence[Place], *, bend: Callable[[Point], Point] = lambda point: point) -> list[Span]:
    """The texts where they stand, each corner bent as a camera would."""
    spans = []
    for text, x, y, height in places:
        corners = BBox(x, y, x + len(text) * height / 2, y + height).as_polygon()
        a, b, c, d = (bend(corner) for corner in corners)
        spans.append(Span(text, (a, b, c, d), 1.0))
    return spans


def texts(spans: Sequence[Span]) -> list[str]:
    """What is read, in order."""
    return [span.text for span in reading_order(spans)]


RECEIPT: list[Place] = [
    ("Corner Shop", 300, 40, 40),
    ("12 Market Street", 320, 90, 20),
    *(
        place
        for row in range(12)
        for place in ((f"Item number {row}", 60, 150 + 26 * row, 20), (f"{row}.50", 800, 150 + 26 * row, 20))
    ),
    ("TOTAL", 60, 480, 40),
    ("78.00", 780, 482, 40),
    ("Paid by card", 60, 530, 20),
]


def rotated(degrees: float) -> Callable[[Point], Point]:
    """Turns the page by an angle."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return lambda point: (cos * point[0] - sin * point[1], sin * point[0] + cos * point[1])


def keystone(point: Point) -> Point:
    """A camera held at an angle: lines at the top fall to the right, lines at the bottom rise."""
    x, y = point
    return x, y + (0.04 - 0.08 * y / 560) * (x - 480)


@pytest.mark.parametrize(
    "bend",
    [
        pytest.param(rotated(0), id="upright"),
        pytest.param(rotated(3), id="falling"),
        pytest.param(rotated(-3), id="rising"),
        pytest.param(rotated(8), id="falling-steeply"),
        pytest.param(keystone, id="keystone"),
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_receipt_is_read_row_by_row(bend: Callable[[Point], Point], seed: int) -> None:
    """An item and its price are neighbors however the photo was taken and whatever order the lines came in."""
    spans = drawn(RECEIPT, bend=bend)
    random.Random(seed).shuffle(spans)  # noqa: S311 - a test's order

    assert texts(spans) == [text for text, *_ in RECEIPT]


def test_slant_is_judged_by_wide_lines_not_by_short_ones() -> None:
    """Corners of a short word are a pixel off; that says nothing about the page."""
    spans = drawn(RECEIPT)
    spans.append(Span("ab", ((500, 600), (510, 606), (510, 618), (500, 612)), 1.0))

    assert texts(spans) == [*(text for text, *_ in RECEIPT), "ab"]


def test_addresses_side_by_side_are_read_one_after_the_other() -> None:
    """Two blocks of running text are columns."""
    seller = ["Northern Lights Ltd", "Harbour Road 5", "Port of Example", "United Kingdom of Trade"]
    buyer = ["Somebody Else Inc", "Long Avenue 77", "City of Sample", "United States of Buyers"]
    places = [(text, 50.0, 100.0 + 26 * i, 20.0) for i, text in enumerate(seller)]
    places += [(text, 600.0, 100.0 + 26 * i, 20.0) for i, text in enumerate(buyer)]
    below = [("Invoice for services of the month of May, with thanks for the order", 50.0, 300.0, 20.0)]

    assert texts(drawn(places + below)) == [*seller, *buyer, below[0][0]]


def test_table_right_below_an_address_keeps_its_heading_together() -> None:
    """A row with many cells ends the columns, even where no white is above it."""
    address = ["Bill to the order of", "Gallery at the Tower", "Mrs Judith Example", "Tower Street number five"]
    notes = ["Please send the goods", "to the back entrance", "before noon on Monday", "and ring the bell twice"]
    heading = ["Goods and services", "Quantity", "Price of one", "Amount in euros"]
    places = [(text, 50.0, 100.0 + 26 * i, 20.0) for i, text in enumerate(address)]
    places += [(text, 600.0, 100.0 + 26 * i, 20.0) for i, text in enumerate(notes)]
    places += [(text, x, 204.0, 20.0) for text, x in zip(heading, (50.0, 350.0, 600.0, 800.0), strict=True)]

    assert texts(drawn(places)) == [*address, *notes, *heading]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(
            [("Invoice number:", "INV 7 A"), ("Invoice date:", "May 5th"), ("Due date:", "June 5th")], id="labels"
        ),
        pytest.param(
            [("Blue paint can", "12.00 EUR"), ("Brush of hair", "3.50 EUR"), ("Large bucket", "9.00 EUR")], id="amounts"
        ),
        pytest.param([("Subtotal", "12.00"), ("Tax", "3.50"), ("Total", "15.50")], id="totals"),
    ],
)
def test_table_is_read_row_by_row(rows: list[tuple[str, str]]) -> None:
    """What belongs to a row stays in it."""
    places = [
        (text, x, 100.0 + 26 * i, 20.0)
        for i, row in enumerate(rows)
        for text, x in zip(row, (50.0, 600.0), strict=True)
    ]

    assert texts(drawn(places)) == [text for row in rows for text in row]


def test_text_up_the_margin_does_not_tear_rows_apart() -> None:
    """A vertical line in the margin is a row of its own."""
    margin = Span("Printed by nobody", ((5, 500), (5, 100), (25, 100), (25, 500)), 1.0)
    rows = [
        (f"{side} {i}", x, 100.0 + 30 * i, 20.0) for i in range(12) for side, x in (("label", 60.0), ("1.0", 500.0))
    ]

    read = texts([*drawn(rows), margin])

    read.remove("Printed by nobody")
    assert read == [text for text, *_ in rows]


def test_small_print_beside_a_large_amount_stays_in_its_own_order() -> None:
    """Two small lines beside a high one are not mixed word by word."""
    places = [
        ("56.00", 600.0, 100.0, 44.0),
        ("Amount to pay", 50.0, 100.0, 18.0),
        ("all taxes included", 50.0, 124.0, 18.0),
    ]

    read = texts(drawn(places))

    assert read.index("Amount to pay") < read.index("all taxes included")


finite = st.floats(0, 2000)
points = st.tuples(finite, finite)


@given(
    st.lists(
        st.builds(Span, st.text(max_size=5), st.tuples(points, points, points, points), st.just(1.0), st.just(())),
        max_size=12,
    ),
    st.randoms(),
)
def test_order_does_not_depend_on_the_order_of_the_input(spans: list[Span], shuffler: random.Random) -> None:
    """Engines return lines in any order; the reading order is the same, and holds every line once."""
    shuffled = list(spans)
    shuffler.shuffle(shuffled)

    assert sorted(texts(spans)) == sorted(span.text for span in spans)
    assert reading_order(shuffled) == reading_order(spans)
