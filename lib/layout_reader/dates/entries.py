"""Dates of entries: they stand one under another, each with money in its row, as on statements and hotel bills.

In: a `ParsedDocument` and its date candidates. Out: how long the list is that each date stands in. Pure.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from lib.computing import in_time
from lib.layout_reader.dates.candidates import DateCandidate, DatePlace
from lib.layout_reader.page.blocks import has_money
from lib.layout_reader.page.parsing import ParsedDocument

_ROWS_APART: Final = 2
"""Rows from one entry to the next, at most: a description may take two."""


def entries_beside(parsed: ParsedDocument, candidates: Sequence[DateCandidate]) -> list[int]:
    """For each date, the rows of the shortest list that one of its places is in; 0 where one is in none."""
    lists = _lists(parsed, chain.from_iterable(candidate.places for candidate in candidates))
    return [min(len(lists.get(_at(place), ())) for place in candidate.places) for candidate in candidates]


def _at(place: DatePlace) -> tuple[int, int, int]:
    return place.cell.row, place.cell.column, place.start


def _lists(parsed: ParsedDocument, places: Iterable[DatePlace]) -> dict[tuple[int, int, int], set[int]]:
    """By place, the rows of its list."""
    rows_of = dict[tuple[int, int, int], set[int]]()
    open_lists = dict[tuple[int, int], tuple[int, set[int]]]()
    with_money = dict[int, bool]()
    for place in in_time(sorted(places, key=_at)):
        row = place.cell.row
        if row not in with_money:
            with_money[row] = any(map(has_money, parsed.readings[row]))
        if not with_money[row] or ":" in place.cell.text[: place.start]:
            continue
        column = round(place.bbox.x0 / parsed.frames[place.page_index].height)
        around = [open_lists.get((place.page_index, column + step)) for step in (0, -1, 1)]
        rows = next((rows for last, rows in filter(None, around) if row - last <= _ROWS_APART), set[int]())
        rows.add(row)
        open_lists[place.page_index, column] = row, rows
        rows_of[_at(place)] = rows
    return rows_of
