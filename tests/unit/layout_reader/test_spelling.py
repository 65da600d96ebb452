"""A misread logo and the name in print."""

import pytest

from lib.layout_reader.candidates import merchant_candidates
from lib.layout_reader.spelling import as_printed
from lib.layout_reader.survey import survey
from tests.unit.layout_reader.documents import document_of


@pytest.mark.parametrize(
    ("logo", "name"),
    [
        pytest.param("copperlaef", "Copperleaf Tools GmbH", id="misread"),
        pytest.param("copperleaf", "copperleaf", id="read right"),
        pytest.param("Blue Fern", "Blue Fern", id="another name"),
        pytest.param("Copperlaef Ltd", "Copperlaef Ltd", id="a company itself"),
    ],
)
def test_misread_logo_gives_way_to_the_company_in_print(logo: str, name: str) -> None:
    """Only a name that is almost another one's beginning is taken for a misreading of it."""
    candidates = merchant_candidates(survey(document_of(f"{logo}\n\nCopperleaf Tools GmbH\nOak Lane 9")))

    assert as_printed(candidates[0], candidates).text == name
