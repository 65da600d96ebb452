"""Amounts that nothing on the page makes a total or a tax, and totals that the model overlooks."""

from decimal import Decimal

import pytest

from lib.document import AMOUNT_KEYS, Field
from lib.layout_reader.reader import LayoutReader
from lib.post.rules import normalize
from tests.unit.layout_reader.documents import QUESTIONS, document_of

CUT_OFF = """Straits Kopitiam
41 Orchard Road
22/03/2025 14:40
Laksa              8.50
Teh tarik          2.20
Popiah             7.00
Satay 6pc          9.60
Kaya toast         3.80"""

COUNTED = """NEXT LEVEL             INVOICE
Innovation drives progress
Delivery      6/12/2024
Invoice #:    4315272
PRODUCT ID    UNIT PRICE    QUANTITY    TOTAL PRICE
H509L         5.00          150         750.00
TOTAL                       150         750.00"""

HEADED = """Contrail
Invoice Number    Invoice Date    Invoice Due Date    Charges
34278587          6/18/2024       6/24/2024           $56,651.49"""

TIPPED = """Main Road Diner
Fri 04/07/2017 11:36 AM
Sub Total     USD$ 25.23
Tip:                3.78
Total         USD$ 29.01"""

SERVED = """COMPTOIR DU SOLEIL
Date:28/01/2017
2 x Cola              £3.90
2 x Soup             £12.45
Subtotal:            £16.35
Service (@ 10.00%):   £1.64
Total:               £17.99
VAT included in total: £2.72
Cash:                £20.00
Change:               £2.01"""

DINARS = """Pearl Kitchen
Block 338, Adliya, Manama
14/05/2025 20:31
Mixed grill           6.500
Hummus                1.200
Lemon mint x2         2.400
Subtotal             10.100
VAT 10%               1.010
TOTAL BHD            11.110"""

REDUCED = """Gulf Marine Supplies    INVOICE
Date: 18/02/2025
Anchor rope    2    14.250    28.500
Fender         4     6.875    27.500
Total KWD                     56.000
Discount                       1.250
Net amount KWD                54.750"""

REBATED = """Dachbau Linde GmbH
Rechnung 94165608    30.08.2018
Summe Positionen                    10,80
Mehrwertsteuer 19,00 %               2,05
Endbetrag                           12,85 EUR
Mit 3,00 % Skonto (0,30 EUR) ergibt sich ein Zahlungsbetrag von 12,55 EUR."""


BILL = """TALLER DEL SUR              FACTURA
Fecha: 10/02/2023            CUIT 30-12345678-9
1.00 REPARACION     106000.00     106000.00
Subtotal            106000.00
TOTAL               106000.00"""

ESTIMATE = """Orden de Trabajo
IMPORTE TOTAL PRESUPUESTADO: $    170,000.00
CARGO POR FRANQUICIA: $            64,000.00
NETO AUTORIZADO: $                106,000.00"""


@pytest.fixture(scope="module")
def reader() -> LayoutReader:
    """The reader with its own model."""
    return LayoutReader()


def _amounts(reader: LayoutReader, *pages: str) -> dict[str, Field]:
    document = document_of(*pages)
    fields = normalize(reader.answer(document, QUESTIONS), document=document)
    return {field.key: field for field in fields if field.key in {*AMOUNT_KEYS, "currency"}}


def test_receipt_cut_off_above_its_total_has_none(reader: LayoutReader) -> None:
    """An item is no total, however likely the others are not."""
    assert _amounts(reader, CUT_OFF)["total"].value is None


@pytest.mark.parametrize(
    ("text", "total"),
    [
        pytest.param(COUNTED, "750.00", id="behind a count in the row of the total"),
        pytest.param(HEADED, "56651.49", id="the only price, under a heading"),
        pytest.param(REDUCED, "54.750", id="what a discount leaves, called net"),
        pytest.param(REBATED, "12.85", id="before a rebate for paying early"),
    ],
)
def test_total_that_the_document_names_is_found(reader: LayoutReader, text: str, total: str) -> None:
    """The word for it stands in its row, or no other price does."""
    assert _amounts(reader, text)["total"].value == Decimal(total)


def test_estimate_behind_an_invoice_is_not_its_total(reader: LayoutReader) -> None:
    """What was reckoned before the work is larger than what is billed."""
    assert _amounts(reader, BILL, ESTIMATE)["total"].value == Decimal(106000)


@pytest.mark.parametrize("text", [pytest.param(TIPPED, id="tip"), pytest.param(SERVED, id="service charge")])
def test_what_is_added_for_service_is_no_tax(reader: LayoutReader, text: str) -> None:
    """It makes subtotal and total agree, as a tax would."""
    assert _amounts(reader, text)["tax_amount"].value in {None, Decimal("2.72")}


def test_amounts_with_three_decimals_are_read_as_printed(reader: LayoutReader) -> None:
    """A thousand fils are one dinar."""
    found = _amounts(reader, DINARS)

    assert [found[key].value for key in ("currency", *AMOUNT_KEYS)] == [
        "BHD",
        Decimal("10.100"),
        Decimal("1.010"),
        Decimal("11.110"),
    ]
