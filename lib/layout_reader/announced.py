"""Names that a document announces as the seller's ("Sold by ...", "Please make checks payable to ..."), or as not.

In: a `Survey`. Out: where such a name begins, in any row of any page, and whether a text is said to be something else.
Pure; knows no language, only kinds of words.
"""

from collections.abc import Iterator
from typing import Final

from lib.layout_reader.companies import find_legal_form
from lib.layout_reader.lines import Cell, shared_width
from lib.layout_reader.survey import CellReading, Survey

_ANNOUNCES_FROM: Final = 6
"""Letters of words that announce a name behind them without a colon: "sold by" does, "from" does not."""


def announced_names(survey: Survey) -> Iterator[tuple[Cell, int]]:
    """The cell of each announced name and the offset in its text, in the order of what announces them."""
    for row in survey.readings:
        for reading in row:
            found = _named_by(reading, survey)
            if found:
                yield found


def _named_by(reading: CellReading, survey: Survey) -> tuple[Cell, int] | None:
    """Where the name stands that a cell's words announce: behind them, in the next cell, or right below."""
    words = [word for word in reading.keywords if word.kind == "seller" and not word.glued]
    if not words:
        return None
    cell, last = reading.cell, words[-1]
    behind = cell.text[last.end :].strip()
    if any(map(str.isalpha, behind)):
        is_sure = len(last.phrase) >= _ANNOUNCES_FROM or behind.startswith(":")
        return (cell, last.end) if is_sure else None
    beside = survey.rows[cell.row].cells[cell.column + 1 : cell.column + 2]
    if cell.text.endswith(":") and beside:
        return beside[0], 0
    below = survey.rows[cell.row + 1].cells if cell.row + 1 < len(survey.rows) else ()
    nearest = (other for other in below if other.page_index == cell.page_index and shared_width(cell, other) > 0)
    found = next(nearest, None)
    return (found, 0) if found else None


def names_another(survey: Survey, cell: Cell, *, start: int, end: int) -> bool:
    """Whether a part of a cell is the customer by its own words, something else by a label in front, or a label."""
    behind = survey.rows[cell.row].cells[cell.column + 1 : cell.column + 2]
    is_label = bool(behind) and behind[0].text.startswith(":") and not find_legal_form(cell.text[start:end])
    is_other = _is_addressed(survey, cell, start=start, end=end) or _is_labelled(survey, cell, start=start)
    return is_label or is_other


def _is_addressed(survey: Survey, cell: Cell, *, start: int, end: int) -> bool:
    """Whether it begins as letters address people ("Mme Curie"), or says "Customer ..."; a company may be called so."""
    words = (word for word in survey.readings[cell.row][cell.column].keywords if word.kind == "customer")
    is_address = any(word.start == start and word.end < end and not word.glued for word in words)
    return is_address and not find_legal_form(cell.text[start:end])


def _is_labelled(survey: Survey, cell: Cell, *, start: int) -> bool:
    """Whether a label says what it is, and that is no name: "Place of issue: Lyon"."""
    front = cell.text[:start].rstrip()
    before = survey.readings[cell.row][cell.column - 1] if cell.column and not front else None
    if not (before.cell.text if before else front).endswith(":"):
        return False
    words = before.keywords if before else survey.readings[cell.row][cell.column].keywords
    kinds = {word.kind for word in words if before or word.end <= start}
    return bool(kinds) and not kinds & {"seller", "not_merchant"}
