"""At which heights the rows of a page have come so far, asked which one is nearest.

In: rows by number, each with the height that it has reached. Out: the one nearest to a height. A page may have as many
rows as words, all at one height: they are kept in order, in short lists.
"""

from bisect import bisect_left, insort
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
        above, below = self._before(Level(y, -1)), self._from(Level(y, -1))
        if above:
            above = self._from(Level(above.level, -1))  # The first of those on its level.
        near = [each for each in (above, below) if each and abs(int(each.level // within) - bucket) <= 1]
        return min(near, key=lambda each: (abs(each.level - y), each.number), default=None)

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

    def _from(self, row: Level) -> Level | None:
        """The first that is not before `row`."""
        at = bisect_left(self._lasts, row)
        if at == len(self._lists):
            return None
        return self._lists[at][bisect_left(self._lists[at], row)]

    def _before(self, row: Level) -> Level | None:
        """The last that is before `row`."""
        at = bisect_left(self._lasts, row)
        place = bisect_left(self._lists[at], row) if at < len(self._lists) else 0
        if place:
            return self._lists[at][place - 1]
        return self._lists[at - 1][-1] if at else None
