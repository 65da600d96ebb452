"""E-invoices for tests: the XML of each format, and PDFs that carry it. Parties and amounts are invented.

In: what an invoice states. Out: bytes. Knows nothing of ours but the PDF writer beside it.
"""

from collections.abc import Sequence

from tests.pdf_writer import PdfWriter, show_lines

CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
ZUGFERD_1 = "urn:ferd:CrossIndustryDocument:invoice:1p0"
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"

PAGE_LINES = [f"Position {row}: Holzschrauben {row},50 EUR" for row in range(1, 12)]

SELLER = "Schraubenhandel Öxl & Söhne KG"
CII_TAX = '<ram:TaxTotalAmount currencyID="EUR">210.33</ram:TaxTotalAmount>'
UBL_TAX = '<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">210.33</cbc:TaxAmount></cac:TaxTotal>'

LINE = """<ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedTradeProduct><ram:Name>Holzschrauben</ram:Name>
</ram:SpecifiedTradeProduct></ram:IncludedSupplyChainTradeLineItem>"""

UBL_LINE = """<cac:InvoiceLine><cac:TaxTotal><cbc:TaxAmount currencyID="EUR">9.99</cbc:TaxAmount></cac:TaxTotal>
</cac:InvoiceLine>"""


def cii_xml(
    *,
    seller: str = "Schraubenhandel Öxl &amp; Söhne KG",
    issued: str = '<udt:DateTimeString format="102">20250307</udt:DateTimeString>',
    currency: str = "EUR",
    subtotal: str = "1107.00",
    tax: str = CII_TAX,
    total: str = "1317.33",
    type_code: str = "380",
    lines: str = LINE,
) -> str:
    """A Cross Industry Invoice: ZUGFeRD 2.x, Factur-X, XRechnung. Without `lines` it has the form of MINIMUM."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="{CII}" xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
  xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100">
  <rsm:ExchangedDocument><ram:ID>2025-17</ram:ID><ram:TypeCode>{type_code}</ram:TypeCode>
    <ram:IssueDateTime>{issued}</ram:IssueDateTime></rsm:ExchangedDocument>
  <rsm:SupplyChainTradeTransaction>{lines}
    <ram:ApplicableHeaderTradeAgreement>
      <ram:SellerTradeParty><ram:Name>{seller}</ram:Name></ram:SellerTradeParty>
      <ram:BuyerTradeParty><ram:Name>Tischlerei Quandt</ram:Name></ram:BuyerTradeParty>
    </ram:ApplicableHeaderTradeAgreement>
    <ram:ApplicableHeaderTradeDelivery/>
    <ram:ApplicableHeaderTradeSettlement>
      <ram:InvoiceCurrencyCode>{currency}</ram:InvoiceCurrencyCode>
      <ram:ApplicableTradeTax><ram:CalculatedAmount>7.00</ram:CalculatedAmount></ram:ApplicableTradeTax>
      <ram:ApplicableTradeTax><ram:CalculatedAmount>203.33</ram:CalculatedAmount></ram:ApplicableTradeTax>
      <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
        <ram:TaxBasisTotalAmount>{subtotal}</ram:TaxBasisTotalAmount>{tax}
        <ram:GrandTotalAmount>{total}</ram:GrandTotalAmount>
        <ram:TotalPrepaidAmount>100.00</ram:TotalPrepaidAmount><ram:DuePayableAmount>1217.33</ram:DuePayableAmount>
      </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
    </ram:ApplicableHeaderTradeSettlement>
  </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"""


def zugferd_1_xml() -> str:
    """ZUGFeRD 1.0: the same invoice under its older names."""
    newer = cii_xml().replace(CII, ZUGFERD_1).replace("CrossIndustryInvoice", "CrossIndustryDocument")
    names = {
        "ExchangedDocument>": "HeaderExchangedDocument>",
        "SupplyChainTradeTransaction": "SpecifiedSupplyChainTradeTransaction",
        "ApplicableHeaderTrade": "ApplicableSupplyChainTrade",
        "SettlementHeaderMonetary": "SettlementMonetary",
        "Amount>1": 'Amount currencyID="EUR">1',
    }
    for name, older in names.items():
        newer = newer.replace(name, older)
    return newer


def ubl_xml(
    *,
    root: str = "Invoice",
    party: str = "<cac:PartyLegalEntity><cbc:RegistrationName>Schraubenhandel Öxl &amp; Söhne KG"
    "</cbc:RegistrationName></cac:PartyLegalEntity>",
    issued: str = "2025-03-07",
    tax: str = UBL_TAX,
    lines: str = UBL_LINE,
) -> str:
    """A UBL Invoice or CreditNote."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="{UBL}{root}-2" xmlns:cac="{UBL}CommonAggregateComponents-2" xmlns:cbc="{UBL}CommonBasicComponents-2">
  <cbc:ID>2025-17</cbc:ID><cbc:IssueDate>{issued}</cbc:IssueDate><cbc:DueDate>2025-04-07</cbc:DueDate>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:AccountingSupplierParty><cac:Party>{party}</cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>Tischlerei Quandt
    </cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingCustomerParty>
  {tax}
  <cac:LegalMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="EUR">1200.00</cbc:LineExtensionAmount>
    <cbc:TaxExclusiveAmount currencyID="EUR">1107.00</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount currencyID="EUR">1317.33</cbc:TaxInclusiveAmount>
    <cbc:PayableAmount currencyID="EUR">1217.33</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>{lines}
</{root}>"""


def billion_laughs(levels: int = 9) -> bytes:
    """XML of a few hundred bytes that grows to gigabytes where entities are expanded."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels + 1))
    bomb = f'<!DOCTYPE i [<!ENTITY e0 "ha">{entities}]>'
    return cii_xml(seller=f"&e{levels};").replace("?>", "?>" + bomb, 1).encode()


def external_entity(url: str) -> bytes:
    """XML that asks for the content of another file as the seller's name."""
    doctype = f'<!DOCTYPE i [<!ENTITY file SYSTEM "{url}">]>'
    return cii_xml(seller="&file;").replace("?>", "?>" + doctype, 1).encode()


def hybrid_pdf(
    files: Sequence[tuple[str, bytes, str | None]],
    *,
    lines: Sequence[str] = PAGE_LINES,
    media_type: str = "text/xml",
    more_pages: Sequence[Sequence[str]] = (),
) -> bytes:
    """A PDF of one page of text, or more, with embedded files, compressed.

    Args:
        files: (name, content, AFRelationship or None).
        lines: On the page.
        media_type: Of every file.
        more_pages: The lines on each page behind it.
    """
    writer = PdfWriter()
    for page in (lines, *more_pages):
        writer.page(show_lines(page))
    names = []
    subtype = media_type.replace("/", "#2F").encode()
    for name, content, relationship in files:
        stream = writer.stream(content, b"/Type /EmbeddedFile /Subtype /" + subtype)
        related = f"/AFRelationship /{relationship}".encode() if relationship else b""
        title = b"<feff" + name.encode("utf-16-be").hex().encode() + b">"
        spec = b"<< /Type /Filespec /F %s /UF %s /EF << /F %d 0 R >> %s >>" % (title, title, stream, related)
        names.append(b"%s %d 0 R" % (title, writer.add(spec)))
    writer.catalog = b"/Names << /EmbeddedFiles << /Names [%s] >> >>" % b" ".join(names)
    return writer.save()
