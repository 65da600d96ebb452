"""lib/pipelines/pdf/text_lines.py, text_spans.py: characters become words and spans as a reader sees them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.document import Span
from lib.pipelines.pdf.text_lines import Glyphs, find_words, meanings
from lib.pipelines.pdf.text_spans import find_spans

PAGE = {"width": 1000, "height": 1000}
SIZE = 20.0


def written(
    text: str, x: float = 100, y: float = 100, *, size: float = SIZE, direction: float = 0, hidden: bool = False
) -> Glyphs:
    """Text as a PDF would carry it: every letter, also a space, half as wide as high, along a direction from (x, y)."""
    angle = np.radians(direction)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    steps = np.arange(len(text))[:, None] * size / 2
    corners = np.stack([x + 0 * steps, y + 0 * steps], axis=2)[:, 0] + steps * along
    shape = [u * along + v * across for u in (0, size / 2) for v in (0, size)]
    points = np.stack([corners + point for point in shape])
    codes = np.array([ord(char) for char in text], np.int32)
    boxes = np.concatenate([points.min(0), points.max(0)], axis=1)
    return Glyphs(codes, boxes, np.full(len(text), float(direction)), np.full(len(text), hidden))


def together(*parts: Glyphs) -> Glyphs:
    """What is on the page, one after the other, with the line breaks that pdfium makes in between."""
    pause = Glyphs(np.array([10], np.int32), np.zeros((1, 4)), np.zeros(1), np.zeros(1, bool))
    chain = [part for each in parts for part in (each, pause)]
    return Glyphs(
        np.concatenate([part.codes for part in chain]),
        np.concatenate([part.boxes for part in chain]),
        np.concatenate([part.directions for part in chain]),
        np.concatenate([part.hidden for part in chain]),
    )


def spans_of(glyphs: Glyphs) -> tuple[Span, ...]:
    """The spans of a page of 1000 x 1000 pixels."""
    return find_spans(find_words(glyphs, meanings(glyphs.codes), **PAGE))


def texts_of(glyphs: Glyphs) -> list[str]:
    """What the spans say."""
    return [span.text for span in spans_of(glyphs)]


def test_spans_of_a_line_have_words_with_boxes_of_their_own() -> None:
    """A line is one sure span; each of its words knows its place."""
    (span,) = spans_of(written("Total 12.50"))

    assert (span.text, span.confidence) == ("Total 12.50", 1.0)
    assert [(word.text, word.bbox.as_list()) for word in span.words] == [
        ("Total", [100, 100, 150, 120]),
        ("12.50", [160, 100, 210, 120]),
    ]
    assert span.polygon == ((100, 100), (210, 100), (210, 120), (100, 120))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("of\ufb01ce \ufb03", "office ffi", id="ligatures"),
        pytest.param("12\u00ad10\u20112025", "12-10-2025", id="soft and unbreakable hyphens"),
        pytest.param("1\u00a0234,50\u202f€", "1 234,50 €", id="unbreakable spaces part words"),
        pytest.param("a\tb\r\nc\u3000d", "a b c d", id="any white space"),
        pytest.param("to\u200btal\ufeff\u200e", "total", id="characters without width"),
        pytest.param("1\ue0002 \ue001 x", "1\ufffd2 x", id="unknown characters: kept in words, no words alone"),
        pytest.param("\ud83d\ude00 \ud83d", "\U0001f600", id="halves of a pair"),
        pytest.param("½ ² №", "½ ² №", id="no other compatibility forms"),
    ],
)
def test_words_of_special_characters_are_plain_text(text: str, expected: str) -> None:
    """Words say what one sees; what nobody can read is marked, not guessed."""
    words = find_words(written(text), meanings(written(text).codes), **PAGE)

    assert " ".join(placed.word.text for placed in words) == expected


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        pytest.param(5, ["left right"], id="space"),
        pytest.param(19, ["left right"], id="wide space"),
        pytest.param(25, ["left", "right"], id="gutter"),
        pytest.param(600, ["left", "right"], id="other column"),
    ],
)
def test_spans_part_where_the_gap_is_wide(gap: float, expected: list[str]) -> None:
    """Columns are spans of their own, as in OCR."""
    assert texts_of(together(written("left"), written("right", 140 + gap))) == expected


def test_spans_do_not_depend_on_the_order_of_drawing() -> None:
    """A producer may write the amounts first and the labels last."""
    parts = [written(word, x, y) for word, x, y in (("Tax", 100, 100), ("rate", 140, 100), ("7%", 190, 100))]
    lower = [written("Sum", 100, 130), written("due", 140, 130)]

    assert (
        texts_of(together(*lower[::-1], *parts[::-1]))
        == texts_of(together(*parts, *lower))
        == ["Tax rate 7%", "Sum due"]
    )


def test_words_without_space_between_part_at_a_jump() -> None:
    """Letters that stand apart are two words, even if no space was written."""
    left, right = written("A1", 100), written("B2", 300)
    glyphs = Glyphs(*(np.concatenate([getattr(left, name), getattr(right, name)]) for name in Glyphs.__slots__))

    assert texts_of(glyphs) == ["A1", "B2"]


def test_words_drawn_twice_count_once() -> None:
    """Bold type made by drawing twice, slightly aside, is one word; the same word elsewhere is another."""
    bold = together(written("TOTAL"), written("TOTAL", 101, 101), written("TOTAL", 400))

    assert texts_of(bold) == ["TOTAL", "TOTAL"]


def test_words_off_the_page_or_without_area_are_left_out() -> None:
    """What cannot be seen is not there."""
    flat = written("flat", 300)
    flat.boxes[:, 3] = flat.boxes[:, 1]

    assert texts_of(together(written("seen"), flat, written("left", -200), written("below", 100, 1200))) == ["seen"]


def test_spans_keep_a_large_amount_apart_from_its_small_label() -> None:
    """Type of another size is another span; a slightly larger word is not."""
    page = together(
        written("Sum", 100, 100, size=20),
        written("99", 140, 80, size=50),
        written("a", 100, 300),
        written("B", 120, 298, size=24),
    )

    assert texts_of(page) == ["99", "Sum", "a B"]


@pytest.mark.parametrize("direction", [90, 180, 270, 45, 30])
def test_spans_of_turned_text_follow_its_direction(direction: float) -> None:
    """Turned text reads in order, and its polygon starts at its own top left."""
    (span,) = spans_of(written("PAID in full", 500, 500, direction=direction))
    angle = np.radians(direction)
    end = (500 + 120 * np.cos(angle), 500 + 120 * np.sin(angle))

    assert span.text == "PAID in full"
    assert span.polygon[0] == pytest.approx((500, 500), abs=4)
    assert span.polygon[1] == pytest.approx(end, abs=4)


def test_spans_of_a_slanting_line_stay_whole() -> None:
    """A straightened scan slants by a degree or two; far words of one line stay in it."""
    slope = np.tan(np.radians(2))
    words = [written("word", x, 100 + slope * x, direction=2) for x in range(50, 900, 50)]

    assert texts_of(together(*words)) == [" ".join(["word"] * 17)]


def test_spans_of_right_to_left_writing_are_in_reading_order() -> None:
    """Hebrew runs leftwards: the rightmost word comes first."""
    first, second = written("שלום"), written("עולם")
    first.boxes[:], second.boxes[:] = np.add(first.boxes[::-1], [50, 0, 50, 0]), second.boxes[::-1]

    assert texts_of(together(first, second)) == ["שלום עולם"]


def test_spans_of_nothing_are_none() -> None:
    """A page without characters has no spans."""
    assert spans_of(written("")) == ()
    assert spans_of(written("  \n ")) == ()


@given(
    st.lists(
        st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8), min_size=1, max_size=9
    )
)
def test_words_of_plain_lines_lose_nothing(lines: list[str]) -> None:
    """Every word of distinct lines comes back, once, top to bottom."""
    page = together(*(written(line, 100, 50 + 40 * row) for row, line in enumerate(lines)))

    assert texts_of(page) == lines
