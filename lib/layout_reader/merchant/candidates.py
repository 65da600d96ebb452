"""What may name the merchant: parts of lines in the head of the first page, and companies anywhere.

In: a `ParsedDocument`. Out: typed candidates; ranking decides among them. Nothing here judges.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise, zip_longest

from lib.computing import in_time
from lib.document import BBox
from lib.grammar.addresses import says_street
from lib.grammar.companies import end_of_company, find_legal_form, greeting_end, holds_legal_form, is_owner
from lib.grammar.folding import letters_of, share_of_ideographs
from lib.grammar.keywords import KeywordMatch
from lib.grammar.spans import free_of
from lib.layout_reader.merchant.name_texts import department_of, is_no_name, own_letters, says_bank
from lib.layout_reader.merchant.seller_labels import labeled_names, names_another
from lib.layout_reader.merchant.sentences import breaks_off, is_sentence, sentence_words
from lib.layout_reader.merchant.sites import is_spelled, sites_of
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

_NUMBERED = frozenset({"tax_id", "contact", "payment"})
_DIGITS_OF_NUMBER = 4
_PARTIES = frozenset({"seller", "customer"})
_TITLES = frozenset({"not_merchant", "invoice_number"})
_LEAST_LETTERS = 2
_FEW_IDEOGRAPHS, _MANY_IDEOGRAPHS = 0.1, 0.5
"""Shares of Chinese characters: of a document in another script, and of what is no name in it: OCR reads rows of stars
so."""

_TELLING = 5
"""Letters of a single word beyond which it does not stand in a line by chance."""

_SAME_SIZE = 0.75
_SHARED_WIDTH = 0.5

_HOUSE_NUMBER = re.compile(r"(?=\s)(?<=[^\W\d_]{4})\s+\d(?=\d{0,4}[a-zA-Z]?\s+[^\W\d_])")
"""The number of a house behind a name: "Blue Fern 12 Oak Lane"."""

_COLON = re.compile(r"\s*:")
_SEPARATORS = re.compile(
    r"(?=[\s·•|,;.:：])(?:"  # Whatever begins a separator: elsewhere, none of them need be tried.
    r"\s+[·•|*–—~-]\s+|\s*[·•|]\s*|,\s|\t| {3,}|;\s|"
    r"(?<=[^\W\d_A-Z]{4})\.\s+(?=[^\W\d_a-z])|"  # The end of a sentence.
    r"(?<=[^\W\d])\s*[:：](?!//)\s*(?=[^\W\d_]))"  # A label in front, none of a time.
)
_LABELED = re.compile(r"(?:[^\W\d_][^:：]{0,38})?[^\W\d_]\)?\s*[:：](?!//)\s*[^\W\d_]{2}")
"""A label and what stands behind it: "Contact: Ada Beck"."""


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
        if key not in found and own_letters(text := place.text) >= _LEAST_LETTERS:
            found[key] = MerchantCandidate(place, letters_of(text))
    return _without_departments((*found.values(), *islice(_joined(parsed), MOST_NAMES)))


def _without_departments(candidates: tuple[MerchantCandidate, ...]) -> tuple[MerchantCandidate, ...]:
    """All but departments, of others among them where they say of whom: "Contoso Billing" beside "CONTOSO LTD."."""
    companies = [department_of(candidate.text) for candidate in candidates]
    names = {candidate.folded for candidate in candidates} if any(companies) else set[str]()
    return tuple(
        candidate
        for candidate, company in zip(candidates, companies, strict=True)
        if company is None
        or (company and not any(name.startswith(company) and not name.startswith(candidate.folded) for name in names))
    )


def _joined(parsed: ParsedDocument) -> Iterator[MerchantCandidate]:
    """Names that go on in a second line of the head, in letters of the same size."""
    for row, below in pairwise(parsed.rows[:JOINED_ROWS]):
        for first in row.cells:
            for second in below.over(first.bbox):
                if first.page_index == second.page_index and _goes_on(first, second):
                    one, other = _trimmed(first, 0, len(first.text)), _trimmed(second, 0, len(second.text))
                    if one and other and _may_be_joined(one, parsed) and _may_be_joined(other, parsed):
                        joined = MerchantCandidate(one, letters_of(one.text + other.text), other)
                        if not is_sentence(joined.text):
                            yield joined


def _may_be_joined(place: Place, parsed: ParsedDocument) -> bool:
    """Whether it may be one of the two lines of a name: no title, and no label in front."""
    keywords = parsed.readings[place.cell.row][place.cell.column].keywords
    is_labeled = any(word.kind in _PARTIES and word.start == place.start and not word.glued for word in keywords)
    return _may_name(place) and not is_labeled and not _is_title(place, keywords)


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
    sites, script = sites_of(parsed), share_of_ideographs(row.text for row in in_time(parsed.rows))
    for row, readings in in_time(zip(parsed.rows, parsed.readings, strict=True)):
        at_head = row.index < MERCHANT_ROWS and row.page_index == 0
        named = [reading for reading in readings if at_head or _is_known(reading.cell.text, sites)]
        to_pay = bool(named) and any(word.kind == "payment" for reading in readings for word in reading.keywords)
        for reading in named:
            for place in islice(_parts(reading.cell), MOST_PARTS):
                is_company = at_head or find_legal_form(place.text) or is_spelled(place.text, sites)
                if 0.0 < script < _FEW_IDEOGRAPHS and share_of_ideographs([place.text]) >= _MANY_IDEOGRAPHS:
                    continue
                if is_company and _is_named_by(place, reading, parsed) and not (to_pay and _is_at_bank(place)):
                    yield place


def _is_known(text: str, sites: frozenset[str]) -> bool:
    """Whether a text below the head may name the merchant: it has a legal form, or an address that spells it."""
    return holds_legal_form(text) or is_spelled(text, sites)


def _is_named_by(place: Place, reading: CellReading, parsed: ParsedDocument) -> bool:
    """Whether it can be a name where it stands: no part of it is a date, and it is no label or title."""
    return (
        bool(free_of([place], reading.dates))
        and not names_another(parsed, place.cell, start=place.start, end=place.end)
        and _may_name(place)
        and not breaks_off(place.text)
        and not (reading.keywords and _is_announced(place, reading.keywords))
    )


def _is_announced(place: Place, keywords: Sequence[KeywordMatch]) -> bool:
    """Whether keywords make something else of it than a name."""
    return _is_invitation(place, keywords) or _is_title(place, keywords) or _is_identifier(place, keywords)


def _is_at_bank(place: Place) -> bool:
    """Whether a bank is named up to there."""
    return says_bank(place.cell.text[: place.end])


def _labeled_places(parsed: ParsedDocument) -> Iterator[Place]:
    """What is said to be the seller, wherever that is: "Please make payable to ..." at the foot of a bill."""
    for cell, start in labeled_names(parsed):
        if cell.row > 0 and is_owner(cell.text):
            continue
        colon = _COLON.match(cell.text, start)
        begin = colon.end() if colon else start
        place = _trimmed(cell, *next(_spans(cell.text, _cuts(cell.text, begin), begin)))
        if place and _may_name(place) and not parsed.readings[cell.row][cell.column].dates:
            yield place


def _is_title(place: Place, keywords: Iterable[KeywordMatch]) -> bool:
    """Whether it is a title, alone or with its number, and nothing else: "Contact us", "Receipt No. 47"."""
    titles = [word for word in keywords if word.kind in _TITLES and not word.glued]
    if not titles:
        return False
    kinds = _TITLES if any(map(str.isdigit, place.text)) else {"not_merchant"}
    covered = {i for word in titles if word.kind in kinds for i in range(word.start, word.end)}
    text = place.cell.text
    letters = [i for i in range(place.start, place.end) if text[i].isalpha()]
    left = len([i for i in letters if i not in covered])
    return bool(covered) and left <= (_LEAST_LETTERS if len(letters) - left > _TELLING or len(kinds) > 1 else 0)


def _is_identifier(place: Place, keywords: Iterable[KeywordMatch]) -> bool:
    """Whether it is a number and what the number is of: "GSTIN: 29ABCDE1234F1Z5", "Tel 01234 567890"."""
    names = [word for word in keywords if word.kind in _NUMBERED and word.start == place.start and not word.glued]
    return bool(names) and sum(map(str.isdigit, place.text)) >= _DIGITS_OF_NUMBER


def _is_invitation(place: Place, keywords: Iterable[KeywordMatch]) -> bool:
    """Whether it holds words that no name has, and speaks to somebody: "Receive one free item", "Rate us"."""
    words = [word for word in keywords if word.kind == "not_merchant" and not word.glued]
    inside = [word for word in words if place.start <= word.start and word.end <= place.end]
    return any(" " in word.phrase or len(word.phrase) > _TELLING for word in inside) and sentence_words(place.text) > 0


def _may_name(place: Place) -> bool:
    """Whether it can be a name: not a text that never is one, a label ("Name:"), or the owner's line below a name."""
    text, line = place.text, place.cell.text
    is_label = place.end < len(line) and _COLON.match(line, place.end) is not None and not find_legal_form(text)
    is_below_name = place.cell.row > 0 and is_owner(line)
    return not (is_label or is_below_name or is_no_name(text) or _says_something(text))


