"""Numbers, days and payment are answered where a label announces them."""

from datetime import date

import pytest

from lib.details.labels import Labels
from lib.details.references import read_payment, read_references
from lib.document import Field
from lib.extraction import Payment, References
from tests.unit.details.drawn import parsed_pages


def references(text: str) -> References:
    """Those of a page."""
    parsed = parsed_pages(text)
    return read_references(Labels(parsed), parsed, {})


def payment(text: str) -> Payment:
    """That of a page."""
    parsed = parsed_pages(text)
    return read_payment(Labels(parsed), parsed, {})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Order number: PO-4711", id="behind the label"),
        pytest.param("Bestellnummer     PO-4711", id="in the next cell"),
        pytest.param("Vs. ordine n. PO-4711 del 01/02/2025", id="it"),
        pytest.param("Megrendelés száma: PO-4711", id="hu"),
        pytest.param("Užsakymo Nr. PO-4711", id="lt"),
        pytest.param("Αρ. παραγγελίας: PO-4711", id="el"),
        pytest.param("注文番号：PO-4711", id="ja"),
        pytest.param("رقم الطلب: PO-4711", id="ar"),
        pytest.param("Date          Commande\n01.02.2025    PO-4711", id="below the label"),
    ],
)
def test_order_number_stands_behind_or_below_its_label(text: str) -> None:
    """In every language."""
    (leaf,) = references(text).leaves

    assert (leaf.key, leaf.value, leaf.page_index) == ("order_number", "PO-4711", 0)
    assert leaf.bbox is not None


@pytest.mark.parametrize("text", ["Order 12.50", "Order 7", "Order date 2025-03-01", "Thanks for your order"])
def test_price_or_place_in_a_queue_is_no_order_number(text: str) -> None:
    """What a till calls an order has no number worth the name."""
    assert references(text).order_number is None


def test_letters_in_front_of_a_number_are_a_part_of_it() -> None:
    """Although they are a label elsewhere."""
    leaf = references("Purchase Order No. PO4711").order_number

    assert leaf
    assert leaf.value == "PO4711"


def test_letters_inside_a_row_of_goods_are_a_unit() -> None:
    """And what stands below is another article's number."""
    assert references("100205 Salt 1.000 PO X 2.80\n100206 Rice 1.000 CP X 1.99").order_number is None


def test_delivery_and_period_are_days() -> None:
    """Of a period the first two days behind its label."""
    found = references("Lieferdatum: 05.03.2025\nLeistungszeitraum: 01.02.2025 - 28.02.2025")

    assert found.delivery_date
    assert found.delivery_date.value == date(2025, 3, 5)
    assert found.period_from
    assert found.period_from.value == date(2025, 2, 1)
    assert found.period_to
    assert found.period_to.value == date(2025, 2, 28)


def test_bank_code_is_one_by_its_form_and_its_label() -> None:
    """Any word of eight letters has its form."""
    assert payment("INVOICED TO YOUR ACCOUNT").bic is None
    found = payment("BIC: COBADEFFXXX").bic

    assert found
    assert found.value == "COBADEFFXXX"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("BIC (SWIFT) : BNPAFRPPXXX", "BNPAFRPPXXX"),
        ("SWIFT-Code: DEUT DE FF 500", "DEUTDEFF500"),
        ("BIC\nSOGEFRPP", "SOGEFRPP"),
        ("Swift PAYMENTS", None),
    ],
)
def test_bank_code_stands_behind_or_below_its_label(text: str, code: str | None) -> None:
    """With or without spaces."""
    leaf = payment(text).bic

    assert (leaf.value if leaf else None) == code


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        pytest.param(
            "IBAN DE89 3704 0044 0532 0130 00\nCode of the bank\n(SWIFT, BIC or\nsort code): COBADEFF",
            "COBADEFF",
            id="below",
        ),
        pytest.param("IBAN DE89 3704 0044 0532 0130 00   COBADEFFXXX", "COBADEFFXXX", id="beside"),
        pytest.param("IBAN DE89 3704 0044 0532 0130 00   BNPAFRPP", None, id="of another country"),
        pytest.param("IBAN DE89 3704 0044 0532 0130 00\nCOBADEFF", None, id="no label"),
    ],
)
def test_bank_code_is_of_the_accounts_country(rows: str, code: str | None) -> None:
    """Where its label does not stand right before it."""
    parsed = parsed_pages(rows)
    cell = parsed.rows[0].cells[0]
    iban = Field("iban", "DE89370400440532013000", cell.text, 0.97, 0, cell.bbox)

    leaf = read_payment(Labels(parsed), parsed, {"iban": iban}).bic

    assert (leaf.value if leaf else None) == code


def test_card_shows_its_last_four_digits_only_where_it_is_masked() -> None:
    """A number without its mask is no card's."""
    masked = payment("VISA ************1234     9.90")

    assert masked.card_last4
    assert masked.card_last4.value == "1234"
    assert masked.method
    assert masked.method.value == "card"
    assert payment("Number 000000001234").card_last4 is None


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("Card XXXX-XXXX-XXXX-1234", "1234"),
        ("Card 457173XXXXXX1234", "1234"),
        ("Card **** **** **** 1234", "1234"),
        ("Model EXX1234", None),
        ("Shelf XX2024", None),
        ("*** 2024 ***", None),
    ],
)
def test_digits_behind_a_mask_are_a_cards(text: str, digits: str | None) -> None:
    """A model's name and a line of ornaments look like one."""
    leaf = payment(text).card_last4

    assert (leaf.value if leaf else None) == digits
