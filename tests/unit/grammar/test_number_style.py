"""Separators inferred from a whole document."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.grammar.amounts import find_amounts, infer_style
from lib.grammar.numbers import NumberStyle, read_number


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [
        pytest.param(["Total 12.50"], ".", id="point"),
        pytest.param(["Summe 12,50"], ",", id="comma"),
        pytest.param(["1.234,56"], ",", id="both, comma last"),
        pytest.param(["1,234.56"], ".", id="both, point last"),
        pytest.param(["12,50", "3,00", "4.00"], ",", id="majority over a misread one"),
        pytest.param(["22.000", "5.000"], ",", id="points that part thousands"),
        pytest.param(["22,000", "5,000"], ".", id="commas that part thousands"),
        pytest.param(["9.000", "9.00"], ".", id="two decimals outvote three"),
        pytest.param(["25.12.2018", "13.45"], ".", id="dates have no vote"),
        pytest.param(["0.500"], None, id="three decimals behind nothing"),
        pytest.param(["TOTAL", "12"], None, id="nothing to tell"),
        pytest.param([], None, id="no text"),
    ],
)
def test_style_decimal_separator_is_voted_for(texts: list[str], decimal: str | None) -> None:
    """Every number votes, those with both separators or two decimals first."""
    assert infer_style(texts).decimal == decimal


def test_style_without_votes_takes_the_hint() -> None:
    """The language decides only where the numbers do not."""
    assert infer_style(["12"], decimal_hint=",").decimal == ","
    assert infer_style(["12.50"], decimal_hint=",").decimal == "."


@pytest.mark.parametrize(
    ("currency", "digits"),
    [pytest.param("IDR", 0, id="rupiah"), pytest.param("KWD", 3, id="dinar"), pytest.param("EUR", None, id="euro")],
)
def test_style_currency_tells_the_decimals(currency: str, digits: int | None) -> None:
    """22.000 is twenty-two thousand rupiah and twenty-two dinars."""
    assert infer_style(["22.000"], currency=currency).minor_digits == digits


@pytest.mark.parametrize(
    ("texts", "currency", "value"),
    [
        pytest.param(["1 300,500", "247,095", "1 548,595"], "TND", "1548.595", id="spaces part thousands"),
        pytest.param(["10.100", "1.010", "11.110"], "BHD", "11.110", id="points"),
        pytest.param(["KD 12.500", "KD 1,254.750"], "KWD", "1254.750", id="commas part thousands"),
        pytest.param(["1 50.000", "2 228.000"], "IDR", "228000", id="a count and a price without decimals"),
    ],
)
def test_amounts_with_three_decimals_are_money(texts: list[str], currency: str, value: str) -> None:
    """Dinars have a thousand parts: three digits behind the mark are no thousands there."""
    last = find_amounts(texts[-1], style=infer_style(texts, currency=currency))[-1]

    assert (last.value, last.kind) == (Decimal(value), "money")


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [
        pytest.param(["12.50", "3.00", "1 234.50", "4,00"], ",", id="a comma among points"),
        pytest.param(["12.50", "3.00", "4.00"], ".", id="points alone"),
        pytest.param(["1,2 2.390", "1.890", "4.320"], ",", id="two numbers side by side are not one"),
    ],
)
def test_style_points_of_a_language_with_commas_are_misread(texts: list[str], decimal: str) -> None:
    """Recognizers read small commas as points, hardly ever the other way."""
    assert infer_style(texts, decimal_hint=",").decimal == decimal


def test_style_spaces_of_a_language_that_writes_them_part_thousands() -> None:
    """Even where every comma was read as a point, "4 800.00" is one number on a Norwegian invoice."""
    assert infer_style(["8.00", "600.00", "4 800.00"], decimal_hint=",", spaced_hint=True).groups_with_space


@pytest.mark.parametrize(
    ("texts", "spaced"),
    [
        pytest.param(["1 234,56"], True, id="with decimals"),
        pytest.param(["1 234 567"], True, id="two groups"),
        pytest.param(["2 500 Kč"], True, id="a currency behind"),
        pytest.param(["25 410 FT"], True, id="a currency in capitals behind"),
        pytest.param(["2 500 CZK"], True, id="a currency's code behind"),
        pytest.param(["ИТОГО =1 234.50"], True, id="Cyrillic, with a decimal point"),
        pytest.param(["2 500.00", "3.00"], False, id="quantity and price"),
        pytest.param(["1 234,56", "12.50", "3.00"], False, id="a point is the decimal separator"),
        pytest.param(["1.234,56", "2 500,00"], False, id="points part thousands"),
        pytest.param(["12345 678,00"], False, id="no group of three"),
    ],
)
def test_style_space_groups_need_evidence(texts: list[str], spaced: bool) -> None:
    """A space is a part of a number only where the document writes so beyond doubt."""
    assert infer_style(texts).groups_with_space is spaced


@given(st.lists(st.text(max_size=40), max_size=20))
def test_style_of_any_texts_never_raises(texts: list[str]) -> None:
    """Whatever a document says, it has a style."""
    assert infer_style(texts).decimal in {None, ".", ","}


@given(
    st.lists(st.decimals(min_value=1, max_value=10**6, places=2), min_size=1, max_size=8),
    st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", ".")]),
)
def test_style_of_written_amounts_reads_them_back(values: list[Decimal], marks: tuple[str, str]) -> None:
    """A document that writes amounts in one way is read in that way."""
    group, decimal = marks
    texts = [f"{value:,.2f}".replace(",", "g").replace(".", decimal).replace("g", group) for value in values]
    style = infer_style(texts)

    read = [match.value for text in texts for match in find_amounts(text, style=style)]

    assert read == values


def test_style_default_knows_nothing() -> None:
    """A style without a document leaves everything open."""
    assert NumberStyle() == NumberStyle(None, None, groups_with_space=False)


@pytest.mark.parametrize("text", ["", ".", " , ", "1..2", "12.34.56", "1" * 25, "1.2345.678"])
def test_run_that_is_no_number_has_no_value(text: str) -> None:
    """Separators alone are nothing, and groups of odd lengths are no number."""
    assert read_number(text, style=NumberStyle(".")) is None
