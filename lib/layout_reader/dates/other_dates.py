"""Dates that are not the day of issue: expiry of a card, warranty, return period, signature, entries of a list.

In: a `ParsedDocument`, its date candidates, and today's date. Out: what each is worth as the day of issue. Pure.

Receipts print their own date without a label, often at the foot, so that any labelled date looks better than theirs. A
label that speaks of something else counts against its date wherever it is the only one.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import chain, islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.grammar.folding import folded, letters_of
from lib.layout_reader.dates.candidates import DateCandidate, DatePlace
from lib.layout_reader.dates.entries import entries_beside
from lib.layout_reader.page.parsing import ParsedDocument
from lib.layout_reader.page.places import text_before

_NEAR: Final = 40
"""Characters in front of a date in which a phrase belongs to it."""

_AHEAD: Final = timedelta(days=1)
"""Somewhere on earth it is tomorrow already."""

_NOT_OF_ISSUE: Final = (
    # Expiry of a card, a coupon or points.
    r"exp|expiry|expires?|expired|expiring|expiration|expirac\w+|expira|good thru|valid (?:thru|through|until|till|to)|"
    r"card exp\w*|verfall\w*|gultig bis|ablauf\w*|valable jusqu\w*|date d'expiration|valid[oa] (?:hasta|ate)|caduc\w+|"
    r"scadenza carta|valido fino|geldig tot|wazne do|waznosci|platnost do|gyldig til|voimassa|gecerlilik|son kullanma|"
    r"(?:e?payments? )?received(?: on)?|last payment|meter read(?:ing)?(?: on)?|"
    r"best before|use by|mhd|loyalty|punkte\w*|points|coupon|voucher|gutschein\w*|"
    # Returns and warranty.
    r"returns? (?:by|before|until|accepted|within|policy|period)|returnable|refunds? (?:by|before|until)|exchanges?|"
    r"umtausch\w*|ruckgabe\w*|retours?|echange\w*|devoluci\w*|cambios?|reso entro|zwrot\w*|bytte\w*|iade|"
    r"warranty|guarantee|garantie\w*|garanti[ae]?|garanzia|gwarancj\w+|takuu|zaruka|"
    # People, and what is to come.
    r"date of birth|dob|born|birthday|geburts\w+|geboren|fecha de nacimiento|nacimiento|naissance|nascita|"
    r"member since|customer since|kunde seit|"
    r"next (?:\w+ ){0,3}(?:date|visit|appointment|service|reading|bill|read|payment)|"
    r"nachster termin|prochain\w*|proxim[ao]\w*|scheduled|(?:re)?signed(?: on)?|signature|unterschrift|firma cliente"
)


_LATER: Final = (
    # Of mail that the document goes with, and days to pay by.
    r"sent|gesendet|envoye|enviado|inviato|verzonden|"
    r"(?:amount |payment |balance )?due(?: date| by| on)?|date due|pay(?:able)? by|to be paid by|fallig\w*|zahlbar bis|"
    r"echeance|a payer avant|vencimiento|vto|vence|scadenza|vervaldatum|forfalls?\w*|forfald\w*|erapaiva|splatnost\w*|"
    r"termin platnosci|son odeme\w*|fizetesi hatarido|scadent\w*"
)

_SIGNATURE: Final = re.compile(
    r"\b(?:signature|signed|signatory|unterschrift|firma (?:del )?client\w*|firma y sello|assinatura|handtekening|"
    r"podpis|underskrift|allekirjoitus|imza|sign here)\b"
)
_ROWS_OF_SIGNATURE: Final = 3
"""Rows over and under a date in which the word for a signature makes it one's date."""

_LIST: Final = 3
"""Entries from which a list is one; two dates with money may stand under each other by chance."""

_ALONE: Final = 0.2
"""What a day to pay by or to come is worth, where it is all that the document has."""

_ROWS_ABOVE: Final = 2
_LONGEST_HEADING: Final = 60
_MOST_HEADINGS: Final = 20
"""Cells of a row that are looked at over a date."""


