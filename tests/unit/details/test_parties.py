"""Supplier and customer, from their blocks and labels."""

import pytest

from lib.details.labels import Labels
from lib.details.parties import Parties
from lib.document import Field
from lib.extraction import Customer, Supplier
from tests.unit.details.drawn import parsed_pages

LETTER = """
Nordlicht Werkzeuge GmbH                           Telefon 040 1234567
Hafenweg 3                                         Telefax 040 1234568
20457 Hamburg                                      info@nordlicht.example



Tischlerei Quandt
Alte Gasse 12
99084 Erfurt


Rechnung Nr. 2025-17                               Datum 05.03.2025

Menge   Bezeichnung                                Preis      Betrag
1       Hobel                                      50,00       50,00
"""

BILL = """
Blue Fern Studio

Bill to:                       Ship to:
Quandt Joinery Ltd             Harbour Depot
12 Old Lane                    3 Quay Street
London E1 6AN                  London E14 5AB

Invoice no. 17                 Total 50.00
"""


def parties(text: str, merchant: str) -> tuple[Supplier, Customer]:
    """Those of a page whose merchant is known."""
    parsed = parsed_pages(text)
    cell = next(cell for row in parsed.rows for cell in row.cells if cell.text == merchant)
    known = Field("merchant", merchant, merchant, 0.9, 0, cell.bbox)
    found = Parties(parsed, Labels(parsed))
    supplier = found.supplier(known, None, None)
    return supplier, found.customer(supplier)


def value(leaf: Field | None) -> object:
    """Of a leaf, or None."""
    return leaf.value if leaf else None


def test_supplier_is_the_merchant_with_what_its_block_says() -> None:
    """The number behind "Telefax" is no telephone's."""
    supplier, _ = parties(LETTER, "Nordlicht Werkzeuge GmbH")

    assert value(supplier.name) == "Nordlicht Werkzeuge GmbH"
    assert value(supplier.address) == "Hafenweg 3, 20457 Hamburg"
    assert value(supplier.phone) == "040 1234567"
    assert value(supplier.email) == "info@nordlicht.example"


def test_customer_is_the_address_block_that_is_not_the_suppliers() -> None:
    """A letter says nowhere whom it is for: it has a window."""
    _, customer = parties(LETTER, "Nordlicht Werkzeuge GmbH")

    assert value(customer.name) == "Tischlerei Quandt"
    assert value(customer.address) == "Alte Gasse 12, 99084 Erfurt"


def test_who_is_billed_is_the_customer_and_not_where_it_is_shipped() -> None:
    """Both blocks have a heading."""
    _, customer = parties(BILL, "Blue Fern Studio")

    assert value(customer.name) == "Quandt Joinery Ltd"


def test_sentence_that_speaks_of_customers_names_none() -> None:
    """Nor does a till's slip without any."""
    _, customer = parties(
        "Corner Shop\nDear customers, please keep this receipt for returns.\nTotal 5.00", "Corner Shop"
    )

    assert customer.name is None


def test_line_of_the_sender_over_a_window_is_no_name() -> None:
    """It has the whole address of whoever sends the letter."""
    window = "Nordlicht Werkzeuge GmbH · Hafenweg 3 · 20457 Hamburg\nTischlerei Quandt\nAlte Gasse 12\n99084 Erfurt"
    text = f"Nordlicht Werkzeuge GmbH{' ' * 60}www.nordlicht.example\n\n\n{window}\n\nRechnung Nr. 17"

    _, customer = parties(text, "Nordlicht Werkzeuge GmbH")

    assert value(customer.name) == "Tischlerei Quandt"


@pytest.mark.parametrize(
    ("number", "found"),
    [
        pytest.param("NIP 113-219-12-33", "113-219-12-33", id="of the same kind"),
        pytest.param("NIP 526-000-12-46", None, id="the supplier's own again"),
        pytest.param("NIP 113-219-12-34", None, id="wrong check digits"),
    ],
)
def test_second_tax_number_of_the_suppliers_kind_is_the_customers(number: str, found: str | None) -> None:
    """Where nothing says whose it is."""
    parsed = parsed_pages(f"Zielona Skrzynka\nNIP 526-000-12-46{' ' * 60}Warszawa\n\n\nStolarnia Quandt   {number}")
    own = Field("tax_id", "526-000-12-46", "526-000-12-46", 0.97, 0, parsed.rows[1].cells[0].bbox)

    assert value(Parties(parsed, Labels(parsed)).customer(Supplier(tax_id=own)).tax_id) == found


def test_telephone_stands_below_a_label_alone() -> None:
    """In its own row of the column."""
    supplier, _ = parties(
        f"Nordlicht{' ' * 80}Telefon\n{' ' * 89}03420/555-0\nHafen{' ' * 84}Telefax\n{' ' * 89}03420/555-29",
        "Nordlicht",
    )

    assert value(supplier.phone) == "03420/555-0"


def test_address_of_the_sender_stands_in_the_line_over_the_window() -> None:
    """What stands below is the customer's."""
    window = "Nordlicht Werkzeuge   Hafenweg 3   20457 Hamburg\nTischlerei Quandt\nAlte Gasse 12\n99084 Erfurt"

    supplier, customer = parties(f"{window}{' ' * 60}Seite 1", "Nordlicht Werkzeuge")

    assert value(supplier.address) == "Hafenweg 3, 20457 Hamburg"
    assert value(customer.name) == "Tischlerei Quandt"


@pytest.mark.parametrize("line", ["IBAN DE89 3704 0044 0532 0130 00", "Nº 000.018.220", "Room 412"])
def test_other_number_is_no_telephones(line: str) -> None:
    """Digits of an account or of a document may stand as a telephone's do."""
    supplier, _ = parties(f"Nordlicht{' ' * 80}Hamburg\n{line}", "Nordlicht")

    assert (supplier.phone, supplier.address) == (None, None)


def test_number_in_a_register_has_no_town() -> None:
    """The court's stands between the label and the number."""
    supplier, _ = parties(f"Nordlicht{' ' * 80}Lyon\nRCS Lyon 412 815 007", "Nordlicht")

    assert value(supplier.registration_no) == "412 815 007"
