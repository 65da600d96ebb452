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
_SEVERAL: Final = 3
"""Amounts from which on a row that states their sum is one: two that make a third happen by chance."""

_MOST_SUMS: Final = 120
"""Sums that runs of items are held against; the end of every part is tried with each."""

_HEAD: Final = 0.25
_HEAD_ROWS: Final = 2
"""Rows with an amount, and share of all such rows, that may belong to the head of a document."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The items of a document, and whether their amounts add up to one of its sums."""

    drafts: tuple[Draft, ...]
    adds_up: bool

    @property
    def is_proven(self) -> bool:
        """Whether the items add up to a sum, or quantity times price is the amount of each."""
        return bool(self.drafts) and (self.adds_up or all(draft.is_product for draft in self.drafts))

    @property
    def weight(self) -> int:
        """Items that count."""
        return sum(draft.weight for draft in self.drafts)


def choose(sections: Sequence[Sequence[Draft]], settled: Collection[Decimal], sums: Collection[Decimal]) -> Chosen:
    """The longest run of items, up to the end of a section, that adds up to a sum; else the first long section.

    Args:
        sections: From top to bottom.
        settled: Sums of the whole document.
        sums: Other sums that it states, which count where no items add up to one of the whole.
    """
    ended, found = _without_sums(sections, {*settled, *sums})
    runs = [_run(ended, settled), _run(sections, settled)]
    if not any(runs):
        runs = [_run(ended, settled, reduced=False), _run(ended, found), _run(sections, sums)]
    best = max([run for run in runs if run], key=lambda run: run.weight, default=None)
    if best:
        return best
    most_likely = max(map(abs, settled), default=None)
    sure = [tuple(draft for draft in part if _is_likely(draft, most_likely)) for part in ended]
    sure = [part for part in sure if any(draft.amount.value for draft in part) and _is_list(part)]
    most = max((len(part) for part in sure), default=0)
    return Chosen(next((part for part in sure if 2 * len(part) >= most), ()), adds_up=False)


def _is_likely(draft: Draft, most: Decimal | None) -> bool:
    """Whether a row is an item although no sum proves it: outside of tables, none that costs as much as all of them."""
    return draft.is_likely and (draft.in_table or most is None or draft.amount.value < most)


def _is_list(part: Sequence[Draft]) -> bool:
    """Whether rows that add up to nothing stated are items: one row alone is an amount with words beside it."""
    return len(part) > 1 or part[0].in_table or part[0].is_product


def without_tax(chosen: Chosen, settled: Collection[Decimal], taxes: Sequence[Decimal]) -> Chosen:
    """Items that add up to a sum without a last row of the tax as well, without that row."""
    total = sum((draft.value for draft in chosen.drafts), Decimal(0))
    if len(chosen.drafts) < 2:  # noqa: PLR2004
        return chosen
    last = chosen.drafts[-1]
    is_tax = bool(taxes) and abs(last.amount.value) in {*taxes, sum(taxes)}
    if is_tax and total - last.value in settled:
        return Chosen(chosen.drafts[:-1], adds_up=True)
    return chosen


def items_of(chosen: Chosen) -> list[Draft]:
    """The items among rows that add up: charges are none, and fees only where an item stands below them."""
    last = max((index for index, draft in enumerate(chosen.drafts) if draft.weight), default=-1)
    return [
        draft for index, draft in enumerate(chosen.drafts) if not draft.is_charge and (not draft.is_fee or index < last)
    ]


def _without_sums(
    sections: Sequence[Sequence[Draft]], sums: Collection[Decimal]
) -> tuple[list[list[Draft]], set[Decimal]]:
    """The sections, ended by each row that states the sum of the rows above it, and all sums."""
    parts: list[list[Draft]] = []
    found = set(sums)
    for section in sections:
        part: list[Draft] = []
        total = Decimal(0)
        for draft in section:
            is_total = total and abs(draft.amount.value - total) < _CENT
            if is_total and (len(part) >= _SEVERAL or draft.amount.value in sums):
                if len(found) < _MOST_SUMS:
                    found.add(draft.amount.value)
                parts.append(part)
                part, total = [], Decimal(0)
                continue
            part.append(draft)
            total += draft.value
        repeats = parts and len(part) == 1 and part[0].amount.value in found
        if part and not repeats:
            parts.append(part)
    return parts, found


def _run(sections: Sequence[Sequence[Draft]], sums: Collection[Decimal], *, reduced: bool = True) -> Chosen | None:
    """The run with the most items that adds up to a sum at the end of a section.

    Args:
        sections: From top to bottom.
        sums: What may be added up to.
        reduced: Whether discounts are taken off; some tills print amounts that are reduced already.
    """
    drafts = list(chain.from_iterable(sections))
    ends = set(accumulate(len(section) for section in sections))
    totals = [Decimal(0), *accumulate(draft.value if reduced else draft.amount.value for draft in drafts)]
    counts = [0, *accumulate(draft.weight for draft in drafts)]
    starts = _starts(sections)
    first_with: dict[Decimal, int] = {}
    best, most = (0, 0), 0
    for end, total in enumerate(totals):
        for stated in sums if end in ends else ():
            start = _start(first_with, total - stated)
            if start is not None and counts[end] - counts[start] > most:
                best, most = (start, end), counts[end] - counts[start]
        if end in starts:
            first_with.setdefault(total, end)
    return Chosen(tuple(drafts[best[0] : best[1]]), adds_up=True) if most else None


def _starts(sections: Sequence[Sequence[Draft]]) -> set[int]:
    """Where items may begin: at the first rows of a section; what stands above them is the head of the document.

    Any row would add up to something by chance.
    """
    starts: set[int] = set()
    first = 0
    for section in sections:
        starts.update(range(first, first + max(_HEAD_ROWS, int(_HEAD * len(section))) + 1))
        first += len(section)
    return starts


def _start(first_with: dict[Decimal, int], before: Decimal) -> int | None:
    """The first place up to which the amounts add up to a value, to the cent."""
    starts = [first_with[value] for value in (before - _CENT, before, before + _CENT) if value in first_with]
    return min(starts, default=None)
