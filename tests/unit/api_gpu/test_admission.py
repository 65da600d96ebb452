"""Who may work now: the OCR queue, clients that go away, and draining."""

from contextlib import ExitStack

import anyio
import pytest
from starlette.requests import Request
from starlette.types import Message

from apps.api_gpu.admission import Arrivals, ClientGone, Drain, OcrQueue, shared, while_connected
from lib.errors import Draining, Overloaded

pytestmark = pytest.mark.anyio


def test_queue_with_every_place_taken_refuses_the_next() -> None:
    """OCR_CONCURRENCY documents are read, OCR_QUEUE wait, and the next one is told to come later."""
    queue = OcrQueue(running=1, waiting=2)
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(queue.place())

        with pytest.raises(Overloaded, match="2 documents are waiting"):
            held.enter_context(queue.place())

        assert queue.taken == 3
    assert queue.taken == 0


def test_place_is_given_back_when_the_work_fails() -> None:
    """A failed document does not hold its place."""
    queue = OcrQueue(running=1, waiting=0)

    with pytest.raises(ValueError, match="broken"), queue.place():
        raise ValueError("broken")

    assert queue.taken == 0


def test_batch_takes_one_place_for_all_its_files() -> None:
    """Ten files of a batch wait in one place, from the first that needs it until the batch ends."""
    queue = OcrQueue(running=1, waiting=0)

    with shared(queue.place) as place:
        assert queue.taken == 0
        for _ in range(10):
            with place():
                pass
        assert queue.taken == 1

    assert queue.taken == 0


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


def test_arrivals_beyond_the_most_are_refused_until_one_is_answered() -> None:
    """A hundred clients with a text layer each would take no place at OCR, and all the memory there is."""
    arrivals = Arrivals(most=1)
    with (
        arrivals.place(),
        pytest.raises(Overloaded, match=r"1 requests are under way.*MAX_REQUESTS"),
        arrivals.place(),
    ):
        pass

    with pytest.raises(ValueError, match="broken"), arrivals.place():
        raise ValueError("broken")
    with arrivals.place():
        pass


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
