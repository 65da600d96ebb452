"""Amounts in lines of text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.grammar.amounts import AmountKind, AmountMatch, find_amounts, parse_amount
from lib.grammar.numbers import NumberStyle

POINT, COMMA, UNKNOWN = NumberStyle("."), NumberStyle(","), NumberStyle()
SPACED = NumberStyle(",", groups_with_space=True)
STYLES = (POINT, COMMA, UNKNOWN, SPACED, NumberStyle(minor_digits=0), NumberStyle(".", minor_digits=3))


def only(text: str, style: NumberStyle = POINT) -> AmountMatch:
    """The one number in `text`."""
    (match,) = find_amounts(text, style=style)
    return match


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        pytest.param("1,234.56", POINT, "1234.56", id="English"),
        pytest.param("1.234,56", COMMA, "1234.56", id="German"),
        pytest.param("1 234,56", SPACED, "1234.56", id="French"),
        pytest.param("1\u00a0234,56", SPACED, "1234.56", id="no-break space"),
        pytest.param("1\u202f234,56", SPACED, "1234.56", id="narrow no-break space"),
        pytest.param("1'234.50", POINT, "1234.50", id="Swiss"),
        pytest.param("1’234.50", POINT, "1234.50", id="Swiss, typographic"),
        pytest.param("1,23,456.00", POINT, "123456.00", id="Indian"),
        pytest.param("12,34,567", POINT, "1234567", id="Indian, no paise"),
        pytest.param("1.234.567", COMMA, "1234567", id="millions"),
        pytest.param("1,234.56", COMMA, "1234.56", id="both separators outvote the document"),
        pytest.param("12,50", POINT, "12.50", id="two digits are decimals whatever the style"),
        pytest.param("1.234.56", POINT, "1234.56", id="comma misread as a point"),
        pytest.param("9.000", POINT, "9.000", id="three decimals where the point is decimal"),
        pytest.param("9.000", COMMA, "9000", id="thousands where the comma is decimal"),
        pytest.param("0.500", COMMA, "0.500", id="nothing in front is no thousand"),
        pytest.param("22.000", NumberStyle(".", minor_digits=0), "22000", id="rupiah have no decimals"),
        pytest.param("12.500", NumberStyle(".", minor_digits=3), "12.500", id="dinars have three"),
        pytest.param(".99", POINT, "0.99", id="nothing before the point"),
        pytest.param("１２．５０", POINT, "12.50", id="full width"),
        pytest.param("١٢.٥٠", POINT, "12.50", id="Arabic digits"),
    ],
)
def test_amount_separators_follow_the_style(text: str, style: NumberStyle, value: str) -> None:
    """Every way of writing thousands and decimals gives the same exact value."""
    assert only(text, style).value == Decimal(value)
    assert parse_amount(text, style=style) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        pytest.param("RM12.50", "12.50", "MYR", id="glued in front"),
        pytest.param("Rp 22.000", "22000", "IDR", id="its currency has no decimals"),
        pytest.param("€12", "12", "EUR", id="symbol and integer"),
        pytest.param("12.50 €", "12.50", "EUR", id="symbol behind"),
        pytest.param("12,50EUR", "12.50", "EUR", id="code glued behind"),
        pytest.param("Eur154,40", "154.40", "EUR", id="code in mixed case"),
        pytest.param("S$12.00", "12.00", "SGD", id="two-letter symbol"),
        pytest.param("12.50$", "12.50", None, id="ambiguous symbol"),
        pytest.param("50.000 ₫", "50000", "VND", id="dong"),
        pytest.param("1.50 Ft", "1.50", "HUF", id="forint"),
    ],
)
def test_amount_with_mark_carries_the_currency(text: str, value: str, currency: str | None) -> None:
    """A mark on either side belongs to the amount; an ambiguous one names no currency."""
    match = only(text)

    assert match.value == Decimal(value)
    assert match.text == text
    assert match.kind == "money"
    assert match.mark is not None
    assert match.currency == currency


@pytest.mark.parametrize(
    "text",
    ["-12.50", "\u221212.50", "12.50-", "(12.50)", "12.50 CR", "12.50CR", "$-12.50", "-$12.50", "4.00-F", "RM -12.50"],
)
def test_amount_with_negative_sign_is_negative(text: str) -> None:
    """Signs in front and behind, brackets and CR make an amount negative."""
    match = only(text)

    assert match.value < 0
    assert match.negative


@pytest.mark.parametrize("text", ["12.50", "12.50 DR", "A-12.50", "TOTAL-35.00", "10.00-12.00", "+3.00"])
def test_amount_without_negative_sign_is_positive(text: str) -> None:
    """A dash that joins is no minus."""
    assert all(match.value > 0 for match in find_amounts(text, style=POINT))


@pytest.mark.parametrize("text", ["12,-", "12,--", "12.-", "12,—", "12,= ", "12,- €"])
def test_amount_rounded_with_dash_is_money(text: str) -> None:
    """A dash for no cents is no minus."""
    match = only(text, COMMA)

    assert (match.value, match.kind) == (Decimal(12), "money")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("19%", "percent", id="percent"),
        pytest.param("19,00 %", "percent", id="percent with decimals"),
        pytest.param("2l %", "percent", id="percent with a look-alike"),
        pytest.param("%18", "percent", id="percent, Turkish"),
        pytest.param("2 x", "quantity", id="times"),
        pytest.param("x2", "quantity", id="times in front"),
        pytest.param("3 pcs", "quantity", id="pieces"),
        pytest.param("0.485 kg", "quantity", id="weight"),
        pytest.param("Net Weight (kgs): 2,640", "quantity", id="weight behind its unit"),
        pytest.param("2.345", "decimal", id="three decimals"),
        pytest.param("12", "integer", id="integer"),
        pytest.param("007", "identifier", id="leading zeros"),
        pytest.param("9556939040116", "identifier", id="barcode"),
        pytest.param("000.012.345", "identifier", id="leading zeros in groups"),
        pytest.param("110.042.490.114", "identifier", id="too many groups"),
        pytest.param("TD01167104", "identifier", id="glued to letters"),
        pytest.param("#4203", "identifier", id="number sign"),
        pytest.param("12:50", "identifier", id="time"),
        pytest.param("9.00 Uhr", "identifier", id="German opening hours"),
        pytest.param("25/12/2018", "identifier", id="date"),
        pytest.param("+60 12-345 6789", "identifier", id="phone"),
        pytest.param("03-7781", "identifier", id="phone without prefix"),
        pytest.param("DE89 3704 0044 0532 0130 00", "identifier", id="IBAN"),
        pytest.param("4570 1234 5678 9012", "identifier", id="card"),
        pytest.param("************1234", "identifier", id="masked card"),
        pytest.param("$1.2M", "identifier", id="millions in short"),
        pytest.param("5 million", "identifier", id="millions in words"),
        pytest.param("www.shop24.example", "identifier", id="web address"),
    ],
)
def test_number_that_is_no_amount_says_so(text: str, kind: AmountKind) -> None:
    """Percentages, quantities, dates and numbers that name something are told apart."""
    assert {match.kind for match in find_amounts(text, style=POINT)} == {kind}


@pytest.mark.parametrize("text", ["25.12.2018", "192.168.1.10", "1.2.3.4", "12.3456.78", "abc", "", "RM", "O.OO"])
def test_text_without_number_has_no_money(text: str) -> None:
    """Points that part something else make no amount, and letters alone never do."""
    assert [match for match in find_amounts(text, style=POINT) if match.kind == "money"] == []
    assert parse_amount(text, style=POINT) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("1O.5O", "10.50", id="O"),
        pytest.param("l2.50", "12.50", id="l"),
        pytest.param("1,2S4.00", "1254.00", id="S inside"),
        pytest.param("3.B0", "3.80", id="B"),
        pytest.param("1S9,500", "159500", id="S in thousands"),
        pytest.param("22,O00", "22000", id="O in thousands"),
        pytest.param("£1:64", "1.64", id="colon behind a currency mark"),
    ],
)
def test_lookalike_inside_amount_is_a_digit(text: str, value: str) -> None:
    """What OCR misread is put right where everything else says amount."""
    assert only(text).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("5,99B", "5.99", id="tax letter behind"),
        pytest.param("S12.00", "12.00", id="a misread dollar, no five"),
        pytest.param("9.00T", "9.00", id="tax letter"),
        pytest.param("22,000B", "22000", id="tax letter behind thousands"),
    ],
)
def test_lookalike_beside_amount_stays_a_letter(text: str, value: str) -> None:
    """A letter that is not needed to make two decimals is a letter."""
    assert only(text).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param("12 .50", ["12.50"], id="space before the point"),
        pytest.param("12. 50", ["12.50"], id="space behind the point"),
        pytest.param("1 2.50", ["1", "2.50"], id="a space between digits parts numbers"),
        pytest.param("2 12.50", ["2", "12.50"], id="quantity and price"),
        pytest.param("1 250.00", ["1", "250.00"], id="no space groups in this document"),
        pytest.param("2 x 3.50 7.00", ["2", "3.50", "7.00"], id="line of a receipt"),
        pytest.param("Total5.55", ["5.55"], id="glued to a word"),
        pytest.param("Tax 8% 1.48", ["8", "1.48"], id="rate and amount"),
    ],
)
def test_spaces_join_only_what_is_one_number(text: str, values: list[str]) -> None:
    """OCR's spaces inside an amount go; nothing is joined that may be two numbers."""
    assert [match.value for match in find_amounts(text, style=POINT)] == [Decimal(value) for value in values]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("total 12.50", id="a word beside it"),
        pytest.param("12.50 13.00", id="two amounts"),
        pytest.param("19%", id="a rate"),
        pytest.param("2 x", id="a quantity"),
    ],
)
def test_parse_amount_of_more_than_an_amount_is_none(text: str) -> None:
    """Only a text that is one amount is parsed as one."""
    assert parse_amount(text, style=POINT) is None


