"""lib/pipelines/worker_process.py: calls that hang, crash or eat memory harm nobody else."""

import functools
import operator
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import anyio
import psutil
import pytest

from lib.errors import UnreadableDocument
from lib.pipelines import worker_process
from lib.pipelines.worker_process import AT_ONCE, Bounds, NoProcessFree, most_processes, run_bounded

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]

BOUNDS = Bounds(timeout_s=30, memory_mb=512)


@pytest.fixture(scope="module", autouse=True)
async def one_event_loop(anyio_backend: str) -> AsyncIterator[None]:  # noqa: ARG001 - for tests that are not async
    """Keeps the module's event loop, and so its worker processes, from test to test."""
    yield  # noqa: PT022 - returning would end the loop


async def test_run_bounded_works_in_another_process_that_stays() -> None:
    """The process is kept for the next call."""
    first, second = await run_bounded(os.getpid, bounds=BOUNDS), await run_bounded(os.getpid, bounds=BOUNDS)

    assert first == second != os.getpid()


async def test_run_bounded_error_of_the_call_comes_through() -> None:
    """What the function raises is raised here."""
    with pytest.raises(ZeroDivisionError):
        await run_bounded(operator.truediv, 1, 0, bounds=BOUNDS)


async def test_run_bounded_hang_names_the_setting_and_ends_the_process() -> None:
    """A call that never ends is refused in time, and the next one works."""
    start = time.monotonic()

    with pytest.raises(UnreadableDocument, match=r"PDF_TIMEOUT_S"):
        await run_bounded(time.sleep, 60, bounds=Bounds(timeout_s=1.5, memory_mb=512))

    assert time.monotonic() - start < 10
    assert await run_bounded(operator.add, 1, 1, bounds=BOUNDS) == 2


@functools.cache
def imported() -> None:
    """Takes long, once in a process."""
    time.sleep(2)


def arrived() -> Callable[[], int]:
    """What `Slow` becomes in a worker process."""
    imported()
    return os.getpid


class Slow:
    """A function that is quick itself; what it needs takes two seconds to import."""

    def __call__(self) -> int:
        """The process's id."""
        return os.getpid()

    def __reduce__(self) -> tuple[Callable[[], Callable[[], int]], tuple[()]]:
        """How it is unpickled."""
        return arrived, ()


async def test_run_bounded_process_that_starts_slowly_costs_the_call_no_time() -> None:
    """On a busy machine a process takes seconds to start and to import; that is no file's fault."""
    assert await run_bounded(Slow(), bounds=Bounds(timeout_s=1, memory_mb=512)) != os.getpid()


async def test_run_bounded_crash_is_refused_and_the_next_call_works() -> None:
    """A crash costs the call that caused it."""
    with pytest.raises(UnreadableDocument, match="broke the process"):
        await run_bounded(os.abort, bounds=BOUNDS)

    assert await run_bounded(operator.add, 1, 1, bounds=BOUNDS) == 2


async def test_run_bounded_idle_process_killed_by_others_costs_nothing() -> None:
    """The kernel may end an idle process for its memory; the next call gets a new one."""
    process_id = await run_bounded(os.getpid, bounds=BOUNDS)
    os.kill(process_id, signal.SIGKILL)

    assert await run_bounded(os.getpid, bounds=BOUNDS) != process_id


def process_id() -> int:
    """A function of a module, so that its process is known as ready for the next one."""
    return os.getpid()


@pytest.mark.parametrize("is_noticed", [False, True])
async def test_process_that_is_known_as_ready_and_killed_costs_nothing(is_noticed: bool) -> None:
    """Its module is not imported beforehand then, whether or not the event loop has heard of its end."""
    known = await run_bounded(process_id, bounds=BOUNDS)
    assert worker_process._next_has.get() == process_id.__module__
    os.kill(known, signal.SIGKILL)
    while is_noticed and psutil.pid_exists(known):  # noqa: ASYNC110 - what the kernel does sets no event of ours
        await anyio.sleep(0.01)

    assert await run_bounded(process_id, bounds=BOUNDS) not in {known, os.getpid()}


async def test_run_bounded_too_much_memory_is_refused() -> None:
    """The address space is capped, and the process survives that."""
    with pytest.raises(UnreadableDocument, match=r"512 MB of memory \(PDF_MEMORY_MB\)"):
        await run_bounded(bytearray, 3 * 2**30, bounds=BOUNDS)

    assert await run_bounded(operator.add, 1, 1, bounds=BOUNDS) == 2


