"""The kind of a document, its language, and its time."""

import pytest

from lib.details.kinds import read_document_type, read_language
from lib.details.labels import Labels
from lib.details.times import read_time
from tests.unit.details.drawn import parsed_pages


def kind(text: str) -> object:
    """Of a page."""
    parsed = parsed_pages(text)
    leaf = read_document_type(parsed, Labels(parsed))
    return leaf.value if leaf else None


def time(text: str) -> object:
    """Of a page without a date."""
    parsed = parsed_pages(text)
    leaf = read_time(parsed, Labels(parsed), None)
    return leaf.value if leaf else None


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Rechnung", "invoice"),
        ("FACTURE", "invoice"),
        ("Credit Note", "credit_note"),
        ("Gutschrift", "credit_note"),
        ("Auftragsbestätigung", "order"),
        ("Devis", "quote"),
        ("Lieferschein", "delivery_note"),
        ("Statement of Account", "statement"),
        ("Zahlungserinnerung", "reminder"),
        ("SALES RECEIPT", "receipt"),
    ],
)
def test_title_says_the_kind(title: str, expected: str) -> None:
    """In every language, on a page as wide as a letter's."""
    wide = "Nordlicht Werkzeuge" + " " * 80 + "Hamburg"

    assert kind(f"{wide}\n\n{title}\n\n{wide}") == expected


def test_delivery_note_that_an_invoice_refers_to_is_no_title() -> None:
    """Only a title is believed there."""
    wide = "Nordlicht Werkzeuge" + " " * 80 + "Hamburg"

    assert kind(f"{wide}\nRechnung\nLieferschein Nr. 17 vom 05.03.2025, Bestellung 4711\n{wide}") == "invoice"


def test_slip_without_a_title_is_a_receipt() -> None:
    """By its form."""
    assert kind("Corner Shop\nMilk     1.20\nTotal    1.20") == "receipt"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("12/03/2025 14:05", "14:05", id="behind the date"),
        pytest.param("12/03/2025 2:05 PM", "14:05", id="of the afternoon"),
        pytest.param("12-03-20252:05:34P", "14:05", id="glued to the date"),
        pytest.param("Uhrzeit: 14.05 Uhr", "14:05", id="with a point"),
        pytest.param("Time:12:05 am", "00:05", id="after midnight"),
        pytest.param("Open 9:00 - 18:00", None, id="hours of business"),
        pytest.param("Ratio 3:2  Total 14.05", None, id="an amount"),
    ],
)
def test_time_is_told_in_24_hours(text: str, expected: str | None) -> None:
    """However it is printed."""
    assert time(text) == expected


def test_time_in_the_row_of_the_total_is_when_the_bill_was_printed() -> None:
    """The table was opened earlier."""
    assert time("Chk 4781  12/03/2025 12:11PM\nSoup 7.00\n12:28PM Total 7.00") == "12:28"


def test_language_is_that_of_most_words() -> None:
    """None where a document has hardly any."""
    parsed = parsed_pages("Rechnungsdatum 05.03.2025\nZwischensumme 50,00\nGesamtbetrag 59,50")

    leaf = read_language(parsed)

    assert leaf
    assert leaf.value == "de"
    assert read_language(parsed_pages("4711")) is None
