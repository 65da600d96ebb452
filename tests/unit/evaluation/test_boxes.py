"""Word boxes in the formats they are published in."""

from pathlib import Path

import pytest

from lib.evaluation.boxes import read_boxes


def test_read_boxes_of_sroie_keeps_commas_of_the_text(tmp_path: Path) -> None:
    """Only the first eight commas separate; the page reaches as far beyond the text as the text lies inside."""
    path = tmp_path / "001.csv"
    path.write_text("10,5,90,5,90,25,10,25,TOTAL, RM  9.00\n\n20,30,60,30,60,40,20,40,x\n", encoding="utf-8")

    page = read_boxes(path)

    assert [span.text for span in page.spans] == ["TOTAL, RM 9.00", "x"]
    assert page.spans[0].polygon == ((10.0, 5.0), (90.0, 5.0), (90.0, 25.0), (10.0, 25.0))
    assert (page.width, page.height) == (100, 45)


def test_read_boxes_of_wildreceipt_turns_corners_the_right_way(tmp_path: Path) -> None:
    """Its boxes go round from the bottom left; ours from the top left."""
    path = tmp_path / "a.json"
    path.write_text('[{"text": "Total", "box": [10, 25, 90, 25, 90, 5, 10, 5], "label": "x"}]', encoding="utf-8")

    page = read_boxes(path)

    assert page.spans[0].polygon == ((10.0, 5.0), (90.0, 5.0), (90.0, 25.0), (10.0, 25.0))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.json", '[{"text": "x"}]', id="no box"),
        pytest.param("a.json", '[{"text": "x", "box": [1, 2]}]', id="two coordinates"),
        pytest.param("a.json", "x", id="no JSON"),
        pytest.param("a.csv", "1,2,3,x", id="too few coordinates"),
        pytest.param("a.csv", "a,b,c,d,e,f,g,h,x", id="no numbers"),
    ],
)
def test_read_boxes_of_another_format_names_the_file(tmp_path: Path, name: str, text: str) -> None:
    """What is no box file is refused."""
    (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=name):
        read_boxes(tmp_path / name)


def test_read_boxes_of_nothing_is_an_empty_page(tmp_path: Path) -> None:
    """A document without words has a page without spans."""
    (tmp_path / "a.json").write_text("[]", encoding="utf-8")

    page = read_boxes(tmp_path / "a.json")

    assert (page.spans, page.width, page.height) == ((), 1, 1)
