"""lib/pipelines/ocr/missing_letters.py: how a line shows that it is in another script."""

import pytest

from lib.pipelines.ocr.missing_letters import Line, doubtful_lines, lacks_letters, share_of


@pytest.mark.parametrize(
    ("text", "length"),
    [
        pytest.param(" 1 456,80", 9.0, id="the word before a number"),
        pytest.param("  7707083893  770701001", 14.0, id="words between numbers"),
        pytest.param("", 6.0, id="the whole line"),
        pytest.param("2025312", 9.0, id="units within a date"),
        pytest.param("Oδ Σταδου 24", 8.0, id="some of the Greek ones"),
    ],
)
def test_line_that_the_recognizer_left_letters_out_of_is_told(text: str, length: float) -> None:
    """It is sure of what it read; the spaces and the length of the strip say that it is not all."""
    assert lacks_letters(Line(text, 0.97, length))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        pytest.param("Gesamtbetrag 119,00 EUR", 11.5, id="German"),
        pytest.param("TOTAL 42.93", 10.0, id="a wide gap"),
        pytest.param("東京都千代田区丸の内一丁目", 11.0, id="Japanese, as wide as high"),
        pytest.param("5 µm, 10 Ω", 5.0, id="signs of units"),
    ],
)
def test_line_that_was_read_as_a_whole_is_left_alone(text: str, length: float) -> None:
    """Latin, Chinese and Japanese lines fill their strips."""
    assert not lacks_letters(Line(text, 0.97, length))


def test_share_of_doubt_counts_lines_by_their_length() -> None:
    """A logo is short; single letters and marks do not count at all."""
    lines = [Line("Total 12.00 EUR paid", 0.99, 9.0), Line("", 0.0, 3.0), Line("x", 0.2, 1.0)]

    assert doubtful_lines(lines) == [1]
    assert share_of([1], lines) == pytest.approx(0.25)
    assert share_of([], []) == 0
