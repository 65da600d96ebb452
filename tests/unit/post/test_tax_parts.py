"""A tax that is printed in parts only."""

from decimal import Decimal

import pytest

from tests.unit.post.documents import normalized

INVOICE = """Net          1000.00
VAT 7%         68.04
VAT 19%       878.64
Total        1946.68"""


@pytest.mark.parametrize(
    "answered", [pytest.param(None, id="no answer"), pytest.param("878.64", id="one of the parts for an answer")]
)
def test_tax_of_several_rates_is_the_sum_that_net_and_total_prove(answered: str | None) -> None:
    """The value is the sum, the text its parts as printed, the box around both, the confidence below the witnesses'."""
    field = normalized(INVOICE, subtotal="1000.00", tax_amount=answered, total="1946.68")["tax_amount"]

    assert (field.value, field.raw, field.problem) == (Decimal("946.68"), "68.04 + 878.64", None)
    assert field.bbox is not None
    assert field.bbox.height > 24


@pytest.mark.parametrize(
    ("document", "answered"),
    [
        pytest.param(INVOICE.replace("878.64", "878.63"), None, id="a cent is missing"),
        pytest.param(INVOICE.replace("VAT 7%", "Tip   "), None, id="a part is no tax"),
        pytest.param(INVOICE, "5.00", id="the answer is no part"),
    ],
)
def test_tax_parts_that_prove_nothing_are_left_alone(document: str, answered: str | None) -> None:
    """No sum is made up."""
    field = normalized(document, subtotal="1000.00", tax_amount=answered, total="1946.68")["tax_amount"]

    assert field.value == (Decimal(answered) if answered else None)


def test_two_equal_taxes_are_one_sum() -> None:
    """A country's and a state's tax of the same rate are both part of it."""
    document = "Net 10.00\nCGST 0.90\nSGST 0.90\nTotal 11.80"

    field = normalized(document, subtotal="10.00", tax_amount="0.90", total="11.80")["tax_amount"]

    assert (field.value, field.raw) == (Decimal("1.80"), "0.90 + 0.90")


@pytest.mark.parametrize(
    ("rounding", "total"),
    [pytest.param("(-)0.44", "2940.00", id="down"), pytest.param("0.56", "2941.00", id="up")],
)
def test_tax_of_parts_beside_a_named_rounding_is_their_sum(rounding: str, total: str) -> None:
    """A total that is rounded to a whole unit hides nothing: the rounding is printed, too."""
    document = f"Gross 2625.40\nCGST 6%   157.52\nSGST 6%   157.52\nRound off   {rounding}\nNet payable   {total}"

    field = normalized(document, subtotal="2625.40", tax_amount="157.52", total=total)["tax_amount"]

    assert (field.value, field.raw) == (Decimal("315.04"), "157.52 + 157.52")


def test_tax_of_parts_beside_an_unnamed_difference_is_left_alone() -> None:
    """Whoever adds what does not add up invents a value."""
    document = "Gross 2625.40\nCGST 6%   157.52\nSGST 6%   157.52\nNet payable   2940.00"

    field = normalized(document, subtotal="2625.40", tax_amount="157.52", total="2940.00")["tax_amount"]

    assert field.value == Decimal("157.52")


FOLIO = """Room charge     189.00
State tax        13.23
Occupancy tax    11.34
Room charge     189.00
State tax        13.23
Occupancy tax    11.34
Lark Bar         32.50
Visa            459.64
Total           459.64"""


@pytest.mark.parametrize("answered", [pytest.param(None, id="no answer"), pytest.param("11.34", id="one night's tax")])
def test_taxes_among_entries_that_add_up_to_the_total_are_one_sum(answered: str | None) -> None:
    """A hotel lists its taxes for each night and prints no subtotal."""
    field = normalized(FOLIO, tax_amount=answered, total="459.64")["tax_amount"]

    assert field.value == Decimal("49.14")


@pytest.mark.parametrize(
    ("document", "total"),
    [
        pytest.param(FOLIO.replace("32.50", "32.00"), "459.64", id="the entries do not add up"),
        pytest.param("Tea 4.00\nCake 5.00\nVAT included 0.82\nTotal 9.00", "9.00", id="the tax is no entry"),
    ],
)
def test_taxes_that_are_no_entries_are_left_alone(document: str, total: str) -> None:
    """No sum is made up."""
    assert normalized(document, total=total)["tax_amount"].value is None


def test_sum_of_parts_that_is_printed_too_is_the_tax() -> None:
    """A table prints the tax of both halves once more."""
    document = "Net 1850.00\nCGST 166.50\nSGST 166.50\nTotal 2183.00\nTax amount 166.50 166.50 333.00"

    field = normalized(document, subtotal="1850.00", tax_amount="166.50", total="2183.00")["tax_amount"]

    assert (field.value, field.raw) == (Decimal("333.00"), "333.00")
