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

COUNTED = """HIGH FERN              INVOICE
Ferns drive progress
Delivery      3/17/2024
Invoice #:    2718281
PRODUCT ID    UNIT PRICE    QUANTITY    TOTAL PRICE
F207K         4.00          160         640.00
TOTAL                       160         640.00"""

HEADED = """Fernway
Invoice Number    Invoice Date    Invoice Due Date    Charges
27182818          3/12/2024       3/26/2024           $42,318.57"""

TIPPED = """Fern Diner
Tue 05/16/2017 12:21 PM
Sub Total     USD$ 31.40
Tip:                4.71
Total         USD$ 36.11"""

SERVED = """MAISON DU SOLEIL
Date:18/02/2017
2 x Cola              £4.20
2 x Soup             £13.30
Subtotal:            £17.50
Service (@ 10.00%):   £1.75
Total:               £19.25
VAT included in total: £2.92
Cash:                £20.00
Change:               £0.75"""

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
Anchor rope    2    12.250    24.500
Fender         4     6.125    24.500
Total KWD                     49.000
Discount                       1.750
Net amount KWD                47.250"""

REBATED = """Dachbau Linde GmbH
Rechnung 27182818    17.05.2018
Summe Positionen                    20,00
Mehrwertsteuer 19,00 %               3,80
Endbetrag                           23,80 EUR
Mit 3,00 % Skonto (0,71 EUR) ergibt sich ein Zahlungsbetrag von 23,09 EUR."""


BILL = """TALLER DEL SUR              FACTURA
Fecha: 21/03/2023            CUIT 30-12345678-9
1.00 REPARACION      94000.00      94000.00
Subtotal             94000.00
TOTAL                94000.00"""

ESTIMATE = """Orden de Trabajo
IMPORTE TOTAL PRESUPUESTADO: $    152,000.00
CARGO POR FRANQUICIA: $            58,000.00
NETO AUTORIZADO: $                 94,000.00"""


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
        pytest.param(COUNTED, "640.00", id="behind a count in the row of the total"),
        pytest.param(HEADED, "42318.57", id="the only price, under a heading"),
        pytest.param(REDUCED, "47.250", id="what a discount leaves, called net"),
        pytest.param(REBATED, "23.80", id="before a rebate for paying early"),
    ],
)
def test_total_that_the_document_names_is_found(reader: LayoutReader, text: str, total: str) -> None:
    """The word for it stands in its row, or no other price does."""
    assert _amounts(reader, text)["total"].value == Decimal(total)


def test_estimate_behind_an_invoice_is_not_its_total(reader: LayoutReader) -> None:
    """What was reckoned before the work is larger than what is billed."""
    assert _amounts(reader, BILL, ESTIMATE)["total"].value == Decimal(94000)


@pytest.mark.parametrize("text", [pytest.param(TIPPED, id="tip"), pytest.param(SERVED, id="service charge")])
def test_what_is_added_for_service_is_no_tax(reader: LayoutReader, text: str) -> None:
    """It makes subtotal and total agree, as a tax would."""
    assert _amounts(reader, text)["tax_amount"].value in {None, Decimal("2.92")}


def test_amounts_with_three_decimals_are_read_as_printed(reader: LayoutReader) -> None:
    """A thousand fils are one dinar."""
    found = _amounts(reader, DINARS)

    assert [found[key].value for key in ("currency", *AMOUNT_KEYS)] == [
        "BHD",
        Decimal("10.100"),
        Decimal("1.010"),
        Decimal("11.110"),
    ]
