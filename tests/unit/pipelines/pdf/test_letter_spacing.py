"""lib/pipelines/pdf/letter_spacing.py: words of spread letters."""

import numpy as np
import pytest

from lib.pipelines.pdf.letter_spacing import word_ends

LETTER = 0.5
"""Heights a letter is wide."""


def words_of(line: str, *, letter_gap: float, space: float = 0.25, seen: str = "") -> list[str]:
    """The words of a line that is set with a gap behind each letter, in heights.

    Args:
        line: With spaces between the words.
        letter_gap: Behind each letter and each space.
        space: How wide a space is.
        seen: The line as a PDF library returns it; empty: with a space behind each letter that stands apart.
    """
    letters = line.replace(" ", "")
    starts = {len(line[:place].replace(" ", "")) for place, char in enumerate(line) if char == " "}
    gaps = np.array([letter_gap + (space + letter_gap) * (place in starts) for place in range(1, len(letters))])
    known = seen or (" ".join(letters) if letter_gap > 0.15 else line)
    breaks = {len(known[:place].replace(" ", "")) for place, char in enumerate(known) if char == " "}
    ends = np.array([place in breaks for place in range(1, len(letters))])
    ends = word_ends(ends, gaps=gaps, level=np.ones(len(gaps), bool))
    return "".join(f"{letter} " if end else letter for letter, end in zip(letters, [*ends, False], strict=True)).split()


@pytest.mark.parametrize("letter_gap", [0.0, 0.1, 0.19, 0.3, 0.35])
@pytest.mark.parametrize("line", ["Hartwell Tools Ltd", "Date: 19 May 2025", "Total due 1,188.00 EUR"])
def test_words_of_spread_lines_are_those_of_ordinary_ones(line: str, letter_gap: float) -> None:
    """A style with letter-spacing changes no word."""
    assert words_of(line, letter_gap=letter_gap) == line.split()


def test_words_partly_parted_by_the_library_are_whole() -> None:
    """Kerned pairs stand closer, so that a library parts some letters and not others."""
    assert words_of("Hartwell Tools", letter_gap=0.1, seen="H a rtwe l l Tool s") == ["Hartwell", "Tools"]


def test_heading_typed_with_spaces_is_one_word() -> None:
    """I N V O I C E is a word, whoever typed it."""
    assert words_of("I N V O I C E", letter_gap=0.0) == ["INVOICE"]


@pytest.mark.parametrize("line", ["2 x 14.50 each", "a b", "No. 7 of 12", "EUR 5", "1 234 567,00", "2 x 5 = 10"])
def test_words_of_ordinary_lines_stay(line: str) -> None:
    """Short words beside each other are no spread word."""
    assert words_of(line, letter_gap=0.0) == line.split()


def test_letters_in_columns_stay_apart() -> None:
    """Digits under each other's headings have gaps wider than any letter-spacing."""
    ends = np.ones(5, bool)

    assert word_ends(ends, gaps=np.full(5, 2.0), level=np.ones(5, bool)).all()
