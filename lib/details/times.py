"""The time of day at which a document was issued.

In: a `ParsedDocument` and where the document's date stands. Out: HH:MM, 24 hours, with its place. The time nearest to
the date counts, one behind a label before others; hours of business are none.
"""

import re
from collections.abc import Iterator
from typing import Final

from lib.computing import in_time
from lib.details.labels import Labels, leaf_at
from lib.document import Field
from lib.extraction import Leaf
from lib.grammar.times_of_day import TIME, as_24_hours
from lib.layout_reader.page.parsing import CellReading, ParsedDocument

_HALF = r"\s?(?:am|pm|a\.m\.|p\.m\.|uhr|h)?\s?"
_RANGE = re.compile(
    rf"\d[:.h]\d\d{_HALF}(?:-|–|to|bis|à|a)\s?\d{{1,2}}{_HALF}(?:[:.h]|$)|\d\s?[ap]\.?m\.?\s?(?:-|–|to)\s?\d",
    re.IGNORECASE,
)
"""Hours of business."""

_LATEST: Final = 1.0
"""What a time in the total's row counts for: tables are opened earlier, and their bills are printed then."""

_FAR_ROWS: Final = 40
"""Rows from the date beyond which a time says nothing of it."""


def read_time(parsed: ParsedDocument, labels: Labels, day: Field | None) -> Leaf:
    """The time of issue.

    Args:
        parsed: The document.
        labels: Its labels.
        day: The document's date, where it has one.
    """
    found = list(_times(parsed))
    if not found:
        return None
    labelled = {(label.cell.row, label.cell.column) for label in labels.of("time")}
    at, totals = _row_of(parsed, day), _rows_of_totals(parsed)

    def worth(each: tuple[CellReading, re.Match[str]]) -> tuple[float, int]:
        cell, match = each[0].cell, each[1]
        near = 0.0 if at is None else max(0.0, 1.0 - abs(cell.row - at) / _FAR_ROWS)
        is_labelled = (cell.row, cell.column) in labelled or (cell.row, cell.column - 1) in labelled
        exact = 0.15 * bool(match["s"]) + 0.15 * bool(match["half"])
        closes = _LATEST * (cell.row in totals)
        return near + 0.5 * (cell.row == at) + 0.3 * is_labelled + exact + closes, -cell.row

    reading, match = max(found, key=worth)
    confidence = 0.9 if len(found) == 1 or reading.cell.row == at else 0.75
    return leaf_at(reading.cell, "time", as_24_hours(match), match.span(), confidence)


def _rows_of_totals(parsed: ParsedDocument) -> frozenset[int]:
    """The rows that say "total"."""
    return frozenset(
        reading.cell.row
        for row in parsed.readings
        for reading in row
        if any(word.kind == "total" for word in reading.keywords)
    )


def _times(parsed: ParsedDocument) -> Iterator[tuple[CellReading, re.Match[str]]]:
    for row in in_time(parsed.readings):
        for reading in row:
            text = reading.cell.text
            if _RANGE.search(text):
                continue
            for match in TIME.finditer(_without_dates(reading)):
                yield reading, match


def _without_dates(reading: CellReading) -> str:
    """The cell's text with a space for each character of its dates, so that a time may be glued to them."""
    text, pieces, end = reading.cell.text, [], 0
    for each in reading.dates:
        pieces += [text[end : each.start], " " * (each.end - each.start)]
        end = each.end
    return "".join([*pieces, text[end:]])


def _row_of(parsed: ParsedDocument, day: Field | None) -> int | None:
    """The row that the date stands in."""
    if day is None or day.bbox is None:
        return None
    y = day.bbox.center[1]
    rows = [row for row in parsed.rows if row.page_index == day.page_index]
    nearest = min(rows, key=lambda row: min(abs(cell.bbox.center[1] - y) for cell in row.cells), default=None)
    return None if nearest is None else nearest.index
