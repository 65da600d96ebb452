"""The words of configs/item_tables.yaml: every language has the columns that a table needs."""

from collections import Counter

import yaml

from lib.details.items.words import CONFIG, find_columns, find_row_words, is_glue, is_unit
from lib.grammar.locales import load_locales

CONTENT = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
COLUMNS = CONTENT["columns"]


def test_every_locale_has_the_columns_that_a_table_needs() -> None:
    """A description, quantities, prices and amounts; Norwegian shares words with Danish, Malay with Indonesian."""
    shared = {"no": "da", "sk": "cs", "ms": "id"}
    codes = {locale.code for locale in load_locales()}

    for kind in ("description", "quantity", "unit_price", "amount"):
        assert {code for code in codes if code not in COLUMNS[kind] and shared.get(code) not in COLUMNS[kind]} == set()


def test_no_phrase_heads_two_columns_in_one_language() -> None:
    """What a word means in a language is one column."""
    phrases = Counter(
        (language, phrase)
        for languages in COLUMNS.values()
        for language, words in languages.items()
        for phrase in words
    )

    assert [phrase for phrase, times in phrases.items() if times > 1] == []


def test_every_word_is_text() -> None:
    """YAML takes a bare no for a truth value."""
    languages = [code for words in COLUMNS.values() for code in words]
    phrases = [phrase for words in COLUMNS.values() for listed in words.values() for phrase in listed]

    assert [each for each in (*languages, *phrases) if not isinstance(each, str)] == []


def test_columns_are_found_from_left_to_right() -> None:
    """The longest phrase counts: "unit price" is a price, not a unit."""
    assert [match.kind for match in find_columns("Pos Description Qty Unit price Amount")] == [
        "position",
        "description",
        "quantity",
        "unit_price",
        "amount",
    ]


def test_carried_sums_and_deposits_are_told_by_their_words() -> None:
    """In the languages that have such words."""
    assert [match.kind for match in find_row_words("Übertrag von Seite 1")][:1] == ["carried"]
    assert [match.kind for match in find_row_words("Pfand 0,25")] == ["deposits"]


def test_units_and_signs_of_multiplication_stand_between_two_numbers() -> None:
    """An unknown short word counts in front of a sign alone."""
    assert all(map(is_glue, (" x ", " kg x ", "/", " Stk à ", " qux X ", " EUR/kg ")))
    assert not any(map(is_glue, (" qux ", " x Soup ", " Coffee ")))
    assert is_unit("Stk.")
    assert not is_unit("x")
