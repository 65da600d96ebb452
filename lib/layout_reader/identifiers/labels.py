"""Labels of the fields beyond the six, and the texts that may be their values.

In: a `ParsedDocument`. Out: labels in reading order; for each where its value may stand. Pure.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lib.computing import in_time
from lib.document import BBox
from lib.grammar.extra_keywords import find_extra_keywords
from lib.grammar.keywords import KeywordMatch
from lib.layout_reader.page.lines import Cell, Row
from lib.layout_reader.page.parsing import ParsedDocument

_ROWS_BELOW: Final = 2
"""How far below its label a value may stand."""

BEHIND, BELOW = 0.9, 0.8
"""How sure a value is that has its form and stands behind its label, or below it: our guess, not learned."""

CHECKED: Final = 0.97
"""How sure a value is whose check digits are right."""

UNANNOUNCED: Final = 0.7
"""The same, where nothing says what it is: a VAT number at the foot of a page may be somebody else's."""

LESSER: Final = 0.8
"""Share of the confidence that a receipt's number, or one behind a mere title, has of an invoice's; and a tax number
without its country of one with it.
"""


@dataclass(frozen=True, slots=True)
class Label:
    """Words that announce something."""

    cell: Cell
    match: KeywordMatch
    until: int
    """Offset in the cell's text where the next label begins, or the text ends."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value and where it stands; the surest counts, of equals the first."""

    text: str
    cell: Cell
    bbox: BBox
    confidence: float


def labels_of(seen: ParsedDocument) -> tuple[Label, ...]:
    """Every label, in reading order."""
    labels: list[Label] = []
    for row in in_time(seen.rows):
        for cell in row.cells:
            matches = find_extra_keywords(cell.text)
            # A title ends nothing: "Invoice INV/17".
            starts = [*(match.start for match in matches if match.kind != "title"), len(cell.text)]
            for match in matches:
                until = starts[min(bisect_left(starts, match.end), len(starts) - 1)]
                labels.append(Label(cell, match, until))
    return tuple(labels)


@dataclass(frozen=True, slots=True)
class Part:
    """A text that may begin with a label's value: how far into its cell it begins, and what it is worth there."""

    text: str
    cell: Cell
    offset: int
    worth: float

    def found(self, start: int, end: int, *, worth: float | None = None) -> Found:
        """`text[start:end]` as a value."""
        bbox = self.cell.bbox_at(self.offset + start, self.offset + end)
        return Found(self.text[start:end], self.cell, bbox, self.worth if worth is None else worth)


def parts_of(label: Label, rows: Sequence[Row]) -> Iterator[Part]:
    """Where a label's value may stand, the likeliest first: behind it, in the next cell of its row, below it."""
    cell = label.cell
    yield Part(cell.text[label.match.end : label.until], cell, label.match.end, BEHIND)
    if label.until < len(cell.text):
        return
    beside = rows[cell.row].cells[cell.column + 1 : cell.column + 2]
    yield from (Part(other.text, other, 0, BEHIND) for other in beside)
    anchor = cell.bbox_at(label.match.start, label.match.end)
    for row in rows[cell.row + 1 : cell.row + 1 + _ROWS_BELOW]:
        if row.page_index == cell.page_index:
            yield from (Part(other.text, other, 0, BELOW) for other in row.over(anchor))


def first_found(found: Iterable[Found | None]) -> Iterator[Found]:
    """The first that is one."""
    best = next((each for each in found if each), None)
    if best:
        yield best