@given(st.text(max_size=80), st.sampled_from(STYLES))
def test_any_text_gives_well_formed_matches(text: str, style: NumberStyle) -> None:
    """No text makes the grammar raise; matches lie in order, and each holds the digits of its value."""
    position = 0
    for match in find_amounts(text, style=style):
        assert position <= match.start < match.end <= len(text)
        assert match.text == text[match.start : match.end]
        assert any(character.isdigit() for character in match.text)
        assert match.value.is_finite()
        position = match.end
    parse_amount(text, style=style)


@given(st.text(alphabet="0123456789.,' -()$€RMOlSB%:/xCRkg\u00a0", max_size=40), st.sampled_from(STYLES))
def test_any_number_like_text_gives_no_digit_that_is_not_there(text: str, style: NumberStyle) -> None:
    """A value has no more digits than the text has digits and look-alikes."""
    for match in find_amounts(text, style=style):
        printed = sum(character in "0123456789OlSB" for character in match.text)
        assert len(str(abs(match.value)).replace(".", "").lstrip("0")) <= printed


WRITINGS = [
    pytest.param(",", ".", POINT, id="1,234.56"),
    pytest.param(".", ",", COMMA, id="1.234,56"),
    pytest.param(" ", ",", SPACED, id="1 234,56"),
    pytest.param("\u202f", ",", SPACED, id="1\u202f234,56"),
    pytest.param("'", ".", POINT, id="1'234.56"),
    pytest.param("", ".", POINT, id="1234.56"),
    pytest.param("", ",", UNKNOWN, id="1234,56"),
]


