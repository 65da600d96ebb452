"""The pool: one thread an engine at a time, and no engine is ever lost."""

import gc
import threading
import weakref
from collections.abc import Callable, Sequence
from functools import partial

import anyio
import anyio.lowlevel
import numpy as np
import pytest
from loguru import logger

from lib import memory
from lib.document import OcrSpeed, PageImage, Recognition, Span
from lib.errors import OcrError
from lib.pipelines.ocr import OcrEngine, OcrPool
from lib.pipelines.ocr.readings import LineSpeed, Reading
from lib.pipelines.ocr.shared_lines import Helpers, SharedLines

pytestmark = pytest.mark.anyio

PAGE = np.zeros((2, 2, 3), np.uint8)
LINE = Recognition((Span("line", ((0, 0), (1, 0), (1, 1), (0, 1)), 1.0),))


class GatedEngine:
    """Reads one line from any page, but not before its gate is open."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = threading.Event()

    def recognize(self, image: PageImage, /) -> Recognition:  # noqa: ARG002
        """Wait for the gate, a minute at most."""
        self.entered.set()
        assert self.gate.wait(60)
        return LINE


class FrugalEngine(GatedEngine):
    """Notes when it gives back memory."""

    def __init__(self) -> None:
        super().__init__()
        self.gave_back = threading.Event()

    def give_back_memory(self) -> None:
        """Note it."""
        self.gave_back.set()


class ExclusiveEngine:
    """Fails where a second thread uses it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.pages = 0

    def recognize(self, image: PageImage, /) -> Recognition:  # noqa: ARG002
        """Take two milliseconds, alone."""
        assert self._lock.acquire(blocking=False)
        self.pages += 1
        threading.Event().wait(0.002)
        self._lock.release()
        return LINE


class FailingEngine:
    """Fails on a dark page, reads any other."""

    def recognize(self, image: PageImage, /) -> Recognition:
        """Look for light."""
        if not image.any():
            raise OcrError("The OCR engine failed on a page of 2 x 2 pixels.")
        return LINE


