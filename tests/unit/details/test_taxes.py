"""Taxes by rate: what a table or a row states, and what rate times base proves."""

from decimal import Decimal

import pytest

from lib.details.taxes import read_taxes
from lib.document import Field
from lib.extraction import TaxLine
from tests.unit.details.drawn import parsed_pages, settled


def taxes(*pages: str, **fields: str) -> tuple[TaxLine, ...]:
    """The taxes of a drawn document with these settled fields."""
    return read_taxes(parsed_pages(*pages), fields=settled(**fields))


def value(leaf: Field | None) -> object:
    """The value of a leaf."""
    return leaf.value if leaf else None


def rows(found: tuple[TaxLine, ...]) -> list[tuple[object, object, object]]:
    """Rate, base and amount of each tax."""
    return [(value(line.rate), value(line.base), value(line.amount)) for line in found]


@pytest.mark.parametrize(
    ("page", "rate", "base", "amount"),
    [
        pytest.param("MwSt 19 %   3,80\nSumme 23,80", "19", None, "3.80", id="de, one row"),
        pytest.param("zzgl. 19% MwSt.     3,80\nSumme 23,80", "19", None, "3.80", id="de, rate first"),
        pytest.param("Sales Tax 6.25%     5.00", "6.25", None, "5.00", id="us"),
        pytest.param("TVA 20,00 % sur 40,00     8,00", "20.00", "40.00", "8.00", id="fr, with its base"),
        pytest.param("Tax rate      7.00%\nTotal tax     3.50", "7.00", None, "3.50", id="rate and tax on two rows"),
        pytest.param("IVA 21%: $   21,00\nIVA 10.5%: $   0,00", "21", None, "21.00", id="rates without a tax left out"),
        pytest.param("MVA 25 %   100,00   25,00   125,00", "25", "100.00", "25.00", id="net, tax, gross"),
        pytest.param("1 MwSt 19% von   11,90   1,90", "19", None, "1.90", id="inside of a gross amount"),
        pytest.param(
            "VAT     Net     Rate    Tax\nS     50.00   20.0   10.00", "20.0", "50.00", "10.00", id="rate unsigned"
        ),
    ],
)
def test_tax_of_one_rate_is_read(page: str, rate: str, base: str | None, amount: str) -> None:
    """Rate and amount as printed; the base where the row states it."""
    expected = (Decimal(rate), None if base is None else Decimal(base), Decimal(amount))

    assert rows(taxes(page, tax_amount=amount)) == [expected]


def test_table_of_taxes_gives_a_line_for_each_rate() -> None:
    """The row of its sums has no rate and is none."""
    page = """\
Steuer %    Netto   Steuer   Brutto
A 19,0%     10,00     1,90    11,90
B 7,0%      20,00     1,40    21,40
Gesamt      30,00     3,30    33,30
"""
    found = taxes(page, tax_amount="3.30")

    assert rows(found) == [
        (Decimal("19.0"), Decimal("10.00"), Decimal("1.90")),
        (Decimal("7.0"), Decimal("20.00"), Decimal("1.40")),
    ]
    assert all(line.amount and line.amount.confidence > 0.9 and line.amount.problem is None for line in found)


def test_what_is_not_taxed_is_stated_with_its_rate_of_zero() -> None:
    """Net and gross are equal, and the tax is nothing."""
    page = """\
Mva%      Grunnlag      Mva     Totalt
0,00         30,00     0,00      30,00
15,00       100,00    15,00     115,00
"""
    assert rows(taxes(page, tax_amount="15.00")) == [
        (Decimal("0.00"), Decimal("30.00"), Decimal("0.00")),
        (Decimal("15.00"), Decimal("100.00"), Decimal("15.00")),
    ]


def test_two_taxes_of_one_rate_stay_two() -> None:
    """Central and state tax are printed apart."""
    found = taxes("CGST 9%   13.50\nSGST 9%   13.50\n", tax_amount="27.00")

    assert [amount for _, _, amount in rows(found)] == [Decimal("13.50"), Decimal("13.50")]


def test_parts_of_a_tax_that_is_stated_as_a_whole_are_left_out() -> None:
    """5 percent is 2.5 and 2.5."""
    found = taxes("GST 5%   30.00\nCGST 2.5%   15.00\nSGST 2.5%   15.00\n", tax_amount="30.00")

    assert rows(found) == [(Decimal(5), None, Decimal("30.00"))]


def test_base_is_the_subtotal_where_rate_times_it_is_the_tax() -> None:
    """The row states no base, and the document does."""
    found = taxes("Subtotal   160.00\nSales tax 6.25%   10.00\n", subtotal="160.00", tax_amount="10.00")

    assert rows(found) == [(Decimal("6.25"), Decimal("160.00"), Decimal("10.00"))]


def test_taxes_that_are_not_the_tax_of_the_document_say_so() -> None:
    """The table and the settled tax disagree."""
    found = taxes("MwSt 19 %   100,00   19,00   119,00\n", tax_amount="91.00")

    assert rows(found) == [(Decimal(19), Decimal("100.00"), Decimal("19.00"))]
    assert all(line.amount and line.amount.problem == "taxes_disagree" for line in found)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("Payment within 10 days less 2% discount   2.00   100.00", id="discount"),
        pytest.param("A late charge of 1.5% per month applies", id="interest"),
        pytest.param("Milk 3.5%   1.19", id="fat"),
        pytest.param("VAT No GB 333 2890 39\nTotal   10.00", id="tax number"),
    ],
)
def test_percentages_of_something_else_are_no_taxes(page: str) -> None:
    """Only what names a tax, or proves to be one below such a name, is one."""
    assert taxes(page, total="10.00") == ()
