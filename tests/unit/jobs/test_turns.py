"""Whose file is read next, against a real Redis."""

import pytest
from redis import Redis

from lib.jobs.records import Failure, FileId
from lib.jobs.store import JobStore
from tests.unit.jobs.jobs import begun, taken

OVERRUN = Failure("deadline_exceeded", "too long")


@pytest.fixture
def store(redis: Redis) -> JobStore:
    """An empty one."""
    return JobStore(redis)


def read_all(store: JobStore) -> list[FileId]:
    """The files that one worker reads, in its order."""
    read = []
    while file := begun(store):
        store.fail(file, Failure("ocr_failed", "stands for any outcome"))
        read.append(file)
    return read


def test_owners_take_turns_whoever_came_first(store: JobStore) -> None:
    """One file of a small job does not wait for fifty of another owner's."""
    many = taken(store, 50, owner="one")
    few = taken(store, 2, owner="two")

    assert read_all(store) == [many[0], few[0], many[1], few[1], *many[2:]]


def test_owner_with_the_fewest_files_being_read_goes_first(store: JobStore) -> None:
    """Files that take long keep one worker, and not every one, for as long as others have files."""
    long = taken(store, 4, owner="one")
    short = taken(store, 3, owner="two")
    first = begun(store, "w1")
    read = [begun(store, "w2")]
    for _ in range(2):
        store.fail(read[-1] or long[0], Failure("ocr_failed", "why"))
        read.append(begun(store, "w2"))

    assert first == long[0]
    assert read == short


def test_files_of_one_owner_are_read_in_their_order(store: JobStore) -> None:
    """Job after job."""
    files = [file for _ in range(3) for file in taken(store, 3)]

    assert read_all(store) == files


def test_earlier_queue_is_emptied_first(store: JobStore) -> None:
    """Turns are within a queue."""
    (file,) = taken(store, 1)

    assert store.take("worker", queues=["urgent"]) is None
    assert store.take("worker", queues=["urgent", "default"]) == file


def test_owner_whose_files_overran_the_deadline_again_waits_behind_others(store: JobStore, redis: Redis) -> None:
    """Once may happen to anybody; from the second time on others go first, until that was some minutes ago."""
    bad = taken(store, 6, owner="one")
    begun(store, "w0")
    store.overrun(bad[0], OVERRUN, worker="w0")
    good = taken(store, 2, owner="two")
    once = [begun(store, "w1"), begun(store, "w2")]
    store.overrun(bad[1], OVERRUN, worker="w1")
    store.fail(good[0], Failure("ocr_failed", "why"))
    later = taken(store, 2, owner="three")
    after = [begun(store, f"w{number}") for number in range(3, 7)]
    ttl = redis.ttl("ocrlty:offences:one")

    assert once == [bad[1], good[0]]
    assert after == [good[1], later[0], later[1], bad[2]]
    assert 0 < ttl <= 600


def test_file_that_killed_its_worker_waits_behind_the_others(store: JobStore) -> None:
    """Those of its own owner, too; one whose worker was ended on purpose keeps its place."""
    files = taken(store, 3)
    begun(store, "dies")
    store.put_back(files[0], worker="dies", counted=True)
    begun(store, "is ended")
    store.put_back(files[1], worker="is ended", counted=False)

    assert read_all(store) == [files[1], files[2], files[0]]


def test_file_that_overran_its_time_is_tried_once_more_then_failed(store: JobStore) -> None:
    """The first worker may have been slow for another reason; a second time it is the file."""
    (file,) = taken(store, 1)
    fates = []
    for worker in ("w1", "w2"):
        begun(store, worker)
        fates.append(store.overrun(file, OVERRUN, worker=worker))

    assert fates == ["queued", "failed"]
    assert store.view(file.job_id).files[0].outcome == OVERRUN


def test_file_that_is_settled_leaves_its_line(store: JobStore) -> None:
    """What was cancelled is counted no more, and nobody has to pass over it."""
    (file,) = taken(store, 1)
    store.cancel(file.job_id)

    assert store.waiting(["default"])[2] == {"default": 0}
    assert begun(store) is None


def test_worker_that_waits_is_woken_by_a_file(store: JobStore) -> None:
    """It has not to look again and again."""
    taken(store, 1)
    store.wait(["other", "default"], seconds=30)

    assert begun(store)