class TwoLanguages:
    """German and Dutch have the models of English, Thai has its own, and Greek has some that are broken."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def models_of(self, lang: str, /) -> str:
        """By language."""
        return lang if lang in {"th", "el"} else "latin"

    def load(self, models: str, /) -> OcrEngine:
        """Remember who asked."""
        assert threading.current_thread() is not threading.main_thread()
        self.loaded.append(models)
        if models == "el":
            raise OcrError("The OCR engine for el could not be loaded.")
        return ExclusiveEngine()


async def _until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not condition():  # noqa: ASYNC110 - what another thread does sets no event of ours
            await anyio.sleep(0.001)


async def _give_up_once_entered(pool: OcrPool, engine: GatedEngine) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(pool.recognize, PAGE)
        await _until(engine.entered.is_set)
        group.cancel_scope.cancel()


def test_pool_without_engines_is_refused() -> None:
    """A pool that could only wait forever cannot be made."""
    with pytest.raises(ValueError, match="engine"):
        OcrPool([])


async def test_pool_with_more_pages_than_engines_lets_them_wait() -> None:
    """One page is read, the others are counted as waiting, and all are read in the end."""
    engine = GatedEngine()
    pool = OcrPool([engine])

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(pool.recognize, PAGE)
        await _until(lambda: pool.waiting == 2)
        busy = pool.busy
        engine.gate.set()

    assert (busy, pool.busy, pool.waiting) == (1, 0, 0)


async def test_pool_under_load_lends_an_engine_to_one_thread_at_a_time() -> None:
    """Many requests share few engines without ever meeting in one."""
    engines = [ExclusiveEngine() for _ in range(3)]
    pool = OcrPool(engines)

    async with anyio.create_task_group() as group:
        for _ in range(60):
            group.start_soon(pool.recognize, PAGE)

    assert sum(engine.pages for engine in engines) == 60
    assert all(engine.pages for engine in engines)


async def test_pool_whose_engine_fails_passes_the_error_on_and_reads_the_next_page() -> None:
    """A failure costs one page, not the engine."""
    pool = OcrPool([FailingEngine()])

    with pytest.raises(OcrError):
        await pool.recognize(PAGE)

    assert await pool.recognize(PAGE + 255) == LINE
    assert pool.busy == 0


async def test_pool_whose_request_is_canceled_stays_busy_until_the_thread_returns() -> None:
    """The request ends at once; the next page waits for the thread that cannot be stopped."""
    engine = GatedEngine()
    pool = OcrPool([engine])

    await _give_up_once_entered(pool, engine)
    busy = pool.busy
    async with anyio.create_task_group() as group:
        group.start_soon(pool.recognize, PAGE)
        await _until(lambda: pool.waiting == 1)
        engine.gate.set()

    assert (busy, pool.busy) == (1, 0)


async def test_pool_whose_waiting_request_is_canceled_forgets_it() -> None:
    """Who gives up waiting takes no engine."""
    engine = GatedEngine()
    pool = OcrPool([engine])

    async with anyio.create_task_group() as group:
        group.start_soon(pool.recognize, PAGE)
        await _until(engine.entered.is_set)
        with anyio.move_on_after(0.02):
            await pool.recognize(PAGE)
        waiting = pool.waiting
        engine.gate.set()

    assert (waiting, pool.busy) == (0, 0)


@pytest.mark.parametrize("turns", range(6))
async def test_pool_whose_request_is_canceled_at_any_turn_keeps_its_engine(turns: int) -> None:
    """Wherever a cancellation falls between asking for an engine and its thread, the engine comes back."""
    pool = OcrPool([ExclusiveEngine()])

    async with anyio.create_task_group() as group:
        group.start_soon(pool.recognize, PAGE)
        for _ in range(turns):
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    await _until(lambda: not pool.busy)

    assert await pool.recognize(PAGE) == LINE


def test_pool_whose_loop_ends_while_a_thread_reads_gets_its_engine_back() -> None:
    """A thread that outlives its event loop returns the engine itself."""
    engine = GatedEngine()
    pool = OcrPool([engine])

    anyio.run(_give_up_once_entered, pool, engine)
    engine.gate.set()

    async def read() -> Recognition:
        await _until(lambda: not pool.busy)
        return await pool.recognize(PAGE)

    assert anyio.run(read) == LINE


async def test_pool_asked_for_another_language_loads_it_once_beside_the_first() -> None:
    """Languages with the same models share engines; one with models of its own gets one, in a thread."""
    languages = TwoLanguages()
    pool = OcrPool([ExclusiveEngine()], languages=languages, spare_engines=1)

    for lang in ("", "de", "th", "nl", "th", ""):
        assert await pool.recognize(PAGE, lang=lang) == LINE

    assert languages.loaded == ["th"]


async def test_pool_without_spare_engines_changes_from_language_to_language() -> None:
    """Memory stays what it was; time is the price."""
    languages = TwoLanguages()
    pool = OcrPool([ExclusiveEngine()], languages=languages)

    for lang in ("th", "de", "th"):
        await pool.recognize(PAGE, lang=lang)

    assert languages.loaded == ["th", "latin", "th"]
    assert pool.stock.count == 1


async def test_pool_of_several_languages_is_never_busier_than_it_has_slots() -> None:
    """OCR_CONCURRENCY pages are read at the same time, over all languages, and each engine by one thread."""
    pool = OcrPool([ExclusiveEngine(), ExclusiveEngine()], languages=TwoLanguages(), spare_engines=1)
    busiest = 0

    async def read(lang: str) -> None:
        nonlocal busiest
        await pool.recognize(PAGE, lang=lang)
        busiest = max(busiest, pool.busy)

    async with anyio.create_task_group() as group:
        for number in range(60):
            group.start_soon(read, ("", "th", "nl")[number % 3])

    assert busiest <= 2
    assert pool.stock.count <= 3
    assert pool.busy == 0


async def test_pool_whose_language_cannot_be_loaded_reads_the_others() -> None:
    """A failure to load costs the page that asked for it."""
    pool = OcrPool([ExclusiveEngine()], languages=TwoLanguages(), spare_engines=1)

    with pytest.raises(OcrError, match="el could not be loaded"):
        await pool.recognize(PAGE, lang="el")

    assert await pool.recognize(PAGE) == LINE
    assert (pool.busy, pool.stock.count) == (0, 1)


async def test_pool_of_one_language_refuses_any_other() -> None:
    """Nothing is read in a language that the engines were not made for."""
    with pytest.raises(OcrError, match="one language only"):
        await OcrPool([ExclusiveEngine()]).recognize(PAGE, lang="th")


class LineByLine:
    """Reads a page of eight lines, a line at a time; which engine read which is remembered."""

    def __init__(self, *, slow: bool = True) -> None:
        self.lines = 0
        self.speeds: set[LineSpeed] = set()
        self._pause_s = 0.005 if slow else 0.0

    def recognize(
        self, image: PageImage, /, *, helpers: Helpers | None = None, speed: OcrSpeed = "exact"
    ) -> Recognition:
        """Read eight lines, with whoever helps."""
        lines = SharedLines([image] * 8, group=1, speed=speed)
        if helpers:
            helpers.call(lines)
        lines.read(partial(self.read_strips, speed=speed), before_each=lambda: None)
        return LINE

    def read_strips(self, strips: Sequence[PageImage], /, *, speed: LineSpeed = "exact") -> list[Reading]:
        """Take five milliseconds a line."""
        self.lines += len(strips)
        self.speeds.add(speed)
        threading.Event().wait(self._pause_s)
        return [Reading("line", 1.0)] * len(strips)


async def test_pool_with_one_page_shares_its_lines_among_idle_engines() -> None:
    """A single client does not wait for one engine while others stand idle."""
    engines = [LineByLine() for _ in range(3)]
    pool = OcrPool(engines)

    assert await pool.recognize(PAGE) == LINE

    assert sum(engine.lines for engine in engines) == 8
    assert all(engine.lines for engine in engines)
    await _until(lambda: pool.busy == 0)


async def test_engines_that_help_read_at_the_speed_of_the_page() -> None:
    """A page that needs every line exactly gets none from a smaller recognizer, whoever reads it."""
    engines = [LineByLine() for _ in range(3)]
    pool = OcrPool(engines)

    await pool.recognize(PAGE, speed="fast")

    assert [engine.speeds for engine in engines] == [{"fast"}] * 3
    await _until(lambda: pool.busy == 0)


async def test_pool_with_as_many_pages_as_engines_gives_each_page_one() -> None:
    """Under load nobody helps, so that nothing is lost to it."""
    engines = [LineByLine() for _ in range(2)]
    pool = OcrPool(engines)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(pool.recognize, PAGE)

    assert sum(engine.lines for engine in engines) == 20 * 8
    assert (pool.busy, pool.waiting) == (0, 0)


async def test_helper_goes_back_to_the_pool_when_a_page_waits() -> None:
    """Who comes while a page has all engines waits for a group of lines, not for the page."""
    helper_in = threading.Event()

    class Slow(LineByLine):
        def read_strips(self, strips: Sequence[PageImage], /, *, speed: LineSpeed = "exact") -> list[Reading]:
            helper_in.set()
            return super().read_strips(strips, speed=speed)

    first, second = GatedLines(), Slow()
    pool = OcrPool([second, first])

    async with anyio.create_task_group() as group:
        group.start_soon(pool.recognize, PAGE)
        await _until(helper_in.is_set)
        assert await pool.recognize(PAGE) == LINE
        first.gate.set()


class GatedLines(LineByLine):
    """Stands still at its first line until its gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def read_strips(self, strips: Sequence[PageImage], /, *, speed: LineSpeed = "exact") -> list[Reading]:
        """Wait for the gate, a minute at most."""
        assert self.gate.wait(60)
        return super().read_strips(strips, speed=speed)


