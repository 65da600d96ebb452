"""What stands over or under what: things with a left and a right end, asked which of them a range overlaps.

In: things and their ends in pixels. Out: those that share some width with a range, found without looking at all. Pure.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from operator import itemgetter
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Overlaps(Generic[Thing]):
    """Things beside each other, from left to right. Few of them overlap, as they stand in one row. Immutable."""

    def __init__(self, things: Iterable[tuple[float, float, Thing]]) -> None:
        """Take (left, right, thing), in any order; those that begin at the same place keep theirs."""
        self._things = sorted(things, key=itemgetter(0))
        self._lefts = [left for left, _, _ in self._things]
        self._reach = list(accumulate([right for _, right, _ in self._things], max))

    def over(self, left: float, right: float) -> Iterator[Thing]:
        """Those that share some width with the range from `left` to `right`, from left to right."""
        if left >= right:
            return
        first = bisect_right(self._reach, left)
        for begin, end, thing in self._things[first : bisect_left(self._lefts, right, first)]:
            if end > left and end > begin:
                yield thing
