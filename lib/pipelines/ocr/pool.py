"""Shares OCR engines out among requests.

In: engines, page images. Out: recognitions. Each engine is lent to one thread at a time; whoever finds none idle waits.
"""

import asyncio
from collections.abc import Sequence

import anyio
import anyio.to_thread

from lib.computing import give_way
from lib.document import PageImage, Recognition
from lib.pipelines.ocr.engine import OcrEngine, load_engines
from lib.settings import OcrSettings


class OcrPool:
    """Engines with a thread each, for one event loop.

    A request that is cancelled stops waiting at once, but a thread cannot be stopped: its engine counts as busy until
    the thread returns.
    """

    def __init__(self, engines: Sequence[OcrEngine]) -> None:
        """Take engines that nobody else uses.

        Raises:
            ValueError: There is none.
        """
        if not engines:
            raise ValueError("An OCR pool needs an engine.")
        self._idle = list(engines)
        self._slots = anyio.CapacityLimiter(len(engines))
        # The slots bound the threads too; a limit of their own keeps PDF and reader threads from taking their place.
        self._threads = anyio.CapacityLimiter(float("inf"))

    @classmethod
    def load(cls, settings: OcrSettings) -> "OcrPool":
        """Load OCR_CONCURRENCY engines; takes about a second.

        Raises:
            StartupError: See `load_engines`.
        """
        return cls(load_engines(settings, count=settings.concurrency))

    @property
    def busy(self) -> int:
        """Engines at work."""
        return self._slots.borrowed_tokens

    @property
    def waiting(self) -> int:
        """Pages that wait for an engine."""
        return self._slots.statistics().tasks_waiting

    async def recognize(self, image: PageImage) -> Recognition:
        """Read a page with the next idle engine.

        Args:
            image: (height, width, 3), uint8, BGR.

        Returns:
            The lines of the page, polygons in pixels of the turned page.

        Raises:
            OcrError: The engine failed on this page.
        """
        loan = _Loan(self)
        await self._slots.acquire_on_behalf_of(loan)
        loan.engines.append(self._idle.pop())
        try:
            return await anyio.to_thread.run_sync(loan.work, image, limiter=self._threads, abandon_on_cancel=True)
        finally:
            loan.withdraw()

    def give_back(self, loan: "_Loan", engine: OcrEngine) -> None:
        """End a loan. Runs in the event loop."""
        self._idle.append(engine)
        self._slots.release_on_behalf_of(loan)


class _Loan:
    """One engine on its way to a thread and back.

    Whoever takes the engine out of `engines` gives it back: the thread, or, where the request was cancelled before the
    thread began, the request. Taking out is atomic, so that it is one of them.
    """

    def __init__(self, pool: OcrPool) -> None:
        self.engines: list[OcrEngine] = []
        self._pool = pool
        self._loop = asyncio.get_running_loop()

    def work(self, image: PageImage) -> Recognition:
        """Read a page. Runs in a thread."""
        give_way()
        try:
            engine = self.engines.pop()
        except IndexError:
            return Recognition()
        try:
            return engine.recognize(image)
        finally:
            self._return(engine)

    def withdraw(self) -> None:
        """Give back an engine that no thread has taken. Runs in the event loop."""
        if self.engines:
            self._pool.give_back(self, self.engines.pop())

    def _return(self, engine: OcrEngine) -> None:
        try:
            self._loop.call_soon_threadsafe(self._pool.give_back, self, engine)
        except RuntimeError:  # The loop has been closed meanwhile, so nobody waits.
            self._pool.give_back(self, engine)