async def test_pool_gives_back_memory_when_its_last_page_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not while another is: it would need the memory at once."""
    monkeypatch.setattr(memory, "IDLE_S", 0.0)
    engines = FrugalEngine(), FrugalEngine()
    pool = OcrPool(engines)

    async with anyio.create_task_group() as group:
        for engine in reversed(engines):
            group.start_soon(pool.recognize, PAGE)
            await _until(engine.entered.is_set)
        engines[0].gate.set()
        await _until(lambda: pool.busy == 1)
        assert not any(engine.gave_back.is_set() for engine in engines)
        engines[1].gate.set()

    await _until(engines[1].gave_back.is_set)
    assert not engines[0].gave_back.is_set()


async def test_pool_gives_back_memory_after_a_short_burst_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not due at the last page, and no other page comes that would see to it."""
    monkeypatch.setattr(memory, "IDLE_S", 0.2)
    engine = FrugalEngine()
    engine.gate.set()
    pool = OcrPool([engine])

    for _ in range(3):
        await pool.recognize(PAGE)

    await _until(engine.gave_back.is_set)


class FrugalLanguages(TwoLanguages):
    """Any language has an engine that gives back memory."""

    def load(self, models: str, /) -> OcrEngine:
        """Remember whose."""
        self.loaded.append(models)
        engine = FrugalEngine()
        engine.gate.set()
        return engine


