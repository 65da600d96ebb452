"""How much may be under way: requests, documents at the OCR engines, bytes on their way; of all, and of each key.

In: the current owner. Out: a place for a block, or `Overloaded` or `TooManyRequests`, at once.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from lib.errors import Overloaded, TooManyRequests
from lib.fair_queue import WEIGHT, Owner, current_owner, retry_after_s
from lib.pipelines.extract import OcrPlace

Refusal = TypeVar("Refusal", Overloaded, TooManyRequests)

LATER = "send this one again later."
PER_KEY = "(MAX_REQUESTS_PER_KEY); " + LATER


class Places:
    """Counts what is under way, over all owners and for each of them, and refuses the next."""

    def __init__(self, most: int, *, full: str, most_each: int | None = None, keys: int = 0) -> None:
        """Take the limits.

        Args:
            most: Over all owners.
            full: What is said beyond it, and which setting moves it.
            most_each: Of one key; None: as `most`.
            keys: How many there are. Where there are several, one may not take what is left: it has at most as many
                places as are free, so that others always find some.
        """
        self.taken = 0
        self._most = most
        self._full = full
        self._most_each = most_each
        self._are_several = keys > 1
        self._held: Counter[str] = Counter()
        self._seconds_each = 1.0

    @property
    def is_full(self) -> bool:
        """Whether the next one would be refused, whosever it is."""
        return self.taken >= self._most

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place for the current owner.

        Raises:
            TooManyRequests: Its key has its share already.
            Overloaded: There is none.
        """
        owner = current_owner()
        self._check(owner)
        self.taken += 1
        self._held[owner.name] += 1
        start = time.monotonic()
        try:
            yield
        finally:
            # By Little's law, what leaves a queue does so every (its time in it / those in it) seconds.
            self._seconds_each += WEIGHT * ((time.monotonic() - start) / self.taken - self._seconds_each)
            self.taken -= 1
            self._held[owner.name] -= 1
            self._held += Counter()  # Without those that have none.

    def _check(self, owner: Owner) -> None:
        mine, free = self._held[owner.name], self._most - self.taken
        if owner.is_accountable and self._most_each is not None and mine >= self._most_each:
            raise self._later(TooManyRequests(f"{mine} requests of your key are under way already {PER_KEY}"))
        if owner.is_accountable and self._are_several and mine >= max(1, free):
            raise self._later(TooManyRequests(f"Your key has its share of what there is for all of them; {LATER}"))
        if not free:
            raise self._later(Overloaded(f"{self._full}; {LATER}"))

    def _later(self, refusal: Refusal) -> Refusal:
        refusal.retry_after_s = retry_after_s(self.taken, self._seconds_each)
        return refusal


class Arriving:
    """Counts the bytes of uploads that are on their way: they take room in memory and in the temporary folder."""

    def __init__(self, *, most_mb: float, keys: int = 0) -> None:
        """Take the limit, and how many keys there are: the only one there is may take all of it."""
        self._most = most_mb * 2**20
        self._is_shared = keys != 1
        self._here: Counter[str] = Counter()

    @contextmanager
    def upload(self) -> Iterator[Callable[[int], None]]:
        """Give what is to be told of each piece of an upload; at the end of the block it has arrived.

        Raises:
            Overloaded: By what is given: all uploads together have as many bytes as they may, or the owner's as many
                as are left for all others.
        """
        owner, arrived = current_owner().name, 0

        def count(size: int) -> None:
            nonlocal arrived
            arrived += size
            self._here[owner] += size
            free = self._most - self._here.total()
            if free < 0 or (self._is_shared and self._here[owner] > max(free, self._most / 2)):
                limit_mb = self._most / 2**20
                raise Overloaded(f"{limit_mb:g} MB of uploads are on their way already (MAX_ARRIVING_MB); {LATER}")

        try:
            yield count
        finally:
            self._here[owner] -= arrived
            self._here += Counter()


@contextmanager
def shared(place: OcrPlace) -> Iterator[OcrPlace]:
    """One place for all files of a batch, taken when the first of them needs it and held until the batch ends."""
    with ExitStack() as held:
        taken = False

        @contextmanager
        def take() -> Iterator[None]:
            nonlocal taken
            if not taken:
                held.enter_context(place())
                taken = True
            yield

        yield take
