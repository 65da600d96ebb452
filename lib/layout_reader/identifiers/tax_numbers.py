"""The tax number of whoever issued a document.

In: a `ParsedDocument` and its labels. Out: what may be the number, with how sure it is. Never one in the buyer's block.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from lib.computing import in_time
from lib.grammar.tax_ids import find_certain_tax_ids, find_tax_ids
from lib.layout_reader.identifiers.labels import CHECKED, LESSER, UNANNOUNCED, Found, Label, Part, first_found, parts_of
from lib.layout_reader.page.lines import Cell, Row
from lib.layout_reader.page.parsing import ParsedDocument

_ROWS_OF_A_BLOCK: Final = 8
"""How far above a tax number the words may stand that say whose it is."""

_INDENT: Final = 4.0
"""Heights of the text by which the lines of one block may begin apart."""

_NEAR: Final = 50
"""Cells of a row that begin within a pixel of where a block does, at most."""

_OF_ORDER = re.compile(r"[' s]{0,3}(?:p/?\.?o\b|order)", re.IGNORECASE)
"""What makes a label in the seller's column of a word for the customer: "Customer P.O. no."."""

_LETTERS_OF_A_WORD: Final = 3


def find_tax_numbers(seen: ParsedDocument, labels: Sequence[Label]) -> Iterator[Found]:
    """The tax number of whoever issued the document; never one in the buyer's block."""
    parties = _Parties(seen)
    for label in labels:
        if label.match.kind == "tax_id" and not parties.is_buyers(label.cell):
            yield from first_found(_tax_id(part, label.match.locales) for part in _parts_of_tax_label(label, seen.rows))
    announced = {label.cell.row for label in labels if label.match.kind in {"tax_id", "other"}}
    for row in in_time(seen.rows):
        for cell in row.cells:
            for match in find_certain_tax_ids(cell.text) if cell.row not in announced else ():
                if not parties.is_buyers(cell):
                    yield Part(cell.text, cell, 0, UNANNOUNCED).found(match.start, match.end)


def _parts_of_tax_label(label: Label, rows: Sequence[Row]) -> Iterator[Part]:
    """Where a tax number may stand; only directly behind a few letters inside of a cell, which may be a word: "ein"."""
    is_word = label.match.start > 0 and label.match.end - label.match.start <= _LETTERS_OF_A_WORD
    yield from islice(parts_of(label, rows), 1 if is_word else None)


def _tax_id(part: Part, locales: frozenset[str]) -> Found | None:
    match = next(iter(find_tax_ids(part.text, locales=locales)), None)
    if match is None:
        return None
    worth = part.worth if match.value[:2].isalpha() else part.worth * LESSER
    return part.found(match.start, match.end, worth=CHECKED if match.checked else worth)


class _Parties:
    """The words of a document that name a party, and whose block a cell is in."""

    def __init__(self, seen: ParsedDocument) -> None:
        self._named: dict[int, list[tuple[float, int, bool]]] = {}
        """For each row, from left to right, where such a cell begins, its column, and whether it names the customer."""
        for row in in_time(seen.readings):
            for reading in row:
                kinds = {word.kind for word in reading.keywords if not _OF_ORDER.match(reading.cell.text, word.end)}
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