def worth_of(parsed: ParsedDocument, candidates: Sequence[DateCandidate], *, today: date) -> NDArray[np.float64]:
    """(candidates,) 0 for days of something else; less than 1 for one that may be, where the document has no other.

    Args:
        parsed: The document.
        candidates: Its dates.
        today: Later days, days to pay by and those of signatures are nobody's day of issue beside another date.
    """
    entries = entries_beside(parsed, candidates)
    worths = [_worth(each, parsed, rows, today) for each, rows in zip(candidates, entries, strict=True)]
    if 1.0 in worths:
        worths = [0.0 if worth == _ALONE else worth for worth in worths]
    return np.array(worths, dtype=np.float64)


def _worth(candidate: DateCandidate, parsed: ParsedDocument, entries: int, today: date) -> float:
    """What a date is worth where the document has no other; `entries` are the rows of the list that it is in."""
    label = _pattern(_NOT_OF_ISSUE)
    if entries >= _LIST or all(_is_labelled(place, parsed, label) for place in candidate.places):
        return 0.0
    is_late = entries > 1 or candidate.value > today + _AHEAD or _is_later(candidate, parsed)
    return _ALONE if is_late else 1.0


def _is_later(candidate: DateCandidate, parsed: ParsedDocument) -> bool:
    """Whether every place of a date is of something that comes after the day of issue."""
    label = _pattern(_LATER)
    return all(_is_labelled(place, parsed, label) or _is_signed(place, parsed) for place in candidate.places)


def _is_signed(place: DatePlace, parsed: ParsedDocument) -> bool:
    """Whether a date stands under or over the word for a signature, and nothing but "Date:" in front."""
    own = letters_of(place.cell.text[: place.start])
    if own and not _DATE_WORD.fullmatch(own):
        return False
    rows = range(place.cell.row - _ROWS_OF_SIGNATURE, place.cell.row + _ROWS_OF_SIGNATURE + 1)
    around = (parsed.rows[row] for row in rows if row != place.cell.row and 0 <= row < len(parsed.rows))
    cells = (islice(row.over(place.cell.bbox), _MOST_HEADINGS) for row in around if row.page_index == place.page_index)
    return any(_SIGNATURE.search(folded(cell.text)[:_LONGEST_HEADING]) for cell in chain.from_iterable(cells))


def _is_labelled(place: DatePlace, parsed: ParsedDocument, label: re.Pattern[str]) -> bool:
    """Whether a label stands in front of a date, or heads it where nothing does."""
    before = folded(text_before(parsed, place.cell, place.start))[-_NEAR:]
    own = place.cell.text[max(0, place.start - _NEAR) : place.start]
    if _says(before, label) or _DATE_WORD.search(before) or any(character.isalpha() for character in own):
        return _says(before, label)
    return any(_says(heading, label) for heading in _headings(place, parsed))


def _headings(place: DatePlace, parsed: ParsedDocument) -> Iterator[str]:
    """The nearest texts over a date: from a row of headings, which holds no dates itself."""
    for row in range(place.cell.row - 1, max(-1, place.cell.row - 1 - _ROWS_ABOVE), -1):
        over = list(islice(parsed.rows[row].over(place.bbox), _MOST_HEADINGS))
        if over and over[0].page_index != place.page_index:
            return
        if over and not any(reading.dates for reading in parsed.readings[row][:_MOST_HEADINGS]):
            yield from (folded(cell.text)[:_LONGEST_HEADING] for cell in over)
        if over:
            return


def _says(before: str, label: re.Pattern[str]) -> bool:
    labels = list(label.finditer(before))
    # "Exp. 11/27 Date 05/02/2025": another date or the word for it lies between.
    return bool(labels) and not _ISSUE.search(before, labels[-1].end()) and not _ISSUED.search(before)


_DATE_WORD: Final = re.compile(r"\b(?:dated?|datum|fecha|data|dato):? ?$|\bissued\b")
_ISSUE: Final = re.compile(r"\bdate:? ?$|\bdatum:? ?$|\bfecha:? ?$|\bissued\b|\d[./-]\d")

_ISSUED: Final = re.compile(
    r"(?:invoice|issue|bill|receipt|statement) date|date of (?:issue|invoice)|rechnungsdatum|date de facture|"
    r"data fattura|fecha de (?:factura|emision)|factuurdatum|fakturadat"
)
"""A heading over several columns may name the day of issue too."""


@functools.cache
def _pattern(labels: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{labels})(?![^\W\d_])(?:[ .:]{{1,2}}date\b)?")
