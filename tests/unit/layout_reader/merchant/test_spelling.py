"""A misread logo and the name in print."""

import pytest

from lib.layout_reader.merchant.candidates import merchant_candidates
from lib.layout_reader.merchant.spelling import as_printed
from lib.layout_reader.page.parsing import parse_document
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
    candidates = merchant_candidates(parse_document(document_of(f"{logo}\n\nCopperleaf Tools GmbH\nOak Lane 9")))

    assert as_printed(candidates[0], candidates).text == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("O COPPERLAEF\nOak Lane 9\nCopperleaf\nTea 2.50\nCopperleaf", "Copperleaf", id="twice in print"),
        pytest.param("O COPPERLAEF\nOak Lane 9\nCopperleaf\nTea 2.50", "O COPPERLAEF", id="once in print"),
        pytest.param("COPPERLEAF CAFE\nCopperleaf\nTea 2.50\nCopperleaf", "COPPERLEAF CAFE", id="read right"),
    ],
)
def test_misread_logo_gives_way_to_a_name_in_several_rows(text: str, name: str) -> None:
    """OCR misreads a name in many ways, and reads it right in one."""
    candidates = merchant_candidates(parse_document(document_of(text)))

    assert as_printed(candidates[0], candidates).text == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("SOUND\nOFF\nSound of Ferns Ltd", "Sound of Ferns Ltd", id="a company's first word"),
        pytest.param("COPPERLEAF\nOFF\nCopperleaf Tools Ltd", "COPPERLEAF", id="most of a company's name"),
        pytest.param("CASTAN\nGARAGE\nOdile Marie Castan", "Odile Marie Castan", id="a person's last name"),
        pytest.param("CASTAN\nGARAGE\nCastan Odile", "Castan Odile", id="where last names come first"),
        pytest.param("CASTAN\nGARAGE\nRue Castan 12", "CASTAN", id="a street"),
    ],
)
def test_crumb_of_a_name_gives_way_to_the_whole(text: str, name: str) -> None:
    """Logos are read word by word; the whole name stands below in print."""
    candidates = merchant_candidates(parse_document(document_of(text)))

    assert as_printed(candidates[0], candidates).text == name
