"""One pass over a document: its rows, and every keyword, amount, date and currency mark in them.

In: an OCR document's words. Out: a `ParsedDocument`, which candidates and features are made from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from lib.computing import in_time
from lib.document import BBox, OcrDocument
from lib.grammar.amounts import AmountMatch, find_amounts, infer_style
from lib.grammar.currencies import CurrencyMatch, find_currencies
from lib.grammar.currency_usage import usual_currency
from lib.grammar.dates import DateMatch, find_dates, infer_order
from lib.grammar.keywords import KeywordMatch
from lib.grammar.locales import DateOrder, LocaleWeight, currency_of_language, detect_locales_of_rows, find_keywords
from lib.grammar.numbers import NumberStyle
from lib.grammar.spans import free_of
from lib.layout_reader.page.lines import Cell, Row, rows_of

NO_AMOUNTS = frozenset({"percent", "quantity", "identifier"})
"""Kinds of numbers that are no money."""


class CellReading(NamedTuple):
    """What the grammar finds in one cell.

    Attributes:
        cell: Where it was found.
        keywords: From left to right, like all that follow.
        numbers: Those inside dates left out.
        dates: Whole dates.
        currencies: Marks.
        amounts: The numbers that may be money.
    """

    cell: Cell
    keywords: tuple[KeywordMatch, ...]
    numbers: tuple[AmountMatch, ...]
    dates: tuple[DateMatch, ...]
    currencies: tuple[CurrencyMatch, ...]
    amounts: tuple[AmountMatch, ...]

    @classmethod
    def of(cls, cell: Cell, *, style: NumberStyle) -> "CellReading":
        """Read one cell of a document that writes its numbers in `style`."""
        text = cell.text
        dates = find_dates(text)
        numbers = free_of(find_amounts(text, style=style), dates)
        amounts = tuple([number for number in numbers if number.kind not in NO_AMOUNTS]) if numbers else ()
        return cls(cell, find_keywords(text), numbers, dates, find_currencies(text), amounts)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the text of a page stands, px, and how high its usual word is."""

    content: BBox
    height: float
    rows: int


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document as the reader sees it.

    Attributes:
        rows: From the top of the first page to the bottom of the last.
        readings: For each row, one reading for each cell.
        frames: By page index, pages without words left out.
        locales: Likeliest first.
        order: Of numeric dates, where the document tells.
    """

    rows: tuple[Row, ...]
    readings: tuple[tuple[CellReading, ...], ...]
    frames: dict[int, Frame]
    locales: tuple[LocaleWeight, ...]
    order: DateOrder | None


def parse_document(document: OcrDocument) -> ParsedDocument:
    """Read a whole document once."""
    rows = _rows(document)
    texts = [cell.text for row in rows for cell in row.cells]
    locales = detect_locales_of_rows([cell.text for cell in row.cells] for row in in_time(rows))
    style = infer_style(
        texts,
        currency=usual_currency(texts) or currency_of_language(locales),
        decimal_hint=locales[0].locale.decimal if locales else None,
        spaced_hint=bool(locales) and locales[0].locale.parts_thousands_with_spaces,
    )
    readings = tuple([tuple([CellReading.of(cell, style=style) for cell in row.cells]) for row in in_time(rows)])
    return ParsedDocument(
        rows=rows,
        readings=readings,
        frames=_frames(rows),
        locales=locales,
        order=infer_order(
            (match for row in readings for reading in row for match in reading.dates),
            hint=locales[0].locale.date_order if locales else None,
        ),
    )


def _rows(document: OcrDocument) -> tuple[Row, ...]:
    rows: list[Row] = []
    for page in document.pages:
        rows.extend(rows_of(page.words, page_index=page.page_index, first_row=len(rows)))
    return tuple(rows)


def _frames(rows: Iterable[Row]) -> dict[int, Frame]:
    by_page: dict[int, list[Row]] = {}
    for row in rows:
        by_page.setdefault(row.page_index, []).append(row)
    frames = {}
    for page_index, members in by_page.items():
        cells = [cell for row in members for cell in row.cells]
        heights = sorted(cell.height for cell in cells)
        frames[page_index] = Frame(BBox.around(cell.bbox for cell in cells), heights[len(heights) // 2], len(members))
    return frames
