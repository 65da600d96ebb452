"""A table of taxes, one row for each rate."""

from decimal import Decimal

import pytest

from tests.unit.post.documents import normalized

FOUR_COLUMNS = """Total           31.90
Rate    Net    Tax    Gross
A 19%  10.00   1.90   11.90
B 7%   18.69   1.31   20.00"""

GROSS_AND_TAX = """Total   31.90
19% VAT of 11.90 = 1.90
7% VAT of 20.00 = 1.31"""

TAXES_ALONE = """Total   31.90
incl. VAT 19%   1.90
incl. VAT 7%    1.31"""

RATE_WITHOUT_SIGN = """Total           31.90
VAT 7% and 19%  excl.  VAT  incl.
A  19.00  10.00   1.90   11.90
B   7.00  18.69   1.31   20.00"""

GLUED_CODE = """Total           31.90
119.0%   11.90   1.90   10.00
27.0%    20.00   1.31   18.69"""


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(FOUR_COLUMNS, id="rate, net, tax, gross"),
        pytest.param(GROSS_AND_TAX, id="tax in a gross amount"),
        pytest.param(RATE_WITHOUT_SIGN, id="rates without their sign"),
        pytest.param(TAXES_ALONE, id="rates and taxes alone"),
        pytest.param(GLUED_CODE, id="codes that OCR glued to the rates"),
    ],
)
@pytest.mark.parametrize("answered", [pytest.param(None, id="no answer"), pytest.param("1.90", id="one rate's tax")])
def test_tax_table_that_adds_up_to_the_total_gives_the_tax(document: str, answered: str | None) -> None:
    """The tax is the sum over the rates, which the document need not print."""
    field = normalized(document, tax_amount=answered, total="31.90")["tax_amount"]

    assert (field.value, field.problem) == (Decimal("3.21"), None)


@pytest.mark.parametrize("answered", [pytest.param(None, id="no answer"), pytest.param("18.69", id="one rate's net")])
def test_tax_table_with_net_amounts_gives_the_subtotal(answered: str | None) -> None:
    """All rows state their net amounts, and the text is those as printed."""
    field = normalized(FOUR_COLUMNS, subtotal=answered, total="31.90")["subtotal"]

    assert (field.value, field.raw) == (Decimal("28.69"), "10.00 + 18.69")


def test_tax_rows_that_may_be_net_or_gross_are_what_the_total_says() -> None:
    """At a low rate a few cents are the tax in an amount, and on it."""
    document = "Total 36.75\n2.6% VAT of 14.80 0.38\n8.1% VAT of 21.95 1.64"

    assert normalized(document, total="36.75")["tax_amount"].value == Decimal("2.02")


def test_tax_table_with_net_amounts_below_gives_the_subtotal() -> None:
    """Some print the net amount in a row of its own."""
    document = "Total 31.90\n19% VAT of 11.90 = 1.90\nNet 10.00\n7% VAT of 20.00 = 1.31\nNet 18.69"

    assert normalized(document, total="31.90")["subtotal"].value == Decimal("28.69")


def test_tax_table_of_gross_amounts_alone_gives_no_subtotal() -> None:
    """A difference that nobody printed is no answer."""
    assert normalized(GROSS_AND_TAX, total="31.90")["subtotal"].value is None


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(FOUR_COLUMNS.replace("31.90", "31.91"), id="not the total"),
        pytest.param(FOUR_COLUMNS.replace("1.31", "1.61"), id="not the rate"),
        pytest.param(FOUR_COLUMNS.replace("%", ""), id="no percentage anywhere"),
        pytest.param(TAXES_ALONE.replace("1.31", "1.32"), id="taxes of more than the total"),
        pytest.param(TAXES_ALONE.replace("VAT", "Tip"), id="no taxes"),
    ],
)
def test_tax_table_that_proves_nothing_is_left_alone(document: str) -> None:
    """No sum is made up."""
    total = document.split()[1]

    assert normalized(document, total=total)["tax_amount"].value is None


def test_tax_table_may_differ_from_a_total_that_coins_can_pay() -> None:
    """Where cash is rounded, the table states what was owed."""
    document = FOUR_COLUMNS.replace("31.90\nRate", "31.90\nRounding -0.02\nRate").replace(
        "18.69   1.31   20.00", "18.71   1.31   20.02"
    )

    assert normalized(document, total="31.90")["tax_amount"].value == Decimal("3.21")


