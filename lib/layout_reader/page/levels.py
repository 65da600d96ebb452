"""At which heights the rows of a page have come so far, asked which one is nearest.

In: rows by number, each with the height that it has reached. Out: the one nearest to a height. A page may have as many
rows as words, all at one height: they are kept in order, in short lists.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Final, NamedTuple

_LONGEST: Final = 512
"""Rows in one list: moving them takes no longer than finding the list."""


class Level(NamedTuple):
    """The height, px, that a row has reached, and the row's number."""

    level: float
    number: int


class Levels:
    """Rows ordered by level, then by number."""

    def __init__(self) -> None:
        """There are no rows yet."""
        self._lists: list[list[Level]] = []
        self._lasts: list[Level] = []
        """The last of each list."""

    def nearest(self, y: float, *, within: float) -> Level | None:
        """The row whose level is nearest to `y`, the lowest number of equals; None where none is within a bucket of it.

        Args:
            y: A height, px.
            within: Buckets of so many pixels part the page; a row counts in the same and in the two next to it.
        """
        bucket = int(y // within)
        found = None
        for row in self._around(Level(y, -1)):
            if abs(int(row.level // within) - bucket) > 1:
                continue
            if found is None or (abs(row.level - y), row.number) < (abs(found.level - y), found.number):
                found = row
        return found

    def _around(self, place: Level) -> Iterator[Level]:
        """The first row of the next level above a place, and the first one from the place on."""
        if not self._lists:
            return
        at = min(bisect_left(self._lasts, place), len(self._lists) - 1)
        rows = self._lists[at]
        index = bisect_left(rows, place)
        if index or at:
            level = rows[index - 1].level if index else self._lasts[at - 1].level
            yield self._first_from(Level(level, -1))
        if index < len(rows):
            yield rows[index]

    def _first_from(self, place: Level) -> Level:
        """The first row that is not before a place; there is one."""
        rows = self._lists[bisect_left(self._lasts, place)]
        return rows[bisect_left(rows, place)]

    def add(self, row: Level) -> None:
        """Note a row."""
        at = min(bisect_left(self._lasts, row), len(self._lists) - 1)
        if at < 0:
            self._lists, self._lasts = [[row]], [row]
            return
        rows = self._lists[at]
        insort(rows, row)
        if len(rows) > 2 * _LONGEST:
            self._lists[at : at + 1] = [rows[:_LONGEST], rows[_LONGEST:]]
            self._lasts.insert(at, rows[_LONGEST - 1])
            at += 1
        self._lasts[at] = self._lists[at][-1]

    def remove(self, row: Level) -> None:
        """Forget a row that has been added."""
        at = bisect_left(self._lasts, row)
        rows = self._lists[at]
        del rows[bisect_left(rows, row)]
        if rows:
            self._lasts[at] = rows[-1]
        else:
            del self._lists[at], self._lasts[at]
