"""Amounts of the whole document, by the words in front of them."""

from decimal import Decimal

import pytest

from lib.details.amounts import read_amounts
from lib.details.labels import Labels
from lib.document import Field
from lib.extraction import Amounts
from tests.unit.details.drawn import parsed_pages, settled


def amounts(text: str, *, total: str | None = None, asks: bool = False) -> dict[str, object]:
    """Those that a page states, by key."""
    parsed = parsed_pages(text)
    fields: dict[str, Field] = settled(total=total)
    found: Amounts = read_amounts(parsed, Labels(parsed), fields, asks_for_payment=asks)
    return {leaf.key: leaf.value for leaf in found.leaves}


@pytest.mark.parametrize(
    ("row", "key", "value"),
    [
        ("Discount      -5.00", "discount", "5.00"),
        ("Versandkosten  4,90", "shipping", "4.90"),
        ("Service charge 1.20", "service_charge", "1.20"),
        ("Gratuity       2.00", "tip", "2.00"),
        ("Rounding Adj   0.02", "rounding", "0.02"),
        ("Anzahlung     20,00", "prepaid", "20.00"),
        ("Balance due   30.00", "amount_due", "30.00"),
    ],
)
def test_row_that_a_label_begins_states_its_amount(row: str, key: str, value: str) -> None:
    """In every language."""
    assert amounts(f"Milk 1.20\n{row}\nTotal 30.00", total="30.00") == {key: Decimal(value)}


def test_heading_of_a_column_states_nothing() -> None:
    """A table has a column of discounts."""
    assert amounts("Qty  Description  Price  Discount\n2  Milk  1.20  0.00", total="2.40") == {}


def test_total_is_due_where_payment_is_asked_for_and_nothing_was_paid() -> None:
    """Not on a receipt, and not beside a payment on account."""
    assert amounts("Total 30.00", total="30.00", asks=True) == {"amount_due": Decimal("30.00")}
    assert amounts("Total 30.00", total="30.00") == {}
    assert amounts("Deposit 10.00\nTotal 30.00", total="30.00", asks=True) == {"prepaid": Decimal("10.00")}


@pytest.mark.parametrize(
    ("rows", "due"),
    [
        pytest.param("Total 100.00\nDeposit 30.00\nNet amount 70.00", "70.00", id="left of the total"),
        pytest.param(
            "Value of goods 130.00\nAdvance payment 30.00\nTotal 100.00", "100.00", id="taken off before the total"
        ),
        pytest.param("Total 100.00\nReceived 0.00", "100.00", id="nothing received"),
        pytest.param("Total 100.00\nDeposit 30.00", None, id="not stated"),
        pytest.param("Total 100.00\nPAID", None, id="stamped"),
    ],
)
def test_due_is_what_payments_on_account_leave(rows: str, due: str | None) -> None:
    """Where the document states it."""
    found = amounts(f"{rows}\nThank you", total="100.00", asks=True)

    assert found.get("amount_due") == (Decimal(due) if due else None)


def test_tax_on_shipping_is_not_its_amount() -> None:
    """Whichever row stands last."""
    assert amounts("Versandkosten netto   4,99\nVersandkosten USt. 19 % auf 4,99   0,95")["shipping"] == Decimal("4.99")


@pytest.mark.parametrize(("row", "tip"), [("Tip amount   2.00", "2.00"), ("TIP MARMELADE   2.00", None)])
def test_short_word_before_others_names_goods(row: str, tip: str | None) -> None:
    """Unless what follows is short, too."""
    assert amounts(f"{row}\nMilk 1.20").get("tip") == (Decimal(tip) if tip else None)
