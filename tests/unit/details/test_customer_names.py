"""Names of customers: behind or below words that announce them, or over an address that nothing announces."""

import pytest

from lib.details.labels import Labels
from lib.details.parties import Parties
from lib.document import Field
from lib.extraction import Supplier
from tests.unit.details.drawn import parsed_pages
from tests.unit.details.test_parties import parties, value

SUPPLIER = "Nordlicht Werkzeuge GmbH"
HEAD = f"{SUPPLIER}{' ' * 50}Telefon 040 1234567\nHafenweg 3\n20457 Hamburg\n\n\n"
TABLE = "\n\n\nMenge   Bezeichnung          Preis      Betrag\n1       Hobel                50,00       50,00\n"


def customer(page: str) -> tuple[object, object]:
    """Name and address of the customer on a page below the supplier's head and above a table."""
    found = parties(HEAD + page + TABLE, SUPPLIER)[1]
    return value(found.name), value(found.address)


@pytest.mark.parametrize(
    ("lines", "name", "address"),
    [
        (
            "Quandt Joinery Pty Ltd\n12 Old Lane\nSydney NSW 2000",
            "Quandt Joinery Pty Ltd",
            "12 Old Lane, Sydney NSW 2000",
        ),
        (
            "Quandt Joinery Ltd\n12 Old Lane\nToronto ON M5V 2T6",
            "Quandt Joinery Ltd",
            "12 Old Lane, Toronto ON M5V 2T6",
        ),
        ("Quandt Joinery\n12 Old Lane\nMumbai - 400001", "Quandt Joinery", "12 Old Lane, Mumbai - 400001"),
        (
            "Carpintaria Quandt Lda\nRua Velha 12\n1000-001 Lisboa",
            "Carpintaria Quandt Lda",
            "Rua Velha 12, 1000-001 Lisboa",
        ),
        (
            "Timmerbedrijf Quandt BV\nOudestraat 12\n1234AB Utrecht",
            "Timmerbedrijf Quandt BV",
            "Oudestraat 12, 1234AB Utrecht",
        ),
        ("Quandt SIA\nVeca iela 12\nRiga, LV-1010", "Quandt SIA", "Veca iela 12, Riga, LV-1010"),
        ("Frau\nErika Quandt\nAlte Gasse 12\n99084 Erfurt", "Erika Quandt", "Alte Gasse 12, 99084 Erfurt"),
        ("M.\nHugo Quandt\n12 rue Vieille\n99084 Erfurt", "Hugo Quandt", "12 rue Vieille, 99084 Erfurt"),
        (
            "Tischlerei Quandt +\nSohn\nAlte Gasse 12\n99084 Erfurt",
            "Tischlerei Quandt + Sohn",
            "Alte Gasse 12, 99084 Erfurt",
        ),
    ],
)
def test_window_of_a_letter_names_the_customer_over_the_address(lines: str, name: str, address: str) -> None:
    """Postal codes and towns of many countries end an address."""
    assert customer(lines) == (name, address)


@pytest.mark.parametrize(
    "lines",
    [
        "Firma\nTischlerei Quandt\nz. Hd. Frau Meier\nAlte Gasse 12\n99084 Erfurt",
        "z. Hd. Frau Meier\nTischlerei Quandt\nAlte Gasse 12\n99084 Erfurt",
        "Kunde\nName / Firma        Steuer-Nr.\nTischlerei Quandt   12/345/67890",
        "Kunde\nz. Hd. Frau Meier\nTischlerei Quandt\nAlte Gasse 12",
        "Kunde: Tischlerei Quandt, Steuer-Nr. 12/345/67890",
        "Kunde: Tischlerei Quandt, Alte Gasse 12, 99084 Erfurt",
        "Kunde: Tischlerei Quandt; Telefon: 0361 123456",
        "Kunde          Tischlerei Quandt\nKundennummer   4711",
        "Kunde\nName: Tischlerei Quandt\nAnschrift: Alte Gasse 12",
        "Kunde\nName:          Tischlerei Quandt\nAnschrift:     Alte Gasse 12",
        "Kundenname     : Tischlerei Quandt\nAlles Gute wünscht Ihr Team",
        "Kunde          Auftragsnummer     Datum\nQUANDT01       4711               05.03.2025\n\n\n"
        "Tischlerei Quandt\nAlte Gasse 12\n99084 Erfurt",
        "Lieferadresse: Lager Süd\n\n\nTischlerei Quandt\nAlte Gasse 12\n99084 Erfurt",
    ],
)
def test_name_is_the_customers_alone(lines: str) -> None:
    """Neither who opens the letter, nor a code, nor the place that gets the goods, nor an address."""
    assert customer(lines)[0] == "Tischlerei Quandt"


