"""A process that may hang, crash or run out of memory without harm: PDFs and XML are read in one.

In: a picklable function, its arguments and bounds. Out: what it returned or raised. Knows nothing of either; the only
user of anyio.to_process. Processes are kept warm and used again; a broken one costs the upload that broke it.
Documents that come together are read in them, too (`parallel_reader.py`), as each is an interpreter of its own.
"""

import functools
import math
import os
import pickle
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import TypeVar, TypeVarTuple, cast

from anyio import BrokenWorkerProcess, CancelScope, CapacityLimiter, fail_after, move_on_after, to_process, to_thread
from anyio.lowlevel import RunVar

from lib.computing import collect_garbage_seldom, give_way
from lib.errors import UnreadableDocument
from lib.fair_queue import FairQueue

Args = TypeVarTuple("Args")
Result = TypeVar("Result")

START_LIMIT_S = 60.0
"""For a process to start and to import what it calls: a second, or many where the machine is busy. No document can
make it longer, so that it counts as nobody's time."""

MOST_PROCESSES = 4
"""More would compete with OCR for processors and, at PDF_MEMORY_MB each, for memory."""

GUEST_PROCESSES = 2
"""Further ones for owners who have none at work while others hold all, so that nobody waits until a hostile file of
another's is ended."""

WALL_TIMES = 4
"""Its time of computing that a call may take altogether: on a busy machine a process gets a part of a processor, and
that is no file's fault."""

AT_ONCE = 30_000
"""Bytes of a result that are unpacked in about a millisecond at most."""

_queue: RunVar[FairQueue] = RunVar("worker_process_queue")

_next_has: RunVar[str | None] = RunVar("worker_process_next_has", default=None)
"""The module that the process which gets the next call is known to have imported: anyio takes the one that was used
last."""


class NoProcessFree(Exception):
    """All processes were at work for as long as the caller had patience."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one call may take.

    Attributes:
        timeout_s: Seconds of computing; the call ends in `WALL_TIMES` as many in any case. Waiting for a process that
            is free and has started does not count.
        memory_mb: Megabytes of address space on top of what the process had when it was new.
    """

    timeout_s: float
    memory_mb: int


async def run_bounded(
    function: Callable[[*Args], Result],
    *args: *Args,
    bounds: Bounds,
    patience_s: float | None = None,
    to_the_end: bool = False,
    most_waiting: int | None = None,
) -> Result:
    """Call a function in a worker process. Cancelling the caller ends the process, unless it is to run to the end.

    Args:
        function: Importable by name, as it is pickled.
        args: Its arguments, pickled.
        bounds: When to give up.
        patience_s: Seconds to wait for a process that is free; None: for ever.
        to_the_end: Let a canceled caller wait for a call that has begun, instead of ending the process.
        most_waiting: Refuse where so many calls wait for a process; None: wait behind them.

    Raises:
        NoProcessFree: None was.
        Overloaded: As many wait as may.
        UnreadableDocument: The call took too long, too much memory, or the process crashed, twice: the first time may
            have been another's fault, such as the kernel having ended the idle process for its memory.
        BrokenWorkerProcess: No process can be started here.
    """
    async with _place(patience_s, most_waiting):
        with CancelScope(shield=to_the_end):
            packed = await _call(function, *args, bounds=bounds)
    if len(packed) <= AT_ONCE:
        return cast("Result", pickle.loads(packed))  # noqa: S301 - made by `_bounded`
    # Not in the event loop, where anyio would: the words of a long document take a third of a second.
    return cast("Result", await to_thread.run_sync(pickle.loads, packed))


async def _call(function: Callable[[*Args], Result], *args: *Args, bounds: Bounds) -> bytes:
    """The call's result as a pickle; a process that breaks is given one more chance, as `run_bounded` says."""
    try:
        try:
            return await _timed_call(function, *args, bounds=bounds)
        except BrokenWorkerProcess:
            return await _timed_call(function, *args, bounds=bounds)
    except TimeoutError as exc:
        await _replace(function)
        raise UnreadableDocument(
            f"Reading the file took more than {bounds.timeout_s:g} seconds (PDF_TIMEOUT_S)."
            " Simplify it or print it anew."
        ) from exc
    except BrokenWorkerProcess as exc:
        if exc.args:  # anyio has words only for a process that did not even start, which no document can do.
            raise
        await _replace(function)
        raise UnreadableDocument(
            "Reading the file broke the process that did it: it is damaged, or needs more than"
            f" {bounds.memory_mb} MB of memory (PDF_MEMORY_MB). Save or print it anew."
        ) from exc


