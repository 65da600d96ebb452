"""Whose work goes on: clients that go away, and draining."""

import anyio
import pytest
from starlette.requests import Request
from starlette.types import Message

from apps.api_gpu.admission import ClientGone, Drain, while_connected
from lib.errors import Draining, Overloaded

pytestmark = pytest.mark.anyio


async def test_drain_refuses_new_work_and_waits_for_running_work() -> None:
    """What runs is finished, what comes is sent away."""
    drain, finished = Drain(), []

    async def work() -> None:
        with drain.work():
            await anyio.sleep(0.05)
            finished.append("work")

    async with anyio.create_task_group() as group:
        group.start_soon(work)
        await anyio.sleep(0.01)
        drain.begin()
        with pytest.raises(Draining), drain.work():
            pass
        await drain.finished(5)

    assert finished == ["work"]


async def test_drain_cancels_what_outlasts_its_limit() -> None:
    """Work that takes longer than DRAIN_S is ended and told so."""
    drain, told = Drain(), []

    async def work() -> None:
        try:
            with drain.work():
                await anyio.sleep_forever()
        except Draining as exc:
            told.append(exc.code)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(work)
            await anyio.sleep(0.01)
            drain.begin()
            await drain.finished(0.01)

    assert told == ["draining"]
    assert drain.running == 0


def request_of(*, leaves: bool) -> Request:
    """A request whose client leaves at once, or stays."""

    async def receive() -> Message:
        if leaves:
            return {"type": "http.disconnect"}
        await anyio.sleep_forever()
        raise AssertionError

    return Request({"type": "http"}, receive)


async def test_work_for_a_client_that_leaves_is_cancelled() -> None:
    """Nobody waits for the answer, so nobody works for it."""
    ended = anyio.Event()

    async def work() -> str:
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()
        return "never"

    with anyio.fail_after(5), pytest.raises(ClientGone):
        await while_connected(request_of(leaves=True), work)

    assert ended.is_set()


async def test_work_for_a_client_that_stays_gives_its_result() -> None:
    """Watching the connection changes nothing about the result."""

    async def work() -> str:
        return "done"

    assert await while_connected(request_of(leaves=False), work) == "done"


async def test_error_of_the_work_is_raised_as_it_is() -> None:
    """The watch does not wrap the pipeline's errors into a group."""

    async def work() -> str:
        raise Overloaded("full")

    with pytest.raises(Overloaded, match="full"):
        await while_connected(request_of(leaves=False), work)
