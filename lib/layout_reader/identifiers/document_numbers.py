"""The number of a document, where a label or its title says what it is.

In: a `ParsedDocument` and its labels. Out: what may be the number, with how sure it is. Rules only, nothing learned.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lib.computing import in_time
from lib.grammar.dates import find_dates
from lib.grammar.document_numbers import number_at_start, point_of_sale_number
from lib.grammar.folding import folded
from lib.grammar.keywords import KeywordMatch
from lib.layout_reader.identifiers.labels import BEHIND, LESSER, UNANNOUNCED, Found, Label, Part, first_found, parts_of
from lib.layout_reader.page.lines import Row
from lib.layout_reader.page.parsing import ParsedDocument

_OF_ITEMS: Final = frozenset({"item", "quantity", "unit_price"})
_NUMBER_ALONE: Final = re.compile(
    r"(?:number|nummer|numero|numer|cislo|szam|numar|nomer|номер|αριθμος|broj|stevilka|numurs|numeris)\s*[:.]?"
)
"""A label that says no more, of a document whose title stands elsewhere; folded."""

_FAR: Final = 400
"""Characters behind a title in which its number stands."""

_SIGNED = re.compile(r"(?:#|n[°ºo]\.?|nr\.?|№)\s*\d", re.IGNORECASE)
"""What a number below a title begins with."""

_OF_DAY = re.compile(r"\s*(?:du|vom|del|de|of|van|z dne|ze dne|z dnia|от|fra|af|från)?\s*", re.IGNORECASE)
_MARK_ALONE = re.compile(r"\s*(?:#|n[o°º]\.?|nr\.?|nº)\s*[.:]*\s*", re.IGNORECASE)
"""What makes a label of a title whose number stands elsewhere: "INVOICE #"."""

_DIGITS_OF_A_TITLE: Final = 3
"""Digits that make a number one behind a mere "Invoice"."""


def find_numbers(seen: ParsedDocument, labels: Sequence[Label]) -> Iterator[Found]:
    """The document's number."""
    for label in labels:
        if _is_inside_word(label):
            continue
        if label.match.kind in {"invoice_number", "receipt_number"}:
            share = 1.0 if label.match.kind == "invoice_number" else LESSER
            yield from first_found(_number(part, share=share) for part in parts_of(label, seen.rows))
        elif label.match.kind == "title" and _MARK_ALONE.fullmatch(label.cell.text, label.match.end):
            yield from first_found(_number(part, share=LESSER) for part in parts_of(label, seen.rows))
        elif label.match.kind == "title":
            yield from first_found([_titled(label), *_signed_below(label, seen.rows)])
    yield from _numbers_alone(seen, labels)
    yield from _points_of_sale(seen)


def _is_inside_word(label: Label) -> bool:
    """Whether letters run on into English words, which make no compounds: "Waybill number"."""
    start = label.match.start
    before = label.cell.text[max(0, start - 1) : start]
    return label.match.glued and before.isalpha() and label.match.locales == {"en"}


def _numbers_alone(seen: ParsedDocument, labels: Sequence[Label]) -> Iterator[Found]:
    """The number behind or below a mere "Number" that stands not above the document's title, and heads no items."""
    first = min((label.cell.row for label in labels if label.match.kind == "title"), default=len(seen.rows))
    for row in in_time(seen.readings[first:]):
        if any(word.kind in _OF_ITEMS for reading in row for word in reading.keywords):
            return
        for cell in (reading.cell for reading in row):
            if _NUMBER_ALONE.fullmatch(folded(cell.text)):
                end = KeywordMatch("invoice_number", cell.text, frozenset(), 0, len(cell.text), glued=False)
                found = (_number(part, share=LESSER) for part in parts_of(Label(cell, end, len(cell.text)), seen.rows))
                yield from first_found(each for each in found if each and _has_digits(each.text))


def _points_of_sale(seen: ParsedDocument) -> Iterator[Found]:
    """The first number in the form of a point of sale and its own number: no label need say whose it is."""
    for row in in_time(seen.rows):
        for cell in row.cells:
            match = point_of_sale_number(cell.text)
            if match:
                yield Part(cell.text, cell, 0, UNANNOUNCED).found(match.start, match.end)
                return


def _number(part: Part, *, share: float) -> Found | None:
    match = number_at_start(part.text)
    return part.found(match.start, match.end, worth=part.worth * share) if match else None


def _signed_below(label: Label, rows: Sequence[Row]) -> Iterator[Found]:
    """The number below a title without another, where a sign says that it is one: "INVOICE" over "#17"."""
    if label.match.start == 0 and _says_day_at_most(label.cell.text[label.match.end :][:_FAR]):
        parts = (part for part in parts_of(label, rows) if _SIGNED.match(part.text))
        yield from filter(None, (_number(part, share=LESSER) for part in parts))


def _says_day_at_most(text: str) -> bool:
    """Whether nothing stands behind a title but its date."""
    day = next(iter(find_dates(text)), None)
    return not text.strip() or (day is not None and _OF_DAY.fullmatch(text[: day.start] + text[day.end :]) is not None)


def _titled(label: Label) -> Found | None:
    """The number directly behind "Invoice", where a sign or its digits say that it is one."""
    until = min(label.until, label.match.end + _FAR)
    part = Part(label.cell.text[label.match.end : until], label.cell, label.match.end, BEHIND)
    match = number_at_start(part.text)
    if match is None:
        return None
    if not match.marked and (label.match.glued or not _has_digits(match.value)):
        return None
    return part.found(match.start, match.end, worth=part.worth * LESSER)


def _has_digits(text: str) -> bool:
    """Whether a text has as many digits as a number behind a mere title needs."""
    return sum(map(str.isdigit, text)) >= _DIGITS_OF_A_TITLE
