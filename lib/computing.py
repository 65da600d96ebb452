"""Python that takes more than a moment, beside the event loop, which goes first.

In: a function and its arguments. Out: what it returned or raised. A few threads only, for the whole process: the
interpreter runs one of them at a time, so that more would gain nothing, and each would make the event loop wait another
`TURN_S` for every turn of its own. What leaves the interpreter (OCR, image decoders, files) has threads elsewhere.
"""

import asyncio
import contextlib
import functools
import gc
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from typing import Final, TypeVar, TypeVarTuple

Args = TypeVarTuple("Args")
Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = 2
"""One for a document of many pages, which takes seconds, and one for what comes meanwhile."""

TURN_S = 0.001
"""That a thread keeps the interpreter while another one wants it, a fifth of Python's own: worker processes, too, stand
idle while the event loop waits to give them their next document."""

OBJECTS_OF_DOCUMENT = 10_000
"""Made before the garbage collector looks at them; Python's own 700 are made and gone a hundred times a document."""

NICENESS = 10
"""Of what works while the event loop answers: a tenth of its share of a processor that both want."""


async def compute(function: Callable[[*Args], Result], *args: *Args) -> Result:
    """Call a function in a thread; who comes first is served first.

    A caller that is cancelled stops waiting at once. Its call is not made if it has not begun; one that has ends at its
    next item of `in_time`, and keeps its thread until then.

    Args:
        function: Called in a copy of this task's context.
        args: Its arguments.
    """
    call, context = _Call(), copy_context()
    context.run(_call.set, call)
    with _watch.waiting() as begin:
        try:
            work = functools.partial(_timed, begin, context, function, *args)
            return await asyncio.get_running_loop().run_in_executor(_threads(), work)
        except asyncio.CancelledError:
            call.is_over = True
            raise


def _timed(begin: Callable[[], None], context: Context, function: Callable[[*Args], Result], *args: *Args) -> Result:
    """What a thread does for one call."""
    begin()
    try:
        return context.run(function, *args)
    finally:
        _watch.progressed()


def waiting_calls() -> int:
    """Calls that no thread has begun yet: as many come before a new one."""
    return _watch.waiting_calls


def standstill_s() -> float:
    """For how many seconds no thread has finished a call although others wait, or waited until their callers left."""
    return _watch.standstill_s()


class Abandoned(Exception):
    """Nobody waits any more for what a thread computes."""


@dataclass(slots=True)
class _Call:
    """One call in a thread, and whether its caller has gone."""

    is_over: bool = False


_call: ContextVar[_Call | None] = ContextVar("call", default=None)


class _Watch:
    """How many calls wait for a thread, and since when none has been begun or finished meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[object] = set()
        self._since: float | None = None

    @property
    def waiting_calls(self) -> int:
        return len(self._waiting)

    @contextmanager
    def waiting(self) -> Iterator[Callable[[], None]]:
        """Let a call wait in this block, at most until what it is given is called, as a thread begins the call."""
        call = object()

        def begin() -> None:
            self._waiting.discard(call)
            self.progressed()

        with self._lock:
            self._waiting.add(call)
            self._since = self._since or time.monotonic()
        try:
            yield begin
        finally:
            self._waiting.discard(call)

    def progressed(self) -> None:
        """Note that a thread has begun a call or finished one."""
        with self._lock:
            self._since = time.monotonic() if self._waiting else None

    def standstill_s(self) -> float:
        since = self._since
        return 0.0 if since is None else time.monotonic() - since


_watch: Final = _Watch()


def in_time(items: Iterable[Item]) -> Iterator[Item]:
    """The items one by one, as long as somebody waits for what is made of them: for every loop over a document's rows.

    Raises:
        Abandoned: The caller of `compute` that this loop is a part of has gone, as at its deadline.
    """
    call = _call.get()
    if call is None:
        yield from items
        return
    for item in items:
        if call.is_over:
            raise Abandoned
        yield item


async def kept(work: Awaitable[Result]) -> Result | Exception:
    """The result of `work`, or what it raised, to be raised outside of a task group, which would wrap it."""
    try:
        return await work
    except Exception as exc:  # noqa: BLE001 - see above
        return exc


@functools.cache
def _threads() -> ThreadPoolExecutor:
    """Started one by one, when there is work for them."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="computing", initializer=give_way)


@contextmanager
def tuned_to_serve() -> Iterator[None]:
    """Let, in this block, the interpreter change threads often and collect garbage seldom."""
    threshold, interval_s = gc.get_threshold(), sys.getswitchinterval()
    collect_garbage_seldom()
    sys.setswitchinterval(TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(interval_s)
        gc.set_threshold(*threshold)
        gc.unfreeze()


@contextmanager
def collecting_no_garbage() -> Iterator[None]:
    """Let the garbage collector stand still in this block, which loads what stays.

    It would walk through all that is loaded by then, again and again: a third of the time that imports and tables take.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def collect_garbage_seldom() -> None:
    """Let the garbage collector pass over all that is loaded by now, and look at the rest seldom.

    Engines, tables and frameworks are half a million objects that live as long as the process. To walk through them
    takes 0.16 s, holds up every request there is, and finds nothing. A document is some ten thousand more, nearly all
    of which go without the collector.

    What is garbage by now is not looked for: it is 1,500 of 165,000 objects, and takes 0.1 s of the start to find.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS_OF_DOCUMENT)


def give_way() -> None:
    """Let everybody else's turn at a processor come first from now on, in the calling thread; once is enough.

    On Linux, where a thread has a priority of its own; elsewhere it would be the whole process's. Source:
    setpriority(2), "C library/kernel differences".
    """
    if sys.platform != "linux":
        return
    nice = max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0))
    with contextlib.suppress(OSError):  # A sandbox may forbid it; then all share alike.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
