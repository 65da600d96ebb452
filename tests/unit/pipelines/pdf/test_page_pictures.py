"""lib/pipelines/pdf/page_pictures.py: pictures that may hold the seller's name."""

import pytest

from lib.document import BBox, Recognition, Span
from lib.pipelines.pdf.page_pictures import MOST, lettering, telling_pictures

WIDTH, HEIGHT = 1000, 1400
LOGO = BBox(50, 40, 350, 140)


def span(text: str, box: BBox, confidence: float = 1.0) -> Span:
    """A span in a box."""
    return Span(text, box.as_polygon(), confidence)


def pictures(*boxes: BBox, spans: tuple[Span, ...] = ()) -> tuple[BBox, ...]:
    """Those of a page of 1000 x 1400 pixels that are to be read."""
    return telling_pictures(boxes, spans, width=WIDTH, height=HEIGHT)


@pytest.mark.parametrize(
    ("box", "taken"),
    [
        pytest.param(LOGO, True, id="a logo in the head"),
        pytest.param(BBox(50, 1300, 350, 1380), True, id="a logo in the foot"),
        pytest.param(BBox(50, 600, 350, 700), False, id="a picture of goods"),
        pytest.param(BBox(50, 40, 70, 60), False, id="an icon"),
        pytest.param(BBox(0, 0, 1000, 5), False, id="a rule"),
        pytest.param(BBox(0, 0, 1000, 1400), False, id="a scan"),
        pytest.param(BBox(-500, -500, -10, -10), False, id="off the page"),
        pytest.param(BBox(60, 40, 60, 140), False, id="without area"),
    ],
)
def test_picture_is_read_where_it_may_be_a_letterhead(box: BBox, taken: bool) -> None:
    """Reading takes time, so only what stands where logos do and is as large as they are is read."""
    assert pictures(box) == ((box,) if taken else ())


def test_picture_under_text_is_background() -> None:
    """What stands on it is in the text layer already."""
    assert pictures(LOGO, spans=(span("Acme", BBox(100, 60, 200, 90)),)) == ()


def test_picture_cut_into_strips_is_one() -> None:
    """A line of letters must not be read in halves."""
    assert pictures(BBox(50, 40, 350, 90), BBox(50, 90, 350, 140)) == (LOGO,)


def test_pictures_of_a_page_are_few() -> None:
    """A page of many pictures does not cost many readings; the topmost ones count."""
    many = [BBox(100 * place, 40, 100 * place + 60, 90) for place in range(9)]

    assert pictures(*many) == tuple(many[:MOST])


def test_lettering_is_placed_on_the_page() -> None:
    """Boxes of a picture are its own; those of spans are the page's."""
    found = Recognition((span("Acme Tools", BBox(10, 20, 110, 50), 0.98),))

    (placed,) = lettering(found, LOGO, text=())

    assert placed.text == "Acme Tools"
    assert placed.bbox == BBox(60, 60, 160, 90)


TEXT = (span("REWE Mustermann oHG", LOGO), span("www.hartwell.example", LOGO))


@pytest.mark.parametrize(
    ("found", "believed"),
    [
        pytest.param(span("HARTWELL", LOGO, 0.86), True, id="a name that the web address repeats"),
        pytest.param(span("HARTWELL", LOGO, 0.8), False, id="a name that is hardly read"),
        pytest.param(span("REWI", LOGO, 0.98), False, id="drawn letters taken for others"),
        pytest.param(span("Kettle & Crane", LOGO, 0.98), True, id="a name that stands in the picture only"),
        pytest.param(span("Kettle & Crane", LOGO, 0.9), False, id="the same, not surely read"),
        pytest.param(span("20 25", LOGO, 0.99), False, id="no letters"),
    ],
)
def test_lettering_is_believed_where_it_is_sure_or_repeated(found: Span, believed: bool) -> None:
    """Drawings give letters, too; a name that nobody wrote is worse than none."""
    assert bool(lettering(Recognition((found,)), LOGO, text=TEXT)) is believed


def test_lettering_upside_down_is_left_out() -> None:
    """A picture that OCR would turn is a drawing."""
    assert lettering(Recognition((span("HARTWELL", LOGO, 0.99),), rotation=180), LOGO, text=TEXT) == []
