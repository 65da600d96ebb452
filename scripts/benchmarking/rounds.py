"""Measuring in turns: every contender reads the same pages once a round, so that a busy minute meets all of them.

In: contenders and pages. Out: seconds and CPU seconds of each round, and what was read. The order turns with every
round.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from lib.document import Span
from lib.evaluation.prediction import Prediction
from scripts.benchmarking.documents import Sample
from scripts.benchmarking.figures import percentile

Lines: TypeAlias = tuple[Span, ...]

Reading: TypeAlias = Prediction | Lines | None
"""What a contender says of a page: its fields, or its lines; None: it tells neither."""


class Contender(Protocol):
    """Whoever reads pages.

    Attributes:
        name: As the table has it.
        how: What it is and how it is called, a sentence.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def how(self) -> str: ...  # noqa: D102

    def read_all(self, samples: Sequence[Sample]) -> Sequence[Reading]:
        """Read every page, as many at once as its users would."""

    def latencies_s(self, samples: Sequence[Sample]) -> Sequence[float]:
        """Seconds of each page for a client who waits for one before sending the next."""

    def cpu_s(self) -> float:
        """CPU seconds it has used so far, its processes and threads together."""


@dataclass(slots=True)
class Measured:
    """A contender's rounds.

    Attributes:
        pages: Of one round.
        seconds: From the first page's start to the last one's end, by round.
        cpu_s: CPU seconds, by round.
        alone_s: Median seconds of a page for a single client, by round.
        readings: Of the pages to be scored, as far as it tells.
    """

    how: str
    pages: int
    seconds: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    alone_s: list[float] = field(default_factory=list)
    readings: Sequence[Reading] = ()

    @property
    def pages_per_s(self) -> list[float]:
        """By round."""
        return [self.pages / seconds for seconds in self.seconds]

    @property
    def cpu_s_per_page(self) -> list[float]:
        """By round."""
        return [cpu_s / self.pages for cpu_s in self.cpu_s]


def timed(read: Callable[[Sample], object], samples: Sequence[Sample]) -> list[float]:
    """Seconds of each, one after the other."""
    found = []
    for sample in samples:
        start = time.perf_counter()
        read(sample)
        found.append(time.perf_counter() - start)
    return found


def run_rounds(
    contenders: Sequence[Contender],
    samples: Sequence[Sample],
    *,
    rounds: int,
    alone: int,
    further: Sequence[Sample] = (),
    clock: Callable[[], float] = time.perf_counter,
    say: Callable[[str], None] = lambda _: None,
) -> Mapping[str, Measured]:
    """Let everybody read everything, `rounds` times, after one round that is not timed: what it reads is kept.

    Args:
        contenders: Running ones.
        samples: Pages.
        rounds: One at least.
        alone: So many of the pages are sent by a single client, too.
        further: Pages that are read once, to be scored as well.
        clock: Seconds.
        say: Told what goes on.
    """
    measured = {contender.name: Measured(contender.how, len(samples)) for contender in contenders}
    for contender in contenders:
        say(f"first reading: {contender.name}")
        measured[contender.name].readings = _first_reading(contender, samples, further)
    for number in range(rounds):
        turn = number % len(contenders)
        for contender in (*contenders[turn:], *contenders[:turn]):
            one = measured[contender.name]
            cpu_s, start = contender.cpu_s(), clock()
            contender.read_all(samples)
            one.seconds.append(clock() - start)
            one.cpu_s.append(contender.cpu_s() - cpu_s)
            one.alone_s.append(percentile(contender.latencies_s(samples[:alone]), 0.5))
            say(f"round {number + 1}/{rounds}: {contender.name}, {one.pages_per_s[-1]:.2f} pages/s")
    for contender in contenders:
        measured[contender.name].how = contender.how  # It may have something to tell of the rounds.
    return measured


def _first_reading(contender: Contender, samples: Sequence[Sample], further: Sequence[Sample]) -> Sequence[Reading]:
    """Of all pages; whoever tells nothing of the first ones is not asked for further ones."""
    first = contender.read_all(samples)
    if not further or all(reading is None for reading in first):
        return first
    return [*first, *contender.read_all(further)]