@pytest.mark.parametrize("name", ["Kontakt Grafik GmbH", "A. C. Quandt Ltd", "Att Systems Inc"])
def test_company_whose_name_begins_like_an_opener_of_letters_keeps_all_of_it(name: str) -> None:
    """Only persons open letters."""
    assert customer(f"Kunde: {name}")[0] == name


@pytest.mark.parametrize(
    "lines",
    [
        "Sehr geehrte Damen und Herren,\nwir danken für Ihren Auftrag",
        "Dear customer,\nthank you for your order",
        "Cher client,\nnous vous remercions de votre commande",
        "Madame, Monsieur,\nveuillez trouver ci-joint notre facture",
        "Customer signature             Date",
        "N° client : 4711\nMerci de votre confiance",
        "Art.-Nr.-Kunde\nHobel aus Buche",
        "Rechnung\nHobel\nBestellung 400001",
    ],
)
def test_letter_and_number_name_nobody(lines: str) -> None:
    """Words for customers stand in salutations and labels, too."""
    assert customer(lines)[0] is None


def test_address_goes_on_below_who_opens_the_letter() -> None:
    """Who is no part of it."""
    found = customer("Timmerbedrijf Quandt BV\nT.a.v. J. de Vries\nOudestraat 12\n1234 AB Utrecht")

    assert found == ("Timmerbedrijf Quandt BV", "Oudestraat 12, 1234 AB Utrecht")


def test_address_has_no_label() -> None:
    """Its label is no part of it."""
    assert customer("Customer details\nCompany: Quandt Ltd\nAddress: 12 Old Lane")[1] == "12 Old Lane"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Customer: Erika Quandt", "Erika Quandt"),
        ("Guest: 2\nLemonade", None),
        ("Guest 3\nLemonade", None),
        ("No. of Guest : 1\nTomato Soup", None),
        ("Members earn points\nAsk us how", None),
        ("Customer-activated purchase\nSwiped", None),
        ("Total to Recipient: 25.00 USD\nThanks", None),
        ("Customer:\n1 Backpack", None),
    ],
)
def test_slip_names_its_customer_behind_a_label_only(line: str, name: str | None) -> None:
    """A till speaks of guests and customers in passing."""
    _, found = parties(f"Corner Shop\n{line}\nTotal 5.00", "Corner Shop")

    assert value(found.name) == name


def test_person_over_an_address_below_the_table_is_the_customer() -> None:
    """Suppliers have no title; a company there may be the supplier under another name."""
    page = f"{HEAD}{TABLE}\n\nPayment:\n{{}}\nOld Lane 15\n1234 Newtown"

    assert value(parties(page.format("Mr. Paul Quandt"), SUPPLIER)[1].name) == "Mr. Paul Quandt"
    assert value(parties(page.format("Quandt Payments Ltd"), SUPPLIER)[1].name) is None


def test_company_in_front_of_the_customers_number_is_the_customer() -> None:
    """Where no word announces it."""
    lines = (("Zielona Skrzynka", "NIP 526-000-12-46"), ("", ""), ("Stolarnia Quandt Sp. z o.o.", "NIP 113-219-12-33"))
    parsed = parsed_pages("\n".join(f"{left:<60}{right}" for left, right in lines))
    own = Field("tax_id", "526-000-12-46", "526-000-12-46", 0.97, 0, parsed.rows[0].cells[1].bbox)

    found = Parties(parsed, Labels(parsed)).customer(Supplier(tax_id=own))

    assert value(found.name) == "Stolarnia Quandt Sp. z o.o."
