"""lib/pipelines/pdf/right_to_left.py: letters in the order they are read in."""

import pytest

from lib.pipelines.pdf.right_to_left import in_reading_order, is_leftward


@pytest.mark.parametrize("stored", ["as read", "as seen"])
@pytest.mark.parametrize("word", ["مؤسسة", "חשבונית", 'בע"מ'])
def test_word_is_read_from_the_right_however_it_is_stored(word: str, stored: str) -> None:
    """Where letters stand tells their order; the order in the file does not."""
    letters = list(word) if stored == "as read" else list(reversed(word))
    centers = [float(-place) for place in range(len(word))]

    assert in_reading_order(letters, centers if stored == "as read" else centers[::-1]) == list(word)


def test_number_inside_a_word_is_read_from_the_left() -> None:
    """Digits run to the right in every script."""
    seen = [*"123", *reversed("מס")]

    assert "".join(in_reading_order(seen, [float(place) for place in range(len(seen))])) == "מס123"


@pytest.mark.parametrize(
    ("text", "leftward"), [("חשבון", True), ("Total", False), ("١٨٠", False), ("TAX فاتورة", True)]
)
def test_leftward_is_a_text_with_more_letters_of_such_scripts(text: str, leftward: bool) -> None:
    """Numbers alone say nothing."""
    assert is_leftward(text) is leftward
