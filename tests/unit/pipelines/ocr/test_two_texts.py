"""lib/pipelines/ocr/two_texts.py: the words of one recognizer, the numbers of whoever read them better."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.pipelines.ocr.scripts import SCRIPTS
from lib.pipelines.ocr.two_texts import both

BY_NAME = {script.name: script for script in SCRIPTS}


@pytest.mark.parametrize(
    ("script", "text", "other", "expected"),
    [
        pytest.param("Devanagari", "कुल राशि 7,780.00", "ghT 1,180.00", "कुल राशि 1,180.00", id="Hindi's 1 is read as 7"),
        pytest.param("Korean", "쌀과자 33500", "3,500", "쌀과자 3,500", id="a comma read as a digit"),
        pytest.param("Cyrillic", "Всього 1 440,00 грн", " 1 4,0 ", "Всього 1 440,00 грн", id="digits left out"),
        pytest.param("Arabic", "التاريخ 2025003012", "2025/03/12", "التاريخ 2025/03/12", id="slashes read as digits"),
        pytest.param("Arabic", "المجموع 120.00", "120.0 ", "المجموع 120.00", id="a digit left out at the end"),
        pytest.param(
            "Hebrew", 'מע"מ 17% 17.15', "17.15 17% n\"vn'", 'מע"מ 17% 17.15', id="the paper runs the other way"
        ),
        pytest.param("Korean", "2025년 3월 12일", "2025312", "2025년 3월 12일", id="not equally many"),
    ],
)
def test_numbers_come_from_whoever_read_them_better(script: str, text: str, other: str, expected: str) -> None:
    """A whole amount or date wins over half of one; else the script says whose count."""
    assert both(BY_NAME[script], text, other) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("OOO «Северный Мост»", "ООО «Северный Мост»", id="a legal form in Latin letters"),
        pytest.param("Cтеп Банк", "Степ Банк", id="one Latin letter in a word"),
        pytest.param("IBAN UA21 SWIFT", "IBAN UA21 SWIFT", id="Latin words"),
        pytest.param("ООО BMW", "ООО BMW", id="a Latin name that cannot be Cyrillic"),
    ],
)
def test_cyrillic_words_have_cyrillic_letters_alone(text: str, expected: str) -> None:
    """What looks the same is told apart by its neighbors."""
    assert both(BY_NAME["Cyrillic"], text, "") == expected


def test_marks_of_direction_and_gaps_before_thai_vowels_go() -> None:
    """No ink shows the first, and Tesseract alone writes the second."""
    assert both(BY_NAME["Hebrew"], "\u200fסה\u200eכ\u202c 5", "") == "סהכ 5"
    assert both(BY_NAME["Thai"], "จ\u0e4d\u0e32ก ัด", "") == "จ\u0e33กัด"


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(SCRIPTS))
def test_two_texts_of_any_kind_make_one_without_marks_or_double_spaces(text: str, other: str, script: object) -> None:
    """Recognizers return anything."""
    made = both(script, text, other)  # type: ignore[arg-type]

    assert "  " not in made
    assert made == made.strip()
    assert len(made) <= len(text) + len(other)
