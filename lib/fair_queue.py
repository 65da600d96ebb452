"""Places that are given by turns over owners, so that who sends much waits behind who sends little.

In: the owner of a request, set by `on_behalf_of`. Out: a place, as soon as one is free, or `Overloaded`. For one event
loop; knows nothing of what is done in a place. Worker processes import it, so that it imports little.
"""

import math
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import anyio

from lib.errors import Overloaded

OFFENSES, OFFENSE_S = 3, 300.0
"""Who had so much work ended by force in so many seconds waits behind all others."""

RETRY_SHARE = 1 / 6
"""Of what waits, worked off until who was refused comes again: later, places would stand empty; sooner, most would be
refused once more."""

SHORTEST_RETRY_S, LONGEST_RETRY_S = 1.0, 120.0

WEIGHT = 0.1
"""Of the newest figure in a running mean."""

MOST_OWNERS = 1_000
"""Whose last turn is remembered."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a request belongs to.

    Attributes:
        name: A digest of its key, or its address where there are no keys.
        is_accountable: Whether it is one client's alone; an address may be a proxy's, with many clients behind it.
    """

    name: str = ""
    is_accountable: bool = False


_owner: ContextVar[Owner | None] = ContextVar("owner", default=None)


def current_owner() -> Owner:
    """For whom this task works; nobody's name where nobody said."""
    return _owner.get() or Owner()


@contextmanager
def on_behalf_of(owner: Owner) -> Iterator[None]:
    """Work for an owner in a block; tasks that are started in it do, too."""
    token = _owner.set(owner)
    try:
        yield
    finally:
        _owner.reset(token)


def retry_after_s(waiting: int, seconds_each: float) -> float:
    """How long to stay away from a queue, in seconds.

    Args:
        waiting: What stands in it.
        seconds_each: How often one of them leaves it.
    """
    return min(LONGEST_RETRY_S, max(SHORTEST_RETRY_S, math.ceil(RETRY_SHARE * waiting * seconds_each)))


@dataclass(frozen=True, slots=True)
class Place:
    """One that is taken.

    Attributes:
        owner: By whom.
        since: `time.monotonic()` seconds.
    """

    owner: str
    since: float


@dataclass(eq=False, slots=True)
class _Waiter:
    owner: str
    told: anyio.Event = field(default_factory=anyio.Event)
    granted: bool = False