@pytest.mark.parametrize(("group", "decimal", "style"), WRITINGS)
@pytest.mark.parametrize("frame", ["{}", "RM {}", "€{}", "{} zł", "{} EUR"])
@given(value=st.decimals(min_value=0, max_value=10**9, places=2))
def test_written_amount_is_read_back(group: str, decimal: str, style: NumberStyle, frame: str, value: Decimal) -> None:
    """What a locale writes, with or without a currency, is read as it was meant."""
    written = f"{value:,.2f}".replace(",", "g").replace(".", decimal).replace("g", group)

    assert parse_amount(frame.format(written), style=style) == value


@given(
    st.integers(min_value=1, max_value=10**9), st.sampled_from([".", ","]), st.sampled_from(["Rp {}", "{} ₫", "¥{}"])
)
def test_written_amount_without_decimals_is_read_back(value: int, group: str, frame: str) -> None:
    """Currencies without decimals group by either separator."""
    written = frame.format(f"{value:,}".replace(",", group))

    assert parse_amount(written, style=NumberStyle(minor_digits=0)) == value


def test_mark_between_two_numbers_belongs_to_the_first() -> None:
    """No character is part of two amounts."""
    assert [match.text for match in find_amounts("5 € 6 €", style=POINT)] == ["5 €", "6 €"]
