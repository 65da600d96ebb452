"""Which day an answer means."""

from datetime import date

import pytest

from lib.post.dates import read_date
from lib.post.outcome import AMBIGUOUS_DATE
from tests.unit.post.documents import evidence_of

CERTAIN = 0.9
THIRD_OF_APRIL, FOURTH_OF_MARCH = date(2024, 4, 3), date(2024, 3, 4)


@pytest.mark.parametrize(
    ("document", "day"),
    [
        pytest.param("03/04/2024\nDue 25/12/2024", THIRD_OF_APRIL, id="another date, day first"),
        pytest.param("03/04/2024\nDue 12/25/2024", FOURTH_OF_MARCH, id="another date, month first"),
        pytest.param("03/04/2024\nPrinted March 4, 2024", FOURTH_OF_MARCH, id="written out"),
        pytest.param("03/04/2024\n2024-04-03 12:00", THIRD_OF_APRIL, id="stated again, year first"),
        pytest.param("03/04/2024\nSpringfield, IL 62701", FOURTH_OF_MARCH, id="American address"),
        pytest.param("03/04/2024\nKEDAI SDN BHD", THIRD_OF_APRIL, id="Malaysian company"),
        pytest.param("03/04/2024\nMontant TTC\nNet à payer", THIRD_OF_APRIL, id="French"),
        pytest.param("03/04/2024\nFACT/2024/03/0062", FOURTH_OF_MARCH, id="year and month in the number"),
        pytest.param("03/04/2024\nTOTAL £12.50", THIRD_OF_APRIL, id="pounds"),
        pytest.param("03/04/2024\nTOTAL PHP 12.50", FOURTH_OF_MARCH, id="Philippine pesos"),
    ],
)
def test_ambiguous_date_is_decided_by_the_document(document: str, day: date) -> None:
    """Other dates, country, language and currency tell which number is the month."""
    outcome = read_date("03/04/2024", evidence_of(document))

    assert outcome.value == day
    assert outcome.problem is None
    assert outcome.certainty > 0.9


def test_ambiguous_date_that_nothing_decides_says_so() -> None:
    """The usual reading stands, at half the confidence, with the reason for the doubt."""
    outcome = read_date("03/04/2024", evidence_of("03/04/2024\nTOTAL 12.50"))

    assert (outcome.value, outcome.certainty, outcome.problem) == (THIRD_OF_APRIL, 0.5, AMBIGUOUS_DATE)


@pytest.mark.parametrize(
    ("document", "day"),
    [
        pytest.param("03/04/2024\nTOTAL USD 12.50", FOURTH_OF_MARCH, id="US dollars, which are paid everywhere"),
        pytest.param("03/04/2024\nHotel Boston", FOURTH_OF_MARCH, id="a place's name"),
        pytest.param("03/04/2024\nHotel Berlin", THIRD_OF_APRIL, id="a place's name, day first"),
    ],
)
def test_ambiguous_date_that_a_hint_decides_says_so(document: str, day: date) -> None:
    """The likelier reading stands, and nobody takes it for certain."""
    outcome = read_date("03/04/2024", evidence_of(document))

    assert (outcome.value, outcome.problem) == (day, AMBIGUOUS_DATE)
    assert outcome.certainty < CERTAIN


@pytest.mark.parametrize("number", ["FACT/2024/03/0062", "RE202403-17", "INV-2024-03-117"])
def test_month_in_the_number_outweighs_the_country(number: str) -> None:
    """Numbers are given in the month of issue, wherever the seller is."""
    outcome = read_date("03/04/2024", evidence_of(f"03/04/2024\n{number}\nUSt-IdNr. DE123456789"))

    assert (outcome.value, outcome.problem) == (FOURTH_OF_MARCH, None)


def test_unambiguous_date_needs_no_document() -> None:
    """A date with one reading is certain."""
    outcome = read_date("25/12/2024 13:45", evidence_of(""))

    assert (outcome.value, outcome.certainty, outcome.problem) == (date(2024, 12, 25), 1.0, None)


@pytest.mark.parametrize("text", ["yesterday", "12/2024", "31/02/2024", ""])
def test_text_without_a_date_is_unparsable(text: str) -> None:
    """Neither day nor year is made up."""
    outcome = read_date(text, evidence_of("25/12/2024"))

    assert (outcome.value, outcome.problem) == (None, "unparsable")
