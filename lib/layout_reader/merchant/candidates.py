"""What may name the merchant: parts of lines in the head of the first page, and companies anywhere.

In: a `ParsedDocument`. Out: typed candidates; ranking decides among them. Nothing here judges.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice, pairwise, zip_longest

from lib.computing import in_time
from lib.document import BBox
from lib.grammar.companies import end_of_company, find_legal_form, greeting_end, holds_legal_form, is_owner
from lib.grammar.folding import letters_of
from lib.grammar.keywords import KeywordMatch
from lib.grammar.spans import free_of
from lib.layout_reader.merchant.name_texts import is_no_name, own_letters, says_bank
from lib.layout_reader.merchant.seller_labels import labeled_names, names_another
from lib.layout_reader.page.lines import Cell, shared_width
from lib.layout_reader.page.parsing import CellReading, ParsedDocument
from lib.layout_reader.page.places import Place

MOST_NAMES = 400
"""Texts looked at that may name the merchant, the first ones; as many that the document announces, and as many in two
lines."""

MOST_PARTS = 64
"""Parts of one cell, between separators, that may name the merchant."""

MERCHANT_ROWS = 18
"""Rows at the top of the first page that may name the merchant."""

JOINED_ROWS = 8
"""Rows at the top in which a name may go on in the next one."""

_TITLES = frozenset({"not_merchant", "invoice_number"})
_LEAST_LETTERS = 2
_SAME_SIZE = 0.75
_SHARED_WIDTH = 0.5

_COLON = re.compile(r"\s*:")
_SEPARATORS = re.compile(r"\s+[·•|*–—~-]\s+|\s*[·•|]\s*|,\s|\t| {3,}|;\s")


@dataclass(frozen=True, slots=True)
class MerchantCandidate:
    """A text that may name the merchant: a part of a line, or two lines under each other."""

    place: Place
    folded: str
    more: Place | None = None

    @property
    def page_index(self) -> int:
        """The page it stands on."""
        return self.place.page_index

    @property
    def text(self) -> str:
        """The characters, as the document has them."""
        return f"{self.place.text} {self.more.text}" if self.more else self.place.text

    @property
    def bbox(self) -> BBox:
        """Where they stand."""
        return BBox.around([self.place.bbox, self.more.bbox]) if self.more else self.place.bbox


def merchant_candidates(parsed: ParsedDocument) -> tuple[MerchantCandidate, ...]:
    """Parts of lines that may name the merchant: the head of the first page, and companies anywhere."""
    found: dict[tuple[int, int, int, int], MerchantCandidate] = {}
    places = (islice(each, MOST_NAMES) for each in (_merchant_places(parsed), _labeled_places(parsed)))
    for place in chain.from_iterable(places):
        key = (place.cell.row, place.cell.column, place.start, place.end)
        if key not in found and own_letters(place.text) >= _LEAST_LETTERS:
            found[key] = MerchantCandidate(place, letters_of(place.text))
    return (*found.values(), *islice(_joined(parsed), MOST_NAMES))


def _joined(parsed: ParsedDocument) -> Iterator[MerchantCandidate]:
    """Names that go on in a second line of the head, in letters of the same size."""
    for row, below in pairwise(parsed.rows[:JOINED_ROWS]):
        for first in row.cells:
            for second in below.over(first.bbox):
                if first.page_index == second.page_index and _goes_on(first, second):
                    one, other = _trimmed(first, 0, len(first.text)), _trimmed(second, 0, len(second.text))
                    if one and other and _may_name(one) and _may_name(other):
                        letters = letters_of(one.text + other.text)
                        yield MerchantCandidate(one, letters, other)


def _goes_on(first: Cell, second: Cell) -> bool:
    """Whether the second cell stands right under the first, in letters as high, and both say words."""
    height = max(first.height, second.height)
    shared = shared_width(first, second)
    return (
        min(first.height, second.height) > _SAME_SIZE * height
        and second.bbox.y0 - first.bbox.y1 < height
        and shared > _SHARED_WIDTH * min(first.bbox.width, second.bbox.width)
        and not any(map(str.isdigit, first.text + second.text))
        and own_letters(first.text) >= _LEAST_LETTERS
    )


def _merchant_places(parsed: ParsedDocument) -> Iterator[Place]:
    for row, readings in in_time(zip(parsed.rows, parsed.readings, strict=True)):
        at_head = row.index < MERCHANT_ROWS and row.page_index == 0
        named = [reading for reading in readings if at_head or holds_legal_form(reading.cell.text)]
        to_pay = bool(named) and any(word.kind == "payment" for reading in readings for word in reading.keywords)
        for reading in named:
            for place in islice(_parts(reading.cell), MOST_PARTS):
                is_company = at_head or find_legal_form(place.text)
                if is_company and _is_named_by(place, reading, parsed) and not (to_pay and _is_at_bank(place)):
                    yield place


def _is_named_by(place: Place, reading: CellReading, parsed: ParsedDocument) -> bool:
    """Whether it can be a name where it stands: no part of it is a date, and it is no label or title."""
    return (
        bool(free_of([place], reading.dates))
        and not names_another(parsed, place.cell, start=place.start, end=place.end)
        and _may_name(place)
        and not _is_numbered_title(place, reading.keywords)
    )


def _is_at_bank(place: Place) -> bool:
    """Whether a bank is named up to there."""
    return says_bank(place.cell.text[: place.end])


def _labeled_places(parsed: ParsedDocument) -> Iterator[Place]:
    """What is said to be the seller, wherever that is: "Please make payable to ..." at the foot of a bill."""
    for cell, start in labeled_names(parsed):
        if cell.row > 0 and is_owner(cell.text):
            continue
        place = _trimmed(cell, *next(_spans(cell.text, start)))
        if place and _may_name(place) and not parsed.readings[cell.row][cell.column].dates:
            yield place


def _is_numbered_title(place: Place, keywords: Iterable[KeywordMatch]) -> bool:
    """Whether it is a title and its number, and nothing else: "Receipt No. 0047", "Table 12"."""
    if not any(map(str.isdigit, place.text)):
        return False
    covered = {i for k in keywords if k.kind in _TITLES for i in range(k.start, k.end)}
    letters = [i for i in range(place.start, place.end) if place.cell.text[i].isalpha()]
    return bool(covered) and len([i for i in letters if i not in covered]) <= _LEAST_LETTERS


def _may_name(place: Place) -> bool:
    """Whether it can be a name: not a text that never is one, a label ("Name:"), or the owner's line below a name."""
    text = place.text
    is_label = _COLON.match(place.cell.text, place.end) is not None and not find_legal_form(text)
    is_below_name = place.cell.row > 0 and is_owner(text)
    return not (is_label or is_below_name or is_no_name(text))


