"""Subtotal, tax and total as witnesses of each other."""

from decimal import Decimal

import pytest

from tests.unit.post.documents import normalized

RECEIPT = """Subtotal       76.21
Tax             5.53
TOTAL          81.74"""

AMOUNTS = ("subtotal", "tax_amount", "total")


def test_amounts_that_add_up_are_surer() -> None:
    """Three numbers that fit together confirm each other."""
    fields = normalized(RECEIPT, subtotal="76.21", tax_amount="5.53", total="81.74")

    assert all(fields[key].confidence > 0.8 and fields[key].problem is None for key in AMOUNTS)


@pytest.mark.parametrize(
    ("document", "subtotal", "tax", "total"),
    [
        pytest.param("Total 11.00 VAT 1.00", "11.00", "1.00", "11.00", id="tax included"),
        pytest.param("Subtotal 9.98\nGST 0.60\nTotal 10.60", "9.98", "0.60", "10.60", id="rounded for cash"),
        pytest.param("Net 10\nVAT 2\nTip 1.50\nTotal 13.50", "10.00", "2.00", "13.50", id="tip"),
        pytest.param("Net 10\nVAT 2\nDiscount 3.00\nTotal 9.00", "10.00", "2.00", "9.00", id="discount"),
        pytest.param("Sub 10\nService charge 1\nTax 2\nTip 1\nTotal 14", "10", "2", "14", id="service and tip"),
        pytest.param("Sub 10\nCGST 0.90\nSGST 0.90\nTotal 11.80", "10", "0.90", "11.80", id="a second tax"),
    ],
)
def test_gap_that_the_document_explains_is_no_problem(document: str, subtotal: str, tax: str, total: str) -> None:
    """Included taxes, roundings, tips, charges and discounts stand between the three."""
    fields = normalized(document, subtotal=subtotal, tax_amount=tax, total=total)

    assert [fields[key].problem for key in AMOUNTS] == [None] * 3


def test_amounts_that_do_not_add_up_are_doubted() -> None:
    """The values stay, with less confidence and the reason for it."""
    fields = normalized(RECEIPT, subtotal="76.21", tax_amount="5.53", total="90.00")

    for key in AMOUNTS:
        assert fields[key].value is not None
        assert fields[key].problem == "totals_disagree"
        assert fields[key].confidence < 0.8


def test_subtotal_and_total_the_wrong_way_round_are_exchanged() -> None:
    """Tax is added to make a total."""
    fields = normalized(RECEIPT, subtotal="81.74", tax_amount="5.53", total="76.21")

    assert (fields["subtotal"].value, fields["total"].value) == (Decimal("76.21"), Decimal("81.74"))
    assert (fields["subtotal"].raw, fields["total"].raw) == ("76.21", "81.74")
    assert fields["total"].key == "total"


@pytest.mark.parametrize("missing", AMOUNTS)
def test_missing_third_is_filled_in_where_the_document_shows_it(missing: str) -> None:
    """The other two say which of the document's numbers it is; it is less sure than they are."""
    given = {"subtotal": "76.21", "tax_amount": "5.53", "total": "81.74"}
    wanted = given.pop(missing)

    field = normalized(RECEIPT, **given)[missing]  # type: ignore[arg-type]

    assert field.value == Decimal(wanted)
    assert field.raw == wanted
    assert field.bbox is not None
    assert 0 < field.confidence < 0.8


@pytest.mark.parametrize(
    ("document", "missing"),
    [
        pytest.param("Subtotal 76.21\nTax 5.53", "total", id="total not shown"),
        pytest.param("Tax 5.53\nTOTAL 81.74", "subtotal", id="subtotal not shown"),
        pytest.param("Subtotal 76.21\nTip 5.53\nTOTAL 81.74", "tax_amount", id="shown, but called a tip"),
    ],
)
def test_missing_third_that_is_not_shown_stays_missing(document: str, missing: str) -> None:
    """No number is computed into a field."""
    given = {"subtotal": "76.21", "tax_amount": "5.53", "total": "81.74"}
    given.pop(missing)

    assert normalized(document, **given)[missing].value is None  # type: ignore[arg-type]


def test_negative_amounts_of_a_credit_note_add_up() -> None:
    """Signs do not disturb the sum, and stay."""
    document = "CREDIT NOTE\nNet -76.21\nTax -5.53\nTotal -81.74"
    fields = normalized(document, subtotal="-76.21", tax_amount="-5.53", total="-81.74")

    assert fields["total"].value == Decimal("-81.74")
    assert fields["total"].confidence > 0.8
