"""Who a document says its customer is.

In: a `ParsedDocument`. Out: the names that labels call the customer's ("Bill to", "Party: ..."), or that a stamp of
receipt bears, and whether a text is one of them. Pure; knows no language, only kinds of words.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from rapidfuzz import fuzz, process

from lib.computing import in_time
from lib.grammar.addresses import says_street
from lib.grammar.companies import find_legal_form
from lib.grammar.folding import folded, letters_of
from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.parsing import CellReading, ParsedDocument

_LABEL_END: Final = re.compile(r"[^\n:]{0,24}:")
_STAMPS: Final = frozenset(
    {
        *("received", "eingegangen", "eingang", "recibido", "recu", "ontvangen", "ricevuto", "recebido", "otrzymano"),
        "mottatt",
    }
)
"""What whoever gets an invoice stamps on it, over a date and the own name."""

_LONGEST_STAMP: Final = max(map(len, _STAMPS))
_ROWS_OF_STAMP: Final = 4
_FEWEST: Final = 4
"""Letters of a name."""

_MOST_NAMES: Final = 40
_LONGEST: Final = 80
_ALIKE: Final = 92.0
"""rapidfuzz similarity, 0..100, from which two names are one."""


def customer_names(parsed: ParsedDocument) -> tuple[str, ...]:
    """Letters and digits of the customers' names, legal forms left out, the first ones."""
    names = dict.fromkeys(map(bare_name, _labeled(parsed)))
    return tuple(islice((name for name in names if len(name) >= _FEWEST), _MOST_NAMES))


def is_customer(name: str, customers: tuple[str, ...]) -> bool:
    """Whether a name, bare, is one of the customers', as OCR may have read it."""
    if len(name) < _FEWEST or not customers:
        return False
    return process.extractOne(name, customers, scorer=fuzz.ratio, score_cutoff=_ALIKE) is not None


def bare_name(text: str) -> str:
    """The letters and digits of a name without the legal form at its end."""
    form = find_legal_form(text)
    return letters_of(text[: form.start] if form and form.start else text)


def _labeled(parsed: ParsedDocument) -> Iterator[str]:
    """The text of every cell, or part of one, that is said to be the customer's name."""
    for row in in_time(parsed.readings):
        for reading in row:
            if any(word.kind == "customer" and word.start == 0 and not word.glued for word in reading.keywords):
                yield from filter(_may_name, (_named_by(reading, parsed), _over_person(reading, parsed)))
            elif len(reading.cell.text) <= _LONGEST_STAMP and folded(reading.cell.text) in _STAMPS:
                yield from filter(_may_name, _stamped(reading.cell, parsed))


def _named_by(reading: CellReading, parsed: ParsedDocument) -> str:
    """What stands behind a label and its colon, in the next cell, or right below."""
    cell = reading.cell
    end = max(word.end for word in reading.keywords if word.kind == "customer")
    colon = _LABEL_END.match(cell.text, end)
    behind = cell.text[colon.end() if colon else end :].strip(" .:-")
    if behind:
        return behind if colon else ""
    beside = parsed.rows[cell.row].cells[cell.column + 1 : cell.column + 2]
    if colon and beside and not parsed.readings[cell.row][cell.column + 1].keywords:
        return beside[0].text
    below = parsed.rows[cell.row + 1] if cell.row + 1 < len(parsed.rows) else None
    if below is None or below.page_index != cell.page_index:
        return ""
    found = next(below.over(cell.bbox), None)
    return found.text.rpartition(":")[2].strip() if found else ""


def _over_person(reading: CellReading, parsed: ParsedDocument) -> str:
    """The company right over the line that addresses somebody there: "Acme GmbH" over "Frau Beck" over a street."""
    cell = reading.cell
    above = parsed.rows[cell.row - 1] if cell.row else None
    if above is None or above.page_index != cell.page_index or ":" in cell.text or cell.height <= 0:
        return ""
    below = parsed.rows[cell.row + 1] if cell.row + 1 < len(parsed.rows) else None
    if below is None or not any(says_street(other.text) for other in below.over(cell.bbox)):
        return ""
    found = next(above.over(cell.bbox), None)
    is_block = found is not None and abs(found.bbox.x0 - cell.bbox.x0) < cell.height and cell.text[-1:].isalpha()
    return found.text if found and is_block and find_legal_form(found.text) and len(cell.words) > 1 else ""


def _may_name(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and not any(map(str.isdigit, text))


def _stamped(stamp: Cell, parsed: ParsedDocument) -> Iterator[str]:
    """The companies in the rows below a stamp's first word."""
    for row in parsed.rows[stamp.row + 1 : stamp.row + 1 + _ROWS_OF_STAMP]:
        if row.page_index == stamp.page_index:
            yield from (cell.text for cell in row.over(stamp.bbox))
