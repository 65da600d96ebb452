"""lib/post/review.py: which answers somebody should look at, and why."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from lib.document import Field, OcrDocument
from lib.extraction import Extraction
from lib.post.review import review_of

LEAST = 0.5


def field(key: str, value: str | Decimal | date | None, confidence: float = 0.95) -> Field:
    """A field without a place."""
    return Field(key, value, None if value is None else str(value), confidence)


SURE = (
    field("merchant", "Harbor Street Coffee"),
    field("date", date(2026, 3, 14)),
    field("currency", "USD"),
    field("subtotal", Decimal("11.20")),
    field("tax_amount", Decimal("0.90")),
    field("total", Decimal("12.10")),
)


def extraction(*changed: Field, warnings: tuple[str, ...] = (), degraded: bool = False) -> Extraction:
    """An answer that nobody needs to look at, but for what is changed."""
    by_key = {each.key: each for each in (*SURE, *changed)}
    fields = tuple(by_key[each.key] for each in SURE)
    return Extraction(fields, OcrDocument(()), "layout", "layout-3", "2026", "ocr", degraded, warnings)


def reasons(given: Extraction, *, least: float = LEAST) -> tuple[str, ...]:
    """Why it needs a review."""
    return review_of(given, least=least).reasons


def test_sure_answer_whose_amounts_agree_needs_no_review() -> None:
    """The usual document."""
    review = review_of(extraction(), least=LEAST)

    assert not review.needed
    assert review.reasons == ()


@pytest.mark.parametrize("key", ["merchant", "date", "currency", "total"])
def test_field_that_every_document_states_is_missed(key: str) -> None:
    """A null among them is either a fault or an odd document."""
    assert reasons(extraction(field(key, None))) == ("missing_field",)


def test_document_without_subtotal_and_tax_needs_no_review_for_that() -> None:
    """Many receipts print a total alone."""
    assert reasons(extraction(field("subtotal", None), field("tax_amount", None))) == ()


def test_tax_is_missed_where_the_reader_had_one_that_was_likelier_than_none() -> None:
    """Something on the page looked like it."""
    without = field("subtotal", None), replace(field("tax_amount", None, 0.3), problem="weak_evidence")

    assert reasons(extraction(*without)) == ("missing_field",)


def test_several_values_that_are_half_sure_are_too_unsure_together() -> None:
    """Each alone would pass: 0.8 * 0.8 * 0.8 is little more than a half."""
    unsure = extraction(*(field(each.key, each.value, 0.8) for each in SURE[:3]))

    assert reasons(unsure, least=0.7) == ("low_confidence",)
    assert reasons(unsure, least=0.4) == ()


def test_gap_between_subtotal_and_total_without_a_tax_is_a_disagreement() -> None:
    """Something between them was not found."""
    assert reasons(extraction(field("tax_amount", None))) == ("totals_disagree",)


def test_tax_of_half_the_subtotal_is_unlikely() -> None:
    """The amounts add up, and one of them is still no tax."""
    odd = extraction(field("tax_amount", Decimal("6.00")), field("total", Decimal("17.20")))

    assert reasons(odd) == ("unlikely_tax",)


def test_tax_of_a_credit_note_is_judged_by_its_size() -> None:
    """All amounts are negative."""
    negative = [field(each.key, -each.value) for each in SURE if isinstance(each.value, Decimal)]

    assert reasons(extraction(*negative)) == ()


def test_answer_of_a_stand_in_needs_a_review() -> None:
    """The configured reader was away."""
    assert reasons(extraction(degraded=True, warnings=("tilt_unavailable",))) == ("degraded",)


def test_warnings_become_reasons_where_they_are_about_the_values() -> None:
    """Who answered, and how it was asked, is no reason."""
    warned = extraction(warnings=("ambiguous_date", "too_long_for_llm", "missing_total"))

    assert reasons(warned) == ("ambiguous_date", "missing_field")


def test_unsure_answer_to_ones_own_question_needs_a_review() -> None:
    """It was asked for; the fields that only come along with ?include=fields were not."""
    asked = replace(extraction(), extras=(field("po_number", "4711", 0.3),))
    along = replace(extraction(), extras=(field("iban", "DE02 1203 0000 0000 2020 51", 0.3),))

    assert reasons(asked) == ("low_confidence",)
    assert reasons(along) == ()


def test_answer_without_any_value_is_missed_and_not_unsure() -> None:
    """An empty page."""
    nothing = extraction(*(field(each.key, None, 1.0) for each in SURE), warnings=("no_text",))

    assert reasons(nothing) == ("missing_field",)