class FairQueue:
    """So many places. A free one goes to the owner who has the fewest, and who was served longest ago."""

    def __init__(self, places: int, *, guests: int = 0) -> None:
        """Nobody is here.

        Args:
            places: That all owners share.
            guests: Further ones, for owners who have none while the others hold all: nobody waits for another's long
                work.
        """
        self._places = places
        self._guests = guests
        self._held: Counter[str] = Counter()
        self._waiting: list[_Waiter] = []
        self._served: dict[str, int] = {}
        self._turn = 0
        self._offenses: dict[str, deque[float]] = {}
        self._mean_s = 1.0
        self._moved = time.monotonic()

    @property
    def busy(self) -> int:
        """Places taken."""
        return self._held.total()

    @property
    def waiting(self) -> int:
        """Who waits for one."""
        return len(self._waiting)

    @property
    def still_s(self) -> float:
        """Seconds in which no place has become free although somebody waits; 0 where nobody does."""
        return time.monotonic() - self._moved if self._waiting else 0.0

    @asynccontextmanager
    async def place(self, *, most_waiting: int | None = None) -> AsyncIterator[None]:
        """Hold a place for a block; see `take`."""
        place = await self.take(most_waiting=most_waiting)
        try:
            yield
        finally:
            self.give_back(place)

    async def take(self, *, most_waiting: int | None = None) -> Place:
        """A place for the current owner, to be given back.

        Args:
            most_waiting: Refuse where so many wait already; None: however many do. Where the queue is full of one
                owner's, the newest of those makes room for another owner's.

        Raises:
            Overloaded: The queue is full.
        """
        owner = current_owner().name
        if self._may_begin(owner):
            self._grant(owner)
        else:
            await self._wait(owner, most_waiting)
        return Place(owner, time.monotonic())

    def take_idle(self) -> Place | None:
        """A place for the current owner where one is free that nobody waits for, to be given back like any."""
        owner = current_owner().name
        if self._waiting or self.busy >= self._places or not self._may_begin(owner):
            return None
        self._grant(owner)
        return Place(owner, time.monotonic())

    def give_back(self, place: Place) -> None:
        """Let the next one have a place."""
        self._mean_s += WEIGHT * (time.monotonic() - place.since - self._mean_s)
        self._leave(place.owner)

    def note_offense(self) -> None:
        """Remember that the current owner's work had to be ended by force."""
        owner = current_owner()
        if owner.is_accountable:
            self._offenses.setdefault(owner.name, deque(maxlen=OFFENSES)).append(time.monotonic())

    async def _wait(self, owner: str, most_waiting: int | None) -> None:
        if most_waiting is not None and len(self._waiting) >= most_waiting:
            self._make_room(owner)
        if not self._waiting:
            self._moved = time.monotonic()
        waiter = _Waiter(owner)
        self._waiting.append(waiter)
        try:
            await waiter.told.wait()
        except BaseException:
            if waiter.granted:
                self._leave(owner)
            elif waiter in self._waiting:
                self._waiting.remove(waiter)
            raise
        if not waiter.granted:
            raise self._overloaded()

    def _make_room(self, owner: str) -> None:
        """Send away the newest of whoever has the most waiting.

        Raises:
            Overloaded: That would be the newcomer.
        """
        waiting = Counter(waiter.owner for waiter in self._waiting)
        greediest, most = waiting.most_common(1)[0] if waiting else (owner, 0)
        if most <= waiting[owner] + 1:
            raise self._overloaded()
        newest = next(waiter for waiter in reversed(self._waiting) if waiter.owner == greediest)
        self._waiting.remove(newest)
        newest.told.set()

    def _overloaded(self) -> Overloaded:
        refusal = Overloaded(f"{self.waiting} documents are waiting already; send this one again later.")
        refusal.retry_after_s = retry_after_s(self.waiting, self._mean_s / self._places)
        return refusal

    def _may_begin(self, owner: str) -> bool:
        mine = self._held[owner]
        if mine and self._is_offender(owner):
            return False
        return self.busy < self._places or (not mine and self.busy < self._places + self._guests)

    def _is_offender(self, owner: str) -> bool:
        offenses = self._offenses.get(owner)
        return offenses is not None and len(offenses) == OFFENSES and time.monotonic() - offenses[0] < OFFENSE_S

    def _grant(self, owner: str) -> None:
        self._held[owner] += 1
        self._turn += 1
        self._served[owner] = self._turn

    def _leave(self, owner: str) -> None:
        self._held[owner] -= 1
        if not self._held[owner]:
            del self._held[owner]
        self._moved = time.monotonic()
        while chosen := self._next():
            self._waiting.remove(chosen)
            self._grant(chosen.owner)
            chosen.granted = True
            chosen.told.set()
        self._forget()

    def _next(self) -> _Waiter | None:
        """Whose turn it is, of those who may begin."""
        ready = [waiter for waiter in self._waiting if self._may_begin(waiter.owner)]
        return min(ready, key=self._rank, default=None)

    def _rank(self, waiter: _Waiter) -> tuple[bool, int, int]:
        owner = waiter.owner
        return self._is_offender(owner), self._held[owner], self._served.get(owner, 0)

    def _forget(self) -> None:
        """Let go of owners who are not here, before there are too many."""
        if len(self._served) > MOST_OWNERS:
            here = {*self._held, *(waiter.owner for waiter in self._waiting)}
            self._served = {owner: turn for owner, turn in self._served.items() if owner in here}
