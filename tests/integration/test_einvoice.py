"""Hybrid e-invoices through the whole service."""

from unittest.mock import AsyncMock

import httpx
import pytest
from fpdf import FPDF

from lib.pipelines.einvoice import stage
from lib.pipelines.worker_process import run_bounded
from tests.integration.conftest import BlankOcr, service

pytestmark = pytest.mark.anyio

CII = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
 <rsm:ExchangedDocument><ram:ID>R-17</ram:ID><ram:TypeCode>380</ram:TypeCode>
  <ram:IssueDateTime><udt:DateTimeString format="102">20260314</udt:DateTimeString></ram:IssueDateTime>
 </rsm:ExchangedDocument>
 <rsm:SupplyChainTradeTransaction>
  <ram:ApplicableHeaderTradeAgreement>
   <ram:SellerTradeParty><ram:Name>Beispiel Werkzeugbau GmbH</ram:Name></ram:SellerTradeParty>
  </ram:ApplicableHeaderTradeAgreement>
  <ram:ApplicableHeaderTradeSettlement>
   <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
   <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
    <ram:TaxBasisTotalAmount>100.00</ram:TaxBasisTotalAmount>
    <ram:TaxTotalAmount currencyID="EUR">19.00</ram:TaxTotalAmount>
    <ram:GrandTotalAmount>119.00</ram:GrandTotalAmount>
   </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
  </ram:ApplicableHeaderTradeSettlement>
 </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"""

STATED = {
    "merchant": "Beispiel Werkzeugbau GmbH",
    "date": "2026-03-14",
    "currency": "EUR",
    "subtotal": 100,
    "tax_amount": 19,
    "total": 119,
}


def hybrid(total: str, *, xml: str = CII) -> bytes:
    """A PDF that shows `total` and carries the XML."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    for line in (
        "Beispiel Werkzeugbau GmbH",
        "Rechnung R-17 vom 14.03.2026",
        "Netto 100,00 EUR",
        f"Gesamt {total} EUR",
    ):
        pdf.cell(0, 10, line, new_x="LMARGIN", new_y="NEXT")
    pdf.embed_file(basename="factur-x.xml", bytes=xml.encode(), compress=True)
    return bytes(pdf.output())


async def extract(client: httpx.AsyncClient, content: bytes) -> httpx.Response:
    """Post a document, asking for its fields."""
    return await client.post("/v1/extract?include=fields", files={"file": ("invoice.pdf", content)})


async def test_hybrid_invoice_is_answered_from_its_xml() -> None:
    """The XML's six fields, exactly, with full confidence."""
    async with service(ocr=BlankOcr()) as client:
        body = (await extract(client, hybrid("119,00"))).json()

    assert body["data"] == STATED
    assert (body["meta"]["source"], body["meta"]["reader"], body["meta"]["warnings"]) == ("xml", "einvoice", [])
    assert {field["confidence"] for field in body["fields"].values()} == {1}


async def test_hybrid_invoice_with_amounts_that_could_be_days_tells_amounts() -> None:
    """No tax is 0 in every part of the answer, and 86400, the seconds of a day, is no date."""
    xml = CII.replace(">19.00<", ">0.00<").replace(">100.00<", ">86400.00<").replace(">119.00<", ">86400.00<")
    async with service(ocr=BlankOcr()) as client:
        body = (await extract(client, hybrid("86.400,00", xml=xml))).json()

    amounts = {"subtotal": 86400, "tax_amount": 0, "total": 86400}
    assert {key: body["data"][key] for key in amounts} == amounts
    assert {key: body["fields"][key]["value"] for key in amounts} == amounts


async def test_hybrid_invoice_whose_page_shows_another_total_is_warned_of() -> None:
    """An XML that a person does not see may say something else than the page: a fraud vector."""
    async with service(ocr=BlankOcr()) as client:
        body = (await extract(client, hybrid("1.190,00"))).json()

    assert body["data"]["total"] == 119
    assert "einvoice_disagrees_with_page" in body["meta"]["warnings"]


async def test_xml_is_parsed_once_where_a_page_leaves_the_total_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it states is known already when the pages are read."""
    counted = AsyncMock(wraps=run_bounded)
    monkeypatch.setattr(stage, "run_bounded", counted)
    async with service(ocr=BlankOcr()) as client:
        body = (await extract(client, hybrid("1.190,00"))).json()

    assert (body["meta"]["source"], counted.await_count) == ("xml", 1)


async def test_broken_xml_is_warned_of_and_the_page_is_read() -> None:
    """A damaged attachment costs nothing but a warning."""
    async with service(ocr=BlankOcr()) as client:
        body = (await extract(client, hybrid("119,00", xml=CII[:600]))).json()

    assert body["meta"]["source"] == "text_layer"
    assert "einvoice_unreadable" in body["meta"]["warnings"]
    assert body["data"]["total"] == 119


async def test_einvoice_off_reads_the_page() -> None:
    """With EINVOICE=off the XML is left alone."""
    async with service({"EINVOICE": "off"}, ocr=BlankOcr()) as client:
        body = (await extract(client, hybrid("119,00"))).json()

    assert body["meta"]["source"] == "text_layer"


async def test_xml_upload_is_read_only_where_it_is_allowed() -> None:
    """A plain XRechnung needs application/xml among ALLOWED_CONTENT_TYPES."""
    async with service(ocr=BlankOcr()) as client:
        refused = await extract(client, CII.encode())
    async with service({"ALLOWED_CONTENT_TYPES": "application/pdf,application/xml"}, ocr=BlankOcr()) as client:
        taken = await extract(client, CII.encode())

    assert refused.status_code == 415
    assert taken.json()["data"] == STATED
    assert taken.json()["meta"]["source"] == "xml"
