"""lib/memory.py: what was freed goes back to the system, and not too often."""

import subprocess
import sys

import numpy as np
import psutil
import pytest

from lib import memory
from lib.memory import HEAPS, Seldom, give_back_freed

MB = 2**20

EIGHT_THREADS = """
import ctypes, threading
from lib.memory import share_heaps

share_heaps()
together = threading.Barrier(8)

def take():
    together.wait()
    bytearray(100_000)
    together.wait()

threads = [threading.Thread(target=take) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library = ctypes.CDLL(None)
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
"""


def test_memory_that_was_freed_goes_back() -> None:
    """Of its own accord glibc gives back only what lies above all that is in use."""
    blocks = [np.ones(100_000, np.uint8) for _ in range(2_000)]
    del blocks[:-1]
    before = psutil.Process().memory_info().rss

    give_back_freed()

    assert psutil.Process().memory_info().rss < before - 100 * MB


def test_threads_share_heaps() -> None:
    """Of its own accord glibc gives each of them one, of which it keeps what is free."""
    done = subprocess.run([sys.executable, "-c", EIGHT_THREADS], capture_output=True, text=True, check=True)

    assert done.stdout.count("<heap nr=") == HEAPS


def test_time_begins_anew_when_it_was_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle one counts for both."""
    seldom = Seldom()
    monkeypatch.setattr(memory, "IDLE_S", 0.0)

    assert seldom.is_due(idle=True)

    monkeypatch.setattr(memory, "IDLE_S", 60.0)
    assert not seldom.is_due(idle=True)
    assert not seldom.is_due(idle=False)


def test_time_at_work_puts_off_no_idle_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What OpenVINO holds it gives back only while no model runs."""
    seldom = Seldom()
    seldom._last_idle -= 60
    monkeypatch.setattr(memory, "BUSY_S", 0.0)

    assert seldom.is_due(idle=False)
    assert seldom.is_due(idle=True)


def test_time_is_due_earlier_where_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it takes is then nobody's time."""
    monkeypatch.setattr(memory, "IDLE_S", 0.0)
    seldom = Seldom()

    assert not seldom.is_due(idle=False)
    assert seldom.is_due(idle=True)
