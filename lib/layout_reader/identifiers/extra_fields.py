"""The fields beyond the six, where the document says what they are: number, due date, tax number, bank account.

In: a `ParsedDocument`. Out: an answer for each key asked, its text as the document has it. Rules only, nothing learned:
a value is what stands behind, or below, the label that names it and has its form; an IBAN is one by its checksum.
What has no label is not answered.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lib.computing import in_time
from lib.document import EXTRA_KEYS, Answer, BBox, ExtraKey
from lib.grammar.dates import find_dates
from lib.grammar.document_numbers import number_at_start, point_of_sale_number
from lib.grammar.extra_keywords import find_extra_keywords
from lib.grammar.ibans import find_ibans, find_misprinted_ibans
from lib.grammar.keywords import KeywordMatch
from lib.grammar.tax_ids import find_tax_ids, find_vat_ids
from lib.layout_reader.page.lines import Cell, Row
from lib.layout_reader.page.parsing import ParsedDocument

_FAR: Final = 400
"""Characters behind a title in which its number stands."""

_ROWS_BELOW: Final = 2
"""How far below its label a value may stand."""

_ROWS_OF_A_BLOCK: Final = 8
"""How far above a tax number the words may stand that say whose it is."""

_INDENT: Final = 4.0
"""Heights of the text by which the lines of one block may begin apart."""

_NEAR: Final = 50
"""Cells of a row that begin within a pixel of where a block does, at most."""

_MARK_ALONE = re.compile(r"\s*(?:#|n[o°º]\.?|nr\.?|nº)\s*[.:]*\s*", re.IGNORECASE)
"""What makes a label of a title whose number stands elsewhere: "INVOICE #"."""

_DIGITS_OF_A_TITLE: Final = 3
"""Digits that make a number one behind a mere "Invoice"."""

_BEHIND, _BELOW = 0.9, 0.8
"""How sure a value is that has its form and stands behind its label, or below it: our guess, not learned."""

_CHECKED: Final = 0.97
"""How sure a value is whose check digits are right."""

_MISPRINTED: Final = 0.4
"""The same of an account whose check digits are wrong."""

_UNANNOUNCED: Final = 0.7
"""The same, where nothing says what it is: a VAT number at the foot of a page may be somebody else's."""

_LESSER: Final = 0.8
"""Share of the confidence that a receipt's number, or one behind a mere title, has of an invoice's; and a tax number
without its country of one with it.
"""


@dataclass(frozen=True, slots=True)
class _Label:
    """Words that announce something."""

    cell: Cell
    match: KeywordMatch
    until: int
    """Offset in the cell's text where the next label begins, or the text ends."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A value and where it stands; the surest counts, of equals the first."""

    text: str
    cell: Cell
    bbox: BBox
    confidence: float


def find_extra_fields(seen: ParsedDocument, keys: Iterable[str]) -> dict[str, Answer]:
    """Answers for those of `keys` that are fields beyond the six."""
    wanted = [key for key in EXTRA_KEYS if key in set(keys)]
    labels = _labels(seen) if wanted else ()
    return {key: _answer(key, _FINDERS[key](seen, labels)) for key in wanted}


def _answer(key: str, found: Iterable[_Found]) -> Answer:
    best = max(found, key=lambda each: each.confidence, default=None)
    if best is None:
        return Answer(key, None, 1.0, reason="not_found")
    return Answer(key, best.text, best.confidence, page_index=best.cell.page_index, bbox=best.bbox)


def _labels(seen: ParsedDocument) -> tuple[_Label, ...]:
    """Every label, in reading order."""
    labels: list[_Label] = []
    for row in in_time(seen.rows):
        for cell in row.cells:
            matches = find_extra_keywords(cell.text)
            # A title ends nothing: "Invoice INV/17".
            starts = [*(match.start for match in matches if match.kind != "title"), len(cell.text)]
            for match in matches:
                until = starts[min(bisect_left(starts, match.end), len(starts) - 1)]
                labels.append(_Label(cell, match, until))
    return tuple(labels)


