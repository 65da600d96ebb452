"""Names that are announced as the seller's, or as somebody else's."""

import pytest

from lib.grammar.companies import find_legal_form
from lib.layout_reader.merchant.candidates import merchant_candidates
from lib.layout_reader.page.parsing import parse_document
from tests.unit.layout_reader.documents import document_of


def _names(text: str) -> list[str]:
    return [candidate.text for candidate in merchant_candidates(parse_document(document_of(text)))]


@pytest.mark.parametrize(
    "last",
    [
        pytest.param("Make checks payable to Blue Fern Water", id="behind, in the same line"),
        pytest.param("Please pay to: Blue Fern Water, First Bank, Account 118827", id="with a bank behind it"),
        pytest.param("Remit to:   Blue Fern Water", id="in the next cell"),
        pytest.param("Please pay to\nBlue Fern Water", id="below"),
    ],
)
def test_name_announced_below_the_head_is_a_candidate(last: str) -> None:
    """A bill's slip at the foot says whom to pay, where the head has a picture only."""
    lines = "\n".join(f"Water used in quarter {n}      12.00" for n in range(20))

    assert "Blue Fern Water" in _names(f"{lines}\n{last}")


def test_whole_announcement_and_the_bank_behind_a_name_are_no_candidates() -> None:
    """Of what a line says about a payment, the name is one."""
    assert _names("Please pay to: Blue Fern Water, Barnaby, Account 118827") == ["Blue Fern Water"]


@pytest.mark.parametrize(
    ("foot", "name"),
    [
        pytest.param(
            "Copperleaf, SA au capital de 40 000 € - RCS Lyon 123", "Copperleaf, SA", id="form behind a comma"
        ),
        pytest.param("Copperleaf SAS au capital de 40 000 €", "Copperleaf SAS", id="capital"),
        pytest.param("Copperleaf LLP is a limited liability partnership", "Copperleaf LLP", id="what it is"),
        pytest.param("Copperleaf Ltd registered in England 0812345", "Copperleaf Ltd", id="register"),
    ],
)
def test_company_statement_at_the_foot_gives_its_name(foot: str, name: str) -> None:
    """What a company must say there is no part of its name."""
    lines = "\n".join(f"Water used in quarter {n}      12.00" for n in range(20))

    assert name in _names(f"{lines}\n{foot}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Mme Odile Castan", id="a person, addressed"),
        pytest.param("Page 1 of 3", id="a page"),
        pytest.param("Thank you for your purchase!", id="thanks"),
        pytest.param("bluefern.co.uk/syndication", id="a web address"),
        pytest.param("Oldenburg   : yes", id="a label"),
        pytest.param("Datum:   Oldenburg", id="behind a label for something else"),
    ],
)
def test_text_that_says_it_is_something_else_is_no_candidate(text: str) -> None:
    """Who is addressed, where, and on which page, is not who sells."""
    assert not {
        "Mme Odile Castan",
        "Thank you for your purchase!",
        "bluefern.co.uk/syndication",
        "Page 1 of 3",
        "Oldenburg",
    } & set(_names(f"{text}\nWater     12.00"))


def test_short_legal_form_that_begins_a_line_like_a_word_is_none() -> None:
    """Czech has the form v.o.s., French the word "vos"."""
    assert find_legal_form("Vos abonnements") is None
    assert find_legal_form("Inh. Ada Beck") is None
    assert find_legal_form("Beck v.o.s.") is not None
