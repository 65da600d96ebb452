"""Words as lines that know where their characters stand."""

from lib.document import BBox
from lib.post.lines import lines_of
from tests.unit.layout_reader.documents import document_of

RECEIPT = """CORNER SHOP
Tea            1.20
TOTAL          4.60"""


def test_lines_wide_gap_parts_a_row_in_two() -> None:
    """A name and its price are two lines of one row."""
    lines = lines_of(document_of(RECEIPT))

    assert [(line.row, line.text) for line in lines] == [
        (0, "CORNER SHOP"),
        (1, "Tea"),
        (1, "1.20"),
        (2, "TOTAL"),
        (2, "4.60"),
    ]


def test_lines_of_two_pages_count_rows_on() -> None:
    """Rows of different pages are never the same row."""
    lines = lines_of(document_of("one", "two"))

    assert [(line.page_index, line.row, line.text) for line in lines] == [(0, 0, "one"), (1, 1, "two")]


def test_line_box_covers_the_words_it_touches() -> None:
    """A span of characters has the box of its words."""
    (line,) = lines_of(document_of("AB CDE FG"))

    assert line.box(3, 6) == line.words[1].bbox
    assert line.box(4, 8) == BBox.around(word.bbox for word in line.words[1:])
    assert line.box() == BBox.around(word.bbox for word in line.words)


def test_lines_of_empty_page_are_none() -> None:
    """A blank page has no lines."""
    assert lines_of(document_of("")) == ()


def test_lines_of_a_sloping_page_share_their_rows() -> None:
    """A photo's rows fall to the right: what is far apart still stands side by side."""
    text = "one two three four five\nsix seven eight nine ten\nCGST" + 40 * " " + "166.50\nSGST" + 40 * " " + "166.50"

    rows: dict[int, list[str]] = {}
    for line in lines_of(document_of(text, slope=-0.04)):
        rows.setdefault(line.row, []).append(line.text)

    assert list(rows.values())[2:] == [["CGST", "166.50"], ["SGST", "166.50"]]
