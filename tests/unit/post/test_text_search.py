"""Where a text stands in a document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.post.lines import lines_of
from lib.post.text_search import find_text
from tests.unit.layout_reader.documents import document_of

PAGES = ("Harbor Street Coffee\nOrder PO-2025 17\nDelivered to Quay 3", "Terms: net 30 days €")
LINES = lines_of(document_of(*PAGES))


@pytest.mark.parametrize(
    ("text", "page"),
    [
        pytest.param("Harbor Street Coffee", 0, id="a line"),
        pytest.param("harbor street", 0, id="other case"),
        pytest.param("PO-2025 17", 0, id="within a line"),
        pytest.param("PO 2025-17", 0, id="other signs"),
        pytest.param("Coffee Order", 0, id="over two lines"),
        pytest.param("net 30 days", 1, id="second page"),
        pytest.param("Harbour Street Coffee", 0, id="a letter misread"),
        pytest.param("€", 1, id="a sign"),
    ],
)
def test_text_is_found_with_its_page_and_box(text: str, page: int) -> None:
    """However it was written."""
    place = find_text(text, LINES)

    assert place is not None
    assert place[0] == page
    assert place[1].width > 0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("PO-2025 18", id="another digit"),
        pytest.param("PO-2025 1", id="a digit too few"),
        pytest.param("arbor", id="half a word"),
        pytest.param("Coffee net 30", id="over two pages"),
        pytest.param("Tidewater Hotels", id="other words"),
        pytest.param("$", id="another sign"),
        pytest.param("", id="nothing"),
        pytest.param("word " * 100, id="too long"),
    ],
)
def test_text_that_does_not_stand_there_is_not_found(text: str) -> None:
    """Digits above all are never taken for others."""
    assert find_text(text, LINES) is None


@given(st.text(max_size=30))
def test_search_for_any_text_ends(text: str) -> None:
    """With a place or without one."""
    place = find_text(text, LINES)

    assert place is None or place[0] in {0, 1}
