"""Names that web addresses and mailboxes spell."""

import pytest

from lib.layout_reader.merchant.candidates import merchant_candidates
from lib.layout_reader.merchant.sites import matches_site, sites_of, spelled_share
from lib.layout_reader.page import parse_document
from tests.unit.layout_reader.documents import document_of


@pytest.mark.parametrize(
    ("line", "site"),
    [
        pytest.param("www.bluefern.example", "bluefern", id="web"),
        pytest.param("E-Mail: info@blue-fern.example", "bluefern", id="domain of mail"),
        pytest.param("bluefern16@gmail.com", "bluefern", id="mailbox at a public provider"),
    ],
)
def test_addresses_spell_names(line: str, site: str) -> None:
    """The domain does; at a public provider the mailbox."""
    assert site in sites_of(parse_document(document_of(f"Tea\n{line}")))


def test_public_providers_and_boxes_of_departments_spell_nothing() -> None:
    """Many have them."""
    assert not sites_of(parse_document(document_of("info@gmail.com\noffice@yahoo.com")))


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        pytest.param("bluefernsoftware", True, id="the beginning"),
        pytest.param("bluefern", True, id="the whole"),
        pytest.param("edf", True, id="three letters, the whole"),
        pytest.param("redford", False, id="three letters inside a word"),
        pytest.param("copperleaf", False, id="another name"),
    ],
)
def test_site_spells_a_name(name: str, spelled: bool) -> None:
    """Short ones only where there is nothing else."""
    assert matches_site(name, frozenset({"bluefern", "edf"})) is spelled


def test_more_of_a_name_that_is_spelled_counts_for_more() -> None:
    """1 for the whole, 0 for another name."""
    sites = frozenset({"bluefern"})

    assert spelled_share("bluefern", sites) == 1.0
    assert spelled_share("bluefernsoftware", sites) == pytest.approx(0.5)
    assert spelled_share("copperleaf", sites) == 0.0


def test_name_that_an_address_spells_is_a_candidate_on_any_row() -> None:
    """The remittance slip at the foot names whoever has a picture in the head."""
    lines = "\n".join(f"Water used in quarter {n}      12.00" for n in range(20))
    found = merchant_candidates(parse_document(document_of(f"{lines}\nBlue Fern\nwww.bluefern.example")))

    assert "Blue Fern" in [candidate.text for candidate in found]
