"""Threads for Python: few, in turn, kept by who cannot be stopped."""

import gc
import os
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import count

import anyio
import pytest
from anyio import to_thread

from lib.computing import (
    NICENESS,
    OBJECTS_OF_DOCUMENT,
    THREADS,
    TURN_S,
    collecting_no_garbage,
    compute,
    give_way,
    in_time,
    kept,
    standstill_s,
    tuned_to_serve,
    waiting_calls,
)
from lib.telemetry import RequestContext, current_request, request_context


class Gate:
    """Computations that wait until they are let go, and how many there are."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.begun: list[int] = []

    def pass_through(self, number: int) -> int:
        """Wait, then return the number."""
        self.begun.append(number)
        assert self.opened.wait(20)
        return number


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    with anyio.fail_after(20):
        while not condition():  # noqa: ASYNC110 - it sets no event of ours
            await anyio.sleep(0.001)


@pytest.mark.anyio
async def test_calls_beyond_the_threads_wait_and_are_made_in_order() -> None:
    """No more than a few at the same time: each further one would only slow the event loop."""
    gate = Gate()
    async with anyio.create_task_group() as group:
        for number in range(6):
            group.start_soon(compute, gate.pass_through, number)
        await until(lambda: len(gate.begun) == THREADS)
        await anyio.sleep(0.05)
        begun_before = len(gate.begun)
        gate.opened.set()

    assert begun_before == THREADS
    # Of calls that begin at the same moment either thread may be the first to say so.
    assert sorted(gate.begun) == [0, 1, 2, 3, 4, 5]
    assert all(abs(number - place) < THREADS for place, number in enumerate(gate.begun))


@pytest.mark.anyio
async def test_caller_that_is_canceled_is_free_at_once_and_its_thread_is_not() -> None:
    """A thread cannot be stopped: it keeps its place until it returns, and whoever waits goes on waiting."""
    gate, answers = Gate(), []

    async def follow() -> None:
        answers.append(await compute(gate.pass_through, 9))

    async with anyio.create_task_group() as abandoned:
        for number in range(THREADS):
            abandoned.start_soon(compute, gate.pass_through, number)
        await until(lambda: len(gate.begun) == THREADS)
        abandoned.cancel_scope.cancel()
    async with anyio.create_task_group() as group:
        group.start_soon(follow)
        await anyio.sleep(0.05)
        waited = len(gate.begun) == THREADS
        gate.opened.set()

    assert waited
    assert answers == [9]


@pytest.mark.anyio
async def test_call_that_has_not_begun_is_not_made_for_a_canceled_caller() -> None:
    """Nobody computes for a client that is gone."""
    gate = Gate()
    async with anyio.create_task_group() as group:
        for number in range(THREADS):
            group.start_soon(compute, gate.pass_through, number)
        await until(lambda: len(gate.begun) == THREADS)
        with anyio.move_on_after(0.05) as given_up:
            await compute(gate.pass_through, 9)
        gate.opened.set()

    assert given_up.cancelled_caught
    assert await compute(gate.begun.count, 9) == 0


@pytest.mark.anyio
async def test_what_a_call_raises_reaches_its_caller_and_its_request_is_known() -> None:
    """A thread works for the request that asked it to."""
    with request_context(RequestContext(request_id="order-17")):
        assert (await compute(current_request)).request_id == "order-17"
        with pytest.raises(ValueError, match="invalid literal"):
            await compute(partial(int, "none"))


def test_thread_keeps_the_interpreter_for_a_short_turn_while_the_service_runs() -> None:
    """The event loop waits that long each time."""
    before = sys.getswitchinterval()

    with tuned_to_serve():
        assert sys.getswitchinterval() == pytest.approx(TURN_S)

    assert sys.getswitchinterval() == before


def test_what_was_loaded_before_is_no_work_for_the_garbage_collector() -> None:
    """It walks through what came since, and through all of it again once the service ends."""
    before = gc.get_threshold()

    with tuned_to_serve():
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < 10_000
        assert gc.get_threshold()[0] == OBJECTS_OF_DOCUMENT

    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == before


def test_no_garbage_is_collected_while_something_is_loaded() -> None:
    """Neither in a block within the block; afterwards it is."""
    with collecting_no_garbage():
        with collecting_no_garbage():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.mark.anyio
async def test_kept_gives_what_was_raised() -> None:
    """A task group would wrap it."""
    assert isinstance(await kept(compute(partial(int, "none"))), ValueError)
    assert await kept(compute(partial(int, "7"))) == 7


@pytest.mark.anyio
async def test_thread_that_gives_way_leaves_the_event_loop_its_priority() -> None:
    """Priorities are the thread's own, so that probes are answered before pages are read."""
    before = os.getpriority(os.PRIO_PROCESS, 0)

    def lowered() -> int:
        give_way()
        give_way()
        return os.getpriority(os.PRIO_PROCESS, 0)

    assert await to_thread.run_sync(lowered) >= NICENESS
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


@pytest.mark.anyio
async def test_loop_over_rows_ends_when_its_caller_has_gone() -> None:
    """No thread works on for a request that is over."""
    looked_at: list[int] = []

    def look() -> None:
        for number in in_time(count()):
            looked_at.append(number)
            time.sleep(0.001)

    with anyio.move_on_after(0.1):
        await compute(look)
    await until(lambda: bool(looked_at))
    await anyio.sleep(0.1)
    before = len(looked_at)
    await anyio.sleep(0.1)

    assert len(looked_at) == before


def test_loop_outside_of_a_call_goes_over_everything() -> None:
    """Nobody can leave who never came."""
    assert list(in_time(range(3))) == [0, 1, 2]


@pytest.mark.anyio
async def test_standstill_is_told_while_a_call_waits_and_none_is_finished() -> None:
    """Threads that are at work alone are no standstill, and neither is a queue that moves."""
    gate = Gate()
    async with anyio.create_task_group() as group:
        for number in range(THREADS):
            group.start_soon(compute, gate.pass_through, number)
        await until(lambda: len(gate.begun) == THREADS)
        await anyio.sleep(0.1)
        busy, waiting_before = standstill_s(), waiting_calls()
        group.start_soon(compute, gate.pass_through, THREADS)
        await until(lambda: standstill_s() >= 0.1)
        waiting = waiting_calls()
        gate.opened.set()
    await until(lambda: not standstill_s())

    assert (busy, waiting_before, waiting) == (0.0, 0, 1)
    assert waiting_calls() == 0


@pytest.mark.anyio
async def test_callers_that_leave_unserved_end_no_standstill() -> None:
    """They wait no more, but the threads are as stuck as before."""
    gate = Gate()
    async with anyio.create_task_group() as group:
        for number in range(THREADS):
            group.start_soon(compute, gate.pass_through, number)
        await until(lambda: len(gate.begun) == THREADS)
        with anyio.move_on_after(0.05):
            await compute(gate.pass_through, THREADS)
        waiting, standstill = waiting_calls(), standstill_s()
        gate.opened.set()
    await until(lambda: not standstill_s())

    assert waiting == 0
    assert standstill > 0
