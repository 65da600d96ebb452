"""What a load came to, in figures.

In: outcomes and health times. Out: a report, and whether it is good enough.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scripts.load.traffic import Outcome

HEALTH_LIMIT_MS = 100.0
"""For 99 of 100 health answers under load: orchestrators give a probe a second, and ask when it matters most."""

SOURCES = frozenset({"xml", "text_layer", "ocr", "mixed"})
RIGHT = SOURCES | {"bad file", "refused"}
"""What a request may come to under load; a deadline that passed (504) is none of it."""


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
    def problems(self) -> list[str]:
        """Which rules were broken; empty where none was."""
        kinds = Counter(outcome.kind for outcome in self.outcomes)
        found = [f"{count} {kind}" for kind, count in sorted(kinds.items()) if kind not in RIGHT]
        if not SOURCES & kinds.keys():
            found.append("nothing was answered")
        if (p99 := percentile(self.health_ms, 99)) >= HEALTH_LIMIT_MS:
            found.append(f"/v1/health p99 is {p99:.0f} ms, the limit {HEALTH_LIMIT_MS:.0f} ms")
        return found

    def lines(self) -> list[str]:
        """The report for people."""
        times = defaultdict(list)
        for outcome in self.outcomes:
            times[outcome.kind].append(outcome.seconds * 1000)
        done = sum(outcome.kind in SOURCES for outcome in self.outcomes)
        waits = counted(f"{o.retry_after_s:g} s" for o in self.outcomes if o.retry_after_s is not None)
        return [
            f"{len(self.outcomes)} requests in {self.seconds:.0f} s, {done / self.seconds:.1f} documents a second,"
            f" {len(times.get('lost', ()))} lost",
            *(_line(kind, times[kind]) for kind in sorted(times)),
            _line("/v1/health", self.health_ms),
            f"  statuses: {counted(outcome_name(outcome) for outcome in self.outcomes)}",
            f"  Retry-After: {waits or 'none'}",
        ]


def outcome_name(outcome: Outcome) -> str:
    """The status with the problem's code, or who answered."""
    answered_by = f"{outcome.reader}{', degraded' if outcome.degraded else ''}"
    return f"{outcome.status or 'none'} {outcome.code or answered_by}".strip()


def counted(names: Iterable[str]) -> str:
    """`name: count` of each, joined."""
    return "; ".join(f"{name}: {count}" for name, count in sorted(Counter(names).items()))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed; infinite where there is none."""
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * percent / 100) - 1] if ordered else float("inf")


def _line(name: str, values: Sequence[float]) -> str:
    p50, p95, p99 = (percentile(values, percent) for percent in (50, 95, 99))
    return f"  {name:<12}{len(values):>6}   p50 {p50:7.0f} ms   p95 {p95:7.0f} ms   p99 {p99:7.0f} ms"
