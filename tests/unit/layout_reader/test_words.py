"""Words that tell a date of the document from others, and an address from a name."""

import pytest

from lib.grammar.addresses import says_street
from lib.grammar.companies import find_legal_form, holds_legal_form
from lib.layout_reader.dates.candidates import date_candidates
from lib.layout_reader.dates.words import cues_before, date_cues
from lib.layout_reader.merchant.candidates import merchant_candidates
from lib.layout_reader.page.parsing import parse_document
from tests.unit.layout_reader.documents import document_of


@pytest.mark.parametrize(
    ("text", "cues"),
    [
        pytest.param("Rechnung Nr. 4711 vom ", {"of", "number"}, id="German number and date"),
        pytest.param("Facture n° 12 du ", {"of", "number"}, id="French number and date"),
        pytest.param("Faktura nr 5 z dnia ", {"of", "number"}, id="Polish number and date"),
        pytest.param("Счет № 7 от ", {"of", "number"}, id="Russian number and date"),
        pytest.param("Zahlbar bis zum ", {"until"}, id="German term"),
        pytest.param("Pagar hasta el ", {"until"}, id="Spanish term"),
        pytest.param("Points up to ", {"until"}, id="English count"),
        pytest.param("Form version 2.4 of ", {"of", "version"}, id="version"),
        pytest.param("Ihre Bestellung vom ", {"of", "reference"}, id="another document"),
        pytest.param("", {"first"}, id="nothing"),
    ],
)
def test_date_cues_are_found_in_many_languages(text: str, cues: set[str]) -> None:
    """What stands in front of a date says what it is of."""
    assert cues <= cues_before(text) <= set(date_cues())


def test_last_letter_of_a_code_is_no_cue() -> None:
    """A lone "z" stands before a day in Polish, but not at the end of an order's number."""
    assert not {"of", "number"} & cues_before("A0003AX88Z ")


def test_date_of_a_version_is_no_candidate_beside_others() -> None:
    """A form's version is dated too; where nothing else is, its date stays."""
    form = "Version:     2.4 vom 10.01.2023\n"

    with_invoice = date_candidates(parse_document(document_of(f"{form}Rechnung Nr. 17 vom 15.11.2024")))
    alone = date_candidates(parse_document(document_of(form)))

    assert [str(each.value) for each in with_invoice] == ["2024-11-15"]
    assert [str(each.value) for each in alone] == ["2023-01-10"]


@pytest.mark.parametrize(
    ("text", "is_street"),
    [
        pytest.param("14 rue des Tanneurs", True, id="French"),
        pytest.param("Hauptstraße 5", True, id="German, in one word"),
        pytest.param("ul. Słoneczna 14", True, id="Polish"),
        pytest.param("Jl. Merdeka 2", True, id="Indonesian"),
        pytest.param("Main Street Cafe", False, id="a name without number"),
        pytest.param("Taman Melati", True, id="Malay, a quarter"),
        pytest.param("Bakery 21", False, id="a number without street"),
    ],
)
def test_street_is_a_word_for_streets_and_a_number(text: str, is_street: bool) -> None:
    """Either alone may be a name."""
    assert says_street(text) is is_street


def test_name_that_ends_with_a_vowel_sign_keeps_it() -> None:
    """Thai writes some vowels and tones over the letter in front: they are no punctuation."""
    assert [each.text for each in merchant_candidates(parse_document(document_of("ร้านกาแฟสโตร์")))] == ["ร้านกาแฟสโตร์"]


@pytest.mark.parametrize(
    ("owner", "is_owner"),
    [
        pytest.param("Inh. Erika Muster e.K.", True, id="German"),
        pytest.param("Inhaber: E. Muster", True, id="German, with a colon"),
        pytest.param("Eigenaar Jan Jansen", True, id="Dutch"),
        pytest.param("Inhalt GmbH", False, id="a longer word"),
    ],
)
def test_owner_below_the_name_of_a_shop_is_no_merchant(owner: str, is_owner: bool) -> None:
    """The shop is; where the owner's line is the first one, there is no other name."""
    below = merchant_candidates(parse_document(document_of(f"Blumen Linde\n{owner}\nTotal 5,00")))
    first = merchant_candidates(parse_document(document_of(f"{owner}\nTotal 5,00")))

    assert any(each.text in owner for each in below) is not is_owner
    assert any(each.text in owner for each in first)


@pytest.mark.parametrize(
    ("line", "is_title"),
    [
        pytest.param("Quittung Nr. 0047", True, id="German"),
        pytest.param("Receipt 4711", True, id="English"),
        pytest.param("Bakery 21", False, id="a name with a number"),
        pytest.param("Original Kiosk", False, id="no number"),
    ],
)
def test_title_with_its_number_is_no_merchant(line: str, is_title: bool) -> None:
    """A title alone may be a name; one that is numbered is none."""
    names = {each.text for each in merchant_candidates(parse_document(document_of(f"{line}\nTotal 5,00")))}

    assert (line not in names) is is_title


@pytest.mark.parametrize(
    "greeting", ["Willkommen bei", "Bienvenue chez", "Welkom bij", "Benvenuti da", "Bienvenidos a"]
)
def test_name_behind_a_greeting_is_a_candidate_without_it(greeting: str) -> None:
    """The greeting is no part of it."""
    names = [each.text for each in merchant_candidates(parse_document(document_of(f"{greeting} Linde\n{greeting}")))]

    assert names[0] == "Linde"
    assert f"{greeting} Linde" not in names


def test_labels_and_machine_words_are_no_merchant() -> None:
    """A form's "Name:" and file names are passed over, the name behind the label is not."""
    document = document_of("invoice_17.xml\nsales@example.com\nName: Copperleaf Studio")

    assert [each.text for each in merchant_candidates(parse_document(document))] == ["Copperleaf Studio"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("Invoice from Ada Ltd, London", "Ada Ltd", id="behind the name"),
        pytest.param("Kepada: PT Maju Jaya", "PT Maju Jaya", id="only ever in front"),
    ],
)
def test_line_that_holds_no_legal_form_has_no_part_with_one(text: str, part: str) -> None:
    """Some forms count only at the beginning of a text, which a part of the line may be."""
    assert find_legal_form(part)
    assert holds_legal_form(text)
    assert not holds_legal_form("12 High Street, London")
