"""SIGTERM: refuse new work, let running work finish, then let the server end.

In: the signal. Out: the server's own handler is called, but only when nothing runs any more or DRAIN_S have passed.
Until then the socket stays open, so that /readyz can tell the load balancer and new work is told to go elsewhere.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import anyio
from anyio.abc import TaskGroup
from loguru import logger

from apps.api_gpu.admission import Drain


@contextmanager
def draining_on_sigterm(drain: Drain, *, limit_s: float, background: TaskGroup) -> Iterator[None]:
    """Put draining before whatever the server does on SIGTERM; a second SIGTERM skips the draining.

    Args:
        drain: What runs.
        limit_s: Seconds that running work gets.
        background: Where the waiting is done.
    """
    previous = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        yield  # Nobody to put it before: the app runs inside a test, or inside somebody else's program.
        return
    end = previous
    loop = asyncio.get_running_loop()
    asked = anyio.Event()

    async def drained() -> None:
        await asked.wait()
        logger.info("SIGTERM: {} requests get {:g} s to finish", drain.running, limit_s)
        await drain.finished(limit_s)
        end(signal.SIGTERM, None)

    def on_sigterm(number: int, frame: FrameType | None) -> None:
        if drain.begun:
            end(number, frame)
            return
        drain.begin()
        # A task cannot be started from here: outside of tasks anyio need not know which event loop this is.
        loop.call_soon_threadsafe(asked.set)

    background.start_soon(drained)
    signal.signal(signal.SIGTERM, on_sigterm)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
