"""The fields beyond the six, as e-invoices state them."""

from datetime import date

import pytest

from lib.document import EXTRA_KEYS
from lib.pipelines.einvoice.invoice import extra_fields, read_einvoice
from tests.einvoices import cii_xml, ubl_xml, zugferd_1_xml
from tests.unit.post.documents import by_key

ACCOUNT = "DE89370400440532013000"
CII_TAX_IDS = (
    "<ram:SpecifiedTaxRegistration><ram:ID schemeID='FC'>12/345/67890</ram:ID></ram:SpecifiedTaxRegistration>"
    "<ram:SpecifiedTaxRegistration><ram:ID schemeID='VA'>DE811569869</ram:ID></ram:SpecifiedTaxRegistration>"
)
CII_PAYMENT = (
    "<ram:SpecifiedTradeSettlementPaymentMeans><ram:PayeePartyCreditorFinancialAccount><ram:IBANID>"
    f"{ACCOUNT}</ram:IBANID></ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>"
    "<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString format='102'>20250407"
    "</udt:DateTimeString></ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>"
)


def with_extras(xml: str) -> str:
    """A CII invoice with tax numbers, account and due date."""
    return xml.replace("</ram:SellerTradeParty>", f"{CII_TAX_IDS}</ram:SellerTradeParty>").replace(
        "<ram:InvoiceCurrencyCode>", f"{CII_PAYMENT}<ram:InvoiceCurrencyCode>"
    )


def scheme(tax_id: str, kind: str) -> str:
    """A UBL tax number."""
    inner = f"<cbc:CompanyID>{tax_id}</cbc:CompanyID><cac:TaxScheme><cbc:ID>{kind}</cbc:ID></cac:TaxScheme>"
    return f"<cac:PartyTaxScheme>{inner}</cac:PartyTaxScheme>"


def account(text: str) -> str:
    """A UBL bank account."""
    inner = f"<cac:PayeeFinancialAccount><cbc:ID>{text}</cbc:ID></cac:PayeeFinancialAccount>"
    return f"<cac:PaymentMeans>{inner}</cac:PaymentMeans>"


PARTY = (
    scheme("12/345/67890", "FC")
    + scheme("DE811569869", "VAT")
    + "<cac:PartyLegalEntity><cbc:RegistrationName>Öxl</cbc:RegistrationName></cac:PartyLegalEntity>"
)


def values(xml: str) -> list[object]:
    """The four values."""
    invoice = read_einvoice(xml.encode())
    assert invoice
    fields = extra_fields(invoice)
    assert tuple(field.key for field in fields) == EXTRA_KEYS
    return [field.value for field in fields]


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(with_extras(cii_xml()), id="CII"),
        pytest.param(with_extras(zugferd_1_xml()), id="ZUGFeRD 1.0"),
        pytest.param(ubl_xml(party=PARTY, lines=account("DE89 3704 0044 0532 0130 00")), id="UBL"),
    ],
)
def test_every_format_states_all_four(xml: str) -> None:
    """The VAT number before any other tax number."""
    assert values(xml) == ["2025-17", date(2025, 4, 7), "DE811569869", ACCOUNT]


def test_what_the_file_does_not_state_is_null() -> None:
    """With full confidence, as the file is all there is."""
    invoice = read_einvoice(cii_xml().encode())
    assert invoice
    fields = by_key(extra_fields(invoice))

    assert fields["invoice_number"].value == "2025-17"
    assert {(fields[key].value, fields[key].problem) for key in ("due_date", "tax_id", "iban")} == {(None, "not_found")}


def test_account_that_is_no_iban_is_null_and_shown() -> None:
    """UBL has one element for all kinds of accounts."""
    invoice = read_einvoice(ubl_xml(lines=account("0532013000")).encode())
    assert invoice
    field = by_key(extra_fields(invoice))["iban"]

    assert (field.value, field.raw, field.problem) == (None, "0532013000", "unparsable")
