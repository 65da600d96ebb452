"""lib/pipelines/einvoice/invoice.py: each format's six fields, exactly, and nothing that the file does not state."""

import pickle
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.document import FIELD_KEYS
from lib.errors import UnreadableDocument
from lib.grammar.date_forms import FIRST_YEAR, LAST_YEAR
from lib.pipelines.einvoice.invoice import EInvoice, as_fields, read_einvoice
from tests.einvoices import CII_TAX, SELLER, UBL_LINE, UBL_TAX, cii_xml, ubl_xml, zugferd_1_xml

INVOICE = EInvoice(SELLER, date(2025, 3, 7), "EUR", Decimal("1107.00"), Decimal("210.33"), Decimal("1317.33"))

CREDIT_LINE = UBL_LINE.replace("InvoiceLine", "CreditNoteLine")

TRADING_NAME = f"<cac:PartyName><cbc:Name>{SELLER.replace('&', '&amp;')}</cbc:Name></cac:PartyName>"

OTHER_TAX = '<ram:TaxTotalAmount currencyID="PLN">899.10</ram:TaxTotalAmount>'
UBL_OTHER_TAX = UBL_TAX.replace("EUR", "PLN").replace("210.33", "899.10")


def read(xml: str) -> EInvoice:
    """The invoice that the XML must be."""
    invoice = read_einvoice(xml.encode())
    assert invoice is not None
    return invoice


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(cii_xml(), id="CII"),
        pytest.param(cii_xml(lines=""), id="CII without lines, as MINIMUM and BASIC WL"),
        pytest.param(cii_xml(type_code="381"), id="CII credit note, its numbers positive"),
        pytest.param(cii_xml(tax=CII_TAX + OTHER_TAX), id="CII with the tax in a second currency"),
        pytest.param(cii_xml(tax=OTHER_TAX + CII_TAX), id="CII with the other currency first"),
        pytest.param(cii_xml(seller=" Schraubenhandel\n   Öxl &amp; Söhne KG "), id="name over two lines"),
        pytest.param(cii_xml(seller="Schraubenhandel Öxl <!-- und -->&amp; Söhne KG"), id="comment in the name"),
        pytest.param(cii_xml(issued="<udt:DateTime>2025-03-07T00:00:00</udt:DateTime>"), id="date as dateTime"),
        pytest.param(zugferd_1_xml(), id="ZUGFeRD 1.0"),
        pytest.param(ubl_xml(), id="UBL"),
        pytest.param(ubl_xml(root="CreditNote", lines=CREDIT_LINE), id="UBL credit note"),
        pytest.param(ubl_xml(party=TRADING_NAME), id="UBL with a trading name only"),
        pytest.param(ubl_xml(tax=UBL_OTHER_TAX + UBL_TAX), id="UBL with the tax in a second currency"),
        pytest.param(
            ubl_xml(tax=UBL_TAX.replace("210.33", "200.00") + UBL_TAX.replace("210.33", "10.33")),
            id="UBL with two kinds of tax that add up",
        ),
        pytest.param(ubl_xml(tax=UBL_TAX + UBL_TAX), id="UBL with the tax said twice"),
        pytest.param(ubl_xml(issued="2025-03-07+01:00"), id="UBL date with a time zone"),
    ],
)
def test_read_einvoice_format_states_six_fields_exactly(xml: str) -> None:
    """Every format, profile and habit comes to the same invoice."""
    assert read(xml) == INVOICE


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        pytest.param("1317.33", "1317.33", id="two decimals"),
        pytest.param("300", "300", id="none"),
        pytest.param("47.9", "47.9", id="one"),
        pytest.param(" 12.0000 ", "12.0000", id="four, white space around"),
        pytest.param("-59.50", "-59.50", id="negative"),
        pytest.param("+.5", "0.5", id="plus, no whole part"),
        pytest.param("-0.00", "0", id="negative zero"),
        pytest.param("1.005", "1.005", id="three are decimals, never thousands"),
    ],
)
def test_read_einvoice_amount_is_taken_literally(text: str, amount: str) -> None:
    """An xs:decimal means one number only, whatever a page would mean by it."""
    value = read(cii_xml(total=text)).total

    assert value == Decimal(amount)
    assert str(value)[0] != "-" or value != 0


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "INF",
        "Infinity",
        "1e999999999",
        "1E5",
        "1.317,33",
        "1,317.33",
        "12 EUR",
        "٣",
        "9" * 16,
        "9" * 5000,
        "--1",
    ],
)
def test_read_einvoice_amount_that_is_no_decimal_is_null_with_its_text(text: str) -> None:
    """What the format does not allow is not guessed at."""
    invoice = read(cii_xml(total=text))

    assert invoice.total is None
    assert invoice.raw["total"] == text


