"""lib/pipelines/einvoice/details.py: an e-invoice states all of its details, exactly."""

from datetime import date
from decimal import Decimal

import pytest

from lib.document import Field
from lib.extraction import Details
from lib.pipelines.einvoice import read_einvoice
from tests.einvoices import cii_xml, ubl_xml, zugferd_1_xml

CII_LINE = """<ram:IncludedSupplyChainTradeLineItem>
<ram:SpecifiedTradeProduct><ram:SellerAssignedID>HS-5</ram:SellerAssignedID><ram:Name>Holzschrauben</ram:Name>
</ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>5.50</ram:ChargeAmount>
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="H87">200.0</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement>
<ram:ApplicableTradeTax><ram:RateApplicablePercent>19.00</ram:RateApplicablePercent></ram:ApplicableTradeTax>
<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>false</udt:Indicator></ram:ChargeIndicator>
<ram:ActualAmount>100.00</ram:ActualAmount></ram:SpecifiedTradeAllowanceCharge>
<ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>1000.00</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
</ram:IncludedSupplyChainTradeLineItem>"""

GROUP = CII_LINE.replace(
    "<ram:SpecifiedTradeProduct>",
    "<ram:AssociatedDocumentLineDocument><ram:LineStatusReasonCode>GROUP</ram:LineStatusReasonCode>"
    "</ram:AssociatedDocumentLineDocument><ram:SpecifiedTradeProduct>",
    1,
)

UBL_LINE = """<cac:InvoiceLine><cbc:InvoicedQuantity unitCode="C62">2</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount currencyID="EUR">1107.00</cbc:LineExtensionAmount>
<cac:Item><cbc:Name>Hobelbank</cbc:Name><cac:ClassifiedTaxCategory><cbc:Percent>19</cbc:Percent>
</cac:ClassifiedTaxCategory></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="EUR">553.50</cbc:PriceAmount></cac:Price></cac:InvoiceLine>"""

UBL_TAX = """<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">210.33</cbc:TaxAmount><cac:TaxSubtotal>
<cbc:TaxableAmount currencyID="EUR">1107.00</cbc:TaxableAmount><cbc:TaxAmount currencyID="EUR">210.33</cbc:TaxAmount>
<cac:TaxCategory><cbc:Percent>19.00</cbc:Percent></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>"""


def details_of(xml: str) -> Details:
    """Of an invoice."""
    invoice = read_einvoice(xml.encode(), details=True)
    assert invoice
    assert invoice.details
    return invoice.details


def values(leaves: object) -> dict[str, object]:
    """The values of leaves by key; every leaf is sure."""
    found = list(leaves)  # type: ignore[call-overload]
    assert all(isinstance(leaf, Field) and leaf.confidence == 1.0 for leaf in found)
    return {leaf.key: leaf.value for leaf in found}


def test_cross_industry_invoice_states_its_lines() -> None:
    """With what is taken off each; lines that only add up others are left out."""
    (item,) = details_of(cii_xml(lines=CII_LINE + GROUP)).items

    assert values(item.leaves) == {
        "description": "Holzschrauben",
        "quantity": Decimal("200.0"),
        "unit": "H87",
        "unit_price": Decimal("5.50"),
        "amount": Decimal("1000.00"),
        "tax_rate": Decimal("19.00"),
        "product_code": "HS-5",
        "discount": Decimal("100.00"),
    }


@pytest.mark.parametrize("xml", [cii_xml(), zugferd_1_xml()], ids=["Factur-X", "ZUGFeRD 1.0"])
def test_parties_references_and_amounts_are_stated_in_every_version(xml: str) -> None:
    """The supplier's name is the merchant of the six fields."""
    details = details_of(xml)

    assert values(details.supplier.leaves)["name"] == "Schraubenhandel Öxl & Söhne KG"
    assert values(details.customer.leaves) == {"name": "Tischlerei Quandt"}
    assert values(details.references.leaves) == {"invoice_number": "2025-17"}
    assert values(details.amounts.leaves) == {"prepaid": Decimal("100.00"), "amount_due": Decimal("1217.33")}
    assert [values(tax.leaves)["amount"] for tax in details.taxes] == [Decimal("7.00"), Decimal("203.33")]


@pytest.mark.parametrize(("code", "kind"), [("380", "invoice"), ("381", "credit_note"), ("270", "delivery_note")])
def test_code_says_the_kind_of_document(code: str, kind: str) -> None:
    """UNTDID 1001."""
    leaf = details_of(cii_xml(type_code=code)).document_type

    assert leaf
    assert (leaf.value, leaf.raw) == (kind, code)


def test_ubl_states_lines_taxes_and_the_due_date() -> None:
    """An invoice of Peppol."""
    details = details_of(ubl_xml(lines=UBL_LINE, tax=UBL_TAX))

    (item,), (tax,) = details.items, details.taxes
    assert values(item.leaves)["description"] == "Hobelbank"
    assert values(tax.leaves) == {"rate": Decimal("19.00"), "base": Decimal("1107.00"), "amount": Decimal("210.33")}
    assert values(details.references.leaves)["due_date"] == date(2025, 4, 7)


def test_credit_note_of_ubl_is_one_by_its_root() -> None:
    """It needs no code."""
    leaf = details_of(ubl_xml(root="CreditNote", lines="")).document_type

    assert leaf
    assert leaf.value == "credit_note"


def test_lines_cost_nothing_where_they_are_not_asked_for() -> None:
    """They are not even kept in the tree."""
    invoice = read_einvoice(cii_xml(lines=CII_LINE).encode())

    assert invoice
    assert invoice.details is None


def test_discount_that_cannot_be_read_is_shown_without_a_value() -> None:
    """As any other amount; nothing is left out silently."""
    (item,) = details_of(cii_xml(lines=CII_LINE.replace("100.00", "a lot"))).items

    assert item.discount
    assert (item.discount.value, item.discount.raw, item.discount.problem) == (None, "a lot", "unparsable")


@pytest.mark.parametrize(("text", "value"), [("DE", "DE"), ("de", "DE"), ("Deutschland", None)])
def test_country_is_a_code(text: str, value: str | None) -> None:
    """ISO 3166-1; a name is shown without a value."""
    place = f"<ram:PostalTradeAddress><ram:CountryID>{text}</ram:CountryID></ram:PostalTradeAddress>"
    leaf = details_of(cii_xml().replace("</ram:SellerTradeParty>", f"{place}</ram:SellerTradeParty>")).supplier.country

    assert leaf
    assert (leaf.value, leaf.raw) == (value, text)
