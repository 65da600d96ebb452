"""Which language and which country a document speaks for."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.grammar.countries import detect_countries, load_countries, signs_in
from lib.grammar.currency_table import CODES
from lib.grammar.folding import plain
from lib.grammar.locales import currency_of_language, detect_locales, load_locales
from tests.unit.grammar.country_texts import COUNTRY_TEXTS, NOBODYS_TEXTS

ROOT = Path(__file__).parents[3]

PIECES = (
    *(" ", "\n", "19% MWST", "MWST 20 %", "7,7% TVA ", "TVA 20 %", "S.R.L.", "B.V.", "S/B", "IČ DPH", "1234 AB ABCD"),
    *(
        "IL 62701",
        "LS1 4AP",
        "HST",
        "NSW 2000",
        "VAT NO 343 4753 55",
        "12345678-2-19",
        "S.A. DE C.V",
        "CUI 17",
        "CH-8001",
    ),
)
"""What countries' signs are made of, so that one stands beside, inside or in front of another."""


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        pytest.param(["TAX INVOICE", "Subtotal", "Grand total", "Change due"], "en", id="English"),
        pytest.param(["Rechnung", "Zwischensumme", "MwSt", "Gesamtbetrag"], "de", id="German"),
        pytest.param(["Facture", "Total HT", "TVA", "Net à payer"], "fr", id="French"),
        pytest.param(["Factura", "Base imponible", "IVA", "Importe total"], "es", id="Spanish"),
        pytest.param(["Fattura", "Imponibile", "IVA", "Totale da pagare"], "it", id="Italian"),
        pytest.param(["Fatura", "IVA", "Total a pagar", "Contribuinte"], "pt", id="Portuguese"),
        pytest.param(["Factuur", "Totaal excl. BTW", "BTW", "Te betalen"], "nl", id="Dutch"),
        pytest.param(["PARAGON FISKALNY", "SUMA PTU", "Razem do zapłaty"], "pl", id="Polish"),
        pytest.param(["Faktura", "Základ daně", "DPH", "Celkem k úhradě"], "cs", id="Czech"),
        pytest.param(["HÓA ĐƠN", "Tạm tính", "Tổng cộng", "Tiền mặt"], "vi", id="Vietnamese"),
        pytest.param(["FATURA", "Ara toplam", "KDV", "Genel toplam"], "tr", id="Turkish"),
        pytest.param(["Счет на оплату", "НДС", "Итого к оплате"], "ru", id="Russian"),
        pytest.param(["Рахунок", "ПДВ", "Всього до сплати"], "uk", id="Ukrainian"),
        pytest.param(["Фактура", "Данъчна основа", "ДДС", "Сума за плащане"], "bg", id="Bulgarian"),
        pytest.param(["ΑΠΟΔΕΙΞΗ", "ΥΠΟΣΥΝΟΛΟ", "ΦΠΑ", "ΓΕΝΙΚΟ ΣΥΝΟΛΟ"], "el", id="Greek, in capitals"),
        pytest.param(["Račun br. 17", "Osnovica", "PDV", "Ukupno za platiti"], "hr", id="Croatian"),
        pytest.param(["영수증", "공급가액", "부가세", "합계금액"], "ko", id="Korean"),
    ],
)
def test_language_is_told_by_its_words(lines: list[str], code: str) -> None:
    """A few headings are enough."""
    ranking = detect_locales(lines)

    assert ranking[0].locale.code == code
    assert sum(found.weight for found in ranking) == pytest.approx(1)


def test_weights_of_locales_do_not_depend_on_the_seed_of_hashes() -> None:
    """A confidence follows from them, and the same document is answered the same by every process."""
    script = (
        "from lib.grammar.locales import detect_locales\n"
        "lines = ['Total', 'Subtotal', 'Factura', 'Date', 'Net', 'Datum', 'Faktura', 'Rabat', 'Moms', 'IVA']\n"
        "print([found.weight for found in detect_locales(lines)])\n"
    )

    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(1, 5)
    }

    assert len(told) == 1


@pytest.mark.parametrize(
    ("lines", "currency"),
    [
        pytest.param(["HOA DON", "Tam tinh", "Tong cong"], "VND", id="one currency"),
        pytest.param(["Factura", "Base imponible", "Importe total"], None, id="many currencies"),
        pytest.param([], None, id="no language"),
    ],
)
def test_currency_of_language_is_the_only_one_it_is_paid_in(lines: list[str], currency: str | None) -> None:
    """It says how many decimals prices have where no mark does."""
    assert currency_of_language(detect_locales(lines)) == currency


