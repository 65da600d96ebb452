"""Whether something still computes in this process.

In: nothing. Out: yes or no. A thread cannot be ended; a process that has one too many can only end itself.
"""

import time
from contextlib import suppress
from pathlib import Path

QUIET_S = 5.0
"""That a process gets to come to rest after its file was cancelled: what one page takes, mostly."""

LOOK_S = 0.2
BUSY = 0.3
"""A process at rest wants a processor for far less of a look than this share: for signs of life only."""


def comes_to_rest() -> bool:
    """Whether no thread of this process computes any more, or soon does not."""
    end = time.monotonic() + QUIET_S
    while time.monotonic() < end:
        begun, wanted_s = time.monotonic(), _wanted_s()
        time.sleep(LOOK_S)
        if _wanted_s() - wanted_s < BUSY * (time.monotonic() - begun):
            return True
    return False


def _wanted_s() -> float:
    """Seconds that the threads of this process have had or waited for a processor: others may want all of them.

    Source: sched-stats of the kernel's documentation, /proc/<pid>/task/<tid>/schedstat. Where there is none, what they
    had.
    """
    wanted_ns = 0
    try:
        for thread in Path("/proc/self/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # It has ended.
                had, waited, _ = (thread / "schedstat").read_text(encoding="ascii").split()
                wanted_ns += int(had) + int(waited)
    except (OSError, ValueError):
        wanted_ns = 0
    return wanted_ns / 1e9 if wanted_ns else time.process_time()
