"""Phrases of all languages, however they are written."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.grammar.extra_keywords import KINDS as EXTRA_KINDS
from lib.grammar.keywords import KeywordIndex
from lib.grammar.locales import KINDS, Locale, find_keywords, find_keywords_in_row, load_locales
from lib.grammar.recall import one_document

LOCALES = [pytest.param(locale, id=locale.code) for locale in load_locales()]


def found(text: str, locale: Locale) -> set[tuple[str, int, int]]:
    """Kinds and places of what `locale` has for `text`."""
    matches = find_keywords(text, locales=frozenset({locale.code}))
    return {(match.kind, match.start, match.end) for match in matches}


def without_accents(text: str) -> str:
    """`text` as OCR with few letters returns it."""
    letters = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in letters if not "\u0300" <= c <= "\u036f"))


@pytest.mark.parametrize(
    ("text", "kind", "phrase"),
    [
        pytest.param("Total", "total", "Total", id="as it is"),
        pytest.param("GRAND TOTAL:", "total", "GRAND TOTAL", id="capitals"),
        pytest.param("GRANDTOTAL", "total", "GRANDTOTAL", id="glued"),
        pytest.param("TotalAmount", "total", "TotalAmount", id="glued in camel case"),
        pytest.param("Sub-Total (RM)", "subtotal", "Sub-Total", id="the longer phrase wins"),
        pytest.param("Total Excl. GST", "subtotal", "Total Excl. GST", id="points"),
        pytest.param("NET A PAYER", "total", "NET A PAYER", id="without accents"),
        pytest.param("Tong cong", "total", "Tong cong", id="Vietnamese without accents"),
        pytest.param("İNDİRİM", "discount", "İNDİRİM", id="dotted capital I"),
        pytest.param("K.D.V.", "tax", "K.D.V", id="abbreviation with points"),
        pytest.param("ИТОГО К ОПЛАТЕ", "total", "ИТОГО К ОПЛАТЕ", id="Cyrillic"),
        pytest.param("รวมทั้งสิ้น 120", "total", "รวมทั้งสิ้น", id="Thai"),
        pytest.param("合計¥500", "total", "合計", id="Japanese"),
        pytest.param("Gesamtbetrag inkl. MwSt.", "total", "Gesamtbetrag inkl. MwSt", id="German"),
    ],
)
def test_keyword_is_found_however_it_is_written(text: str, kind: str, phrase: str) -> None:
    """Case, accents, points and missing spaces do not matter."""
    assert (kind, phrase) in {(match.kind, text[match.start : match.end]) for match in find_keywords(text)}


@pytest.mark.parametrize(
    ("shorter", "longer", "text"),
    [("net", "netto amount", "net to pay"), ("total", "total amount", "total amiss"), ("a", "abcdef", "a bcde")],
)
def test_shorter_phrase_is_found_where_a_longer_one_does_but_begin(shorter: str, longer: str, text: str) -> None:
    """Whether or not it is as long as what a line is searched for."""
    index = KeywordIndex([(shorter, "shorter", "en"), (longer, "longer", "en")])

    assert [(match.kind, match.start, match.end) for match in index.find(text)] == [("shorter", 0, len(shorter))]


@pytest.mark.parametrize(
    "text", ["Taxi", "Summer", "Binnenband", "Rundbetragsfrei", "vatican", "discotheque", "wanted", "Rundgang", ""]
)
def test_short_phrase_inside_a_word_is_no_keyword(text: str) -> None:
    """A taxi is no tax."""
    kinds = {match.kind for match in find_keywords(text, locales=frozenset({"en", "de"}))}

    assert kinds == set()


@pytest.mark.parametrize(("text", "kinds"), [("कुल राशि 120", {"total"}), ("काली मिर्च 120", set()), ("व्याकुल", set())])
def test_vowel_signs_of_hindi_tell_words_apart(text: str, kinds: set[str]) -> None:
    """Black pepper is no total."""
    assert {match.kind for match in find_keywords(text, locales=frozenset({"hi"}))} == kinds


def test_keyword_glued_to_other_letters_says_so() -> None:
    """Callers may trust a whole word more."""
    (glued,) = find_keywords("TOTALXY", locales=frozenset({"en"}))
    (whole,) = find_keywords("X TOTAL Y", locales=frozenset({"en"}))

    assert (glued.glued, whole.glued) == (True, False)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_phrase_of_a_locale_is_found_in_every_writing(locale: Locale) -> None:
    """No phrase of the files is out of reach, in capitals or without accents."""
    for kind, phrases in locale.keywords.items():
        for phrase in phrases:
            for text in (phrase, phrase.title(), without_accents(phrase), phrase.upper()):
                assert kind in {kind for kind, start, _ in found(text, locale) if start == 0}, (text, kind)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_locale_has_phrases_of_every_kind_and_of_no_other(locale: Locale) -> None:
    """A kind that is misspelt would announce nothing; a language's months have names, all of them, or none."""
    assert set(locale.keywords) | {"tip"} == set(KINDS)
    assert set(locale.extras) == set(EXTRA_KINDS)
    assert len(locale.months) in {0, 12}
    assert all(locale.months)


def test_index_gives_every_kind_of_a_phrase() -> None:
    """A phrase may announce one thing in one language and another in the next."""
    index = KeywordIndex([("pos", "item", "de"), ("pos", "cash", "it"), ("pos", "item", "nl")])

    assert {(m.kind, m.locales) for m in index.find("POS")} == {
        ("item", frozenset({"de", "nl"})),
        ("cash", frozenset({"it"})),
    }
    assert [m.kind for m in index.find("POS", locales=frozenset({"it"}))] == ["cash"]


@pytest.mark.parametrize("name", ["CASA PEPE", "SIEU THI MINI", "AQUARELA COMERCIO LTDA", "KEDAI MAKAN", "Anna An"])
def test_word_that_names_are_made_of_announces_nothing(name: str) -> None:
    """A cash desk or a shop in one language is a house or a trade in another's names."""
    assert find_keywords(name) == ()


@given(st.text(max_size=80))
def test_any_text_gives_well_formed_keywords(text: str) -> None:
    """No text makes the index raise, and every match lies in the text."""
    for match in find_keywords(text):
        assert 0 <= match.start < match.end <= len(text)


@pytest.mark.parametrize(
    "parts",
    [
        ["Total", "12.50"],
        ["Invoice", "date", "01.02.2024"],
        ["TOTAL excl.", "VAT 20%", "Total"],
        ["T0TAL", "0 otal", "1nvoice 1"],
        ["合計", "Tổng cộng", "कुल", "Sub", "total"],
        ["", "Total", "Total"],
    ],
)
@pytest.mark.parametrize("locales", [None, frozenset({"en"}), frozenset({"de", "ja"})])
def test_find_keywords_in_row_finds_the_same_in_row_and_parts_as_in_each_alone(
    parts: list[str], locales: frozenset[str] | None
) -> None:
    """What a row says is not taken for what its cells say where a phrase runs on from one to the next."""
    alone = [find_keywords(part, locales=locales) for part in parts]

    with one_document():
        in_row = find_keywords_in_row(parts)
        in_parts = [find_keywords(part, locales=locales) for part in parts]

    assert in_row == find_keywords(" ".join(parts))
    assert in_parts == alone