def test_language_of_nothing_is_none() -> None:
    """No words, no guess."""
    assert detect_locales([]) == ()
    assert detect_locales(["12.50", "***"]) == ()


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        pytest.param(["KEDAI BUKU SDN BHD", "JALAN SAGU 18", "GST ID 000481747712"], "MY", id="Malaysia"),
        pytest.param(["Springfield, IL 62701"], "US", id="state and ZIP code"),
        pytest.param(["12 High Street", "Leeds LS1 4AP", "VAT No 343 4753 55"], "GB", id="Britain"),
        pytest.param(["USt-IdNr. DE123456789", "10115 Berlin"], "DE", id="Germany"),
        pytest.param(["ABN 51 824 753 556", "Sydney NSW 2000"], "AU", id="Australia"),
        pytest.param(["GSTIN: 27AAPFU0939F1ZV"], "IN", id="India"),
        pytest.param(["Toronto ON M5V 2T6", "HST"], "CA", id="Canada"),
        pytest.param(["Singapore 238839", "UEN 201234567A"], "SG", id="Singapore"),
        pytest.param(["NIP 526-000-12-46", "PARAGON FISKALNY"], "PL", id="Poland"),
        pytest.param(["DIČ: CZ12345678"], "CZ", id="Czechia"),
        pytest.param(["ICO: 36512345", "IC DPH: SK2020123456"], "SK", id="Slovakia, without accents"),
        pytest.param(["ADOSZAM: 12345678-2-19"], "HU", id="Hungary, without accents"),
        pytest.param(["CNPJ 12.345.678/0001-95"], "BR", id="Brazil"),
        pytest.param(["Tel. +84 28 3822 1234"], "VN", id="phone prefix"),
        pytest.param(["Tel. +371 6722 1234"], "LV", id="long phone prefix"),
        pytest.param(["mail@butik.dk"], "DK", id="domain"),
        pytest.param(["ИНН 7707083893", "г. Москва"], "RU", id="Russia"),
        pytest.param(["Ashland, Oregon 97520-1142"], "US", id="American address with the state's whole name"),
    ],
)
def test_country_is_told_by_its_signs(lines: list[str], code: str) -> None:
    """Tax numbers, addresses, phone prefixes and domains."""
    assert detect_countries(lines)[0].country.code == code


@given(st.lists(st.sampled_from(PIECES) | st.text("ABDIMRSTVČ0123456789.,-/% ", max_size=9), max_size=12).map("".join))
def test_sign_stands_where_its_expression_is_found(capitals: str) -> None:
    """What is tried only where a sign may begin is found wherever the expression alone would be."""
    standing = signs_in(capitals)

    for country in load_countries():
        for sign in (*country.signs, *country.hints):
            assert (sign in standing) == (sign.pattern.search(capitals) is not None), sign


@pytest.mark.parametrize("code", [*COUNTRY_TEXTS, None])
def test_signs_of_a_country_stand_in_no_text_of_another(code: str | None) -> None:
    """A sign stands for its country alone: what others write, or everybody, is no sign."""
    text = "\n".join(plain(line) for line in (COUNTRY_TEXTS[code] if code else NOBODYS_TEXTS)).upper()
    standing = signs_in(text)

    foreign = [
        (country.code, sign.pattern.pattern)
        for country in load_countries()
        for sign in country.signs
        if country.code != code and sign in standing
    ]

    assert foreign == []


@pytest.mark.parametrize("code", COUNTRY_TEXTS)
def test_country_is_the_likeliest_of_its_own_texts(code: str) -> None:
    """Its places, numbers and signs outweigh what other countries share with it."""
    assert detect_countries(COUNTRY_TEXTS[code])[0].country.code == code


def test_hints_alone_are_not_sure() -> None:
    """Several countries have an S.R.L., and a card's number looks like a telephone."""
    assert not any(found.is_sure for found in detect_countries(["BOTTEGA S.R.L.", "555-010-1234"]))


def test_country_of_one_place_name_is_not_sure() -> None:
    """A restaurant may be named after a city; a tax number is no name."""
    assert not detect_countries(["Cafe Paris"])[0].is_sure
    assert detect_countries(["SIRET 732 829 320 00074"])[0].is_sure


def test_country_of_nothing_is_none() -> None:
    """No signs, no guess."""
    assert detect_countries(["TOTAL 12.50"]) == ()


def test_countries_and_locales_name_known_currencies() -> None:
    """The files agree with the currency table."""
    assert {country.currency for country in load_countries()} <= CODES
    assert {code for locale in load_locales() for code in locale.currencies} <= CODES


@given(st.lists(st.text(max_size=60), max_size=10))
def test_any_lines_have_languages_and_countries(lines: list[str]) -> None:
    """No text makes the detection raise."""
    assert all(found.weight > 0 for found in detect_locales(lines))
    assert all(found.weight > 0 for found in detect_countries(lines))
