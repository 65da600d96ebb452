"""Measuring in turns: every contender reads the same pages once a round, so that a busy minute meets all of them.

In: contenders and pages. Out: seconds and CPU seconds of each round. The order turns with every round.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from scripts.benchmarking.documents import Sample


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

    def read_all(self, samples: Sequence[Sample]) -> None:
        """Read every page, as many at once as its users would."""

    def cpu_s(self) -> float:
        """CPU seconds it has used so far, its processes and threads together."""


@dataclass(slots=True)
class Measured:
    """A contender's rounds.

    Attributes:
        pages: Of one round.
        seconds: From the first page's start to the last one's end, by round.
        cpu_s: CPU seconds, by round.
    """

    how: str
    pages: int
    seconds: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    @property
    def pages_per_s(self) -> list[float]:
        """By round."""
        return [self.pages / seconds for seconds in self.seconds]

    @property
    def cpu_s_per_page(self) -> list[float]:
        """By round."""
        return [cpu_s / self.pages for cpu_s in self.cpu_s]


def run_rounds(
    contenders: Sequence[Contender],
    samples: Sequence[Sample],
    *,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
    say: Callable[[str], None] = lambda _: None,
) -> Mapping[str, Measured]:
    """Let everybody read everything, `rounds` times, after one round that nobody looks at.

    Args:
        contenders: Running ones.
        samples: Pages.
        rounds: One at least.
        clock: Seconds.
        say: Told what goes on.
    """
    measured = {contender.name: Measured(contender.how, len(samples)) for contender in contenders}
    for contender in contenders:
        say(f"warming up: {contender.name}")
        contender.read_all(samples)
    for number in range(rounds):
        turn = number % len(contenders)
        for contender in (*contenders[turn:], *contenders[:turn]):
            cpu_s, start = contender.cpu_s(), clock()
            contender.read_all(samples)
            one = measured[contender.name]
            one.seconds.append(clock() - start)
            one.cpu_s.append(contender.cpu_s() - cpu_s)
            say(f"round {number + 1}/{rounds}: {contender.name}, {one.pages_per_s[-1]:.2f} pages/s")
    for contender in contenders:
        measured[contender.name].how = contender.how  # It may have something to tell of the rounds.
    return measured