async def test_run_bounded_process_ends_itself_if_its_caller_is_gone() -> None:
    """The kernel has orders to end a process that computes on, counted from each call."""
    limits = await run_bounded(resource.getrlimit, resource.RLIMIT_CPU, bounds=Bounds(timeout_s=5, memory_mb=512))
    later = await run_bounded(resource.getrlimit, resource.RLIMIT_CPU, bounds=Bounds(timeout_s=50, memory_mb=512))

    assert 5 < limits[0] < 15
    assert 50 < later[0] < 60


async def test_run_bounded_leaves_no_core_dump() -> None:
    """A crash writes no document to disk."""
    assert (await run_bounded(resource.getrlimit, resource.RLIMIT_CORE, bounds=BOUNDS))[0] == 0


async def test_run_bounded_process_that_cannot_start_blames_no_document() -> None:
    """A broken installation is not the client's mistake. Tried elsewhere, as it leaves things open."""
    program = (
        "import os, sys, anyio\n"
        "from lib.pipelines.worker_process import Bounds, run_bounded\n"
        "sys.executable = '/bin/false'\n"
        "async def main(): await run_bounded(os.getpid, bounds=Bounds(timeout_s=30, memory_mb=512))\n"
        "anyio.run(main)\n"
    )

    ended = await anyio.run_process([sys.executable, "-c", program], cwd=ROOT, check=False)

    assert ended.returncode == 1
    assert b"anyio.BrokenWorkerProcess:" in ended.stderr
    assert b"UnreadableDocument:" not in ended.stderr


async def test_run_bounded_many_calls_share_few_processes() -> None:
    """Calls beyond the processes wait, and waiting does not count as their time."""
    found: set[int] = set()

    async def ask() -> None:
        await run_bounded(time.sleep, 0.2, bounds=Bounds(timeout_s=5, memory_mb=512))
        found.add(await run_bounded(os.getpid, bounds=BOUNDS))

    async with anyio.create_task_group() as tasks:
        for _ in range(12):
            tasks.start_soon(ask)

    assert 1 <= len(found) <= 4


class Placed:
    """Remembers the thread in which it was unpacked."""

    def __setstate__(self, state: object) -> None:
        """Called while it is unpacked."""
        self.thread = threading.current_thread()


def placed() -> Placed:
    """For a worker process to make."""
    made = Placed()
    made.__dict__["something"] = bytes(AT_ONCE)
    return made


async def test_large_result_is_unpacked_in_a_thread() -> None:
    """The words of a long document take long, and the event loop has others to serve."""
    found = await run_bounded(placed, bounds=BOUNDS)

    assert found.thread is not threading.main_thread()


async def test_call_to_the_end_that_has_not_begun_is_left_at_once() -> None:
    """Only what has a process is worth waiting for."""
    async with anyio.create_task_group() as group:
        for _ in range(most_processes()):
            group.start_soon(partial(run_bounded, time.sleep, 2, bounds=BOUNDS))
        await anyio.sleep(0.5)
        start = time.monotonic()
        with anyio.move_on_after(0.1) as given_up:
            await run_bounded(os.getpid, bounds=BOUNDS, to_the_end=True)
        waited_s = time.monotonic() - start

    assert given_up.cancelled_caught
    assert waited_s < 1


async def test_call_to_the_end_keeps_its_process_though_nobody_waits_for_it() -> None:
    """The next call finds it ready."""
    before = await run_bounded(os.getpid, bounds=BOUNDS)
    with anyio.move_on_after(0.2):
        await run_bounded(time.sleep, 0.5, bounds=BOUNDS, to_the_end=True)

    assert await run_bounded(os.getpid, bounds=BOUNDS) == before


async def test_call_that_finds_no_process_in_time_says_so() -> None:
    """Its caller may do the work itself."""
    async with anyio.create_task_group() as group:
        for _ in range(most_processes()):
            group.start_soon(partial(run_bounded, time.sleep, 2, bounds=BOUNDS))
        await anyio.sleep(0.5)
        with pytest.raises(NoProcessFree):
            await run_bounded(os.getpid, bounds=BOUNDS, patience_s=0.1)
