"""lib/fair_queue.py: places by turns over owners."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from lib.errors import Overloaded
from lib.fair_queue import LONGEST_RETRY_S, OFFENSES, SHORTEST_RETRY_S, FairQueue, Owner, on_behalf_of, retry_after_s

pytestmark = pytest.mark.anyio


class Crowd:
    """Pieces of work of several owners, each of which goes on until it is released."""

    def __init__(self, queue: FairQueue) -> None:
        self.queue = queue
        self.begun: list[str] = []
        self.refused: list[str] = []
        self._ends: list[anyio.Event] = []

    async def work(self, owner: str, most_waiting: int | None = None) -> None:
        """One piece."""
        end = anyio.Event()
        with on_behalf_of(Owner(owner, is_accountable=True)):
            try:
                async with self.queue.place(most_waiting=most_waiting):
                    self.begun.append(owner)
                    self._ends.append(end)
                    await end.wait()
            except Overloaded:
                self.refused.append(owner)

    async def end_oldest(self) -> None:
        """Let the piece end that began first of those under way."""
        self._ends.pop(0).set()
        await anyio.wait_all_tasks_blocked()

    async def end_all(self) -> None:
        """Let all end that are here."""
        while self._ends:
            await self.end_oldest()


@asynccontextmanager
async def crowd(queue: FairQueue, owners: str, most_waiting: int | None = None) -> AsyncIterator[Crowd]:
    """Work of owners, a letter each, who came in this order."""
    here = Crowd(queue)
    async with anyio.create_task_group() as group:
        for owner in owners:
            group.start_soon(here.work, owner, most_waiting)
            await anyio.wait_all_tasks_blocked()
        yield here
        await here.end_all()


async def test_owner_of_one_piece_waits_for_one_of_the_many_before() -> None:
    """Ten pieces of A are here already; B's comes next, C's after it, and then it is A's turn again."""
    async with crowd(FairQueue(1), "AAAAAAAAAABC") as here:
        for _ in range(3):
            await here.end_oldest()

    assert "".join(here.begun[:4]) == "ABCA"
    assert len(here.begun) == 12


async def test_owners_of_many_pieces_share_alike() -> None:
    """By turns, whoever came first."""
    async with crowd(FairQueue(1), "AAAABBBB") as here:
        pass

    assert "".join(here.begun) == "ABABABAB"


async def test_owner_alone_has_all_places() -> None:
    """Nothing is kept free for somebody who is not here."""
    async with crowd(FairQueue(3, guests=1), "AAAA") as here:
        assert len(here.begun) == 3


async def test_owner_without_a_place_is_a_guest_where_others_hold_all() -> None:
    """B need not wait until one of A's long pieces ends; a second one of B's has to."""
    async with crowd(FairQueue(2, guests=1), "AAABBC") as here:
        assert "".join(here.begun) == "AAB"


async def test_full_queue_refuses_the_newcomer_of_its_only_owner() -> None:
    """With how long to stay away."""
    queue = FairQueue(1)
    async with crowd(queue, "AAA", most_waiting=2):
        with pytest.raises(Overloaded) as refusal, on_behalf_of(Owner("A")):
            await queue.take(most_waiting=2)

    assert SHORTEST_RETRY_S <= (refusal.value.retry_after_s or 0) <= LONGEST_RETRY_S


async def test_full_queue_of_one_owner_makes_room_for_another() -> None:
    """The newest of A's goes, as A has the most."""
    async with crowd(FairQueue(1), "AAAAB", most_waiting=3) as here:
        assert here.refused == ["A"]

    assert "".join(here.begun) == "ABAA"


async def test_work_that_is_cancelled_while_it_waits_takes_no_place() -> None:
    """Nobody waits for it any more."""
    queue = FairQueue(1)
    async with crowd(queue, "A") as here:
        with anyio.move_on_after(0.01):
            await here.work("B")
        assert queue.waiting == 0

    assert (queue.busy, here.begun) == (0, ["A"])


async def test_owner_whose_work_was_ended_by_force_waits_behind_all_others() -> None:
    """A was here first, and has a place at a time."""
    queue = FairQueue(2)
    for _ in range(OFFENSES):
        with on_behalf_of(Owner("A", is_accountable=True)):
            queue.note_offense()
    async with crowd(queue, "BBAABBB") as here:
        await here.end_all()

    assert "".join(here.begun) == "BBBBBAA"


async def test_address_that_many_may_share_is_not_held_to_account() -> None:
    """One client behind a proxy does not slow down all others."""
    queue = FairQueue(2)
    for _ in range(OFFENSES):
        with on_behalf_of(Owner("A", is_accountable=False)):
            queue.note_offense()
    async with crowd(queue, "AA") as here:
        assert len(here.begun) == 2


@pytest.mark.parametrize(
    ("waiting", "seconds", "expected"), [(0, 1.0, 1.0), (32, 0.8, 5.0), (64, 0.02, 1.0), (100, 60.0, 120.0)]
)
def test_retry_after_grows_with_what_waits(waiting: int, seconds: float, expected: float) -> None:
    """Between a second and two minutes."""
    assert retry_after_s(waiting, seconds) == expected


async def test_queue_that_stands_still_says_for_how_long() -> None:
    """While somebody waits; an idle queue does not stand still."""
    queue = FairQueue(1)
    async with crowd(queue, "AA"):
        await anyio.sleep(0.05)
        assert queue.still_s >= 0.05

    assert queue.still_s == 0
