"""From spans to the document that readers see, and from it to the request."""

import base64
import io
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lib.document import BBox, OcrDocument, Page, Polygon, Question, Span, Word
from lib.pipelines.tilt_prep import assemble, encode_image, to_chat_request, to_document, to_request

QUESTIONS = (Question("merchant", "Who sells?"), Question("total", "How much?"))

coordinates = st.floats(-500, 2500) | st.floats()
corners = st.tuples(coordinates, coordinates)
polygons = st.tuples(corners, corners, corners, corners)
words = st.builds(Word, st.text(), st.builds(BBox, coordinates, coordinates, coordinates, coordinates))
spans = st.builds(Span, st.text(), polygons, st.just(1.0), st.lists(words, max_size=3).map(tuple))


def page_of(spans: Sequence[Span], *, width: int = 1000, height: int = 1400) -> Page:
    """A page with spans."""
    return Page(page_index=0, width=width, height=height, source="ocr", spans=tuple(spans))


def span(text: str, x0: float, y0: float, x1: float, y1: float) -> Span:
    """An upright line of text."""
    return Span(text, BBox(x0, y0, x1, y1).as_polygon(), 0.9)


def words_of(page: Page) -> list[Word]:
    """The page's words after assembly."""
    return list(assemble([page]).pages[0].words)


@given(st.lists(spans, max_size=8))
def test_assembled_page_has_every_word_once(given_spans: list[Span]) -> None:
    """No word is lost or invented, whatever the boxes are."""
    expected = Counter(
        part
        for item in given_spans
        for text in ([word.text for word in item.words] or [item.text])
        for part in text.split()
    )

    assert Counter(word.text for word in words_of(page_of(given_spans))) == expected


@given(st.lists(spans, max_size=8))
def test_assembled_words_have_finite_ordered_boxes_on_the_page(given_spans: list[Span]) -> None:
    """Nothing that could hurt a reader is left in a box."""
    for word in words_of(page_of(given_spans)):
        box = word.bbox
        assert all(map(math.isfinite, box.as_list()))
        assert 0 <= box.x0 <= box.x1 <= 1000
        assert 0 <= box.y0 <= box.y1 <= 1400


@given(st.lists(spans, max_size=8))
def test_assembling_again_changes_nothing(given_spans: list[Span]) -> None:
    """Assembly is deterministic, and doing it twice is doing it once."""
    once = assemble([page_of(given_spans)])

    assert assemble(once.pages) == once


@given(st.lists(spans, max_size=8))
def test_request_of_an_assembled_document_carries_it_unchanged(given_spans: list[Span]) -> None:
    """Texts, boxes and their order survive the wire bit by bit."""
    document = assemble([page_of(given_spans)])
    if not document.has_words:
        return

    request = to_request(document, QUESTIONS, max_tokens=64)
    back = to_document(type(request).model_validate_json(request.model_dump_json()).pages)

    assert back.pages[0].words == document.pages[0].words


def test_assemble_divides_a_slanted_line_along_its_slant() -> None:
    """Words of a line that falls to the right lie lower at the right."""
    polygon: Polygon = ((0, 0), (100, 50), (100, 60), (0, 10))

    first, second = words_of(page_of([Span("abcd efghi", polygon, 1.0)]))

    assert first == Word("abcd", BBox(0, 0, 40, 30))
    assert second == Word("efghi", BBox(50, 25, 100, 60))


def test_assemble_takes_the_words_that_a_span_has() -> None:
    """Boxes from the source are better than divided ones."""
    own = (Word("Total", BBox(0, 0, 33, 10)), Word("56", BBox(90, 0, 100, 10)))

    assert words_of(page_of([span("Total 56", 0, 0, 100, 10)._replace(words=own)])) == list(own)


