"""Which rows are the items: those whose amounts add up to a sum that the document states.

In: drafts in sections, one a part of a list that a sum ends, and the sums. Out: the drafts, and whether they add up.
Pure.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, chain
from typing import Final

from lib.details.items.drafts import Draft

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The items of a document, and whether their amounts add up to one of its sums."""

    drafts: tuple[Draft, ...]
    adds_up: bool


def choose(sections: Sequence[Sequence[Draft]], sums: Collection[Decimal]) -> Chosen:
    """The longest run of items, up to the end of a section, that adds up to a sum; else the first section.

    Args:
        sections: None empty, from top to bottom.
        sums: What the document states.
    """
    drafts = list(chain.from_iterable(sections))
    totals = [Decimal(0), *accumulate(draft.value for draft in drafts)]
    first_with: dict[Decimal, int] = {}
    best: tuple[int, int] | None = None
    ends = set(accumulate(len(section) for section in sections))
    for end, total in enumerate(totals):
        for stated in sums if end in ends else ():
            start = _start(first_with, total - stated)
            if start is not None and (best is None or end - start > best[1] - best[0]):
                best = start, end
        first_with.setdefault(total, end)
    if best:
        return Chosen(tuple(drafts[best[0] : best[1]]), adds_up=True)
    return Chosen(tuple(sections[0]) if sections else (), adds_up=False)


def _start(first_with: dict[Decimal, int], before: Decimal) -> int | None:
    """The first place up to which the amounts add up to a value, to the cent."""
    starts = [first_with[value] for value in (before - _CENT, before, before + _CENT) if value in first_with]
    return min(starts, default=None)
