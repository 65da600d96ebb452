"""Reading takes time that grows with the words of a document, and not with their square, whatever a stranger writes.

Each family is read at two sizes, one four times the other, in a process of its own, by processor time. What takes time
in proportion takes four times as long, sorting a little more; a quadratic step ten to sixteen times. Sizes are those at
which there is enough time to tell: a family that is read quickly is tried at large ones. A family that seems to grow
faster is measured twice more, and the best counts: machines are noisy, and never too fast.
"""

import json
import math
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.growth.families import ARRANGED, FAMILIES
from tests.growth.measure import FACTOR
from tests.growth.page_families import PAGE_FAMILIES

ROOT = Path(__file__).parents[2]
MOST = FACTOR**1.35
"""Times as long as the smaller size may the larger take: n log n is 4.6 at these sizes, caches cost some more."""

MOMENT_S = 0.03
"""Added to both, so that what is over at once may be measured as badly as it is."""

SMALLEST = 250
ENOUGH_S = 0.7
"""Processor seconds at the larger size, from which the two tell how time grows."""

QUICK = (
    "line of date",
    "line of amount, no-break space",
    "line of month name, thin space",
    "line of keyword and amount, zero-width space",
    "line of tax number label",
    "line of company in a list",
    "row of amounts",
    "row of sellers",
    "column of companies",
    "column of sites and companies",
    "rotated words",
    "same place",
    "headings over a grid",
    "many rates",
    "parts and their sums",
    "letters nearly in one place",
    "short lines of letters that are spread",
    "words drawn one by one",
    "words under images",
)
"""Families that `make test` tries: one for each kind of step that once was quadratic."""

BATCH = 12


def growth(names: Sequence[str], enough_s: float) -> dict[str, float]:
    """How many times as long each family takes at FACTOR times a size."""
    command = [sys.executable, "-m", "tests.growth.measure", str(SMALLEST), str(enough_s), *names]
    ended = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    measured = [json.loads(line) for line in ended.stdout.splitlines()]
    return {name: (large + MOMENT_S) / (small + MOMENT_S) for name, _, small, large in measured}


def too_fast(names: Sequence[str], enough_s: float) -> dict[str, float]:
    """Families that grow faster than they may, each time that they are measured."""
    worst = dict.fromkeys(names, math.inf)
    for _ in range(3):
        if not worst:
            break
        found = growth(list(worst), enough_s)
        worst = {name: least for name in worst if (least := min(worst[name], found[name])) > MOST}
    return worst


def batches() -> Iterator[tuple[str, ...]]:
    """All families, a dozen at a time."""
    names = [*FAMILIES, *PAGE_FAMILIES]
    for start in range(0, len(names), BATCH):
        yield tuple(names[start : start + BATCH])


@pytest.mark.slow
def test_reading_time_grows_with_the_words() -> None:
    """At small sizes, for what once grew with their square."""
    assert too_fast(QUICK, 0.0) == {}


@pytest.mark.exhaustive
@pytest.mark.parametrize("names", [pytest.param(names, id=names[0]) for names in batches()])
def test_reading_time_of_every_family_grows_with_its_words(names: tuple[str, ...]) -> None:
    """At sizes at which it takes a while; `make growth`."""
    assert too_fast(names, ENOUGH_S) == {}


def test_families_are_of_many_kinds() -> None:
    """Lines and arrangements, each of its own name."""
    assert len(ARRANGED) >= 60
    assert set(QUICK) <= {*FAMILIES, *PAGE_FAMILIES}
    assert not set(FAMILIES) & set(PAGE_FAMILIES)
