"""How many documents are let in: so many at work, so many waiting, and a 503 for the rest.

In: nothing. Out: `Gate`. The engine itself takes any number and would let all of them time out together.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio

from apps.tilt_api.engine import Busy


class Gate:
    """Places for documents.

    Attributes:
        admitted: Documents inside, those that wait included.
        working: Documents that have a place.
    """

    def __init__(self, *, places: int, queue: int) -> None:
        """Open the gate.

        Args:
            places: Documents at work at the same time.
            queue: Documents that may wait for a place.
        """
        self._most = places + queue
        self._places = anyio.Semaphore(places)
        self.admitted = 0
        self.working = 0

    @contextmanager
    def admission(self) -> Iterator[None]:
        """Be inside for a block.

        Raises:
            Busy: As many wait as may wait.
        """
        if self.admitted >= self._most:
            raise Busy(f"{self.admitted} documents are being answered or wait; try again in a moment.")
        self.admitted += 1
        try:
            yield
        finally:
            self.admitted -= 1

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place and hold it for a block."""
        async with self._places:
            self.working += 1
            try:
                yield
            finally:
                self.working -= 1
