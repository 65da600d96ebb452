"""Names that a document announces as the seller's ("Sold by ...", "Please make checks payable to ..."), or as not.

In: a `Survey`. Out: where such a name begins, in any row of any page, and whether a text is said to be something else.
Pure; knows no language, only kinds of words.
"""

from collections.abc import Iterator

from lib.grammar.keywords import KeywordMatch
from lib.layout_reader.companies import find_legal_form
from lib.layout_reader.lines import Cell, shared_width
from lib.layout_reader.survey import CellReading, Survey


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
        return (cell, last.end) if _announces(cell, last) else None
    beside = survey.rows[cell.row].cells[cell.column + 1 : cell.column + 2]
    if cell.text.endswith(":") and beside:
        return beside[0], 0
    below = survey.rows[cell.row + 1].cells if cell.row + 1 < len(survey.rows) else ()
    nearest = (other for other in below if other.page_index == cell.page_index and shared_width(cell, other) > 0)
    found = next(nearest, None)
    return (found, 0) if found else None


def _announces(cell: Cell, word: KeywordMatch) -> bool:
    """Whether words lead to a name behind them: several do ("sold by"), one needs a colon ("from:")."""
    return " " in word.phrase.strip() or cell.text[word.end :].lstrip().startswith(":")


def names_another(survey: Survey, cell: Cell, *, start: int, end: int) -> bool:
    """Whether a part of a cell is no name: a label, behind a label for something else, the customer, "Sold by ..."."""
    behind = survey.rows[cell.row].cells[cell.column + 1 : cell.column + 2]
    is_label = bool(behind) and behind[0].text.startswith(":") and not find_legal_form(cell.text[start:end])
    return (
        is_label
        or _is_announcement(survey, cell, start=start, end=end)
        or _is_addressed(survey, cell, start=start, end=end)
        or _is_labelled(survey, cell, start=start)
    )


def _is_announcement(survey: Survey, cell: Cell, *, start: int, end: int) -> bool:
    """Whether the part begins with what announces a name, or stands behind that name: "Pay to: Ada Ltd, First Bank"."""
    for word in survey.readings[cell.row][cell.column].keywords:
        if word.kind == "seller" and not word.glued and _announces(cell, word):
            between = cell.text[word.end : start]
            if (word.start == start and word.end < end) or any(map(str.isalnum, between)):
                return True
    return False


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