async def test_engine_that_was_dropped_is_not_kept_for_the_memory_that_it_would_give_back() -> None:
    """Another language has its place, and its models are the most that there is to give back."""
    engine = FrugalEngine()
    engine.gate.set()
    dropped = weakref.ref(engine)
    pool = OcrPool([engine], languages=FrugalLanguages())
    del engine

    await pool.recognize(PAGE)
    await pool.recognize(PAGE, lang="th")
    await anyio.lowlevel.checkpoint()
    gc.collect()

    assert dropped() is None


async def test_pool_gives_back_memory_of_all_models_that_a_burst_was_read_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only of those that the first page had."""
    monkeypatch.setattr(memory, "IDLE_S", 1.0)
    engine = FrugalEngine()
    engine.gate.set()
    pool = OcrPool([engine], languages=FrugalLanguages(), spare_engines=1)

    await pool.recognize(PAGE)
    await pool.recognize(PAGE, lang="th")
    (thai,) = (each for each in pool.stock.idle if each is not engine)

    assert isinstance(thai, FrugalEngine)
    await _until(thai.gave_back.is_set)
    await _until(engine.gave_back.is_set)


async def test_pool_that_reads_again_by_then_gives_back_memory_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page at hand would need it at once."""
    monkeypatch.setattr(memory, "IDLE_S", 1.0)
    engine = FrugalEngine()
    engine.gate.set()
    pool = OcrPool([engine])

    await pool.recognize(PAGE)
    engine.gate.clear()
    async with anyio.create_task_group() as group:
        group.start_soon(pool.recognize, PAGE)
        await anyio.sleep(1.5)
        assert not engine.gave_back.is_set()
        engine.gate.set()

    await _until(engine.gave_back.is_set)


async def test_pool_gives_back_memory_now_and_then_while_pages_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that is never idle would grow otherwise."""
    monkeypatch.setattr(memory, "BUSY_S", 0.0)
    engine, other = FrugalEngine(), FrugalEngine()
    pool = OcrPool([other, engine])

    async with anyio.create_task_group() as group:
        for each in (engine, other):
            group.start_soon(pool.recognize, PAGE)
            await _until(each.entered.is_set)
        engine.gate.set()
        await _until(engine.gave_back.is_set)
        other.gate.set()


async def test_engine_that_cannot_give_back_memory_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of one's own may refuse what the bundled ones take. Pages are read as before."""

    class Stubborn(FrugalEngine):
        def give_back_memory(self) -> None:
            super().give_back_memory()
            raise ValueError("two inputs")

    monkeypatch.setattr(memory, "IDLE_S", 0.0)
    engine, messages = Stubborn(), list[str]()
    engine.gate.set()
    pool = OcrPool([engine])
    handler = logger.add(messages.append, format="{message}")
    try:
        assert await pool.recognize(PAGE) == LINE
        await _until(lambda: bool(messages))
    finally:
        logger.remove(handler)

    assert "cannot give back memory: ValueError('two inputs')" in messages[0]
    assert await pool.recognize(PAGE) == LINE
