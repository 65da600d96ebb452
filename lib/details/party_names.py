"""What of a text is a party's name.

In: a text of a party's block. Out: where the name stands in it, without the words in front of it and the address behind
it. Pure.
"""

import re
from dataclasses import replace
from itertools import islice
from typing import Final

from lib.details.party_blocks import letters_of_name, says_town
from lib.details.words import find_labels, find_party_words
from lib.document import BBox, Field
from lib.grammar.addresses import says_street
from lib.grammar.companies import find_legal_form
from lib.grammar.contacts import EMAIL
from lib.grammar.folding import letters_of
from lib.layout_reader.page.lines import Cell

_MARKS_BEFORE: Final = " :.;#,-"
_MARKS_BEHIND: Final = " :;#,-"
_FEWEST_LETTERS: Final = 3
_LONGEST_NAME: Final = 80
_LONGEST_LINE: Final = 240
_NO_NAME: Final = re.compile(
    r"^(?:c[oó]d(?:igo)?\b|code\b|p\.? ?o\.? box|post office box|information$)|\w{2,} ?: |[x*]{4}", re.IGNORECASE
)
_PRICE: Final = re.compile(r"\d[.,]\d{2}(?!\d)")
_PARTED: Final = re.compile(r"\s*[,;|·•]\s+|\s[-–—]\s")
_MOST_PARTS: Final = 8
_LABELLED: Final = re.compile(r"[^\W\d_]{2,20} ?:")
_COLON: Final = re.compile(r"\s*(?:[:.]|$)")
_BARE: Final = frozenset({"prefix", "attention", "person"})
"""Kinds of words that need no colon."""

_SHORTER: Final = 0.5
"""Share of a name's letters that a shorter form of it has: a "M." over a person is none of "Holz GmbH"."""

_GOES_ON: Final = re.compile(r"(?:[+&-]|\b(?:und|and|et|y|e|en|og|och|i|a))$", re.IGNORECASE)
"""The end of a line whose name goes on in the next."""


def name_in(text: str) -> tuple[int, int] | None:
    """Where the name stands in a text; None where it holds none."""
    line = text[:_LONGEST_LINE]
    start = len(line) - len(line.lstrip(_MARKS_BEFORE))
    start += label_end(line[start:], "name", "prefix") or _attention_end(line[start:])
    end = start + _end_of_name(line[start:])
    name = line[start:end].rstrip(_MARKS_BEHIND)
    is_name = sum(map(str.isalpha, name)) >= _FEWEST_LETTERS and len(name) <= _LONGEST_NAME and not _is_no_name(name)
    return (start, start + len(name)) if is_name else None


def says_only_name(text: str) -> bool:
    """Whether a text says that a name follows, and nothing else: "Name:", "Nome / Razão social"."""
    return _says_only(text, "name")


def is_title(text: str) -> bool:
    """Whether a text is nothing but the title of a person: "Frau"."""
    return _says_only(text, "title")


def mentions(text: str, name: str) -> bool:
    """Whether a text has a name, or is a shorter form of it; `name` is its letters alone, and none is in no text."""
    letters = letters_of_name(text)
    return bool(name) and (name in letters or (letters in name and len(letters) >= _SHORTER * len(name)))


def joined_name(name: Field, below: Cell) -> Field:
    """A name with the line below where it goes on there: "Smith &" over "Sons", or a legal form alone."""
    value, more = str(name.value), below.text
    form = find_legal_form(more) if len(more) <= _LONGEST_NAME else None
    is_form = form is not None and form.letters == sum(map(str.isalpha, more))
    whole = f"{value} {more}"
    if name.bbox is None or len(whole) > _LONGEST_NAME or _is_no_name(more):
        return name
    if not is_form and not _GOES_ON.search(value):
        return name
    return replace(name, value=whole, raw=whole, bbox=BBox.around([name.bbox, below.bbox]))


def label_end(text: str, *kinds: str) -> int:
    """Where the party words of some kinds end that a text begins with, and the marks behind them; else 0.

    A single word for a name or an address is one only before a colon, or alone.
    """
    head = text.partition(":")[0]  # Else "Firm: Ada" says "firma".
    for match in (*find_party_words(head), *find_party_words(text)):
        if match.start or match.glued or match.kind not in kinds:
            continue
        behind = text[match.end :]
        if match.kind in _BARE or " " in match.phrase.strip() or _COLON.match(behind):
            return len(text) - len(behind.lstrip(_MARKS_BEFORE))
    return 0


def _attention_end(text: str) -> int:
    """Where words such as "Attn" end in front of a person; companies' names may begin with them, too ("Att Inc")."""
    end = label_end(text, "attention")
    return 0 if find_legal_form(text) and ":" not in text[:end] else end


def _says_only(text: str, kind: str) -> bool:
    """Whether all letters of a text belong to party words of a kind."""
    words = find_party_words(text) if len(text) <= _LONGEST_NAME else ()
    spans = {(match.start, match.end) for match in words if match.kind == kind and not match.glued}
    return bool(spans) and sum(len(letters_of(text[start:end])) for start, end in spans) == len(letters_of(text))


def _is_no_name(text: str) -> bool:
    """Whether a text is a street, a mail address, a label or mostly digits."""
    digits = sum(map(str.isdigit, text))
    is_place = says_street(text) or EMAIL.search(text) or says_town(text)
    return bool(
        is_place or 2 * digits > len(text) or _NO_NAME.search(text) or _PRICE.search(text) or _begins_with_label(text)
    )


def _begins_with_label(text: str) -> bool:
    return any(match.start == 0 and not match.glued for match in find_labels(text)[:1])


def _end_of_name(text: str) -> int:
    """Where a name ends: before the street, the town or the next label that its line goes on with."""
    for match in islice(_PARTED.finditer(text), _MOST_PARTS):
        rest = text[match.end() :]
        is_address = rest[:1].isdigit() or says_street(rest.partition(",")[0]) or says_town(rest)
        if is_address or _LABELLED.match(rest) or _begins_with_label(rest):
            return match.start()
    return len(text)
