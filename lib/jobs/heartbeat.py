"""Signs of life of a worker process, given by a thread of their own while the main thread reads.

In: what to do every second. Out: it is done, until the block ends. A worker whose parent is gone is asked to end; one
whose signs of life meet what nobody expected is ended.
"""

import os
import signal
import threading
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn

from loguru import logger
from redis.exceptions import RedisError

BEAT_S = 1.0
"""Also how soon a worker learns that its file was cancelled."""


class Heartbeat:
    """Calls a function every BEAT_S, for a block."""

    def __init__(self, beat: Callable[[], None], *, leave: Callable[[BaseException], NoReturn]) -> None:
        """Take the function; what Redis raises in it is logged, anything else ends the process through `leave`."""
        self._beat = beat
        self._leave = leave
        self._ended = threading.Event()
        self._parent = os.getppid()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()

    def _run(self) -> None:
        orphaned = False
        while not self._ended.is_set():
            if not orphaned and os.getppid() != self._parent:
                orphaned = True  # Said once: a second signal would end the file in hand.
                logger.warning("the parent is gone: this worker ends with the file in hand")
                os.kill(os.getpid(), signal.SIGTERM)
            try:
                self._beat()
            except RedisError as exc:
                logger.warning("no sign of life could be given: {}", type(exc).__name__)
            except BaseException as exc:  # noqa: BLE001 - a worker that gives no signs of life must not go on
                self._leave(exc)
            self._ended.wait(BEAT_S)
