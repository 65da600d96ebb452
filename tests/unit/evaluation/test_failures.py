"""Why a field is not right."""

import pytest

from lib.document import FieldKey
from lib.evaluation.failures import FailureClass, classify, failure_of, text_has
from lib.evaluation.prediction import JsonScalar, PredictedField, Prediction
from lib.evaluation.scoring import judge
from tests.unit.evaluation.examples import answer, document_of, label

TRUTH = {"merchant": "Acme Hardware", "date": "2024-04-03", "subtotal": "10.00", "tax_amount": "2.10", "total": "12.10"}
TEXT = "ACME HARDWARE\n03/04/2024\nSum 10.00\nTax 2.10\nTotal 12.10"


@pytest.mark.parametrize(
    ("key", "value", "text", "expected"),
    [
        pytest.param("total", None, TEXT, FailureClass.MISSING_PRESENT, id="missing, in the text"),
        pytest.param("total", None, "ACME", FailureClass.MISSING_ABSENT, id="missing, not in the text"),
        pytest.param("total", None, None, FailureClass.MISSING_UNKNOWN, id="missing, text not known"),
        pytest.param("total", "12.10", TEXT, FailureClass.NOT_A_NUMBER, id="amount as text"),
        pytest.param("total", 10, TEXT, FailureClass.OTHER_FIELD, id="subtotal for total"),
        pytest.param("total", 1210, TEXT, FailureClass.DECIMAL_PLACE, id="hundred times as much"),
        pytest.param("total", 7.5, TEXT, FailureClass.SMALLER, id="a smaller amount"),
        pytest.param("total", 99, TEXT, FailureClass.LARGER, id="a larger amount"),
        pytest.param("total", 12.05, TEXT, FailureClass.ROUNDED, id="rounded"),
        pytest.param("total", 12.7, "Total 12.7O", FailureClass.OTHER_ABSENT, id="misread"),
        pytest.param("total", 7.5, None, FailureClass.OTHER_UNKNOWN, id="another amount, text not known"),
        pytest.param("date", "2024-03-04", TEXT, FailureClass.DAY_AND_MONTH, id="swapped"),
        pytest.param("date", "2014-04-03", TEXT, FailureClass.OTHER_YEAR, id="another year"),
        pytest.param("date", "3 April", TEXT, FailureClass.OTHER_PRESENT, id="not ISO"),
        pytest.param("merchant", "Acme Hrdwr Ltd", TEXT, FailureClass.OTHER_SPELLING, id="misspelt"),
        pytest.param("merchant", "Zenith Toys", TEXT, FailureClass.OTHER_PRESENT, id="a name from nowhere"),
        pytest.param("merchant", "Total", TEXT, FailureClass.LINE_BELOW, id="a line below"),
        pytest.param("merchant", "GRAND OPENING", f"GRAND OPENING\n{TEXT}", FailureClass.LINE_ABOVE, id="a line above"),
    ],
)
def test_failure_of_wrong_field_is_the_first_class_that_applies(
    key: FieldKey, value: JsonScalar, text: str | None, expected: FailureClass
) -> None:
    """Each way of being wrong has its class."""
    document = None if text is None else document_of(text)
    prediction = Prediction("a", {key: PredictedField(value)}, document=document)
    (one,) = judge([label("a", **TRUTH)], {"a": prediction})
    outcome = next(outcome for outcome in one.outcomes if outcome.key == key)

    assert failure_of(outcome, one) is expected


@pytest.mark.parametrize(
    ("key", "truth", "text", "present"),
    [
        pytest.param("total", "1234.50", "TOTAL 1.234,50 EUR", True, id="comma for the decimals"),
        pytest.param("total", "1234.50", "TOTAL 1 234,5", True, id="space for thousands, one decimal"),
        pytest.param("total", "22000.00", "Rp 22.000", True, id="no decimals"),
        pytest.param("total", "0.99", ".99", True, id="no digit before the point"),
        pytest.param("total", "12.34", "112.34", False, id="a part of a longer number"),
        pytest.param("total", "-5.00", "(5.00)", True, id="negative"),
        pytest.param("total", "0.00", "GST 0.00", True, id="zero"),
        pytest.param("date", "2018-12-25", "25/12/2018", True, id="day first"),
        pytest.param("date", "2018-12-25", "12.25.18 10:05", True, id="month first, short year"),
        pytest.param("date", "2018-12-05", "2018-12-05T10:00", True, id="ISO"),
        pytest.param("date", "2018-12-25", "25. Dezember 2018", True, id="month by name"),
        pytest.param("date", "2018-12-25", "Dec 25th, 2018", True, id="month name first"),
        pytest.param("date", "2018-12-25", "2018年12月25日", True, id="Chinese"),
        pytest.param("date", "2018-12-25", "25/12/2561", True, id="Buddhist era"),
        pytest.param("date", "2018-12-25", "125/12/2018", False, id="a part of a longer number"),
        pytest.param("date", "2018-12-25", "24/12/2018", False, id="another day"),
        pytest.param("currency", "MYR", "RM 9.00", True, id="currency by its symbol"),
        pytest.param("currency", "MYR", "$ 9.00", False, id="another symbol"),
        pytest.param("merchant", "Acme Hardware", "ACME\nHARDWARE", True, id="name on two lines"),
        pytest.param("merchant", "Acme Hardware", "Welcome to ACME-HARDWARE!", True, id="name within a line"),
        pytest.param("merchant", "Acme Hardware", "Zenith Toys", False, id="another name"),
    ],
)
def test_text_has_finds_values_in_any_usual_writing(key: FieldKey, truth: str, text: str, present: bool) -> None:
    """Presence is told without the pipeline's parsers of amounts and dates."""
    assert text_has(key, truth, document_of(text)) is present


def test_classify_counts_by_field_and_leaves_out_what_is_right() -> None:
    """Failed documents count in each of their fields; a field that is always right has no entry."""
    documents = [label("a", total="1.00", currency="EUR"), label("b", total="1.00")]
    predictions = {"a": answer("a", total=None, currency="EUR", text="x"), "b": answer("b", error="timeout")}

    counts = classify(judge(documents, predictions))

    assert counts == {"total": {FailureClass.MISSING_ABSENT: 1, FailureClass.FAILED: 1}}
