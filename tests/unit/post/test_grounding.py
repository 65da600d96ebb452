"""Answers held against the document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.document import Answer, BBox
from lib.post.grounding import ground
from tests.unit.layout_reader.documents import document_of
from tests.unit.post.documents import answers_of

INVOICE = """Acme Trading GmbH
Musterweg 1
Rechnung vom 25.12.2018
Netto          1.000,00
MwSt 19%         190,00
Gesamtbetrag   1.190,00 EUR"""

DOCUMENT = document_of(INVOICE)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        pytest.param("total", "1.190,00", id="amount as printed"),
        pytest.param("total", "1190,00", id="amount without groups"),
        pytest.param("total", "-1.190,00", id="amount with a sign"),
        pytest.param("total", "1.190,00 €", id="amount with another mark"),
        pytest.param("date", "25.12.2018", id="date as printed"),
        pytest.param("date", "December 25, 2018", id="date in other words"),
        pytest.param("merchant", "Acme Trading GmbH", id="merchant as printed"),
        pytest.param("merchant", "ACME TRADING", id="merchant cut"),
        pytest.param("merchant", "Acme Tradlng GmbH", id="merchant with a misread letter"),
        pytest.param("currency", "EUR", id="currency as printed"),
        pytest.param("currency", "€", id="currency by another mark"),
    ],
)
def test_answer_that_the_document_states_stays(key: str, text: str) -> None:
    """Other writings of the same thing are grounded, and get their place."""
    (answer,) = ground(answers_of(**{key: text}), document=DOCUMENT)  # type: ignore[arg-type]

    assert (answer.text, answer.confidence, answer.reason) == (text, 0.8, None)
    assert answer.page_index == 0
    assert answer.bbox is not None


@pytest.mark.parametrize(
    ("key", "text"),
    [
        pytest.param("total", "1.191,00", id="another amount"),
        pytest.param("total", "19%", id="a rate"),
        pytest.param("total", "unknown", id="no amount"),
        pytest.param("subtotal", "25.12.2018", id="a date is no amount"),
        pytest.param("date", "26.12.2018", id="another date"),
        pytest.param("date", "2018", id="no date"),
        pytest.param("merchant", "Globex Corporation", id="another merchant"),
        pytest.param("merchant", "***", id="no letters"),
        pytest.param("currency", "USD", id="another currency"),
        pytest.param("currency", "money", id="no currency"),
    ],
)
def test_answer_that_the_document_does_not_state_is_emptied(key: str, text: str) -> None:
    """What a model made up is no answer, and how sure it was speaks against there being none."""
    (answer,) = ground(answers_of(**{key: text}), document=DOCUMENT)  # type: ignore[arg-type]

    assert (answer.text, answer.reason, answer.bbox) == (None, "ungrounded", None)
    assert answer.confidence == pytest.approx(0.2)


def test_grounded_amount_stands_beside_its_keyword() -> None:
    """Of two equal amounts, the one that is called a total is the total."""
    document = document_of("TOTAL 5.00\nCash 5.00\nTea 5.00")

    (answer,) = ground(answers_of(total="5.00"), document=document)

    assert answer.bbox is not None
    assert answer.bbox.y0 == document.pages[0].words[1].bbox.y0


def test_merchant_over_two_lines_has_the_box_of_both() -> None:
    """Names are broken where the paper ends."""
    document = document_of("THE GOLDEN\nDRAGON INN\nTOTAL 5.00")

    (answer,) = ground(answers_of(merchant="The Golden Dragon Inn"), document=document)

    words = document.pages[0].words
    assert answer.bbox == BBox.around(word.bbox for word in words[:4])


def test_country_grounds_the_currency_of_a_document_without_marks() -> None:
    """A Malaysian tax invoice need not print RM."""
    document = document_of("KEDAI SDN BHD\nTOTAL 5.00")

    myr, usd = ground([Answer("currency", "MYR", 0.8), Answer("currency", "USD", 0.8)], document=document)

    assert (myr.text, usd.text) == ("MYR", None)


def test_place_that_the_reader_gave_stays() -> None:
    """The reader knows better where it read."""
    box = BBox(1, 2, 3, 4)

    (answer,) = ground([Answer("total", "1.190,00", 0.8, 0, box)], document=DOCUMENT)

    assert answer.bbox == box


def test_missing_and_unknown_answers_pass() -> None:
    """There is nothing to ground in no answer, and no rule for another key."""
    answers = [Answer("total", None, 0.5, reason="not_found"), Answer("vat_id", "DE123", 0.5)]

    assert ground(answers, document=DOCUMENT) == tuple(answers)


@given(st.sampled_from(["merchant", "date", "currency", "total"]), st.text(max_size=60))
def test_any_answer_is_grounded_or_emptied(key: str, text: str) -> None:
    """No text makes grounding raise."""
    (answer,) = ground([Answer(key, text, 0.8)], document=DOCUMENT)

    assert answer.text in {text, None}