@pytest.mark.parametrize(
    "text",
    ["20240231", "20241301", "2024", "202411", "00010101", "99991231", "15.11.2024", "20240101x", "٢٠٢٤٠١٠١", "today"],
)
def test_read_einvoice_day_that_does_not_exist_is_null(text: str) -> None:
    """A date of no calendar, of no invoice, or of another format is not read."""
    invoice = read(cii_xml(issued=f'<udt:DateTimeString format="102">{text}</udt:DateTimeString>'))

    assert invoice.date is None
    assert invoice.raw["date"] == text


def test_read_einvoice_month_format_is_null() -> None:
    """Format 610 is a month; its six digits are no day."""
    assert read(cii_xml(issued='<udt:DateTimeString format="610">202503</udt:DateTimeString>')).date is None


@pytest.mark.parametrize("text", ["", "€", "EURO", "eur", "E R"])
def test_read_einvoice_currency_that_is_no_code_is_null(text: str) -> None:
    """A code has three capitals; amounts are then those of any currency."""
    invoice = read(cii_xml(currency=text))

    assert invoice.currency is None
    assert invoice.total == Decimal("1317.33")


@pytest.mark.parametrize(
    "tax",
    [
        pytest.param("", id="none"),
        pytest.param(OTHER_TAX, id="in another currency only"),
        pytest.param(CII_TAX.replace("210.33", "20.33") * 2 + CII_TAX.replace("210.33", "7"), id="none that fits"),
        pytest.param(CII_TAX + CII_TAX.replace("210.33", "NaN"), id="one of two is no number"),
    ],
)
def test_read_einvoice_tax_that_is_not_clear_is_null(tax: str) -> None:
    """The tax is not made from the other two totals."""
    assert read(cii_xml(tax=tax)).tax_amount is None


def test_read_einvoice_name_longer_than_a_name_is_null() -> None:
    """Megabytes are no name."""
    assert read(cii_xml(seller="x" * 5000)).merchant is None


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param("<adt:orders xmlns:adt='urn:some:orders'/>", id="something else"),
        pytest.param("<Invoice/>", id="an invoice of no namespace"),
        pytest.param(cii_xml().replace("CrossIndustryInvoice:100", "CrossIndustryOrder:100"), id="another namespace"),
        pytest.param("<svg xmlns='http://www.w3.org/2000/svg'/>", id="a drawing"),
    ],
)
def test_read_einvoice_xml_of_another_kind_is_none(xml: str) -> None:
    """Only the roots of the known formats are invoices."""
    assert read_einvoice(xml.encode()) is None


def test_read_einvoice_without_any_field_is_refused() -> None:
    """A root alone is not worth more than the page."""
    with pytest.raises(UnreadableDocument, match="states neither"):
        read_einvoice(b"<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'/>")


def test_as_fields_gives_final_values_in_order_with_their_text() -> None:
    """The values need no rules: they are typed already."""
    fields = as_fields(read(cii_xml(total="300")))

    assert tuple(field.key for field in fields) == FIELD_KEYS
    assert [field.value for field in fields] == [
        SELLER,
        date(2025, 3, 7),
        "EUR",
        Decimal(1107),
        Decimal("210.33"),
        Decimal(300),
    ]
    assert [field.raw for field in fields] == [SELLER, "20250307", "EUR", "1107.00", "210.33", "300"]
    assert {(field.confidence, field.page_index, field.bbox, field.problem) for field in fields} == {
        (1.0, None, None, None)
    }


def test_as_fields_says_what_is_missing_and_what_cannot_be_read() -> None:
    """A null has its reason."""
    fields = {field.key: field for field in as_fields(read(cii_xml(tax="", total="NaN")))}

    assert (fields["tax_amount"].value, fields["tax_amount"].raw, fields["tax_amount"].problem) == (
        None,
        None,
        "not_found",
    )
    assert (fields["total"].value, fields["total"].raw, fields["total"].problem) == (None, "NaN", "unparsable")


def test_einvoice_comes_whole_through_a_pickle() -> None:
    """It is handed over by a worker process."""
    invoice = read(cii_xml())

    copy = pickle.loads(pickle.dumps(invoice))  # noqa: S301 - bytes of our own

    assert copy == invoice
    assert copy.raw == invoice.raw


@given(
    st.decimals(min_value=-(10**12), max_value=10**12, places=2),
    st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)),
)
def test_read_einvoice_any_amount_and_day_come_back(amount: Decimal, day: date) -> None:
    """Nothing is rounded or shifted."""
    issued = f'<udt:DateTimeString format="102">{day:%Y%m%d}</udt:DateTimeString>'

    invoice = read(cii_xml(total=f"{amount:f}", issued=issued))

    assert (invoice.total, invoice.date) == (amount, day)
