"""The day of an order beside the day of issue."""

from lib.layout_reader.dates.candidates import date_candidates
from lib.layout_reader.dates.features import date_features, date_names, overruled
from lib.layout_reader.page.context import Context
from lib.layout_reader.page.parsing import parse_document
from tests.unit.layout_reader.documents import document_of


def _candidate_dates(text: str) -> tuple[list[str], list[dict[str, float]], list[bool]]:
    seen = parse_document(document_of(text))
    candidates = date_candidates(seen)
    features = date_features(seen, candidates)
    lines = [dict(zip(date_names(), map(float, line), strict=True)) for line in features]
    other = overruled(seen, candidates, features, context=Context(seen))
    return [str(each.value) for each in candidates], lines, [bool(each) for each in other]


def test_order_date_beside_an_invoice_date_is_overruled() -> None:
    """A web shop's invoice names both days."""
    days, lines, other = _candidate_dates("Bestelldatum:   11.08.2024\nRechnungsdatum:   13.08.2024")

    assert days == ["2024-08-11", "2024-08-13"]
    assert [line["left_delivery_date"] for line in lines] == [1.0, 0.0]
    assert other == [True, False]


def test_order_date_alone_counts_as_the_day_of_issue() -> None:
    """An order's confirmation names no other day."""
    _, lines, other = _candidate_dates("Order date:   11 August 2024")

    assert lines[0]["left_date"] == 1.0
    assert other == [False]


def test_day_of_arrival_under_a_heading_for_dates_is_overruled() -> None:
    """A hotel's bill lists its charges by day, the first of which is the day of arrival."""
    bill = """
Arrival      12-09-24
Date         14-09-24
Date         Description     Charges
12-09-24     Room            140.00
14-09-24     Breakfast       12.00
"""
    days, _, other = _candidate_dates(bill)

    assert dict(zip(days, other, strict=True)) == {"2024-09-12": True, "2024-09-14": False}


def test_day_of_issue_that_is_one_of_delivery_too_is_not_overruled() -> None:
    """A letter that goes with an invoice says when the goods left: on the day that the invoice is of."""
    invoice = """
Number       Invoice date    Ship date
RE-17        13-08-24        12-08-24


Delivery:    13-08-24
Date:        15-08-24
"""
    days, _, other = _candidate_dates(invoice)

    assert dict(zip(days, other, strict=True)) == {"2024-08-13": False, "2024-08-12": True, "2024-08-15": False}
