"""Memory that nothing uses, given back to the system.

In: nothing. Out: nothing. glibc keeps what is freed for its next use: pages are pictures of 5 to 40 MB, and each thread
has a heap of its own, so that a service with two engines kept 0.19 GB. To give it back takes some 20 ms with what the
engines hold, but the kernel clears what is taken again: 0.2 s of a busy processor. `Seldom` says when.
"""

import ctypes
import functools
import sys
import time
from typing import Final, Protocol

IDLE_S: Final = 20.0
"""Seconds between two times where no page is read: a single client, whose pages leave such gaps, then waits
about 1 % longer."""

BUSY_S: Final = 60.0
"""Seconds between two times where pages are read all the time."""

LARGE_BLOCK: Final = 4 * 2**20
"""Bytes from which a block is given back as soon as it is freed, where that is asked for."""

HEAPS: Final = 2
"""That threads share. Where each has one, every heap keeps what is free in it: two engines of OpenVINO that had read 50
pages took 0.87 GB instead of 0.71."""

_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""Source: glibc's malloc.h."""


class Seldom:
    """Tells one thread when it is time again."""

    def __init__(self) -> None:
        """The time begins now."""
        self._last = self._last_idle = time.monotonic()

    def is_due(self, *, idle: bool) -> bool:
        """Whether so much time has passed; it then begins anew.

        A time at work puts off no idle one, in which more can be given back.
        """
        now = time.monotonic()
        is_due = self.idle_in_s <= 0 if idle else now - self._last >= BUSY_S
        if is_due:
            self._last, self._last_idle = now, now if idle else self._last_idle
        return is_due

    @property
    def idle_in_s(self) -> float:
        """Seconds until it is due where no page is read; none are left: it is."""
        return self._last_idle + IDLE_S - time.monotonic()


class _CFunction(Protocol):
    def __call__(self, *arguments: int) -> int: ...


def give_back_freed() -> None:
    """Give back what glibc keeps free. Other libraries keep little, and are left alone."""
    if trim := _of_glibc("malloc_trim"):
        trim(0)


def give_back_large_blocks() -> None:
    """From now on have glibc give back every large block once it is freed, in all of this process.

    Left alone, glibc takes blocks of up to 32 MB from the heaps of threads as soon as one of them was freed.
    """
    if mallopt := _of_glibc("mallopt"):
        mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)


def share_heaps() -> None:
    """From now on have new threads share a few of glibc's heaps, in all of this process.

    Has no effect where many threads have begun before.
    """
    if mallopt := _of_glibc("mallopt"):
        mallopt(_M_ARENA_MAX, HEAPS)


@functools.cache
def _of_glibc(name: str) -> _CFunction | None:
    """A function of glibc; None: this is another library. Source: malloc_trim(3), mallopt(3)."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
