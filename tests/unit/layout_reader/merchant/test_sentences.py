"""What shops say to their customers, and other lines that name nobody."""

import pytest

from lib.layout_reader.merchant.candidates import merchant_candidates
from lib.layout_reader.merchant.sentences import breaks_off, is_sentence, lower_share
from lib.layout_reader.page import parse_document
from tests.unit.layout_reader.documents import document_of


def names(text: str) -> list[str]:
    """What may name the merchant of a page."""
    return [candidate.text for candidate in merchant_candidates(parse_document(document_of(text)))]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Please tell us what you think", id="English"),
        pytest.param("Bitte bewahren Sie Ihren Bon auf", id="German"),
        pytest.param("Nous vous attendons", id="French"),
        pytest.param("Conserve este ticket por favor", id="Spanish"),
        pytest.param("Rate our shop and", id="broken off"),
        pytest.param("Receive one free item", id="an invitation with words that no name has"),
        pytest.param("A Fernhold Company", id="whom a company belongs to"),
        pytest.param("Authorised Dealer of tyres", id="what it stands for"),
        pytest.param("2718281828 Rye bread", id="an article with its number"),
        pytest.param("Thank", id="thanks, cut off"),
        pytest.param("Questions? Comments", id="a question"),
        pytest.param("Contact us", id="a heading"),
        pytest.param("WELCOME TG", id="a heading, misread"),
        pytest.param("Ordredetaljer", id="a heading of an order"),
        pytest.param("NOUS CONTACTER", id="a heading in French"),
        pytest.param("Ansicht der eRechnung", id="what shows a file of a format"),
        pytest.param("LOGO", id="a form's place for a picture"),
        pytest.param("Fernhold Billing Department", id="a department"),
        pytest.param("Monday", id="a day"),
        pytest.param("GSTIN:29ABCDE1234F1Z5", id="a tax number"),
        pytest.param("Tel 01234 567890", id="a telephone number"),
        pytest.param("item of equal or lesser value", id="the middle of a sentence"),
        pytest.param("Billing rate: Household tariff", id="a label and what it says"),
    ],
)
def test_line_that_speaks_to_customers_or_about_something_is_no_candidate(line: str) -> None:
    """Slogans, survey lines, labels and articles stand where names stand."""
    assert line not in names(f"{line}\nBLUE FERN\nTea      2.50")


@pytest.mark.parametrize(
    ("head", "trade", "is_name"),
    [
        pytest.param("FERNHOLD LTD", "Fernhold Billing", False, id="a department of the company above"),
        pytest.param("FERNHOLD LTD", "Billing", False, id="a department of nobody"),
        pytest.param("RECHNUNG", "Huber Buchhaltung", True, id="a firm that keeps books"),
        pytest.param("Huber Buchhaltung OG", "Huber Buchhaltung", True, id="a firm that keeps books, twice"),
    ],
)
def test_department_is_no_candidate_beside_its_company(head: str, trade: str, is_name: bool) -> None:
    """What a department is called may be what a firm does."""
    assert (trade in names(f"{head}\n{trade}\nTea      2.50")) is is_name


def test_names_with_small_words_stay_candidates() -> None:
    """A name may hold "and", "of" and "by", and a company may call itself anything."""
    text = "House of Ferns\nSalt and Stone\nWe Are Your Garden Ltd\nTea      2.50"

    assert {"House of Ferns", "Salt and Stone", "We Are Your Garden Ltd"} <= set(names(text))


def test_name_behind_a_label_is_a_candidate_without_it() -> None:
    """Whatever the label says, the colon ends it."""
    found = names("Restaurant: Blue Fern\nTea      2.50")

    assert "Blue Fern" in found
    assert "Restaurant: Blue Fern" not in found


def test_legal_form_that_begins_the_name_behind_a_label_is_no_part_of_the_label() -> None:
    """In many countries it stands in front."""
    found = names("Постачальник: ТОВ «Калина», UA000000000000000000000000000\nЧай      2.50")

    assert "ТОВ «Калина»" in found
    assert "Постачальник: ТОВ" not in found


def test_company_behind_a_sentence_is_a_candidate_of_its_own() -> None:
    """A full stop parts two sentences, and no abbreviation."""
    assert "Copperleaf Rides, Inc" in " ".join(names("You rode with Odo. Copperleaf Rides, Inc., Oldtown\nTrip   9.00"))


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        pytest.param("Tell us about it and", True, id="and"),
        pytest.param("WIN A PRIZE WITH", True, id="in capitals"),
        pytest.param("Drive In", False, id="two words"),
        pytest.param("Nordic Fern Trade AS", False, id="a legal form that looks like a word"),
    ],
)
def test_line_that_ends_in_a_word_that_leads_on_breaks_off(text: str, cut: bool) -> None:
    """The rest stands in the next line."""
    assert breaks_off(text) is cut


def test_long_line_in_small_letters_is_a_sentence() -> None:
    """Even in a language whose words are not known."""
    assert is_sentence("Kvittering levert av Nordfern AS på vegne av selgeren")
    assert not is_sentence("The Salt and Stone Bakery")


def test_lower_share_counts_words_in_lower_case() -> None:
    """Slogans have many of them; brands may begin with a small letter."""
    assert lower_share("Ferns drive progress") == pytest.approx(2 / 3)
    assert lower_share("iFern") == 0.0
    assert lower_share("123") == 0.0


@pytest.mark.parametrize(
    ("line", "name"),
    [
        pytest.param("Blue Fern Cafe 12 Oak Lane", "Blue Fern Cafe", id="house number first"),
        pytest.param("Blue Fern GmbH Talweg 8", "Blue Fern GmbH", id="behind a legal form"),
        pytest.param("Blue Fern 24 Hours", "Blue Fern 24 Hours", id="a number that is of no house"),
    ],
)
def test_name_ends_in_front_of_an_address(line: str, name: str) -> None:
    """Some print both in one line, with nothing between."""
    assert names(f"{line}\nTea      2.50")[0] == name


def test_stars_read_as_chinese_characters_are_no_candidate() -> None:
    """On a page in another script; on a Chinese one they are a name."""
    receipt = "".join(f"Tea with milk {n}      2.50\n" for n in range(9))

    assert "火水火火" not in names(f"火水火火\nBLUE FERN\n{receipt}")
    assert "蓝蕨茶馆" in names("蓝蕨茶馆\n红茶      2.50\n合计      2.50")
