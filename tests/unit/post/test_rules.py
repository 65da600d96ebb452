"""Answers as fields."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.document import AMOUNT_KEYS, FIELD_KEYS, Answer, BBox, Field
from lib.post.rules import as_typed, normalize, warnings_of
from tests.unit.layout_reader.documents import document_of
from tests.unit.post.documents import answers_of, by_key, normalized

INVOICE = """Acme Trading GmbH
Rechnung vom 03.04.2024
Netto          1.000,00 €
MwSt 19%         190,00 €
Gesamtbetrag   1.190,00 €"""

TEXTS = st.one_of(st.none(), st.text(max_size=40), st.text(alphabet="0123456789.,/- €$RM", max_size=20))


def test_answers_become_six_typed_fields() -> None:
    """The whole invoice, in the order of the keys."""
    fields = normalize(
        answers_of(
            total="1.190,00 €",
            merchant="Acme Trading GmbH",
            date="03.04.2024",
            currency="€",
            subtotal="1.000,00 €",
            tax_amount="190,00 €",
        ),
        document=document_of(INVOICE),
    )

    assert tuple(field.key for field in fields) == FIELD_KEYS
    assert [field.value for field in fields] == [
        "Acme Trading GmbH",
        date(2024, 4, 3),
        "EUR",
        Decimal("1000.00"),
        Decimal("190.00"),
        Decimal("1190.00"),
    ]
    assert {field.problem for field in fields} == {None}


def test_field_keeps_raw_text_and_place() -> None:
    """A client can see what a value was made from."""
    box = BBox(1, 2, 3, 4)

    fields = by_key(normalize([Answer("total", "1.190,00 €", 0.7, 0, box)], document=document_of(INVOICE)))

    total = fields["total"]
    assert (total.raw, total.page_index, total.bbox, total.confidence) == ("1.190,00 €", 0, box, 0.7)


def test_missing_answers_are_nulls_with_the_readers_reason() -> None:
    """Nothing is asked twice, and nothing is made up."""
    fields = normalized("nothing here", total=None)

    assert [field.value for field in fields.values()] == [None] * 6
    assert fields["total"].problem == "not_found"
    assert fields["merchant"].problem == "not_found"


def test_answer_that_cannot_be_read_is_null_with_a_problem() -> None:
    """A null with a reason beats a guess; the text stays to be seen."""
    fields = normalized(INVOICE, total="about twelve", date="last week")

    assert (fields["total"].value, fields["total"].raw, fields["total"].problem) == (None, "about twelve", "unparsable")
    assert (fields["date"].value, fields["date"].raw, fields["date"].problem) == (None, "last week", "unparsable")


def test_currency_that_the_reader_missed_is_found() -> None:
    """The document's own marks are evidence enough."""
    field = normalized(INVOICE, total="1.190,00")["currency"]

    assert (field.value, field.raw, field.page_index) == ("EUR", "€", 0)
    assert field.bbox is not None


def test_of_two_answers_to_a_question_the_first_counts() -> None:
    """And keys that are no field are passed over."""
    answers = [Answer("total", "1.190,00", 0.9), Answer("total", "190,00", 0.8), Answer("vat_id", "DE1", 0.9)]

    assert by_key(normalize(answers, document=document_of(INVOICE)))["total"].value == Decimal("1190.00")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        pytest.param("total", "1190.00", Decimal("1190.00"), id="number"),
        pytest.param("total", "-5", Decimal(-5), id="negative number"),
        pytest.param("total", "1.190,00 €", None, id="amount that needs rules"),
        pytest.param("total", "RM 5.00", None, id="amount with a currency"),
        pytest.param("total", "1e5", None, id="exponent"),
        pytest.param("total", "NaN", None, id="no number"),
        pytest.param("date", "2024-04-03", date(2024, 4, 3), id="ISO date"),
        pytest.param("date", "03.04.2024", None, id="date that needs rules"),
        pytest.param("currency", "€", "€", id="currency as it is"),
        pytest.param("merchant", " Acme GmbH ", "Acme GmbH", id="merchant as it is"),
    ],
)
def test_without_rules_answers_are_typed_only(key: str, text: str, value: object) -> None:
    """RULES_ENABLED=0: a number is a number and an ISO date a date; all else is null with a reason."""
    field = by_key(as_typed(answers_of(**{key: text})))[key]  # type: ignore[arg-type]

    assert field.value == value
    assert field.problem == (None if value is not None else "unparsable")


def test_without_rules_there_are_six_fields_too() -> None:
    """The shape of the answer does not depend on a setting."""
    assert tuple(field.key for field in as_typed([])) == FIELD_KEYS


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        pytest.param([Field("total", Decimal(5), "5", 0.9)], (), id="all well"),
        pytest.param([Field("total", None, None, 0.9, problem="not_found")], ("missing_total",), id="no total"),
        pytest.param([Field("subtotal", None, None, 0.9, problem="not_found")], (), id="no subtotal"),
        pytest.param([Field("total", Decimal(5), "5", 0.3)], ("low_confidence",), id="hardly sure"),
        pytest.param([Field("date", None, None, 0.1, problem="ungrounded")], ("ungrounded",), id="made up"),
        pytest.param(
            [Field(key, Decimal(5), "5", 0.4, problem="totals_disagree") for key in AMOUNT_KEYS],
            ("low_confidence", "totals_disagree"),
            id="sorted, without repetition",
        ),
        pytest.param(
            [Field("date", date(2024, 4, 3), "03/04/2024", 0.6, problem="ambiguous_date")],
            ("ambiguous_date",),
            id="either day",
        ),
    ],
)
def test_warnings_are_codes_of_what_is_doubtful(fields: list[Field], codes: tuple[str, ...]) -> None:
    """A client learns what to look at."""
    assert warnings_of(fields) == codes


@given(st.fixed_dictionaries(dict.fromkeys(FIELD_KEYS, TEXTS)), st.floats(min_value=0, max_value=1))
def test_any_answers_become_well_formed_fields(texts: dict[str, str | None], confidence: float) -> None:
    """No answers make the rules raise: every field has its type or a problem, and a confidence in range."""
    fields = normalize(answers_of(confidence, **texts), document=document_of(INVOICE))

    assert tuple(field.key for field in fields) == FIELD_KEYS
    for field in fields:
        assert 0 <= field.confidence <= 1
        assert field.value is not None or field.problem
        expected = Decimal if field.key in AMOUNT_KEYS else date if field.key == "date" else str
        assert field.value is None or isinstance(field.value, expected)
