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
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar, TypeVarTuple

Args = TypeVarTuple("Args")
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

    A caller that is cancelled stops waiting at once. Its call is not made if it has not begun; one that has cannot be
    stopped, keeps its thread until it returns, and nobody hears of it.

    Args:
        function: Called in a copy of this task's context.
        args: Its arguments.
    """
    call = functools.partial(copy_context().run, function, *args)
    return await asyncio.get_running_loop().run_in_executor(_threads(), call)


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


def collect_garbage_seldom() -> None:
    """Let the garbage collector pass over all that is loaded by now, and look at the rest seldom.

    Engines, tables and frameworks are half a million objects that live as long as the process. To walk through them
    takes 0.16 s, holds up every request there is, and finds nothing. A document is some ten thousand more, nearly all
    of which go without the collector.
    """
    gc.collect()
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