@dataclass(frozen=True, slots=True)
class _Part:
    """A text that may begin with a label's value: how far into its cell it begins, and what it is worth there."""

    text: str
    cell: Cell
    offset: int
    worth: float

    def found(self, start: int, end: int, *, worth: float | None = None) -> _Found:
        """`text[start:end]` as a value."""
        bbox = self.cell.bbox_at(self.offset + start, self.offset + end)
        return _Found(self.text[start:end], self.cell, bbox, self.worth if worth is None else worth)


def _parts(label: _Label, rows: Sequence[Row]) -> Iterator[_Part]:
    """Where a label's value may stand, the likeliest first: behind it, in the next cell of its row, below it."""
    cell = label.cell
    yield _Part(cell.text[label.match.end : label.until], cell, label.match.end, _BEHIND)
    if label.until < len(cell.text):
        return
    beside = rows[cell.row].cells[cell.column + 1 : cell.column + 2]
    yield from (_Part(other.text, other, 0, _BEHIND) for other in beside)
    anchor = cell.bbox_at(label.match.start, label.match.end)
    for row in rows[cell.row + 1 : cell.row + 1 + _ROWS_BELOW]:
        if row.page_index == cell.page_index:
            yield from (_Part(other.text, other, 0, _BELOW) for other in row.over(anchor))


def _numbers(seen: ParsedDocument, labels: Sequence[_Label]) -> Iterator[_Found]:
    """The document's number."""
    for label in labels:
        if label.match.kind in {"invoice_number", "receipt_number"}:
            share = 1.0 if label.match.kind == "invoice_number" else _LESSER
            yield from _first(_number(part, share=share) for part in _parts(label, seen.rows))
        elif label.match.kind == "title" and _MARK_ALONE.fullmatch(label.cell.text, label.match.end):
            yield from _first(_number(part, share=_LESSER) for part in _parts(label, seen.rows))
        elif label.match.kind == "title":
            yield from _first([_titled(label), *_signed_below(label, seen.rows)])
    yield from _points_of_sale(seen)


def _points_of_sale(seen: ParsedDocument) -> Iterator[_Found]:
    """The first number in the form of a point of sale and its own number: no label need say whose it is."""
    for row in in_time(seen.rows):
        for cell in row.cells:
            match = point_of_sale_number(cell.text)
            if match:
                yield _Part(cell.text, cell, 0, _UNANNOUNCED).found(match.start, match.end)
                return


def _number(part: _Part, *, share: float) -> _Found | None:
    match = number_at_start(part.text)
    return part.found(match.start, match.end, worth=part.worth * share) if match else None


def _signed_below(label: _Label, rows: Sequence[Row]) -> Iterator[_Found]:
    """The number below a title that stands alone, where a sign says that it is one: "INVOICE" over "#17"."""
    if label.match.start == 0 and label.match.end == len(label.cell.text):
        parts = (part for part in _parts(label, rows) if part.text.startswith("#"))
        yield from filter(None, (_number(part, share=_LESSER) for part in parts))


def _titled(label: _Label) -> _Found | None:
    """The number directly behind "Invoice", where a sign or its digits say that it is one."""
    until = min(label.until, label.match.end + _FAR)
    part = _Part(label.cell.text[label.match.end : until], label.cell, label.match.end, _BEHIND)
    match = number_at_start(part.text)
    if match is None:
        return None
    has_digits = sum(character.isdigit() for character in match.value) >= _DIGITS_OF_A_TITLE
    if not match.marked and (label.match.glued or not has_digits):
        return None
    return part.found(match.start, match.end, worth=part.worth * _LESSER)


def _due_dates(seen: ParsedDocument, labels: Sequence[_Label]) -> Iterator[_Found]:
    """The day by which is to be paid."""
    for label in labels:
        if label.match.kind == "due_date":
            yield from _first(_date(part) for part in _parts(label, seen.rows))


