"""What a load came to, in figures.

In: outcomes and health times. Out: a report, and whether it is good enough.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from scripts.load.traffic import Outcome

HEALTH_LIMIT_MS = 100.0
"""For 99 of 100 health answers under load: orchestrators give a probe a second, and ask when it matters most."""


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one load.

    Attributes:
        outcomes: One a request.
        health_ms: One a health question.
        seconds: From the first request to the last answer.
    """

    outcomes: Sequence[Outcome]
    health_ms: Sequence[float]
    seconds: float

    @property
    def counts(self) -> dict[str, int]:
        """Requests by what they came to."""
        return dict(sorted(Counter(outcome.kind for outcome in self.outcomes).items()))

    @property
    def problems(self) -> list[str]:
        """Why the load was not borne well; empty where it was."""
        found = [f"{count} {kind}" for kind, count in self.counts.items() if kind not in GOOD]
        if not {"answered", "degraded"} & self.counts.keys():
            found.append("nothing was answered")
        if (p99 := percentile(self.health_ms, 99)) >= HEALTH_LIMIT_MS:
            found.append(f"health p99 is {p99:.0f} ms, the limit {HEALTH_LIMIT_MS:.0f} ms")
        return found

    def lines(self) -> list[str]:
        """The report for people."""
        times = defaultdict(list)
        for outcome in self.outcomes:
            times[outcome.kind].append(outcome.seconds * 1000)
        answered = self.counts.get("answered", 0) + self.counts.get("degraded", 0)
        lines = [
            f"{len(self.outcomes)} requests in {self.seconds:.0f} s, {answered / self.seconds:.1f} answers a second"
        ]
        lines += [_line(kind, times[kind]) for kind in sorted(times)]
        return [*lines, _line("/v1/health", self.health_ms), f"lost: {self.counts.get('lost', 0)}"]


GOOD = frozenset({"answered", "degraded", "refused"})
"""What a request may come to under load."""


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed; infinite where there is none."""
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * percent / 100) - 1] if ordered else float("inf")


def _line(name: str, values: Sequence[float]) -> str:
    p50, p95, p99, most = (percentile(values, percent) for percent in (50, 95, 99, 100))
    return (
        f"  {name:<12}{len(values):>6}   p50 {p50:7.0f} ms   p95 {p95:7.0f} ms   p99 {p99:7.0f} ms   max {most:7.0f} ms"
    )
