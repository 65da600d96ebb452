"""Which currency an answer, or a document without one, stands for."""

from typing import Final

import pytest

from lib.post.currency import currency_of_document, read_currency
from lib.post.outcome import AMBIGUOUS_CURRENCY
from tests.unit.post.documents import evidence_of

LEAST_CERTAIN: Final = 0.75
"""Certainty that no currency has which nothing on the page names."""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("EUR", "EUR", id="code"),
        pytest.param("eur", "EUR", id="code in lower case"),
        pytest.param("€", "EUR", id="symbol"),
        pytest.param("RM", "MYR", id="letters"),
        pytest.param("RM 12.50", "MYR", id="with its amount"),
        pytest.param("Rp", "IDR", id="rupiah"),
        pytest.param("zł", "PLN", id="złoty"),
        pytest.param("US Dollars", "USD", id="words"),
        pytest.param("Ft", "HUF", id="behind amounts only"),
        pytest.param("d", "VND", id="behind thousands only"),
    ],
)
def test_currency_answer_becomes_its_code(text: str, code: str) -> None:
    """However the reader says it, the field is ISO 4217."""
    outcome = read_currency(text, evidence_of("TOTAL 12.50"))

    assert (outcome.value, outcome.problem) == (code, None)


@pytest.mark.parametrize(
    ("text", "document", "code"),
    [
        pytest.param("$", "All prices in CAD\n$12.50", "CAD", id="another mark"),
        pytest.param("$", "$12.50\nABN 51 824 753 556", "AUD", id="Australian tax number"),
        pytest.param("$", "$12.50\nSingapore 238839", "SGD", id="Singapore address"),
        pytest.param("$", "$12.50\nTyler, TX 75707", "USD", id="American address"),
        pytest.param("kr", "Totalt 120 kr\nMoms\nAtt betala", "SEK", id="Swedish"),
        pytest.param("kr", "I alt 120 kr\nCVR 12345678", "DKK", id="Danish register"),
        pytest.param("RS", "TOTAL RS 12,50\nCNPJ 12.345.678/0001-95", "BRL", id="a Brazilian R$ misread"),
        pytest.param("¥", "合計 ¥500\nありがとうございました", "JPY", id="Japanese"),
        pytest.param("¥", "合计 ¥500\n北京某某有限公司", "CNY", id="Chinese"),
    ],
)
def test_ambiguous_mark_is_decided_by_the_document(text: str, document: str, code: str) -> None:
    """Other marks, the country and the language tell whose dollar it is."""
    outcome = read_currency(text, evidence_of(document))

    assert (outcome.value, outcome.problem) == (code, None)


def test_stray_mark_that_is_foreign_to_a_sure_country_is_misread() -> None:
    """One dollar sign among many amounts of a Turkish receipt was a percent sign."""
    receipt = "KOZYATAGI V.D. VKN 6220529513\nSUT $20\n*34,90\n*7,50\n*12,00\nTOPKDV *4,53\nTOPLAM *54,40"

    assert read_currency("$", evidence_of(receipt)).value == "TRY"
    assert read_currency("$", evidence_of("VKN 6220529513\nHosting $20.00\nTotal $20.00")).value == "USD"


def test_dollar_that_nothing_decides_is_usual_and_says_so() -> None:
    """A dollar sign alone means US dollars nearly always; the field says that it may not."""
    outcome = read_currency("$", evidence_of("TOTAL $12.50"))

    assert (outcome.value, outcome.problem) == ("USD", AMBIGUOUS_CURRENCY)
    assert outcome.certainty < 1


def test_yen_or_yuan_that_nothing_decides_is_none() -> None:
    """Where neither is usual, nothing is guessed."""
    outcome = read_currency("¥", evidence_of("TOTAL ¥500"))

    assert (outcome.value, outcome.problem) == (None, AMBIGUOUS_CURRENCY)


@pytest.mark.parametrize("text", ["", "twelve", "12.50"])
def test_text_without_a_currency_is_unparsable(text: str) -> None:
    """A number is no currency."""
    outcome = read_currency(text, evidence_of("TOTAL €12.50"))

    assert (outcome.value, outcome.problem) == (None, "unparsable")


