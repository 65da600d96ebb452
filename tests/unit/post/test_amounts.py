"""Which value an answer means."""

from decimal import Decimal

import pytest

from lib.post.amounts import read_amount
from tests.unit.post.documents import evidence_of


@pytest.mark.parametrize(
    ("text", "document", "value"),
    [
        pytest.param("1.234,56", "Summe 12,50", "1234.56", id="German"),
        pytest.param("RM 9.00", "TOTAL 9.00", "9.00", id="with its currency"),
        pytest.param("9.000", "TOTAL 9.00", "9.000", id="three decimals in a document with points"),
        pytest.param("22.000", "TOTAL 22.000\nTUNAI 50.000", "22000", id="thousands only"),
        pytest.param("22.000", "TOTAL Rp 22.000\nweight 0.50", "22000", id="the document's currency has no decimals"),
        pytest.param("-12.50", "REFUND -12.50", "-12.50", id="negative"),
        pytest.param("(12.50)", "CREDIT NOTE\nTotal (12.50)", "-12.50", id="brackets on a credit note"),
        pytest.param("(1.20)", "TOTAL incl. VAT (1.20)", "1.20", id="brackets on a receipt"),
        pytest.param("TOTAL 12.50", "TOTAL 12.50", "12.50", id="with its label"),
    ],
)
def test_amount_is_read_in_the_documents_style(text: str, document: str, value: str) -> None:
    """The document says what separators, signs and brackets mean."""
    outcome = read_amount(text, evidence_of(document))

    assert (outcome.value, outcome.problem) == (Decimal(value), None)
    assert outcome.certainty == 1


def test_answer_of_several_amounts_is_less_certain() -> None:
    """The last one stands nearest to where totals stand."""
    outcome = read_amount("2.00 4.60", evidence_of("TOTAL 4.60"))

    assert outcome.value == Decimal("4.60")
    assert outcome.certainty < 1


@pytest.mark.parametrize("text", ["twelve", "19%", "2 x", "25/12/2018", ""])
def test_text_without_an_amount_is_unparsable(text: str) -> None:
    """Percentages and dates are no amounts."""
    outcome = read_amount(text, evidence_of("TOTAL 4.60"))

    assert (outcome.value, outcome.problem) == (None, "unparsable")
