"""What kind of document it is, in which language and country.

In: a `ParsedDocument`. Out: leaves. The words that name a document say its kind, those that stand alone or large first;
where nothing names it, its form does: a narrow slip with a total is a receipt.
"""

from collections.abc import Collection
from typing import Final

from lib.computing import in_time
from lib.details.labels import Labels, leaf_at
from lib.details.words import find_titles
from lib.document import Field
from lib.extraction import Leaf
from lib.grammar.countries import detect_countries
from lib.grammar.keywords import KeywordMatch
from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.parsing import ParsedDocument

_CLEAR_LANGUAGE: Final = 0.4
"""Share of a document's words, by weight, that a language needs."""

_WIDEST_SLIP: Final = 42.0
"""Heights of its text: a till's slip is no wider, a letter's page is half as wide again."""

_RARE: Final = frozenset({"credit_note", "order", "quote", "delivery_note", "statement", "reminder"})
"""Kinds whose words stand on other papers, too ("your order", "delivery note no. 5"): only a title is believed."""

_TITLE_SHARE: Final = 0.6
"""Share of its cell's letters that a title takes."""

_COMPOUND: Final = 4
"""Letters in front of a word that make a compound of it; "Berechnung" is none."""

_HEAD_ROWS: Final = 25
_TITLES_OF_A_CELL: Final = 3


def read_document_type(parsed: ParsedDocument, labels: Labels, known: Collection[str] = ()) -> Leaf:
    """The kind of document, None where nothing tells.

    Args:
        parsed: The document.
        labels: Its labels.
        known: Keys of the extra fields that it states: who is to pay gets an invoice.
    """
    worths: dict[str, float] = {}
    best: dict[str, tuple[float, Field]] = {}
    for row in in_time(parsed.rows):
        for cell in row.cells:
            for match in find_titles(cell.text)[:_TITLES_OF_A_CELL]:
                worth = _worth(parsed, cell, match)
                if worth <= 0:
                    continue
                worths[match.kind] = max(worths.get(match.kind, 0.0), worth)
                if worth > best.get(match.kind, (0.0, None))[0]:
                    leaf = leaf_at(cell, "document_type", match.kind, (match.start, match.end), min(0.95, worth))
                    best[match.kind] = worth, leaf
    if is_slip(parsed):
        worths["receipt"] = worths.get("receipt", 0.0) + 0.4
    if labels.of("due_date", "iban", "customer_no", "customer_tax_id") or "iban" in known:
        worths["invoice"] = worths.get("invoice", 0.0) + 0.3
    kind = max(worths, key=lambda each: worths[each], default=None)
    if kind is None:
        return None
    return best[kind][1] if kind in best else Field("document_type", kind, None, 0.6)


def _worth(parsed: ParsedDocument, cell: Cell, match: KeywordMatch) -> float:
    """How much a word says that the document is of its kind."""
    # "Warenrechnung" is a kind of "Rechnung".
    start = 0 if _ends_compound(cell.text, match) else match.start
    letters = sum(map(str.isalnum, cell.text))
    own = sum(map(str.isalnum, cell.text[start : match.end]))
    is_title = start == 0 and own >= _TITLE_SHARE * letters
    if (match.glued or match.kind in _RARE) and not is_title:
        return 0.0
    height = cell.height / max(parsed.frames[cell.page_index].height, 1.0)
    worth = 0.45 + (0.2 if is_title else 0.0) + (0.15 if cell.row < _HEAD_ROWS else 0.0)
    worth += 0.3 if height >= 1.4 and is_title else 0.0  # noqa: PLR2004 - larger than its page's usual words
    if match.kind in _RARE:
        worth += 0.05 if cell.row < _HEAD_ROWS and height >= 1.2 else -0.25  # noqa: PLR2004
    return worth


def _ends_compound(text: str, match: KeywordMatch) -> bool:
    """Whether a word for a document is the end of the first word of a text, as compounds of many languages have it."""
    front = text[: match.start]
    return match.glued and front.isalpha() and len(front) >= _COMPOUND and not text[match.end : match.end + 1].isalpha()


def is_slip(parsed: ParsedDocument) -> bool:
    """Whether the document is a till's slip by its form: one page, as narrow as its few words are."""
    if len(parsed.frames) != 1:
        return False
    (frame,) = parsed.frames.values()
    return frame.content.width <= _WIDEST_SLIP * frame.height


def read_language(parsed: ParsedDocument) -> Leaf:
    """The language that most of the document's words are of."""
    if not parsed.locales or parsed.locales[0].weight < _CLEAR_LANGUAGE:
        return None
    first = parsed.locales[0]
    return Field("language", first.locale.code, None, min(0.95, 0.5 + first.weight / 2))


def read_country(parsed: ParsedDocument) -> Leaf:
    """The country that numbers, addresses and names speak for."""
    ranked = detect_countries(row.text for row in in_time(parsed.rows))
    if not ranked or not ranked[0].is_sure:
        return None
    rival = ranked[1].weight if len(ranked) > 1 else 0.0
    if rival >= ranked[0].weight:
        return None
    return Field("country", ranked[0].country.code, None, 0.85)
