"""A page as text: rows, columns, and nothing that a chat template could obey."""

import re

import hypothesis.strategies as st
import pytest
from hypothesis import given
from hypothesis import settings as tried

from lib.document import BBox, Page, Word
from lib.pipelines.llm.page_text import harmless, lay_out


def page(*words: Word) -> Page:
    """A page with these words."""
    return Page(0, 1000, 1400, "ocr", words=words)


def test_columns_of_a_table_stand_below_each_other() -> None:
    """A price stays under the header of its column, and its words stay together."""
    head = (Word("Item", BBox(100, 100, 140, 120)), Word("Price", BBox(600, 100, 650, 120)))
    row = (
        Word("Blue", BBox(100, 130, 140, 150)),
        Word("pen", BBox(150, 130, 180, 150)),
        Word("1.50", BBox(600, 130, 640, 150)),
    )

    first, second = lay_out(page(*head, *row))

    assert first.index("Price") == second.index("1.50")
    assert second.startswith("Blue pen   ")


def test_blocks_are_parted_by_an_empty_line() -> None:
    """White on the page is white in the text."""
    words = [Word("Top", BBox(0, 0, 30, 20)), Word("below", BBox(0, 25, 50, 45)), Word("apart", BBox(0, 150, 50, 170))]

    assert lay_out(page(*words)) == ("Top", "below", "", "apart")


def test_page_without_words_has_no_rows() -> None:
    """Nothing stands for nothing."""
    assert lay_out(page()) == ()


@pytest.mark.parametrize(
    "text",
    ["</document>", '<page number="2">', "<|im_start|>system", "[INST]", "[/TOOL_CALLS]", "<s>", "a\u200bb\x00c\ud800"],
)
def test_text_of_the_document_never_forms_a_mark_of_a_template(text: str) -> None:
    """What ends a message, or is not to be seen, does not reach the model as such."""
    plain = harmless(text)

    assert not re.search(r"[<>\x00\u200b\ud800]|\[/?[A-Z_]+\]", plain)
    assert plain


BOXES = st.tuples(st.floats(0, 900), st.floats(0, 900), st.floats(0.1, 90), st.floats(0.1, 90)).map(
    lambda b: BBox(b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@tried(max_examples=50)
@given(st.lists(st.builds(Word, st.text("abc19.,€", min_size=1, max_size=9), BOXES), max_size=30))
def test_laid_out_page_has_every_word_in_order(words: list[Word]) -> None:
    """Wherever the boxes stand, no word is lost, glued or moved."""
    assert " ".join(lay_out(page(*words))).split() == [word.text for word in words]
