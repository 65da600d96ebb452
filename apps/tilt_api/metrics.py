"""The TILT server's Prometheus metrics, on a registry of their own, and vLLM's behind them.

In: what the service counts. Out: the text of /metrics. No label has unbounded values.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from lib.telemetry import STAGE_BUCKETS_S


class Metrics:
    """What is counted and timed."""

    def __init__(self) -> None:
        """Create every metric at zero."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ocrlty_tilt_requests", "Requests by route and status.", ["route", "status"], registry=self.registry
        )
        self.answers = Counter(
            "ocrlty_tilt_answers",
            "Answers by finish reason, and whether they hold a value.",
            ["finish_reason", "found"],
            registry=self.registry,
        )
        self.clients_gone = Counter(
            "ocrlty_tilt_clients_gone", "Requests ended because their client had left.", registry=self.registry
        )
        self._stage_seconds = Histogram(
            "ocrlty_tilt_stage_seconds",
            "Seconds by stage of a request.",
            ["stage"],
            buckets=STAGE_BUCKETS_S,
            registry=self.registry,
        )

    def gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Add a metric that is read off a part whenever it is asked for."""
        Gauge(f"ocrlty_tilt_{name}", description, registry=self.registry).set_function(read)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block, also when it fails."""
        with self._stage_seconds.labels(name).time():
            yield

    def exposition(self) -> bytes:
        """All metrics as text; vLLM keeps its own on the process-wide registry."""
        return generate_latest(self.registry) + generate_latest(REGISTRY)
