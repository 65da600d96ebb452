"""apps/api_gpu/places.py: how much may be under way, of all and of each key."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from apps.api_gpu.places import Arriving, Places, shared
from lib.errors import Overloaded, TooManyRequests
from lib.fair_queue import Owner, on_behalf_of

FULL = "there is no place"
MB = 2**20


@contextmanager
def held(places: Places, owners: str) -> Iterator[None]:
    """Places of owners, a letter each, for a block."""
    with ExitStack() as stack:
        for name in owners:
            with on_behalf_of(Owner(name, is_accountable=True)):
                stack.enter_context(places.place())
        yield


def test_places_that_are_all_taken_refuse_the_next() -> None:
    """With the reason, and how long to stay away."""
    places = Places(3, full=FULL)
    with held(places, "AAA"):
        assert places.is_full
        with pytest.raises(Overloaded, match=f"{FULL}; send this one again later") as refusal, held(places, "B"):
            pass

    assert (refusal.value.retry_after_s or 0) >= 1
    assert places.taken == 0


def test_place_is_given_back_when_the_work_fails() -> None:
    """A failed document does not hold its place."""
    places = Places(1, full=FULL)

    with pytest.raises(ValueError, match="broken"), places.place():
        raise ValueError("broken")

    with places.place():
        pass


def test_key_beyond_its_own_most_is_refused_and_another_is_not() -> None:
    """MAX_REQUESTS_PER_KEY, also where there is one key."""
    places = Places(10, full=FULL, most_each=2, keys=1)
    with held(places, "AA"):
        with pytest.raises(TooManyRequests, match=r"2 requests of your key.*MAX_REQUESTS_PER_KEY"), held(places, "A"):
            pass
        with held(places, "B"):
            pass


def test_key_beside_others_leaves_as_many_places_as_it_has() -> None:
    """However many keys are greedy, the next one finds room."""
    places = Places(16, full=FULL, keys=3)
    with held(places, "A" * 8):
        with pytest.raises(TooManyRequests), held(places, "A"):
            pass
        with held(places, "B" * 4), held(places, "C" * 2):
            assert places.taken == 14


@pytest.mark.parametrize("keys", [0, 1])
def test_only_key_there_is_and_open_service_have_all_places(keys: int) -> None:
    """There is nobody to leave one for."""
    with held(Places(4, full=FULL, keys=keys), "AAAA"):
        pass


def test_batch_takes_one_place_for_all_its_files() -> None:
    """Ten files of a batch wait in one place, from the first that needs it until the batch ends."""
    places = Places(1, full=FULL)

    with shared(places.place) as place:
        assert places.taken == 0
        for _ in range(10):
            with place():
                pass
        assert places.taken == 1

    assert places.taken == 0


def test_uploads_on_their_way_have_so_many_bytes_together() -> None:
    """What has arrived counts no more."""
    arriving = Arriving(most_mb=4, keys=1)
    with arriving.upload() as one:
        one(3 * MB)
        with pytest.raises(Overloaded, match="MAX_ARRIVING_MB"), arriving.upload() as other:
            other(2 * MB)

    with arriving.upload() as next_one:
        next_one(4 * MB)


def test_uploads_of_one_owner_leave_half_to_others() -> None:
    """A client that begins upload after upload and ends none keeps nobody out."""
    arriving = Arriving(most_mb=4, keys=2)
    with on_behalf_of(Owner("A")), arriving.upload() as one:
        one(2 * MB)
        with pytest.raises(Overloaded), arriving.upload() as other:
            other(MB)
        with on_behalf_of(Owner("B")), arriving.upload() as another:
            another(MB)
