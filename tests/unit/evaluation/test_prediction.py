"""Predictions from each place they come from."""

from datetime import date
from decimal import Decimal

import pytest

from lib.document import BBox, Field
from lib.evaluation.prediction import PredictedField, Prediction, as_line, from_extraction, from_line, from_response
from lib.extraction import Extraction
from tests.unit.evaluation.examples import document_of

RESPONSE = {
    "data": {"merchant": "Acme", "date": None, "currency": "EUR", "subtotal": None, "tax_amount": None, "total": 12.1},
    "meta": {"timings_ms": {"ocr": 500.0, "total": 510.0}},
    "fields": {"total": {"value": 12.1, "text": "12,10", "confidence": 0.9, "page_no": 2, "bbox": [1, 2, 3, 4]}},
    "ocr": {
        "pages": [
            {
                "page_no": 1,
                "width": 60,
                "height": 80,
                "source": "ocr",
                "spans": [{"text": "Acme", "bbox": [1, 2, 30, 9]}],
            }
        ]
    },
}


def test_from_extraction_gives_values_as_json_carries_them() -> None:
    """Decimals become the shortest number, dates ISO text."""
    fields = (
        Field("date", date(2024, 3, 1), "1 March 2024", 0.8),
        Field("subtotal", Decimal("22000.00"), "22.000", 0.7),
        Field("total", Decimal("12.10"), "12,10", 0.9, page_index=0, bbox=BBox(1, 2, 3, 4)),
        Field("tax_amount", None, None, 0.4, problem="not_found"),
    )
    extraction = Extraction(fields, document_of("x"), "layout", "layout-1", "2026", "ocr", timings_ms={"total": 5.0})

    prediction = from_extraction("a", extraction, seconds=0.5)

    assert {key: f.value for key, f in prediction.fields.items()} == {
        "date": "2024-03-01",
        "subtotal": 22000,
        "total": 12.1,
        "tax_amount": None,
    }
    assert isinstance(prediction.of("subtotal").value, int)
    assert prediction.of("total").bbox == BBox(1, 2, 3, 4)
    assert prediction.of("tax_amount").problem == "not_found"
    assert prediction.timings_ms == {"total": 5.0}


def test_from_response_takes_details_and_text_along() -> None:
    """Pages count from 1 outward and from 0 inside; the text is there for looking up true values."""
    prediction = from_response("a", RESPONSE, seconds=0.5)

    total = prediction.of("total")
    assert (total.value, total.confidence, total.page_index, total.bbox) == (12.1, 0.9, 1, BBox(1, 2, 3, 4))
    assert prediction.of("merchant").confidence is None
    assert prediction.document is not None
    assert prediction.document.pages[0].spans[0].bbox == BBox(1, 2, 30, 9)
    assert prediction.timings_ms["ocr"] == 500.0


@pytest.mark.parametrize("data", [pytest.param(None, id="null"), pytest.param([1], id="a list")])
def test_from_response_without_data_is_refused(data: object) -> None:
    """An answer without data is not an empty answer."""
    with pytest.raises(ValueError, match="data"):
        from_response("a", {"data": data}, seconds=0)


def test_as_line_and_back_keeps_every_answer() -> None:
    """A predictions file holds all that a prediction says, except for the document's text."""
    prediction = from_response("a", {**RESPONSE, "ocr": None, "meta": {}}, seconds=0.25)

    assert from_line(as_line(prediction)) == prediction


def test_as_line_and_back_of_failed_document_keeps_the_error() -> None:
    """What failed before still counts as failed."""
    failed = Prediction("a", seconds=1.5, error="500 internal_error")

    assert from_line(as_line(failed)) == failed


def test_from_line_with_data_alone_is_enough() -> None:
    """Other tools write an id and data only."""
    prediction = from_line('{"id": 7, "data": {"total": 1}}')

    assert prediction.document_id == "7"
    assert prediction.of("total") == PredictedField(1)
    assert prediction.of("merchant").value is None


@pytest.mark.parametrize("line", ["[]", '{"data": {}}', "x"])
def test_from_line_of_anything_else_is_refused(line: str) -> None:
    """A line without an id belongs to no document."""
    with pytest.raises(ValueError, match=r"id|Expecting"):
        from_line(line)
