"""What stands behind "Invoice no."."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.grammar.document_numbers import LONGEST, number_at_start, point_of_sale_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(": RE-2025/17 vom 3.4.", "RE-2025/17", id="words behind it"),
        pytest.param(" #12345", "12345", id="sign"),
        pytest.param(" No. INV 2024-001", "INV 2024-001", id="letters in front"),
        pytest.param("№ 45 от", "45", id="Cyrillic"),
        pytest.param(": A/2024/0001.", "A/2024/0001", id="full stop"),
        pytest.param(" 314", "314", id="digits only"),
        pytest.param(" 0003 - 00001234", "0003 - 00001234", id="point of sale and number"),
        pytest.param(" 20250231", "20250231", id="eight digits that are no day"),
    ],
)
def test_number_behind_a_label_is_read_as_printed(text: str, value: str) -> None:
    """Signs in front and sentences behind are no part of it."""
    match = number_at_start(text)

    assert match is not None
    assert match.value == value == text[match.start : match.end]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(": 17.04.2025", id="date"),
        pytest.param(" 2025-04-17", id="ISO date"),
        pytest.param(" 123,45 EUR", id="amount"),
        pytest.param(" 1.234,00", id="amount with thousands"),
        pytest.param(" date", id="word"),
        pytest.param(" " + "1" * (LONGEST + 1), id="too long"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_number_is_none(text: str) -> None:
    """Nothing is made up of what stands there instead."""
    assert number_at_start(text) is None


@given(st.text(max_size=50))
def test_number_of_any_text_stands_in_it(text: str) -> None:
    """It has a digit, and is what the text says."""
    match = number_at_start(text)

    if match:
        assert text[match.start : match.end] == match.value
        assert any(character.isdigit() for character in match.value)


def test_point_of_sale_and_number_need_no_other_label() -> None:
    """As Argentina prints them under the title; a telephone number has another form."""
    match = point_of_sale_number("A  NRO.: 00004-00001234")

    assert match
    assert match.value == "00004-00001234"
    assert point_of_sale_number("Tel. 0341-4123456") is None
