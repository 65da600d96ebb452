"""What stands over or under what: things with a left and a right end, asked which of them a range overlaps.

In: things and their ends in pixels. Out: those that share some width with a range, found without looking at all. Pure.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from operator import itemgetter
from typing import Final, Generic, TypeVar

Thing = TypeVar("Thing")

_FEW: Final = 4
"""Things that are looked at one by one: it takes longer to search them."""


class Overlaps(Generic[Thing]):
    """Things beside each other, from left to right. Few of them overlap, as they stand in one row. Immutable."""

    def __init__(self, things: Iterable[tuple[float, float, Thing]]) -> None:
        """Take (left, right, thing), in any order; those that begin at the same place keep theirs."""
        self._things = sorted(things, key=itemgetter(0))
        self._are_few = len(self._things) <= _FEW
        if not self._are_few:
            self._lefts = [left for left, _, _ in self._things]
            self._reach = list(accumulate([right for _, right, _ in self._things], max))

    def over(self, left: float, right: float) -> Iterator[Thing]:
        """Those that share some width with the range from `left` to `right`, from left to right."""
        if left >= right:
            return
        near = self._things
        if not self._are_few:
            first = bisect_right(self._reach, left)
            near = near[first : bisect_left(self._lefts, right, first)]
        for begin, end, thing in near:
            if begin < right and end > left and end > begin:
                yield thing