async def _replace(function: Callable[..., object]) -> None:
    """Have a process ready for the next call instead of the one that this call has ended, on this call's time."""
    worker_queue().note_offense()
    with suppress(BrokenWorkerProcess), move_on_after(START_LIMIT_S):
        await _in_any_process(_get_ready, function)


@asynccontextmanager
async def _place(patience_s: float | None, most_waiting: int | None) -> AsyncIterator[None]:
    """One of the processes that may be at work.

    Raises:
        NoProcessFree: None became free in time.
        Overloaded: As many wait as may.
    """
    async with AsyncExitStack() as held:
        with move_on_after(patience_s) as waiting:
            await held.enter_async_context(worker_queue().place(most_waiting=most_waiting))
        if waiting.cancelled_caught:
            raise NoProcessFree
        yield


def worker_queue() -> FairQueue:
    """Who waits for a process, over this event loop."""
    try:
        return _queue.get()
    except LookupError:
        queue = FairQueue(most_processes(), guests=GUEST_PROCESSES)
        _queue.set(queue)
        return queue


def most_processes() -> int:
    """How many processes there can be on this machine, one for each processor."""
    return min(MOST_PROCESSES, os.cpu_count() or 1)


async def _timed_call(function: Callable[[*Args], Result], *args: *Args, bounds: Bounds) -> bytes:
    """The call's result as a pickle, made in a process that is ready before its time begins, unless that is long.

    One whose last call was of the same module is ready. Where it has died since, or another call took it in the same
    turn of the event loop, the start of the next one counts as this call's time by the clock, of which it has plenty.

    Raises:
        TimeoutError: It took too long.
        BrokenWorkerProcess: The process ended, or there is none to be had.
    """
    module = function.__module__ if isinstance(function, FunctionType) else None
    is_ready = module is not None and _next_has.get() == module
    # Where its time is long, it has time to start as well.
    if not is_ready and bounds.timeout_s < START_LIMIT_S:
        with move_on_after(START_LIMIT_S) as starting:
            await _in_any_process(_get_ready, function)
        if starting.cancelled_caught:
            raise BrokenWorkerProcess(f"A process did not start within {START_LIMIT_S:g} seconds.")
    start = time.monotonic()
    try:
        with fail_after(bounds.timeout_s * WALL_TIMES):
            packed = await _in_any_process(_bounded, bounds, function, args)
    except BrokenWorkerProcess as exc:
        if time.monotonic() - start < bounds.timeout_s:
            raise
        raise TimeoutError from exc  # The kernel ended it, as `_limit_process` had asked.
    _next_has.set(module)
    return packed


async def _in_any_process(function: Callable[[*Args], Result], *args: *Args) -> Result:
    # A limiter of its own, as anyio's default one could make the call wait, and that must not count as its time.
    limiter = CapacityLimiter(1)
    _next_has.set(None)
    try:
        return await to_process.run_sync(function, *args, cancellable=True, limiter=limiter)
    except ProcessLookupError as exc:  # anyio failed to end a process that had failed to start.
        raise BrokenWorkerProcess("The worker process does not start.") from exc
    finally:
        _next_has.set(None)


def _get_ready(_: Callable[..., object]) -> None:
    """Nothing: that a process was given the function means that it has imported what the function needs."""


def _bounded(bounds: Bounds, function: Callable[[*Args], Result], args: tuple[*Args]) -> bytes:
    """What the worker process does; its result as a pickle."""
    give_way()
    _settle_in()
    if sys.platform == "linux":
        _limit_process(bounds)
    try:
        return pickle.dumps(function(*args), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        raise UnreadableDocument(
            f"Reading the file needs more than {bounds.memory_mb} MB of memory (PDF_MEMORY_MB)."
            " Simplify it or print it anew."
        ) from None


@functools.cache
def _settle_in() -> None:
    """Have garbage collected seldom, once in each process: a collection would hold up a document for longer."""
    collect_garbage_seldom()


def _limit_process(bounds: Bounds) -> None:
    """Let the kernel cap memory, and end the process after its time of computing, without a core dump on disk.

    The limits count from what the process had taken before, as it is used again and again.
    """
    import resource  # noqa: PLC0415 - Unix has it only

    limits = {
        resource.RLIMIT_AS: _idle_memory() + bounds.memory_mb * 2**20,
        resource.RLIMIT_CPU: math.ceil(time.process_time() + bounds.timeout_s),
        resource.RLIMIT_CORE: 0,
    }
    for kind, limit in limits.items():
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


@functools.cache
def _idle_memory() -> int:
    """Bytes of address space at the first call, before any document."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")
