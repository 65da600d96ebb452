"""Amounts on the chat protocol are numbers, and come back as what they were."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.grammar.amounts import NumberStyle, parse_amount
from lib.pipelines.tilt.chat_amounts import amount_reader, as_text
from lib.pipelines.tilt.protocol import TiltPage

POINT, COMMA = "1,234.56", "1.234,56"
STYLES = [NumberStyle("."), NumberStyle(","), NumberStyle()]


def page(*texts: str) -> TiltPage:
    """A page of words."""
    words = [{"text": text, "bbox": (0, 0, 1, 1)} for text in texts]
    return TiltPage.model_validate({"ocr": {"width": 9, "height": 9, "words": words}})


@pytest.mark.parametrize(
    ("text", "other", "number"),
    [
        pytest.param("56", POINT, 56.0, id="whole"),
        pytest.param("1.234,56 €", COMMA, 1234.56, id="comma"),
        pytest.param("1,234", POINT, 1234.0, id="thousands"),
        pytest.param("1,234", COMMA, 1.234, id="decimals"),
        pytest.param("-12.10", POINT, -12.1, id="negative"),
        pytest.param("(12.10)", POINT, "(12.10)", id="brackets"),
        pytest.param("10.00 or 12.00", POINT, "10.00 or 12.00", id="several"),
        pytest.param("see above", POINT, "see above", id="words"),
    ],
)
def test_amount_is_the_number_that_its_document_means(text: str, other: str, number: float | str) -> None:
    """Another number of the document tells the separators; what is no plain amount is neither guessed nor lost."""
    assert amount_reader([page("Total", other)])(text) == number


@given(st.decimals(-(10**9), 10**9, places=3), st.sampled_from(STYLES))
def test_number_that_travels_keeps_its_value_in_every_style(value: Decimal, style: NumberStyle) -> None:
    """The reader of the text knows the document's style, and the number must not fall for it."""
    assert parse_amount(as_text(float(value)), style=style) == value
