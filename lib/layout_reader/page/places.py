"""Places in a document's text: a part of one cell, and what stands in front of it.

In: cells of a `ParsedDocument`. Out: what candidates are made of. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from lib.document import BBox
from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.parsing import ParsedDocument

MOST_PLACES: Final = 60
"""Places of one value looked at: the first ones and the last ones."""

IN_FRONT: Final = 400
"""Characters in front of a place that may say what it is of."""


@dataclass(frozen=True, slots=True)
class Place:
    """A part of one cell's text."""

    cell: Cell
    start: int
    end: int

    @property
    def page_index(self) -> int:
        """The page it stands on."""
        return self.cell.page_index

    @property
    def text(self) -> str:
        """The characters, as the document has them."""
        return self.cell.text[self.start : self.end]

    @property
    def bbox(self) -> BBox:
        """Where they stand."""
        return self.cell.bbox_at(self.start, self.end)


PlaceT = TypeVar("PlaceT", bound=Place)


def first_and_last(places: Sequence[PlaceT]) -> tuple[PlaceT, ...]:
    """The places, or a third of so many from the front and the rest from the back."""
    if len(places) <= MOST_PLACES:
        return tuple(places)
    first = MOST_PLACES // 3
    return (*places[:first], *places[first - MOST_PLACES :])


def text_before(parsed: ParsedDocument, cell: Cell, start: int) -> str:
    """What stands right in front of a place in its cell, and in the cell before: "Version:" and "2.4 of"."""
    label = parsed.rows[cell.row].cells[cell.column - 1].text if cell.column else ""
    return f"{label[-IN_FRONT:]} {cell.text[max(0, start - IN_FRONT) : start]}".strip()