def _parts(cell: Cell) -> Iterator[Place]:
    """A cell's text whole, and its parts where separators cut it."""
    whole = _trimmed(cell, greeting_end(cell.text), len(cell.text))
    if whole:
        yield whole
    for start, end in _spans(cell.text) if _SEPARATORS.search(cell.text) else ():
        part = _trimmed(cell, start, end)
        if part:
            yield part


def _spans(text: str, first: int = 0) -> Iterator[tuple[int, int]]:
    """Where the parts of a text begin and end, from `first` on; one reaches over a legal form behind it ("Axa, SA")."""
    cuts = [(match.start(), match.end()) for match in _SEPARATORS.finditer(text, first)]
    spans = list(zip([first, *(cut[1] for cut in cuts)], [*(cut[0] for cut in cuts), len(text)], strict=True))
    for (start, end), (next_start, next_end) in zip_longest(spans, spans[1:], fillvalue=(len(text), len(text))):
        form = find_legal_form(text[next_start:next_end])
        yield start, next_start + form.end if form and form.start == 0 else end


def _trimmed(cell: Cell, start: int, end: int) -> Place | None:
    """The place without punctuation at its ends; None where nothing is left."""
    text = cell.text
    while start < end and not (text[start].isalnum() or text[start] in "(\"'«„“‹"):
        start += 1
    while end > start and not (_is_of_word(text[end - 1]) or text[end - 1] in ".)\"'!®™»“”›"):
        end -= 1
    return Place(cell, start, _end_of_name(text, start, end)) if end > start else None


def _is_of_word(character: str) -> bool:
    """Whether it is a letter, a digit, or a mark on the letter before it, as Thai and Hindi write vowels."""
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _end_of_name(text: str, start: int, end: int) -> int:
    """`end`, or where a company's name ends: what follows its legal form in brackets or digits is a number."""
    if not holds_legal_form(text):
        return end
    ended = end_of_company(text[start:end])
    if ended:
        return start + ended
    form = find_legal_form(text[start:end])
    if form is None or form.start == 0:
        return end
    rest = text[start + form.end : end].lstrip(" ,.-")
    return start + form.end if rest[:1] in {"(", "[", ":"} or rest[:1].isdigit() else end
