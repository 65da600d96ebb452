"""What recognizers leave of a phrase."""

import pytest

from lib.grammar.locales import find_keywords
from lib.grammar.misreadings import misreadings


@pytest.mark.parametrize(
    ("phrase", "misread"),
    [
        pytest.param("tổng cộng", {"tngcong", "tongcng", "tngcng"}, id="letters with two accents"),
        pytest.param("tổng", {"tng"}, id="a word that has no vowel then"),
        pytest.param("thuế", set(), id="a word that would be another one"),
        pytest.param("do zapłaty", {"dozaptaty"}, id="a stroke taken for a t"),
        pytest.param("montant à payer", set(), id="letters with one accent"),
        pytest.param("tổng cộng số tiền thuế nhập khẩu", set(), id="too many letters"),
    ],
)
def test_misreadings_phrase_loses_what_recognizers_lose(phrase: str, misread: set[str]) -> None:
    """Only where what is left is no other word."""
    assert set(misreadings(phrase)) == misread


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("Tng cng tién thanh toán: 20.350.000", "total", id="Vietnamese without its letters"),
        pytest.param("Do zaptaty: 45,00 zt", "total", id="Polish with t for ł"),
        pytest.param("MOMSEN UDG0R 29,27", "tax", id="Danish with a zero for Ø"),
        pytest.param("T0TAL 12.50", "total", id="zero for O"),
        pytest.param("TotaI 12.50", "total", id="I for l"),
        pytest.param("Fecha de em1s1on 12/05/24", "date", id="ones for i"),
        pytest.param("TOTAL EUR0 12.50", "total", id="zero for O at the end"),
    ],
)
def test_keyword_misread_by_a_recognizer_is_found(text: str, kind: str) -> None:
    """Lines as they come back from scanned pages."""
    assert kind in {match.kind for match in find_keywords(text)}


def test_keyword_at_the_begin_of_a_word_must_have_its_own_letters() -> None:
    """A customer in Turkish ("müşteri") does not begin a German supplier."""
    assert {match.kind for match in find_keywords("Musterlieferant")} == {"seller"}


def test_short_keyword_must_have_its_own_letters() -> None:
    """Three letters are soon another word: "lva" is no "iva"."""
    assert find_keywords("iva: 9%")
    assert not find_keywords("lva: 9%")
