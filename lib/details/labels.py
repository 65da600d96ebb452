"""Labels of a document and the places where their values may stand.

In: a `ParsedDocument`. Out: labels by kind, and for each the texts that may be its value, the likeliest first. Pure.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lib.computing import in_time
from lib.details.words import OTHER, find_labels
from lib.document import BBox, Field
from lib.grammar.keywords import KeywordMatch
from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.parsing import ParsedDocument

BEHIND: Final = 0.9
BELOW: Final = 0.8
"""How sure a value is that has its form and stands behind its label, or below it: our guess, not learned."""

_ROWS_BELOW: Final = 2

_IN_NUMBER = re.compile(r"[-/_]\d")
"""What stands directly behind letters that are a part of a number: "PO-4711"."""

_SIGN: Final = 3
"""Letters in front of a number without a mark between that are a part of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A text that may begin with a label's value.

    Attributes:
        cell: It is a part of this cell.
        start: Offset in the cell's text where it begins.
        end: Offset behind its last character.
        worth: How sure a value is that stands here.
    """

    cell: Cell
    start: int
    end: int
    worth: float

    @property
    def text(self) -> str:
        """The characters."""
        return self.cell.text[self.start : self.end]

    @classmethod
    def whole(cls, cell: Cell, *, worth: float) -> "Part":
        """All of a cell."""
        return cls(cell, 0, len(cell.text), worth)

    def leaf(
        self, key: str, value: object, start: int, end: int, *, worth: float | None = None, problem: str | None = None
    ) -> Field:
        """A value that `text[start:end]` stands for, as a leaf of the details."""
        return leaf_at(
            self.cell, key, value, (self.start + start, self.start + end), worth or self.worth, problem=problem
        )


def leaf_at(
    cell: Cell, key: str, value: object, span: tuple[int, int], worth: float, *, problem: str | None = None
) -> Field:
    """A value and the span of a cell's text that it was made from, as a leaf of the details."""
    start, end = span
    bbox: BBox = cell.bbox_at(start, end)
    return Field(key, value, cell.text[start:end], worth, cell.page_index, bbox, problem)  # type: ignore[arg-type]


def cell_of(leaf: Field, parsed: ParsedDocument) -> Cell | None:
    """The cell that a leaf stands in."""
    if leaf.bbox is None:
        return None
    x, y = leaf.bbox.center
    for row in parsed.rows:
        for cell in row.cells if row.page_index == leaf.page_index else ():
            if cell.bbox.x0 <= x <= cell.bbox.x1 and cell.bbox.y0 <= y <= cell.bbox.y1:
                return cell
    return None


@dataclass(frozen=True, slots=True)
class Label:
    """Words that announce something, and the offset in their cell where what they announce ends."""

    cell: Cell
    match: KeywordMatch
    until: int


class Labels:
    """The labels of one document, found once."""

    def __init__(self, parsed: ParsedDocument) -> None:
        """Find them."""
        self._rows = parsed.rows
        self._by_kind: dict[str, list[Label]] = {}
        self._beginning: set[tuple[int, int]] = set()
        for row in in_time(parsed.rows):
            for cell in row.cells:
                self._note(cell)

    def _note(self, cell: Cell) -> None:
        matches = [match for match in find_labels(cell.text) if not _is_in_number(cell.text, match)]
        # A title ends nothing: "Invoice INV/17".
        starts = [*(match.start for match in matches if match.kind != "title"), len(cell.text)]
        taken = -1
        for match in matches:
            if match.start == taken and match.kind == OTHER:
                continue
            taken = match.start
            until = starts[min(bisect_left(starts, match.end), len(starts) - 1)]
            self._by_kind.setdefault(match.kind, []).append(Label(cell, match, until))
            if match.start == 0 and match.kind != "title":
                self._beginning.add((cell.row, cell.column))

    def of(self, *kinds: str) -> Sequence[Label]:
        """The labels of some kinds, kind by kind, each in reading order."""
        return [label for kind in kinds for label in self._by_kind.get(kind, ())]

    def begins(self, cell: Cell) -> bool:
        """Whether a cell begins with a label."""
        return (cell.row, cell.column) in self._beginning

    def parts(self, label: Label, *, below: bool = True) -> Iterator[Part]:
        """Where a label's value may stand: behind it, in the next cell of its row, below it."""
        cell = label.cell
        yield Part(cell, label.match.end, label.until, BEHIND)
        if label.until < len(cell.text):
            return
        for other in self._rows[cell.row].cells[cell.column + 1 : cell.column + 2]:
            if not self.begins(other):
                yield Part.whole(other, worth=BEHIND)
        if below:
            yield from self._below(label)

    def _below(self, label: Label) -> Iterator[Part]:
        cell = label.cell
        if label.match.start and self.begins(cell):
            return  # "Customer no. / Order no.": what stands below begins with the first one's value.
        anchor = cell.bbox_at(label.match.start, label.match.end)
        for row in self._rows[cell.row + 1 : cell.row + 1 + _ROWS_BELOW]:
            if row.page_index == cell.page_index:
                for other in row.over(anchor):
                    if self.begins(other):
                        return
                    yield Part.whole(other, worth=BELOW)

    def first(
        self,
        kinds: Sequence[str],
        read: Callable[[Part], Field | None],
        *,
        usable: Callable[[Label], bool] = lambda _: True,
    ) -> Field | None:
        """What the first label of some kinds announces that `read` takes for a value, the surest of all labels.

        Args:
            kinds: Of the labels.
            read: A value that a part begins with.
            usable: Whether a label counts.
        """
        labels = filter(usable, self.of(*kinds))
        found = [leaf for label in labels if (leaf := first_of(map(read, self.parts(label))))]
        return max(found, key=lambda leaf: leaf.confidence, default=None)


def _is_in_number(text: str, match: KeywordMatch) -> bool:
    """Whether letters are the beginning of a number: "PO-4711", "PO4711"."""
    is_sign = match.end - match.start <= _SIGN and text[match.end : match.end + 1].isdigit()
    return is_sign or _IN_NUMBER.match(text, match.end) is not None


def first_of(found: Iterator[Field | None]) -> Field | None:
    """The first that is one."""
    return next((each for each in found if each is not None), None)