def test_subtotal_that_is_the_total_gives_way_to_the_net_amounts() -> None:
    """Unless the document itself calls it a subtotal."""
    named = FOUR_COLUMNS.replace("Total  ", "Subtotal 31.90\nTotal  ")

    assert normalized(FOUR_COLUMNS, subtotal="31.90", total="31.90")["subtotal"].value == Decimal("28.69")
    assert normalized(named, subtotal="31.90", total="31.90")["subtotal"].value == Decimal("31.90")


def test_tax_that_explains_the_total_is_not_replaced() -> None:
    """Subtotal, tax and total agree already: the table may be of something else."""
    fields = normalized(FOUR_COLUMNS, subtotal="30.00", tax_amount="1.90", total="31.90")

    assert (fields["subtotal"].value, fields["tax_amount"].value) == (Decimal("30.00"), Decimal("1.90"))


def test_total_of_one_rate_gives_way_to_the_sum_over_all_rates() -> None:
    """The table's rows each add up too; the document's total is what they come to together."""
    document = f"{FOUR_COLUMNS}\nVisa            31.90"

    fields = normalized(document, subtotal="18.69", tax_amount="1.31", total="20.00")

    found = {key: fields[key].value for key in ("subtotal", "tax_amount", "total")}
    assert found == {"subtotal": Decimal("28.69"), "tax_amount": Decimal("3.21"), "total": Decimal("31.90")}


def test_gross_amounts_of_two_rates_are_no_subtotal_and_tax() -> None:
    """They make the total as well."""
    fields = normalized(FOUR_COLUMNS, subtotal="20.00", tax_amount="11.90", total="31.90")

    assert (fields["subtotal"].value, fields["tax_amount"].value) == (Decimal("28.69"), Decimal("3.21"))


@pytest.mark.parametrize(
    ("document", "total", "tax"),
    [
        pytest.param(
            "VAT  Net  Tax  Gross\nMVA 15%  300.00  45.00  345.00\nMVA 0%  20.00  0.00  20.00\nTotal 365.00",
            "365.00",
            "45.00",
            id="a row of the rate zero",
        ),
        pytest.param(
            "VAT  Net  Tax  Gross\nMVA 15%  426.10  63.90  490.00\nMVA 0%  20.00  0.00  20.00\nTotal 510.00",
            "510.00",
            "63.90",
            id="a tax rounded for each item",
        ),
        pytest.param("SUMME EUR 7,10\nA 10% 0,30 B 20% 0,63", "7,10", "0.93", id="several rates in one row"),
        pytest.param(
            "KM%   NETO   KM   KOKKU\n24,00  71,25  17,10  88,35\nKOKKU 88,35",
            "88,35",
            "17.10",
            id="a rate under its heading",
        ),
        pytest.param(
            "合計 ¥943\n(8%対象 ¥415 内税 ¥30)\n(10%対象 ¥528 内税 ¥48)", "943", "78", id="taxes without decimals"
        ),
    ],
)
@pytest.mark.parametrize("answered", [pytest.param(False, id="no answer"), pytest.param(True, id="another answer")])
def test_table_of_any_kind_gives_the_tax(document: str, total: str, tax: str, answered: bool) -> None:
    """Rates of zero, taxes rounded by item or to whole units, and rates without their sign add up all the same."""
    wrong = ("65.00" if "365" in document else "83.90") if answered and "MVA" in document else None

    field = normalized(document, tax_amount=wrong, total=total)["tax_amount"]

    assert field.value == Decimal(tax)


def test_rate_of_what_is_given_back_is_taken_off() -> None:
    """Bottles that come back have a tax too."""
    document = """SUMME EUR 6,24
Steuer   %       Netto   Steuer  Brutto
A =      19,0%   -0,21   -0,04   -0,25
B =      7,0%     6,07    0,42    6,49"""

    found = normalized(document, subtotal="6,07", tax_amount="0,42", total="6,24")

    assert (found["subtotal"].value, found["tax_amount"].value) == (Decimal("5.86"), Decimal("0.38"))


def test_one_rate_beside_a_number_proves_nothing() -> None:
    """A discount of 10 % is no tax, whatever it is a tenth of."""
    assert normalized("Total 6.60\nClub 10% 0.60", total="6.60")["tax_amount"].value is None
