"""lib/layout_reader/dates/other_dates.py: dates that are no day of issue."""

from datetime import date

import pytest

from lib.layout_reader.dates.candidates import date_candidates
from lib.layout_reader.dates.other_dates import worth_of
from lib.layout_reader.page.parsing import parse_document
from tests.unit.layout_reader.documents import document_of

TODAY = date(2026, 6, 1)


def left_of(text: str) -> list[str]:
    """The days of a document that may be the day of issue."""
    seen = parse_document(document_of(text))
    candidates = date_candidates(seen)
    worth = worth_of(seen, candidates, today=TODAY)
    return [str(each.value) for each, own in zip(candidates, worth, strict=True) if own]


@pytest.mark.parametrize(
    "label",
    [
        pytest.param("EXPIRY DATE", id="card"),
        pytest.param("CADUCIDAD:", id="card, Spanish"),
        pytest.param("Valid thru", id="card, American"),
        pytest.param("Gültig bis", id="voucher, German"),
        pytest.param("Date d'expiration", id="card, French"),
        pytest.param("Return by", id="return"),
        pytest.param("Umtausch bis", id="return, German"),
        pytest.param("Devoluciones hasta", id="return, Spanish"),
        pytest.param("Warranty until", id="warranty"),
        pytest.param("Garantie bis", id="warranty, German"),
        pytest.param("Loyalty points valid until", id="points"),
        pytest.param("Next scheduled read date", id="meter"),
        pytest.param("Date of birth", id="patient"),
        pytest.param("Signed on", id="signature"),
    ],
)
@pytest.mark.parametrize("gap", [" ", "   "], ids=["in one cell", "in the next cell"])
def test_labelled_date_of_something_else_is_no_day_of_issue(label: str, gap: str) -> None:
    """Receipts print their own date without a label; a labelled one must not look better for it."""
    text = f"Dockside Roasters\n{label}{gap}24.04.2026\nServed by Mia   05.02.2026"

    assert left_of(text) == ["2026-02-05"]


def test_date_behind_the_label_of_another_is_a_day_of_issue() -> None:
    """A label counts for the date right behind it."""
    assert left_of("Exp. 11/30/2025 Date: 02/05/2026") == ["2026-02-05"]


def test_date_that_stands_elsewhere_without_a_label_is_a_day_of_issue() -> None:
    """The same day may be that of issue and of something else."""
    assert left_of("Signed on 05.02.2026\nLeeds, 05.02.2026") == ["2026-02-05"]


def test_expiry_alone_leaves_no_day_of_issue() -> None:
    """Null is right where the document states no other day."""
    assert left_of("EXP DATE 30/11/2025\nTotal 5.00") == []


def test_day_to_come_is_no_day_of_issue_beside_another() -> None:
    """Nobody issues a receipt tomorrow."""
    assert left_of("Book by 05.02.2027\nTotal 5.00\n05.02.2026") == ["2026-02-05"]


def test_day_to_come_alone_stays() -> None:
    """A wrong clock must not cost the only date of a document."""
    assert left_of("Invoice   05.02.2027") == ["2027-02-05"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Expiration date\n24.04.2026\nServed by Mia 05.02.2026", id="heading of an expiry"),
        pytest.param("Account No. Due Date\n440-1182 24.04.2026\nas of 05.02.2026", id="heading of a day to pay by"),
        pytest.param("Payment received 24.04.2026\nBill 05.02.2026", id="a payment"),
        pytest.param("Payable by 24.04.2026\nServed by Mia 05.02.2026", id="a day to pay by"),
        pytest.param("Sent: 24.04.2026\nBill 05.02.2026", id="mail that it goes with"),
    ],
)
def test_heading_over_a_date_counts_like_a_label_in_front(text: str) -> None:
    """Statements print dates under headings, without a word in front."""
    assert left_of(text) == ["2026-02-05"]


def test_day_to_pay_by_stands_where_it_is_the_only_date() -> None:
    """It is a day that the document states, and no other is."""
    assert left_of("Payable by 24.04.2026") == ["2026-04-24"]


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param("Signature: ........\nName: Mia\nDate: 24.04.2026", id="under the word"),
        pytest.param("24.04.2026\nAuthorised signatory", id="over it"),
        pytest.param("Datum: 24.04.2026\nUnterschrift des Kunden", id="over it, German"),
    ],
)
def test_date_of_a_signature_is_no_day_of_issue_beside_another(signature: str) -> None:
    """Whoever gets the goods signs for them later."""
    assert left_of(f"Bill 17, 05.02.2026\nTotal 5.00\n\n\n\n{signature}") == ["2026-02-05"]


def test_labelled_date_over_a_signature_is_a_day_of_issue() -> None:
    """Small forms have no room between them."""
    assert "2026-02-05" in left_of("Delivery 24.04.2026\nInvoice date: 05.02.2026\nSignature")


def test_days_of_entries_are_no_day_of_issue() -> None:
    """A statement that states no day of its own has none."""
    entries = "\n".join(f"0{day}.02.2026   Room {day}   90.00" for day in (3, 4, 5))

    assert left_of(f"Blue Fern Inn\n{entries}\nTotal 270.00") == []


def test_two_entries_give_way_to_another_date_only() -> None:
    """Two dates with money may stand under each other by chance."""
    entries = "03.02.2026   Room   90.00\n04.02.2026   Room   90.00"

    assert left_of(f"Blue Fern Inn, 06.02.2026\n{entries}") == ["2026-02-06"]
    assert left_of(f"Blue Fern Inn\n{entries}") == ["2026-02-03", "2026-02-04"]


def test_day_that_may_be_of_something_else_is_worth_less_where_it_is_alone() -> None:
    """It is answered, and not surely."""
    seen = parse_document(document_of("Payable by 24.04.2026"))

    assert 0 < worth_of(seen, date_candidates(seen), today=TODAY)[0] < 1
