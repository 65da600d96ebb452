"""Names that a document labels as the seller's ("Sold by ...", "Please make checks payable to ..."), or as not.

In: a `ParsedDocument`. Out: where such a name begins, in any row of any page, and whether a text is said to be
something else. Pure; knows no language, only kinds of words.
"""

import re
from collections.abc import Iterator, Sequence

from lib.computing import in_time
from lib.grammar.companies import find_legal_form
from lib.grammar.keywords import KeywordMatch
from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.parsing import CellReading, ParsedDocument

_COLON = re.compile(r"\s*:")
_LABEL_END = re.compile(r"[^\n:]{0,24}:")
"""A colon behind a label, or behind another one that shares it: "Name / Company: ..."."""


def labeled_names(parsed: ParsedDocument) -> Iterator[tuple[Cell, int]]:
    """The cell of each announced name and the offset in its text, in the order of what announces them."""
    told: set[tuple[int, int, int]] = set()
    for row in in_time(parsed.readings):
        for reading in row:
            found = _named_by(reading, parsed)
            if found and (at := (found[0].row, found[0].column, found[1])) not in told:
                told.add(at)
                yield found


def _named_by(reading: CellReading, parsed: ParsedDocument) -> tuple[Cell, int] | None:
    """Where the name stands that a cell's words announce: behind them, in the next cell, or right below."""
    words = [word for word in reading.keywords if word.kind == "seller" and not word.glued]
    if not words:
        return None
    cell, last = reading.cell, words[-1]
    behind = cell.text[last.end :].strip()
    if any(map(str.isalpha, behind)):
        return (cell, last.end) if _announces(cell, last) else None
    beside = parsed.rows[cell.row].cells[cell.column + 1 : cell.column + 2]
    if cell.text.endswith(":") and beside:
        return beside[0], 0
    below = parsed.rows[cell.row + 1] if cell.row + 1 < len(parsed.rows) else None
    if below is None or below.page_index != cell.page_index:
        return None
    found = next(below.over(cell.bbox), None)
    return (found, 0) if found else None


def _announces(cell: Cell, word: KeywordMatch) -> bool:
    """Whether words lead to a name behind them: several do ("sold by"), one needs a colon ("from:")."""
    return " " in word.phrase.strip() or _COLON.match(cell.text, word.end) is not None


def names_another(parsed: ParsedDocument, cell: Cell, *, start: int, end: int) -> bool:
    """Whether a part of a cell is no name: a label, behind a label for something else, the customer, "Sold by ..."."""
    behind = parsed.rows[cell.row].cells[cell.column + 1 : cell.column + 2]
    is_label = bool(behind) and behind[0].text.startswith(":") and not find_legal_form(cell.text[start:end])
    keywords = parsed.readings[cell.row][cell.column].keywords
    return (
        is_label
        or _is_announcement(keywords, cell, start=start, end=end)
        or _is_addressed(keywords, cell, start=start, end=end)
        or _is_labelled(parsed, cell, start=start)
    )


def _is_announcement(keywords: Sequence[KeywordMatch], cell: Cell, *, start: int, end: int) -> bool:
    """Whether the part begins with what announces a name, or stands behind that name: "Pay to: Ada Ltd, First Bank"."""
    words = [word for word in keywords if word.kind == "seller" and not word.glued and _announces(cell, word)]
    if any(word.start == start and word.end < end for word in words):
        return True
    # What stands behind the first of them holds what stands behind any other.
    return bool(words) and any(map(str.isalnum, cell.text[min(word.end for word in words) : start]))


def _is_addressed(keywords: Sequence[KeywordMatch], cell: Cell, *, start: int, end: int) -> bool:
    """Whether it begins as letters address people ("Mme Curie"), or says "Customer: ..."; a company may, too."""
    words = [word for word in keywords if word.kind == "customer" and word.start == start]
    words = [word for word in words if word.end < end and not word.glued]
    is_labelled = any(_LABEL_END.match(cell.text, word.end) for word in words)
    return is_labelled or (bool(words) and not find_legal_form(cell.text[start:end]))


def _is_labelled(parsed: ParsedDocument, cell: Cell, *, start: int) -> bool:
    """Whether a label says what it is, and that is no name: "Place of issue: Lyon"."""
    front = cell.text[:start].rstrip()
    before = parsed.readings[cell.row][cell.column - 1] if cell.column and not front else None
    if not (before.cell.text if before else front).endswith(":"):
        return False
    words = before.keywords if before else parsed.readings[cell.row][cell.column].keywords
    kinds = {word.kind for word in words if before or word.end <= start}
    return bool(kinds) and not kinds & {"seller", "not_merchant"}
