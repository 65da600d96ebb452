"""Blocks of parties: whose block a cell is in, and a name over a street and a town where no word says whose it is.

In: a parsed document. Out: yes or no for a cell; the cells of address blocks.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lib.computing import in_time
from lib.details.kinds import is_slip
from lib.details.words import find_labels
from lib.grammar.addresses import says_street
from lib.grammar.locales import find_keywords
from lib.layout_reader.page.blocks import Blocks
from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.parsing import ParsedDocument

_TOWN: Final = re.compile(
    r"^(?:[A-Z]{1,2}-)?\d{4,6}\s+[^\W\d_]{2}|^[A-Z]\d{4}[A-Z]{3}\b|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$"
    r"|[^\W\d_]{2,40}\.?,? [A-Z]{2},? \d{5}(?:-\d{4})?$|^\d{3} \d{2}\s+[^\W\d_]{2}|^\d{2}-\d{3}\s+[^\W\d_]{2}"
    r"|^\d{4}-\d{3}\s+[^\W\d_]{2}|^\d{4} ?[A-Z]{2}\s+[^\W\d_]{2}|\b[ABCEGHJ-NPR-TVXY]\d[A-Z] ?\d[A-Z]\d$"
    r"|[^\W\d_]{2,40},? (?:ACT|NSW|NT|QLD|SA|TAS|VIC|WA),? \d{4}$"
    r"|[^\W\d_]{2,40},? (?:LV|LT|MD|SI|HR)-\d{4,5}$|^\(\d{4}\)\s[-–]\s[^\W\d_]{2}"
)
"""The end of an address: a postal code and a town."""

_TOWN_AND_SIX_DIGITS: Final = re.compile(r"[^\W\d_]{3,40}(?: ?[-–,] ?| )\d{3} ?\d{3}$")
"""The same, as in India, where no word says that the digits are another number."""

_SEPARATOR: Final = re.compile(r"\s[·•|–—*-]\s")
_POSTAL_CODE: Final = re.compile(r"\d{4}")
_COMMAS: Final = 2
"""Commas that part the name, the street and the town of a sender's line."""

_MOST_ROWS: Final = 5
_LONGEST_LINE: Final = 160
_INDENT: Final = 1.5
"""Heights of the text by which the rows of a block may begin apart."""

LINE_GAP: Final = 1.6
"""Heights of the text between two rows of a block, at most."""

_ITEM_KINDS: Final = frozenset({"item", "quantity", "unit_price"})
_MOST_BLOCKS: Final = 8


class PartyBlocks:
    """Whose block a cell is in; on a till's slip there are none."""

    def __init__(self, parsed: ParsedDocument) -> None:
        """Note the headings of the document's blocks."""
        self._blocks = Blocks(parsed)
        self.is_slip = is_slip(parsed)

    def is_customers(self, cell: Cell) -> bool:
        """Whether the nearest heading over a cell names the customer."""
        return not self.is_slip and "in_customer" in self._blocks.around(cell)

    def is_suppliers(self, cell: Cell) -> bool:
        """Whether it names the supplier."""
        return "in_seller" in self._blocks.around(cell)


def says_town(text: str) -> bool:
    """Whether a text is, or ends in, a postal code and a town."""
    if _TOWN.search(text):
        return True
    return _TOWN_AND_SIX_DIGITS.search(text) is not None and not (find_labels(text) or find_keywords(text))


def letters_of_name(name: str) -> str:
    """A name, or a number, as it is compared with another: its letters and digits alone."""
    return "".join(filter(str.isalnum, name)).casefold()


def address_blocks(parsed: ParsedDocument, *, behind_tables: bool = False) -> Iterator[tuple[Cell, ...]]:
    """Blocks of an address, from top to bottom: the cells from the name to the town.

    Args:
        parsed: The document.
        behind_tables: Whether to look at all pages, and not only above the first table of the first one.
    """
    found = 0
    for row in in_time(parsed.readings):
        kinds = {word.kind for reading in row for word in reading.keywords}
        is_behind = len(kinds & _ITEM_KINDS) > 1 or row[0].cell.page_index > 0
        if found == _MOST_BLOCKS or (is_behind and not behind_tables):
            return
        for reading in row:
            if says_town(reading.cell.text) and not says_street(reading.cell.text.partition(",")[0]):
                block = _without_senders_line(parsed, _above(parsed, reading.cell))
                if len(block) > 2:  # noqa: PLR2004 - a name, a street and a town
                    found += 1
                    yield block


def address_beside(parsed: ParsedDocument, name: Cell) -> Sequence[Cell]:
    """The street and the town that follow a name in its own row, as over a letter's window; else nothing."""
    beside = parsed.rows[name.row].cells[name.column + 1 : name.column + 3]
    is_address = len(beside) > 1 and says_street(beside[0].text) and says_town(beside[1].text)
    return beside if is_address else ()


def _without_senders_line(parsed: ParsedDocument, block: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """A block without the line over a letter's window that has the sender's whole address."""
    first = block[0]
    is_sender = _is_senders_line(first.text[:_LONGEST_LINE]) or bool(address_beside(parsed, first))
    return block[1:] if is_sender else block


def _is_senders_line(text: str) -> bool:
    """Whether a line parts a name and a street from a town with its postal code."""
    codes = [match.start() for match in _POSTAL_CODE.finditer(text)]
    head = text[: codes[-1]] if codes else ""
    is_parted = head.count(",") >= _COMMAS or _SEPARATOR.search(head) is not None
    return is_parted and any(map(str.isalpha, head))


def _above(parsed: ParsedDocument, town: Cell) -> tuple[Cell, ...]:
    """The cells that stand closely above a town's and begin where it does, from top to bottom."""
    block = [town]
    index = town.row - 1
    while index >= 0 and len(block) < _MOST_ROWS and parsed.rows[index].page_index == town.page_index:
        lowest = block[0]
        above = next((c for c in parsed.rows[index].over(lowest.bbox) if _is_aligned(c, lowest)), None)
        if above is not None:
            if lowest.bbox.y0 - above.bbox.y1 > LINE_GAP * lowest.height:
                break
            block.insert(0, above)
        elif lowest.row - index > 1:
            break
        index -= 1
    return tuple(block)


def _is_aligned(one: Cell, other: Cell) -> bool:
    return abs(one.bbox.x0 - other.bbox.x0) <= _INDENT * other.height