def test_assemble_divides_an_own_word_with_white_space() -> None:
    """A word has no white space, even where an engine says so."""
    own = (Word("Total 56", BBox(0, 0, 80, 10)),)

    found = words_of(page_of([span("Total 56", 0, 0, 80, 10)._replace(words=own)]))

    assert found == [Word("Total", BBox(0, 0, 50, 10)), Word("56", BBox(60, 0, 80, 10))]


def test_assemble_keeps_the_words_of_a_page_without_spans() -> None:
    """A document that came as words stays as it is."""
    page = replace(page_of([]), words=(Word("56", BBox(0, 0, 1, 1)),))

    assert assemble([page]).pages == (page,)


def test_request_asks_all_questions_and_sends_empty_pages() -> None:
    """One request carries the whole document and every question."""
    document = assemble([page_of([]), page_of([span("Total 56", 0, 0, 100, 10)])])

    request = to_request(document, QUESTIONS, max_tokens=64)

    assert [(question.key, question.text) for question in request.asked] == [
        ("merchant", "Who sells?"),
        ("total", "How much?"),
    ]
    assert [len(page.ocr.words) for page in request.pages] == [0, 2]
    assert (request.pages[0].ocr.width, request.pages[0].ocr.height) == (1000, 1400)


def test_request_of_a_document_without_words_is_refused() -> None:
    """The server would refuse it; it is not even built."""
    with pytest.raises(ValueError, match="not blank"):
        to_request(OcrDocument((page_of([]),)), QUESTIONS, max_tokens=64)


def test_request_leaves_out_what_the_model_cannot_take() -> None:
    """An endless word is cut, half a surrogate pair replaced: neither fails the document."""
    document = assemble([page_of([span("x" * 3000, 0, 0, 100, 10), span("a\ud800b", 0, 20, 100, 30)])])

    (page,) = to_request(document, QUESTIONS, max_tokens=64).pages

    assert [len(word.text) for word in page.ocr.words] == [2000, 3]
    assert page.ocr.words[1].text == "a?b"


def test_chat_request_carries_the_same_pages() -> None:
    """Both protocols say the same about a document."""
    document = assemble([page_of([span("Total 56", 0, 0, 100, 10)])])

    chat = to_chat_request(document, model="m", max_tokens=64)

    asked = to_request(document, QUESTIONS, max_tokens=64)
    assert chat.messages[-1].documents[0].pages[0].as_page() == asked.pages[0]


@pytest.mark.parametrize("with_images", [True, False])
def test_request_has_images_only_where_wanted_and_there(with_images: bool) -> None:
    """A page without pixels has none to send, and nobody pays for those that are not asked for."""
    image = np.full((1400, 1000, 3), 255, np.uint8)
    page = page_of([span("Total 56", 0, 0, 100, 10)])
    document = assemble([replace(page, image=image), page])

    request = to_request(document, QUESTIONS, max_tokens=64, with_images=with_images)

    assert [page.image is not None for page in request.pages] == [with_images, False]


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        pytest.param((2800, 2000, 3), (768, 1075), id="scaled-down"),
        pytest.param((300, 200, 3), (200, 300), id="never-enlarged"),
        pytest.param((4000, 800, 3), (768, 3840), id="tall-in-its-proportions"),
        pytest.param((1, 5000, 3), (768, 1), id="flat"),
    ],
)
def test_encoded_image_is_a_gray_png_of_the_whole_page(shape: tuple[int, int, int], size: tuple[int, int]) -> None:
    """Width 768 at most, aspect kept, one channel."""
    encoded = encode_image(np.zeros(shape, np.uint8))

    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "L", size)


def test_encoded_image_weighs_the_colors_as_seen() -> None:
    """Pages are blue green red: pure red is darker than green and lighter than blue."""
    colors = [(0, 0, 255), (0, 255, 0), (255, 0, 0)]
    grays = []
    for color in colors:
        with Image.open(io.BytesIO(base64.b64decode(encode_image(np.full((9, 9, 3), color, np.uint8))))) as image:
            grays.append(image.getpixel((4, 4)))

    assert grays == [76, 150, 29]
