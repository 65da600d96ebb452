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
        if not self._lists:
            return None
        at = bisect_left(self._lasts, (y,), 0, len(self._lasts) - 1)
        rows = self._lists[at]
        index = bisect_left(rows, (y,))
        below = rows[index] if index < len(rows) else None
        if below is not None and below.level == y:
            return below
        above = rows[index - 1] if index else self._lasts[at - 1] if at else None
        bucket = int(y // within)
        if below is not None and abs(int(below.level // within) - bucket) > 1:
            below = None
        if above is None or abs(int(above.level // within) - bucket) > 1:
            return below
        above = self._first_at(above.level)
        if below is None or (y - above.level, above.number) < (below.level - y, below.number):
            return above
        return below

    def _first_at(self, level: float) -> Level:
        """The first row of a level; there is one."""
        rows = self._lists[bisect_left(self._lasts, (level,))]
        return rows[bisect_left(rows, (level,))]

    def add(self, row: Level) -> None:
        """Note a row."""
        if not self._lists:
            self._lists, self._lasts = [[row]], [row]
            return
        at = bisect_left(self._lasts, row, 0, len(self._lasts) - 1)
        rows = self._lists[at]
        insort(rows, row)
        if len(rows) > 2 * _LONGEST:
            self._lists[at : at + 1] = [rows[:_LONGEST], rows[_LONGEST:]]
            self._lasts.insert(at, rows[_LONGEST - 1])
            at += 1
        self._lasts[at] = self._lists[at][-1]

    def remove(self, row: Level) -> None:
        """Forget a row that has been added."""
        at = bisect_left(self._lasts, row, 0, len(self._lasts) - 1)
        rows = self._lists[at]
        del rows[bisect_left(rows, row)]
        if rows:
            self._lasts[at] = rows[-1]
        else:
            del self._lists[at], self._lasts[at]

    def move(self, row: Level, level: float) -> None:
        """Let a row reach another level."""
        if level != row.level:
            self.remove(row)
            self.add(Level(level, row.number))