@pytest.mark.parametrize(
    ("document", "code"),
    [
        pytest.param("Tea €1.20\nTOTAL €4.60", "EUR", id="marks"),
        pytest.param("A$5 gift card\nTea £1.20\nTOTAL £4.60", "GBP", id="most marks"),
        pytest.param("KEDAI SDN BHD\nTOTAL 4.60", "MYR", id="country"),
        pytest.param("Kassabon\nSubtotaal 4,00\nTe betalen 4,60", "EUR", id="language of one currency"),
        pytest.param("Bogotá\nPan 12.500\nTotal a pagar 12.500", "COP", id="a place where the language is spoken"),
        pytest.param(
            "Hai Phong\nTam tinh 40.000\nTong cong 46.000", "VND", id="language and a city where it is spoken"
        ),
        pytest.param("Quittung\nSumme 4,60", "EUR", id="language of one currency with a comma"),
        pytest.param("Quittung\nSumme 4,60\nWien", "EUR", id="language and a place of its currency"),
        pytest.param("Factura simplificada\nImporte total 4,60\nSevilla", "EUR", id="language of many, and a place"),
        pytest.param("Quittung\nSumme 4.60\nMWST 8.1% 0.34", "CHF", id="a country's tax rate"),
        pytest.param("Kassenbon\nSumme 4.60\nMwSt A (7%) 0.30", "EUR", id="a country's tax rate behind a code"),
    ],
)
def test_currency_of_document_is_what_it_shows(document: str, code: str) -> None:
    """Marks first, else a country that is sure."""
    outcome, _ = currency_of_document(evidence_of(document))

    assert outcome.value == code


def test_currency_of_document_found_by_a_mark_has_its_place() -> None:
    """A client can be shown where the currency stands."""
    _, stated = currency_of_document(evidence_of("Tea 1.20\nTOTAL €4.60"))

    assert stated is not None
    assert (stated.match.text, stated.line.row) == ("€", 1)


@pytest.mark.parametrize(
    "document",
    [
        "TOTAL 4.60",
        "Cafe Paris\nTOTAL 4.60",
        "Subtotal 4,00\nImporte total 4,60",
        "Toronto\nTam tinh 40.000\nTong cong 46.000",
        "",
    ],
)
def test_currency_of_document_without_evidence_is_none(document: str) -> None:
    """The name of a city is no evidence, and speaks against a language that is foreign there."""
    outcome, stated = currency_of_document(evidence_of(document))

    assert (outcome.value, stated) == (None, None)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        pytest.param("1400 Ocean Dr, Miami FL\nSubtotal 123.00\nTax 11.07\nTotal 134.07", "USD", id="city and state"),
        pytest.param(
            "Market St, Boston\n06/21/2025\nSubtotal 134.00\nTotal 144.72\nChange due 0.00",
            "USD",
            id="city, month first",
        ),
        pytest.param("Cafe Boston\n21/06/2025\nTotal 144.72\nChange 0.00", None, id="a name, day first"),
        pytest.param("Cafe Boston\nTotal 144.72\nChange 0.00", None, id="a name alone"),
    ],
)
def test_currency_of_an_english_document_without_a_mark_takes_two_hints(document: str, code: str | None) -> None:
    """American tills print no dollar sign; a name in the address alone is too little."""
    outcome, _ = currency_of_document(evidence_of(document))

    assert outcome.value == code
    assert outcome.certainty < LEAST_CERTAIN


def test_currency_of_a_lone_sign_in_unreadable_text_is_none() -> None:
    """What recognizers make of noise has the sign of some country now and then."""
    outcome, _ = currency_of_document(evidence_of("~ ab vv\n||| KVK 00\nq 12.50"))

    assert outcome.value is None


def test_mark_in_a_rate_of_exchange_is_no_price() -> None:
    """An invoice in pesos tells what the dollar was worth."""
    document = "Son PESOS: CIENTO SEIS MIL\nExpresado en: PESOS ARGENTINOS\nTipo de Cambio: U$S 1 = 3.00"

    outcome, _ = currency_of_document(evidence_of(document))

    assert outcome.value == "ARS"