def _says_something(text: str) -> bool:
    """Whether it is a sentence, and none that a company's name is all of."""
    if not is_sentence(text):
        return False
    form = find_legal_form(text)
    return form is None or form.end < len(text) - _LEAST_LETTERS


def _parts(cell: Cell) -> Iterator[Place]:
    """A cell's text whole, and its parts where separators cut it."""
    whole = _trimmed(cell, greeting_end(cell.text), len(cell.text))
    if whole and not (_has_colon(cell.text) and _LABELED.match(whole.text)):
        yield whole
    cuts = _cuts(cell.text)
    for start, end in _spans(cell.text, cuts) if cuts else ():
        part = _trimmed(cell, start, end)
        if part:
            yield part


def _cuts(text: str, first: int = 0) -> list[tuple[int, int]]:
    """Where separators stand in a text, from `first` on."""
    return [match.span() for match in _SEPARATORS.finditer(text, first)]


def _spans(text: str, cuts: Sequence[tuple[int, int]], first: int = 0) -> Iterator[tuple[int, int]]:
    """Where the parts of a text begin and end, from `first` on; one reaches over a legal form behind it ("Axa, SA")."""
    spans = list(zip([first, *(cut[1] for cut in cuts)], [*(cut[0] for cut in cuts), len(text)], strict=True))
    for (start, end), (next_start, next_end) in zip_longest(spans, spans[1:], fillvalue=(len(text), len(text))):
        form = None if _has_colon(text[end:next_start]) else find_legal_form(text[next_start:next_end])
        yield start, next_start + form.end if form and form.start == 0 else end


def _has_colon(text: str) -> bool:
    """Whether what stands in front may be a label; a legal form behind one begins a name: "Seller: UAB Fern"."""
    return ":" in text or "：" in text


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
    """`end`, or where the name ends in front of an address or a number."""
    if not holds_legal_form(text):
        number = _HOUSE_NUMBER.search(text, start, end)
        return number.start() if number and says_street(text[number.end() - 1 : end]) else end
    ended = end_of_company(text[start:end])
    if ended:
        return start + ended
    form = find_legal_form(text[start:end])
    if form is None or form.start == 0:
        return end
    rest = text[start + form.end : end].lstrip(" ,.-")
    is_number = rest[:1] in {"(", "[", ":"} or rest[:1].isdigit()
    return start + form.end if is_number or says_street(rest) else end
