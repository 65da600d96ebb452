"""Looks at the TILT server every few seconds, so that health is told at once and costs nothing.

In: the TILT reader. Out: the latest `TiltHealth`.
"""

import anyio
from loguru import logger

from lib.pipelines.tilt.circuit_breaker import BreakerState
from lib.pipelines.tilt.health import TiltHealth
from lib.pipelines.tilt_client import TiltReader

INTERVAL_S = 5.0
"""Between two looks: about as often as an orchestrator's probe."""


class TiltWatch:
    """Knows how the TILT server was a few seconds ago."""

    def __init__(self, reader: TiltReader) -> None:
        """Nothing is looked at yet."""
        self._reader = reader
        self._latest: TiltHealth | None = None

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                seen = await self._reader.check()
            except Exception as exc:  # noqa: BLE001 - whatever one look meets, there must be a next one
                logger.error("looking at the TILT server failed: unexpected {}", type(exc).__name__)
                seen = TiltHealth(False, None, None, self.breaker, "internal_error")
            self._tell(seen)
            self._latest = seen
            await anyio.sleep(INTERVAL_S)

    def _tell(self, seen: TiltHealth) -> None:
        """Log what changed since the last look."""
        if self._latest and (self._latest.reachable, self._latest.detail) == (seen.reachable, seen.detail):
            return
        if seen.reachable:
            logger.info("the TILT server answers: {}", seen.model)
        else:
            logger.warning("the TILT server does not answer questions: {}", seen.detail or seen.problem)

    @property
    def latest(self) -> TiltHealth | None:
        """What the last look found; None before the first."""
        return self._latest

    @property
    def breaker(self) -> BreakerState:
        """The state of the breaker now."""
        return self._reader.breaker.state
