"""A load during which the TILT server is killed and comes back.

In: a load, and what TILT_FALLBACK is. Out: the report's lines, and which rules were broken. While the server is gone
nobody answers in its name, and clients are told to come again (`off`) or get the embedded reader's answers (`layout`);
once it is back it is asked again, and nobody has started the service anew.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

import anyio
from anyio import to_thread

from scripts.load.figures import Report, counted, outcome_name
from scripts.load.traffic import Outcome
from scripts.local_service import API, MOCK_TILT, free_port, local_server

Fallback: TypeAlias = Literal["off", "layout"]
Load: TypeAlias = Callable[[str], Awaitable[Report]]

SETTLING_S = 5.0
"""Seconds after the server was killed in which answers that it had given before may still be under way."""


@dataclass(frozen=True, slots=True)
class Outage:
    """When the server was gone.

    Attributes:
        outcomes: Of all requests.
        died: `time.monotonic()` seconds.
        back: When it took requests again.
    """

    outcomes: Sequence[Outcome]
    died: float
    back: float

    def _between(self, start: float, end: float) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if start <= outcome.ended < end]

    @property
    def recovery_s(self) -> float | None:
        """Seconds from its return to its first answer; None where there was none."""
        return min((o.ended - self.back for o in self._between(self.back, float("inf")) if _by_tilt(o)), default=None)

    def problems(self, fallback: Fallback) -> list[str]:
        """Which rules were broken."""
        gone = self._between(self.died + SETTLING_S, self.back)
        refused = sum(outcome.code.startswith("tilt_") for outcome in gone)
        degraded = sum(outcome.degraded for outcome in gone)
        rules = {
            "TILT answered while it was gone": any(_by_tilt(outcome) for outcome in gone),
            "nobody was told to come again while TILT was gone": fallback == "off" and not refused,
            "nobody got an answer in TILT's place": fallback == "layout" and not degraded,
            "requests were refused although there is a fallback": fallback == "layout" and refused > 0,
            "TILT's answers did not come back": self.recovery_s is None,
        }
        return [rule for rule, broken in rules.items() if broken]

    def lines(self) -> list[str]:
        """What requests came to before, meanwhile and after."""
        parts = {"before": (0.0, self.died), "gone": (self.died, self.back), "back": (self.back, float("inf"))}
        shown = [
            f"  TILT {name}: {counted(outcome_name(outcome) for outcome in self._between(start, end))}"
            for name, (start, end) in parts.items()
        ]
        recovery = "never" if self.recovery_s is None else f"after {self.recovery_s:.1f} s"
        return [*shown, f"  TILT answered again {recovery}"]


def _by_tilt(outcome: Outcome) -> bool:
    return outcome.reader == "tilt"


async def load_with_outage(load: Load, *, seconds: float, fallback: Fallback) -> tuple[list[str], list[str]]:
    """Run a load against a service of its own, whose TILT server is gone for the second third of the time.

    Args:
        load: Given the service's address.
        seconds: That it takes.
        fallback: TILT_FALLBACK.

    Returns:
        The report's lines, and which rules were broken.

    Raises:
        NotStarted: One of the servers did not come up.
    """
    port = free_port()
    mock = partial(local_server, MOCK_TILT, port=port, environ={"MOCK_ANSWERS": "canned"})
    reports: list[Report] = []
    with ExitStack() as stack:
        tilt = stack.enter_context(mock())
        environ = {"VLLM_BASE_URL": f"http://127.0.0.1:{port}/v1", "TILT_FALLBACK": fallback}
        api = stack.enter_context(local_server(API, environ=environ))

        async def run() -> None:
            reports.append(await load(api.url))

        async with anyio.create_task_group() as group:
            group.start_soon(run)
            await anyio.sleep(seconds / 3)
            tilt.process.kill()
            died = time.monotonic()
            await anyio.sleep(seconds / 3)
            await to_thread.run_sync(stack.enter_context, mock())
            back = time.monotonic()
        ended = ["the service ended"] if api.process.poll() is not None else []
    (report,) = reports
    outage = Outage(report.outcomes, died, back)
    return [*report.lines(), *outage.lines()], [*report.problems, *outage.problems(fallback), *ended]
