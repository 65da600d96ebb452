"""lib/pipelines/ocr/legibility.py: pages that OCR cannot read are told from those that it reads."""

import pytest

from lib.document import Page
from lib.pipelines.ocr.legibility import legibility, warnings_about


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([(10, 0.9), (30, 0.5)], 0.6, id="long lines weigh more"),
        pytest.param([(20, 1.0), (20, 0.0)], 0.5, id="lines read as nothing count"),
        pytest.param([(0.5, 0.2)] * 40, 0.2, id="a letter is as long as it is high"),
        pytest.param([(19, 0.0)], 1.0, id="a logo tells nothing"),
        pytest.param([], 1.0, id="a blank page"),
    ],
)
def test_legibility_of_lines_is_their_confidence_by_length(lines: list[tuple[float, float]], expected: float) -> None:
    """How much of the text was read, where there is enough to tell."""
    assert legibility(lines) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        pytest.param([1.0, 0.97], set(), id="read"),
        pytest.param([0.97, 0.6], {"low_ocr_confidence"}, id="one page was not"),
        pytest.param([], set(), id="no pages"),
    ],
)
def test_warnings_about_pages_name_what_was_not_read(shares: list[float], expected: set[str]) -> None:
    """One page that cannot be read is enough: it may be the one with the total."""
    pages = [Page(index, 10, 10, "ocr", legibility=share) for index, share in enumerate(shares)]

    assert warnings_about(pages) == expected
