"""Long documents in parts: everything is asked about, ends first."""

import hypothesis.strategies as st
from hypothesis import given

from lib.pipelines.llm.parts import in_parts
from lib.pipelines.llm.prompt import PageText

PAGES = st.lists(st.lists(st.text("ab ", max_size=60), min_size=1, max_size=12), min_size=1, max_size=12).map(
    lambda pages: tuple(PageText(number, tuple(rows)) for number, rows in enumerate(pages, 1))
)


def test_first_and_last_page_are_asked_first_and_together() -> None:
    """There is the seller, there is the total."""
    pages = [PageText(number, ("x" * 50,)) for number in range(1, 6)]

    parts = in_parts(pages, 180)

    assert [[page.number for page in part] for part in parts] == [[1, 5], [2, 3], [4]]


def test_document_that_fits_is_one_part() -> None:
    """Then nothing is taken apart."""
    pages = tuple(PageText(number, ("x",)) for number in range(1, 6))

    assert in_parts(pages, 10_000) == [pages]


@given(PAGES, st.integers(100, 600))
def test_parts_have_every_character_and_none_is_too_long(pages: tuple[PageText, ...], most_chars: int) -> None:
    """Nothing is cut off, whatever fits."""
    parts = in_parts(pages, most_chars)

    assert all(sum(page.chars for page in part) <= most_chars for part in parts)
    pieces = sorted((page for part in parts for page in part), key=lambda page: page.number)
    for page in pages:
        rows = [row for piece in pieces if piece.number == page.number for row in piece.rows]
        assert sorted("".join(rows)) == sorted("".join(page.rows))
