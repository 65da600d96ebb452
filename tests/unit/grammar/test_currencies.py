"""Currency marks in lines of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.grammar.currencies import find_currencies
from lib.grammar.currency_table import CODES, SYMBOLS
from lib.grammar.currency_usage import usual_currency


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("Total USD 12.50", "USD", id="code in front"),
        pytest.param("12,50 EUR", "EUR", id="code behind"),
        pytest.param("Eur12,50", "EUR", id="mixed case, glued"),
        pytest.param("Total (AED)", "AED", id="code in brackets"),
        pytest.param("All amounts in CHF", "CHF", id="code in a sentence about amounts"),
        pytest.param("€12", "EUR", id="euro"),
        pytest.param("£3.90", "GBP", id="pound"),
        pytest.param("RM12.50", "MYR", id="ringgit"),
        pytest.param("TOTAL (RM)", "MYR", id="ringgit without a number"),
        pytest.param("Rp22.000", "IDR", id="rupiah"),
        pytest.param("S$12.00", "SGD", id="Singapore"),
        pytest.param("HK$12.00", "HKD", id="Hong Kong"),
        pytest.param("A$12.00", "AUD", id="Australia"),
        pytest.param("R$ 12,00", "BRL", id="Brazil"),
        pytest.param("US$ 12", "USD", id="United States"),
        pytest.param("12,50 zł", "PLN", id="złoty"),
        pytest.param("SUMA zł", "PLN", id="złoty without a number"),
        pytest.param("150 Kč", "CZK", id="koruna"),
        pytest.param("10.000đ", "VND", id="đồng, glued"),
        pytest.param("63.800d", "VND", id="đồng without its bar"),
        pytest.param("50.000 ₫", "VND", id="đồng"),
        pytest.param("100 VNĐ", "VND", id="đồng, letters"),
        pytest.param("฿120", "THB", id="baht"),
        pytest.param("₺12,50", "TRY", id="lira"),
        pytest.param("12,50 TL", "TRY", id="lira, letters"),
        pytest.param("100 ₽", "RUB", id="ruble"),
        pytest.param("100 руб.", "RUB", id="ruble, letters"),
        pytest.param("100 ₴", "UAH", id="hryvnia"),
        pytest.param("100 грн", "UAH", id="hryvnia, letters"),
        pytest.param("12,50 лв", "BGN", id="lev"),
        pytest.param("Fr. 12.50", "CHF", id="franken"),
        pytest.param("500 Ft", "HUF", id="forint"),
        pytest.param("TOTAL S/ 88.90", "PEN", id="sol"),
        pytest.param("TOTAL S/", "PEN", id="sol without a number"),
        pytest.param("NOVENTA CON 90/100 SOLES", "PEN", id="soles in words"),
        pytest.param("25 000,00 р.", "RUB", id="ruble, one letter"),
        pytest.param("Summa(SEK)", "SEK", id="a code that is a word too, in brackets"),
        pytest.param("25 410 FT", "HUF", id="forint in capitals behind thousands"),
        pytest.param("TOTAL LEI", "RON", id="lei"),
        pytest.param("Ringgit Malaysia: ten only", "MYR", id="word"),
        pytest.param("amounts in Euro", "EUR", id="word in a sentence about amounts"),
        pytest.param("TOTAL BHD", "BHD", id="a code that is a word too, right behind a word for a sum"),
        pytest.param("KD 3.250", "KWD", id="Kuwaiti dinar"),
        pytest.param("12.500 JD", "JOD", id="Jordanian dinar"),
        pytest.param("BD 1.250", "BHD", id="Bahraini dinar"),
        pytest.param("1 548,595 DT", "TND", id="Tunisian dinar"),
        pytest.param("R.O. 12.500", "OMR", id="Omani rial"),
        pytest.param("LE 350.00", "EGP", id="Egyptian pound"),
        pytest.param("1,250 L.E.", "EGP", id="Egyptian pound behind thousands"),
        pytest.param("Amount in Egyptian Pound", "EGP", id="Egyptian pound in words"),
    ],
)
def test_currency_mark_is_found(text: str, code: str) -> None:
    """Codes, symbols and words that stand for one currency."""
    (match,) = find_currencies(text)

    assert match.code == code
    assert text[match.start : match.end] == match.text


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        pytest.param("$12.00", {"USD", "CAD", "AUD", "SGD"}, id="dollar"),
        pytest.param("kr 100", {"SEK", "NOK", "DKK"}, id="krone"),
        pytest.param("¥100", {"JPY", "CNY"}, id="yen or yuan"),
        pytest.param("Rs. 500", {"INR", "PKR", "LKR"}, id="rupee"),
    ],
)
def test_ambiguous_mark_keeps_its_candidates(text: str, candidates: set[str]) -> None:
    """What shares a mark is not decided here."""
    (match,) = find_currencies(text)

    assert match.is_ambiguous
    assert candidates <= set(match.candidates)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("BOOK SHOP SDN BHD", id="Berhad, no dinar"),
        pytest.param("ALL SALES ARE FINAL", id="all"),
        pytest.param("RON 95", id="petrol"),
        pytest.param("GEL PEN 0.5MM", id="pens"),
        pytest.param("2KGS LACQUER", id="kilograms"),
        pytest.param("SEK 7 SHAH ALAM", id="a section of a town"),
        pytest.param("W/4FT", id="feet"),
        pytest.param("S/N: DE123", id="serial number"),
        pytest.param("Р/р 40702810", id="a Russian account"),
        pytest.param("від 20 травня 2024 р.", id="a Ukrainian year"),
        pytest.param("Ronda de la Villa s/. 28050 Madrid", id="no house number"),
        pytest.param("11os€ Cena", id="a letter misread as a sign"),
        pytest.param("6BK KC1069", id="article number"),
        pytest.param("FR01", id="country in front of a number"),
        pytest.param("1000 RS - 2300 HRS", id="hours"),
        pytest.param("DOLLAR STORE", id="name"),
        pytest.param("try our new menu, all day", id="lower case"),
        pytest.param("AJTPM7071RSD00", id="inside a code"),
        pytest.param("12.50 d", id="any letter behind a number"),
        pytest.param("EUROPE", id="part of a word"),
        pytest.param("LBS or KGS", id="units"),
        pytest.param("5.00 KGS", id="a weight with decimals"),
        pytest.param("Total Weight (indicate LBS or KGS) 14.00", id="a weight behind its units"),
        pytest.param("LE 22.10.2012", id="a French day"),
        pytest.param("2.50 LE PLAT", id="a French article behind a price"),
        pytest.param("RO 12345678", id="a Romanian tax number"),
        pytest.param("DT. 12.10.2023", id="short for date"),
        pytest.param("đơn hàng", id="letter in front of a word"),
    ],
)
def test_letters_that_are_no_currency_are_left_alone(text: str) -> None:
    """What only looks like a mark is none."""
    assert find_currencies(text) == ()


@pytest.mark.parametrize(
    ("text", "beside"),
    [("12.50 EUR", True), ("EUR: 12.50", True), ("Total (EUR)", False), ("EUR", False)],
)
def test_mark_knows_whether_a_number_is_beside_it(text: str, beside: bool) -> None:
    """A mark beside a number weighs more than one in a heading."""
    (match,) = find_currencies(text)

    assert match.beside_number is beside


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        pytest.param(["TOTAL BHD", "11.110"], "BHD", id="in a heading"),
        pytest.param(["Prices in EUR", "all amounts in EUR", "USD 12.50"], "USD", id="beside a number"),
        pytest.param(["$12.50"], None, id="ambiguous"),
    ],
)
def test_usual_currency_is_that_of_most_marks(texts: list[str], code: str | None) -> None:
    """Reader and rules ask the same of a document, so that both read its numbers alike."""
    assert usual_currency(texts) == code


@pytest.mark.parametrize("symbol", sorted(SYMBOLS))
def test_every_symbol_is_found_on_one_side_of_an_amount(symbol: str) -> None:
    """No entry of the table is out of reach."""
    printed = (
        symbol.upper()
        if symbol in {"rm", "tl", "jd", "kd", "bd", "dt", "ro", "r.o", "le", "l.e", "qr"}
        else symbol.capitalize()
        if symbol in {"rp", "rs", "ft", "kc"}
        else symbol
    )
    found = [
        match.candidates
        for text in (f"{printed} 1.250,00", f"1.250,00 {printed}", f"1.250{printed}", f"{printed} 1,250.00")
        for match in find_currencies(text)
    ]

    assert SYMBOLS[symbol] in found


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_is_found_beside_an_amount(code: str) -> None:
    """Codes that are words too count beside an amount."""
    assert [match.code for match in find_currencies(f"{code} 12.50")] == [code]


@given(st.text(max_size=80))
def test_any_text_gives_well_formed_marks(text: str) -> None:
    """No text makes the grammar raise, and every mark stands where it says."""
    position = 0
    for match in find_currencies(text):
        assert position <= match.start < match.end <= len(text)
        assert match.text == text[match.start : match.end]
        assert match.code == match.candidates[0]
        position = match.end
