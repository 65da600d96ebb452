"""The company that signs at the foot of a letter."""

import pytest

from lib.layout_reader.merchant.candidates import merchant_candidates
from lib.layout_reader.merchant.features import merchant_features
from lib.layout_reader.merchant.footers import prefer_footer
from lib.layout_reader.page import parse_document
from tests.unit.layout_reader.documents import document_of

LETTER = """Bergwerk GmbH
Talweg 8
34117 Kassel
Rechnung 12
Leistung            Betrag
Beratung            120,00
Gesamt              142,80
Nordlicht Beratung mbH      HRB 10112      IBAN DE02 1203 0000 0000 2020 51
Hafen 1                     USt-IdNr. DE136695976
"""


def chosen(text: str) -> str:
    """What is answered where the first company on the page is the likeliest."""
    parsed = parse_document(document_of(text))
    candidates = merchant_candidates(parsed)
    features = merchant_features(parsed, candidates)
    first = next(index for index, each in enumerate(candidates) if each.text.startswith("Bergwerk"))
    return candidates[prefer_footer(parsed, candidates, features, first)].text


def test_company_that_signs_the_letter_is_its_sender() -> None:
    """Its head has a picture, and the customer's address."""
    assert chosen(LETTER) == "Nordlicht Beratung mbH"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LETTER.replace("Nordlicht Beratung", "Bergwerk"), id="the same company"),
        pytest.param(
            LETTER.replace("IBAN DE02 1203 0000 0000 2020 51", "").replace("DE136695976", "-"), id="no numbers"
        ),
        pytest.param(LETTER.replace("Nordlicht Beratung mbH", "Nordbank AG"), id="a bank"),
        pytest.param(f"{LETTER}www.bergwerk.example\n", id="the web address spells the chosen one"),
        pytest.param(f"Verkäufer\n{LETTER}", id="a label calls the chosen one the seller"),
    ],
)
def test_chosen_company_stays_where_the_foot_proves_nothing_else(text: str) -> None:
    """The foot of a page may name a bank, a parent or nobody."""
    assert chosen(text) == "Bergwerk GmbH"
