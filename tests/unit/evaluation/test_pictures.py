"""Pictures: boxes where the answers are, cards that say what they are."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lib.document import BBox
from lib.evaluation.canvas import DENSITY
from lib.evaluation.cards import FIELD_COLORS, RIGHT, WRONG, Card, cards_of, judged_cards
from lib.evaluation.pictures import MARGIN, PageView, blank_views, draw_document, picture_of
from lib.evaluation.prediction import PredictedField, Prediction
from lib.evaluation.scoring import judge
from tests.unit.evaluation.examples import answer, document_of, label

PAGE = PageView(0, Image.new("RGB", (300, 400), "white"), 600, 800)
"""A page whose boxes are measured at twice the size of its picture."""


def drawn(path: Path, *, views: list[PageView], cards: list[Card]) -> NDArray[np.uint8]:
    """The pixels of a picture, red green blue."""
    draw_document(path, title="title", subtitle="subtitle", views=views, cards=cards)
    return np.asarray(Image.open(path).convert("RGB"))


def card(*, page_index: int | None = 0, bbox: BBox | None = None) -> Card:
    """A red card."""
    return Card("Total", "12.10", "note", WRONG, WRONG, 0.9, page_index, bbox)


def holds(pixels: NDArray[np.uint8], color: tuple[int, int, int]) -> bool:
    """Whether any pixel has nearly this color."""
    return bool((np.abs(pixels.astype(int) - color).max(axis=-1) < 12).any())


def test_draw_document_puts_the_box_where_the_answer_stands(tmp_path: Path) -> None:
    """The middle of the right half of the page is tinted, the middle of the left half is not."""
    pixels = drawn(tmp_path / "a.png", views=[PAGE], cards=[card(bbox=BBox(300, 0, 600, 800))])

    page_width, page_height = 675, 900
    y = round((MARGIN + page_height / 4) * DENSITY)
    left = pixels[y, round((MARGIN + page_width / 4) * DENSITY)]
    right = pixels[y, round((MARGIN + page_width * 3 / 4) * DENSITY)]
    assert tuple(left) == (255, 255, 255)
    assert right[0] > right[1] + 20


def test_draw_document_without_boxes_shows_the_first_page(tmp_path: Path) -> None:
    """There is always something to look at."""
    second = PageView(1, Image.new("RGB", (300, 400), (0, 90, 200)), 600, 800)

    pixels = drawn(tmp_path / "a.png", views=[PAGE, second], cards=[card(page_index=None)])

    assert not holds(pixels, (0, 90, 200))


def test_draw_document_without_pages_draws_the_cards(tmp_path: Path) -> None:
    """An invoice that is XML alone has answers and no page."""
    pixels = drawn(tmp_path / "a.png", views=[], cards=[card(page_index=None)])

    assert holds(pixels, WRONG)
    assert pixels.shape[1] < 500 * DENSITY


def test_draw_document_shows_every_page_that_has_an_answer(tmp_path: Path) -> None:
    """An answer on the second page brings that page into the picture, and only that."""
    first = PageView(0, Image.new("RGB", (300, 400), (200, 90, 0)), 600, 800)
    second = PageView(1, Image.new("RGB", (300, 400), (0, 90, 200)), 600, 800)

    pixels = drawn(tmp_path / "a.png", views=[first, second], cards=[card(page_index=1, bbox=BBox(1, 2, 30, 40))])

    assert holds(pixels, (0, 90, 200))
    assert not holds(pixels, (200, 90, 0))


def test_draw_document_with_box_on_unknown_page_leaves_it_out(tmp_path: Path) -> None:
    """A page number beyond the document draws no box and fails nothing."""
    pixels = drawn(tmp_path / "a.png", views=[PAGE], cards=[card(page_index=7, bbox=BBox(0, 0, 600, 800))])

    assert tuple(pixels[round(100 * DENSITY), round(100 * DENSITY)]) == (255, 255, 255)


@pytest.mark.parametrize("text", ["", "x" * 400, "全家便利商店", "a\tb"], ids=["empty", "long", "chinese", "tab"])
def test_draw_document_with_any_text_keeps_its_size(tmp_path: Path, text: str) -> None:
    """However long a value is, it stays on its card."""
    plain = drawn(tmp_path / "a.png", views=[PAGE], cards=[card()])
    odd = Card(text, text, text, WRONG, WRONG, 1.0, None, None)

    assert drawn(tmp_path / "b.png", views=[PAGE], cards=[odd]).shape == plain.shape


def test_cards_of_prediction_have_a_color_for_each_field() -> None:
    """All six fields are there, also those without an answer; a problem is told in words."""
    prediction = Prediction(
        "a",
        {
            "total": PredictedField(12.1, "12,10", 0.9, 0, BBox(1, 2, 3, 4)),
            "date": PredictedField(None, None, 0.3, problem="ambiguous_date"),
        },
    )

    cards = {each.label: each for each in cards_of(prediction)}

    assert [each.color for each in cards.values()] == list(FIELD_COLORS.values())
    assert (cards["Total"].value, cards["Total"].note) == ("12.10", "read: 12,10")
    assert (cards["Date"].value, cards["Date"].note) == (None, "ambiguous date")
    assert cards["Merchant"].note == ""


def test_judged_cards_say_the_true_value_where_the_answer_is_not_right() -> None:
    """Green is right; red is wrong or missing; fields without a label have no card."""
    document = label("a", merchant="Acme", date="2024-01-02", total="12.10")
    (one,) = judge([document], {"a": answer("a", merchant="Acme", total=9, currency="EUR")})

    cards = [(each.label, each.value, each.color) for each in judged_cards(one)]

    assert cards == [("Merchant", "Acme", RIGHT), ("Date", None, WRONG), ("Total", "9.00", WRONG)]
    assert judged_cards(one)[2].note == "✗ true: 12.10"


def test_blank_views_write_the_words_where_they_stand() -> None:
    """A document without a picture is drawn from its text: ink on its line, paper elsewhere."""
    (view,) = blank_views(document_of("TOTAL 12.10"))

    pixels = np.asarray(view.image)
    assert (view.width, view.height) == view.image.size == (300, 400)
    assert pixels[20:36, 10:98].min() < 90
    assert pixels[100:].min() == 255


def test_picture_of_page_image_turns_blue_green_red_around() -> None:
    """Pages are blue green red, pictures red green blue."""
    page = np.zeros((2, 3, 3), np.uint8)
    page[..., 0] = 200

    picture = picture_of(page)

    assert picture.size == (3, 2)
    assert picture.getpixel((0, 0)) == (0, 0, 200)
