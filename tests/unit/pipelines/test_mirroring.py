"""lib/pipelines/mirroring.py: pages that are read from the right, for those who know one direction alone."""

from hypothesis import given
from hypothesis import strategies as st

from lib.document import BBox, Field, OcrDocument, Page, Span
from lib.extraction import Details, Item
from lib.pipelines.mirroring import details_faced_back, faced_back, facing_right, is_right_to_left, mirrored
from lib.pipelines.tilt_prep import assemble

coordinates = st.floats(0, 500, width=32)


def span(text: str, x0: float, x1: float, y: float = 50) -> Span:
    """A line as OCR returns it."""
    return Span(text, BBox(x0, y, x1, y + 20).as_polygon(), 0.9)


def page(*spans: Span) -> Page:
    """One of 500 pixels."""
    return Page(0, 500, 500, "ocr", spans=spans)


HEBREW = page(span("118.00", 20, 80), span('סה"כ לתשלום', 300, 480))


def test_words_of_a_hebrew_row_come_in_the_order_they_are_read() -> None:
    """The label at the right before the number at the left; its first word stands rightmost."""
    (read,) = assemble([HEBREW]).pages

    assert [word.text for word in read.words] == ['סה"כ', "לתשלום", "118.00"]
    assert [word.bbox.x0 for word in read.words] == sorted((word.bbox.x0 for word in read.words), reverse=True)
    assert read.spans == HEBREW.spans


def test_readers_see_the_label_at_the_left_and_answers_stand_where_they_are_printed() -> None:
    """The reader was trained with documents that run from the left."""
    document = assemble([HEBREW])
    seen = facing_right(document)
    label, *_, number = seen.pages[0].words

    (field,) = faced_back((Field("total", None, "118.00", 0.9, 0, number.bbox),), document)

    assert label.bbox.x0 < number.bbox.x0
    assert field.bbox == document.pages[0].words[-1].bbox == BBox(20, 50, 80, 70)


def test_details_are_turned_back_leaf_by_leaf() -> None:
    """Those of items, too."""
    document = assemble([page(span("סך הכל", 300, 480), span("118.00", 20, 80))])
    amount = Field("amount", None, "118.00", 0.9, 0, BBox(420, 50, 480, 70))

    details = details_faced_back(Details(items=(Item(amount=amount),)), document)

    assert details
    assert details.items[0].amount
    assert details.items[0].amount.bbox == BBox(20, 50, 80, 70)
    assert details_faced_back(None, document) is None


def test_latin_document_is_left_as_it_is() -> None:
    """It costs a look at its letters."""
    document = assemble([page(span("TOTAL שלום 118.00", 20, 300), span("Thank you", 20, 200, 90))])
    fields = (Field("total", None, "118.00", 0.9, 0, BBox(1, 2, 3, 4)),)

    assert facing_right(document) is document
    assert faced_back(fields, document) is fields
    assert not is_right_to_left(page())


@given(st.lists(st.tuples(coordinates, coordinates, coordinates), max_size=4))
def test_page_that_is_turned_over_twice_is_the_same(places: list[tuple[float, float, float]]) -> None:
    """No corner is lost on the way."""
    own = page(*[span("שלום", min(a, b), max(a, b), y) for a, b, y in places])

    again = mirrored(mirrored(own))

    for before, after in zip(own.spans, again.spans, strict=True):
        assert all(abs(x - u) + abs(y - v) < 1e-6 for (x, y), (u, v) in zip(before.polygon, after.polygon, strict=True))
    assert OcrDocument((again,)).source == "ocr"
