"""Rules for what is asked beyond the six fields."""

from datetime import date

import pytest

from lib.document import EXTRA_KEYS, Answer
from lib.post.extras import answer_fields, as_given, checked_extra_fields, extra_fields
from tests.unit.post.documents import answers_of, by_key, evidence_of

PAGE = "Invoice no HS-118\nDue date 30.04.2025\nVAT No GB 980 7806 84\nIBAN GB82 WEST 1234 5698 7654 32\nOrder PO-17"
EVIDENCE = evidence_of(PAGE)
RIGHT = {
    "invoice_number": "HS-118",
    "due_date": "April 30, 2025",
    "tax_id": "GB980780684",
    "iban": "GB82WEST12345698765432",
}


def test_extras_are_typed_and_normalized() -> None:
    """A day, and numbers as they are usually written."""
    fields = extra_fields(answers_of(**RIGHT), evidence=EVIDENCE)  # type: ignore[arg-type]

    assert tuple(field.key for field in fields) == EXTRA_KEYS
    assert [field.value for field in fields] == ["HS-118", date(2025, 4, 30), "GB980780684", "GB82WEST12345698765432"]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        pytest.param("invoice_number", "unknown", id="no digit"),
        pytest.param("due_date", "within 30 days", id="no day"),
        pytest.param("tax_id", "20%", id="no tax number"),
        pytest.param("iban", "17 WEST", id="no account"),
    ],
)
def test_extra_of_another_form_is_null(key: str, text: str) -> None:
    """With the text that was given, and the reason."""
    field = by_key(extra_fields([Answer(key, text, 0.9)], evidence=EVIDENCE))[key]

    assert (field.value, field.raw, field.problem) == (None, text, "unparsable")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("iban", "GB82 WEST 1234 5698 7654 33", "GB82WEST12345698765433"),
        ("tax_id", "DE123456789", "DE123456789"),
    ],
)
def test_number_with_wrong_check_digits_is_answered_with_a_doubt(key: str, text: str, value: str) -> None:
    """Examples and misprints are printed, and whoever pays should look."""
    field = by_key(extra_fields([Answer(key, text, 0.9)], evidence=EVIDENCE))[key]

    assert (field.value, field.raw, field.problem) == (value, text, "check_digits")


def test_extra_that_nobody_answered_is_null() -> None:
    """As a reader says it, or as one that was not asked."""
    fields = by_key(extra_fields([Answer("iban", None, 0.8, reason="not_found")], evidence=EVIDENCE))

    assert (fields["iban"].problem, fields["iban"].confidence) == ("not_found", 0.8)
    assert (fields["due_date"].problem, fields["due_date"].confidence) == ("not_found", 0.0)


def test_extra_of_a_reader_that_may_invent_has_its_place() -> None:
    """TILT says no places; the words that its answer came from do."""
    fields = checked_extra_fields(answers_of(**RIGHT), (), evidence=EVIDENCE)  # type: ignore[arg-type]

    assert all(field.value is not None and field.bbox for field in fields)


def test_extra_that_the_document_does_not_state_is_null() -> None:
    """A valid account of somebody else's is none of this document."""
    invented = answers_of(iban="DE89370400440532013000", due_date="1 May 2025", invoice_number="HS-119")

    fields = by_key(checked_extra_fields(invented, (), evidence=EVIDENCE))

    assert {fields[key].problem for key in ("iban", "due_date", "invoice_number")} == {"ungrounded"}
    assert all(field.value is None for field in fields.values())


def test_extra_that_the_first_reader_misses_is_the_second_ones() -> None:
    """What the document announces counts, whoever found it; agreement makes surer, contradiction less."""
    own = answers_of(0.6, invoice_number="HS-118", iban=None, tax_id="PO-17")
    other = answers_of(0.9, invoice_number="HS-118", iban="GB82 WEST 1234 5698 7654 32")

    fields = by_key(checked_extra_fields(own, other, evidence=EVIDENCE))

    assert fields["iban"].value == "GB82WEST12345698765432"
    assert fields["invoice_number"].confidence > 0.6
    assert fields["tax_id"].value is None


@pytest.mark.parametrize(
    ("text", "value", "problem"),
    [
        pytest.param(" PO-17\n", "PO-17", None, id="stands there"),
        pytest.param("PO-18", None, "ungrounded", id="invented"),
        pytest.param(None, None, "not_found", id="no answer"),
    ],
)
def test_answer_to_a_clients_question_is_what_the_document_says(
    text: str | None, value: str | None, problem: str | None
) -> None:
    """With its place, or null with the reason."""
    (field,) = answer_fields(answers_of(po_number=text), evidence=EVIDENCE)

    assert (field.key, field.value, field.problem) == ("po_number", value, problem)
    assert (field.bbox is None) == (value is None)


def test_answers_without_rules_are_as_given() -> None:
    """RULES_ENABLED=0: typed where the text is a day already, and nothing is looked up."""
    answers = answers_of(due_date="2025-04-30", iban="whatever", po_number="PO-18")

    assert [field.value for field in as_given(answers)] == [date(2025, 4, 30), "whatever", "PO-18"]
    assert by_key(as_given(answers_of(due_date="soon")))["due_date"].problem == "unparsable"