def _date(part: _Part) -> _Found | None:
    match = next(iter(find_dates(part.text)), None)
    return part.found(match.start, match.end) if match else None


def _tax_ids(seen: ParsedDocument, labels: Sequence[_Label]) -> Iterator[_Found]:
    """The tax number of whoever issued the document; never one in the buyer's block."""
    parties = _Parties(seen)
    for label in labels:
        if label.match.kind == "tax_id" and not parties.is_buyers(label.cell):
            parts = _parts(label, seen.rows)
            yield from _first(_tax_id(part, label.match.locales) for part in parts)
    announced = {label.cell.row for label in labels if label.match.kind in {"tax_id", "other"}}
    for row in in_time(seen.rows):
        for cell in row.cells:
            for match in find_vat_ids(cell.text) if cell.row not in announced else ():
                if not parties.is_buyers(cell):
                    yield _Part(cell.text, cell, 0, _UNANNOUNCED).found(match.start, match.end)


def _tax_id(part: _Part, locales: frozenset[str]) -> _Found | None:
    match = next(iter(find_tax_ids(part.text, locales=locales)), None)
    if match is None:
        return None
    worth = part.worth if match.value[:2].isalpha() else part.worth * _LESSER
    return part.found(match.start, match.end, worth=_CHECKED if match.checked else worth)


class _Parties:
    """The words of a document that name a party, and whose block a cell is in."""

    def __init__(self, seen: ParsedDocument) -> None:
        self._named: dict[int, list[tuple[float, int, bool]]] = {}
        """For each row, from left to right, where such a cell begins, its column, and whether it names the customer."""
        for row in in_time(seen.readings):
            for reading in row:
                kinds = {match.kind for match in reading.keywords}
                if kinds & {"customer", "seller"}:
                    cell = reading.cell
                    self._named.setdefault(cell.row, []).append((cell.bbox.x0, cell.column, "customer" in kinds))
        self._pages = [row.page_index for row in seen.rows]
        self._known: dict[tuple[int, int], bool] = {}

    def is_buyers(self, cell: Cell) -> bool:
        """Whether the nearest words above, or in front, that name a party name the customer."""
        at = cell.row, cell.column
        if at not in self._known:
            self._known[at] = self._is_buyers(cell)
        return self._known[at]

    def _is_buyers(self, cell: Cell) -> bool:
        left, indent = cell.bbox.x0, _INDENT * cell.height
        for row in range(cell.row, max(-1, cell.row - _ROWS_OF_A_BLOCK - 1), -1):
            named = self._named.get(row)
            if named is None or self._pages[row] != cell.page_index:
                continue
            if row == cell.row and named[0][1] <= cell.column:
                return named[0][2]
            first = bisect_left(named, (left - indent - 1,))
            for x, _, names_customer in named[first : first + _NEAR]:
                if abs(x - left) <= indent:
                    return names_customer
        return False


def _accounts(seen: ParsedDocument, labels: Sequence[_Label]) -> Iterator[_Found]:
    """Bank accounts, wherever they stand: nothing else has their check digits; a labelled one may lack them."""
    del labels
    for row in in_time(seen.rows):
        words = tuple(word for cell in row.cells for word in cell.words)
        line = Cell.of(words, page_index=row.page_index, row=row.index, column=0)
        part = _Part(line.text, line, 0, _CHECKED)
        yield from (part.found(match.start, match.end) for match in find_ibans(line.text))
        for match in find_misprinted_ibans(line.text):
            yield part.found(match.start, match.end, worth=_MISPRINTED)


def _first(found: Iterable[_Found | None]) -> Iterator[_Found]:
    """The first that is one."""
    best = next((each for each in found if each), None)
    if best:
        yield best


_FINDERS: Final[Mapping[ExtraKey, Callable[[ParsedDocument, Sequence[_Label]], Iterable[_Found]]]] = {
    "invoice_number": _numbers,
    "due_date": _due_dates,
    "tax_id": _tax_ids,
    "iban": _accounts,
}
