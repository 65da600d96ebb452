import pytest

from lib.layout_reader.page.lines import rows_of
from tests.unit.layout_reader.documents import page_of

RECEIPT = """CORNER SHOP
12 High Street

Tea            1.20
Scones         3.40
TOTAL          4.60"""


def test_rows_upright_page_follow_its_lines() -> None:
    """Words of one line are one row, top to bottom."""
    rows = rows_of(page_of(RECEIPT).words)

    assert [row.text for row in rows] == ["CORNER SHOP", "12 High Street", "Tea 1.20", "Scones 3.40", "TOTAL 4.60"]


@pytest.mark.parametrize("slope", [pytest.param(0.06, id="falling"), pytest.param(-0.06, id="rising")])
def test_rows_slanted_page_follow_its_lines(slope: float) -> None:
    """A photo's slant does not mix rows, even across a wide gap."""
    rows = rows_of(page_of(RECEIPT, slope=slope).words)

    assert [row.text for row in rows][-3:] == ["Tea 1.20", "Scones 3.40", "TOTAL 4.60"]


def test_rows_wide_gap_parts_cells() -> None:
    """A name and its price are two cells of one row."""
    row = rows_of(page_of(RECEIPT).words)[2]

    assert [cell.text for cell in row.cells] == ["Tea", "1.20"]


def test_rows_words_in_any_order_are_the_same() -> None:
    """The order in which words arrive does not matter."""
    words = page_of(RECEIPT).words
    words = words[::2] + words[1::2]

    assert rows_of(words) == rows_of(page_of(RECEIPT).words)


def test_rows_no_words_are_none() -> None:
    """An empty page has no rows."""
    assert rows_of([]) == ()


def test_cell_bbox_of_part_covers_that_part() -> None:
    """A part of a word stands on its share of the word's width."""
    cell = rows_of(page_of("TOTAL:4.60").words)[0].cells[0]

    box = cell.bbox_at(6, 10)

    assert [box.x0, box.x1] == pytest.approx([20 + 6 * 12, 20 + 10 * 12])


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param(0, 5, id="a word"),
        pytest.param(1, 3, id="inside a word"),
        pytest.param(3, 9, id="over a space"),
        pytest.param(5, 9, id="from a space on"),
        pytest.param(0, 14, id="all"),
        pytest.param(5, 6, id="only a space"),
        pytest.param(4, 4, id="nothing"),
    ],
)
def test_cell_sides_of_part_are_those_of_its_box(start: int, end: int) -> None:
    """Where no letter is, both tell of the whole cell."""
    cell = rows_of(page_of("TOTAL 4.60 EUR").words)[0].cells[0]

    box = cell.bbox_at(start, end)

    assert cell.text == "TOTAL 4.60 EUR"
    assert cell.sides_at(start, end) == (box.x0, box.x1)
