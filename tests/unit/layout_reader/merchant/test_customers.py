"""Who a document says its customer is."""

import pytest

from lib.layout_reader.merchant.candidates import merchant_candidates
from lib.layout_reader.merchant.customers import bare_name, customer_names, is_customer
from lib.layout_reader.merchant.features import merchant_features, merchant_names
from lib.layout_reader.page import parse_document
from tests.unit.layout_reader.documents import document_of


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Invoice\nParty : Copperleaf Pvt Ltd", id="behind a label"),
        pytest.param("Factura\nApellido y Nombre / Razón Social: Copperleaf Pvt Ltd", id="behind two labels"),
        pytest.param("Invoice\nBill to\nCopperleaf Pvt Ltd\n9 Oak Lane", id="below a label"),
        pytest.param("Invoice\nBill to:\nName: Copperleaf Pvt Ltd", id="below, with a label of its own"),
        pytest.param("Invoice\nCustomer:     Copperleaf Pvt Ltd", id="in the next cell"),
        pytest.param("Invoice\n\nRECEIVED\n18 MAR 2019\nCopperleaf Pvt Ltd", id="on a stamp of receipt"),
        pytest.param("Rechnung\nCopperleaf Pvt Ltd\nFrau Iris Beck\nTalweg 8", id="over a person and a street"),
    ],
)
def test_customer_is_known_by_what_stands_around_the_name(text: str) -> None:
    """Labels in any language, a stamp, or a letter's address."""
    assert "copperleaf" in customer_names(parse_document(document_of(text)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("CUSTOMER COPY\nCopperleaf Ltd", id="a copy"),
        pytest.param("Customer's signature\nCopperleaf Ltd", id="a line to sign on"),
        pytest.param("Copperleaf Ltd\nPassenger car dealer\nCIN 50102", id="a keyword that addresses nobody"),
        pytest.param("Received with thanks\nCopperleaf Ltd", id="no stamp"),
    ],
)
def test_other_words_name_no_customer(text: str) -> None:
    """A keyword for customers may stand in other lines."""
    assert "copperleaf" not in customer_names(parse_document(document_of(text)))


def test_name_is_the_customers_whatever_its_legal_form_is_spelled_like() -> None:
    """Invoices and stamps abbreviate differently, and OCR errs."""
    customers = ("copperleafautomotive",)

    assert is_customer(bare_name("Copperleaf Automotive Private Limited"), customers)
    assert is_customer(bare_name("C0PPERLEAF AUTOMOTIVE PVT.LTD"), customers)
    assert not is_customer(bare_name("Copperfield Gardens Ltd"), customers)
    assert not is_customer(bare_name("Copperleaf"), ())


def test_mentions_of_a_name_and_of_the_customer_are_features() -> None:
    """What the ranker learns from: who else says the name, and whose it is."""
    text = "BLUE FERN TYRES\nParty : Copperleaf Pvt Ltd\nCopperleaf Pvt Ltd\nTyre     9.00\nfor BLUE FERN TYRES"
    parsed = parse_document(document_of(text))
    candidates = merchant_candidates(parsed)
    columns = dict(zip(merchant_names(), merchant_features(parsed, candidates).T, strict=True))
    seller = next(i for i, each in enumerate(candidates) if each.text == "BLUE FERN TYRES")
    customer = next(i for i, each in enumerate(candidates) if each.text == "Copperleaf Pvt Ltd")

    assert (columns["mentions"][seller], columns["is_customer"][seller]) == (1.0, 0.0)
    assert columns["is_customer"][customer] == 1.0
