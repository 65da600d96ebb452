"""Shares OCR engines out among requests.

In: engines, page images. Out: recognitions. Each engine is lent to one thread at a time, and so many are at work as
there were in the beginning; whoever finds all at work waits, by turns over owners. While nobody waits, engines that
stand idle read lines of the pages of others. When all do, and once a minute while they do not, one that has read a page
gives back memory; where that was done just now, a little later. An engine of another language is loaded in the thread
that needs it, and stays while there is room.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import anyio
import anyio.to_thread
from loguru import logger

from lib.computing import give_way
from lib.document import OcrSpeed, PageImage, Recognition
from lib.fair_queue import FairQueue
from lib.fair_queue import Place as Slot
from lib.memory import Seldom
from lib.pipelines.ocr.engine import FrugalEngine, LineEngine, OcrEngine, load_engines
from lib.pipelines.ocr.languages import ConfiguredLanguages, Languages, OneLanguage, at_hand, settings_of
from lib.pipelines.ocr.shared_lines import SharedLines
from lib.pipelines.ocr.stock import EngineStock, Place
from lib.pipelines.ocr.weights import require_known
from lib.settings import OcrSettings


class OcrPool:
    """Engines with a thread each, for one event loop.

    A request that is cancelled stops waiting at once, but a thread cannot be stopped: its engine counts as busy until
    the thread returns.
    """

    def __init__(
        self, engines: Sequence[OcrEngine], *, languages: Languages | None = None, spare_engines: int = 0
    ) -> None:
        """Take engines that nobody else uses.

        Args:
            engines: Of the default language; as many are ever at work, over all languages.
            languages: What else there can be; None: nothing.
            spare_engines: Engines that may be in memory beyond those at work.

        Raises:
            ValueError: There is none.
        """
        if not engines:
            raise ValueError("An OCR pool needs an engine.")
        self.languages = languages or OneLanguage()
        self.stock = EngineStock(len(engines) + spare_engines)
        for engine in engines:
            self.stock.add(self.languages.models_of(""), engine)
        self.slots = FairQueue(len(engines))
        # The slots bound the threads too; a limit of their own keeps PDF and reader threads from taking their place.
        self._threads = anyio.CapacityLimiter(float("inf"))
        self._seldom = Seldom()
        self._when_due: asyncio.TimerHandle | None = None
        self._helpers = ThreadPoolExecutor(len(engines), "ocr-helper", initializer=give_way)

    @classmethod
    def load(cls, settings: OcrSettings) -> "OcrPool":
        """Load OCR_CONCURRENCY engines of OCR_LANG; takes about a second.

        Raises:
            StartupError: See `load_engines`, and `ConfiguredLanguages`.
        """
        require_known(settings.lang)
        own = at_hand(settings_of(settings.lang, settings=settings), settings=settings)
        engines = load_engines(own, count=settings.concurrency)
        return cls(engines, languages=ConfiguredLanguages(settings), spare_engines=settings.spare_engines)

    @property
    def busy(self) -> int:
        """Engines at work."""
        return self.slots.busy

    @property
    def waiting(self) -> int:
        """Pages that wait for an engine."""
        return self.slots.waiting

    @property
    def still_s(self) -> float:
        """Seconds in which no engine has become free although a page waits."""
        return self.slots.still_s

    async def recognize(self, image: PageImage, *, lang: str = "", speed: OcrSpeed = "exact") -> Recognition:
        """Read a page with the next idle engine.

        Args:
            image: (height, width, 3), uint8, BGR.
            lang: The page's language; empty: OCR_LANG.
            speed: Whether lines that a smaller recognizer is sure of may stay as that read them.

        Returns:
            The lines of the page, polygons in pixels of the turned page.

        Raises:
            OcrError: The engine failed on this page, or there is none for the language.
        """
        models = self.languages.models_of(lang)
        loan = _Loan(self, await self.slots.take())
        loan.places.append(self.stock.take(models))
        try:
            return await anyio.to_thread.run_sync(
                loan.work, image, speed, limiter=self._threads, abandon_on_cancel=True
            )
        finally:
            loan.withdraw()

    def lend_idle(self, models: str, lines: SharedLines) -> None:
        """Have engines that nobody waits for read lines of a page. Runs in the event loop."""
        for _ in range(lines.groups_left - 1):
            slot = self.slots.take_idle()
            if slot is None:
                return
            loan = _Loan(self, slot)
            place = self.stock.take_idle(models)
            if place is None or not isinstance(place.engine, LineEngine):
                self.give_back(loan, place)
                return
            self._helpers.submit(loan.help, place, place.engine, lines)

    def give_back(self, loan: "_Loan", place: Place | None) -> None:
        """End a loan. Runs in the event loop."""
        if place:
            self.stock.put_back(place)
        self.slots.give_back(loan.slot)
        if place:
            self._give_back_memory(loan.loop, place.engine)

    def _give_back_memory(self, loop: asyncio.AbstractEventLoop, engine: OcrEngine | None = None) -> None:
        """Have memory given back now, or, if nobody reads a page and that is not due yet, when it is.

        Args:
            loop: Of the pool.
            engine: Gives back where others read; where nobody does, one engine of each models in memory does.
        """
        is_idle = not self.busy
        if self._seldom.is_due(idle=is_idle):
            for each in self.stock.idle if is_idle else (engine,):
                if isinstance(each, FrugalEngine):
                    self._helpers.submit(_give_back_memory, each)
        elif is_idle and not self._when_due and not loop.is_closed():
            # Engines are looked up by then: one that were held until then would stay in memory beyond its place.
            self._when_due = loop.call_later(self._seldom.idle_in_s, self._give_back_later, loop)

    def _give_back_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._when_due = None
        if not self.busy:  # Else whoever reads now will see to it.
            self._give_back_memory(loop)


def _give_back_memory(engine: FrugalEngine) -> None:
    """Runs in a thread, whose failure nobody else would hear of."""
    try:
        engine.give_back_memory()
    except Exception as exc:  # noqa: BLE001 - models of one's own may raise anything
        logger.error("an OCR engine cannot give back memory: {!r}", exc)


class _Loan:
    """One engine on its way to a thread and back.

    Whoever takes the engine out of `places` gives it back: the thread, or, where the request was cancelled before the
    thread began, the request. Taking out is atomic, so that it is one of them.
    """

    def __init__(self, pool: OcrPool, slot: Slot) -> None:
        self.slot = slot
        self.places: list[Place] = []
        self._pool = pool
        self.loop = asyncio.get_running_loop()

    def work(self, image: PageImage, speed: OcrSpeed) -> Recognition:
        """Read a page. Runs in a thread."""
        give_way()
        try:
            place = self.places.pop()
        except IndexError:
            return Recognition()
        try:
            engine = place.engine = place.engine or self._pool.languages.load(place.models)
            if isinstance(engine, LineEngine):
                return engine.recognize(image, helpers=_Call(self._pool, self.loop, place.models), speed=speed)
            return engine.recognize(image)
        finally:
            self._return(place)

    def help(self, place: Place, engine: LineEngine, lines: SharedLines) -> None:
        """Read lines of another engine's page, until somebody waits for an engine. Runs in a thread."""
        try:
            lines.help(partial(engine.read_strips, speed=lines.speed), is_wanted=lambda: self._pool.waiting > 0)
        finally:
            self._return(place)

    def withdraw(self) -> None:
        """Give back an engine that no thread has taken. Runs in the event loop."""
        if self.places:
            self._pool.give_back(self, self.places.pop())

    def _return(self, place: Place) -> None:
        try:
            self.loop.call_soon_threadsafe(self._pool.give_back, self, place)
        except RuntimeError:  # The loop has been closed meanwhile, so nobody waits.
            self._pool.give_back(self, place)


class _Call:
    """Calls idle engines of the same models to the lines of a page, from its thread."""

    def __init__(self, pool: OcrPool, loop: asyncio.AbstractEventLoop, models: str) -> None:
        self._pool, self._loop, self._models = pool, loop, models

    def call(self, lines: SharedLines, /) -> None:
        """See `Helpers.call`."""
        with contextlib.suppress(RuntimeError):  # The loop has been closed meanwhile: nobody waits for the page.
            self._loop.call_soon_threadsafe(self._pool.lend_idle, self._models, lines)
