"""How the process ends when its engine does.

In: the news that the engine has ended. Out: a graceful stop, and a hard exit if that takes too long: a thread that
hangs in a CUDA call would keep the interpreter from ending for ever, and only a new process answers again.
"""

import os
import threading
from collections.abc import Callable

import anyio
from loguru import logger

from apps.tilt_api.engine import EXIT_ENGINE_DIED, Engine, EngineDead

CHECK_EVERY_S = 1.0
HARD_EXIT_AFTER_S = 5.0


def exit_later(exit_code: int) -> None:
    """End the process after HARD_EXIT_AFTER_S, whatever hangs in it."""
    timer = threading.Timer(HARD_EXIT_AFTER_S, os._exit, [exit_code])
    timer.daemon = True
    timer.start()


class Lifecycle:
    """Whether the process is to go on.

    Attributes:
        exit_code: What the process is to end with; 0 while all is well.
    """

    def __init__(self, *, stop: Callable[[], None], force: Callable[[int], None] = exit_later) -> None:
        """Know how to end the process.

        Args:
            stop: Asks the HTTP server to finish what is under way and end.
            force: Makes sure of the end.
        """
        self.exit_code = 0
        self._stop = stop
        self._force = force

    @property
    def ending(self) -> bool:
        """Whether the process has been told to end."""
        return self.exit_code != 0

    def fail(self, exit_code: int) -> None:
        """The server could not start and ends by itself: know its exit code and make sure of the end."""
        self.exit_code = exit_code
        self._force(exit_code)

    def end(self, exit_code: int) -> None:
        """Tell the running server to end; the first exit code counts."""
        if self.ending:
            return
        logger.critical("the engine has ended; the process ends with exit code {}", exit_code)
        self.fail(exit_code)
        self._stop()


async def watch(engine: Engine, lifecycle: Lifecycle) -> None:
    """End the process as soon as the engine has ended, also while nobody asks it anything."""
    while True:
        try:
            await engine.check()
        except EngineDead:
            lifecycle.end(EXIT_ENGINE_DIED)
            return
        await anyio.sleep(CHECK_EVERY_S)
