"""The life of files and jobs, against a real Redis."""

from typing import cast

import pytest
from redis import Redis

from lib.errors import IdempotencyConflict, JobNotFound, Overloaded, TooManyRequests
from lib.jobs.records import Failure, JobView
from lib.jobs.results import encode
from lib.jobs.store import LEASE_S, MOST_DEATHS, JobStore
from tests.unit.jobs.jobs import begun, new_job, taken

OUTCOME = encode(Failure("x", "stands for any outcome"), with_text=False)


@pytest.fixture
def store(redis: Redis) -> JobStore:
    """An empty one."""
    return JobStore(redis)


def let_leases_lapse(redis: Redis) -> None:
    """As if LEASE_S had passed without a sign of life."""
    for file in cast("list[bytes]", redis.zrange("ocrlty:leases", 0, -1)):
        redis.zincrby("ocrlty:leases", -2 * LEASE_S, file.decode())


def states(job: JobView) -> list[str]:
    """Of its files."""
    return [file.state for file in job.files]


def test_job_is_queued_then_started_then_finished(store: JobStore) -> None:
    """The job's state follows its files', and its end is timed."""
    first, second = taken(store)
    queued = store.view(first.job_id)
    begun(store, "worker")
    started = store.view(first.job_id)
    store.finish(first, OUTCOME, pages=2)
    begun(store, "worker")
    store.fail(second, Failure("ocr_failed", "why"))
    ended = store.view(first.job_id)

    assert [job.state for job in (queued, started, ended)] == ["queued", "started", "finished"]
    assert states(ended) == ["finished", "failed"]
    assert ended.settled == (0, 1)
    assert ended.files[0].pages_done == 2
    assert ended.files[1].outcome == Failure("ocr_failed", "why")
    assert ended.started_at
    assert ended.ended_at
    assert ended.expires_at == ended.ended_at + 60


def test_job_whose_files_all_failed_is_failed(store: JobStore) -> None:
    """One that has nothing to show says so."""
    files = taken(store)
    for file in files:
        store.fail(file, Failure("ocr_failed", "why"))

    assert store.view(files[0].job_id).state == "failed"


def test_ended_job_is_forgotten_after_its_time(store: JobStore, redis: Redis) -> None:
    """Every key of it has an end; while it is under way none has."""
    (file,) = taken(store, 1)
    before = [redis.ttl(key) for key in redis.keys(f"ocrlty:job:{file.job_id}*")]
    store.finish(file, OUTCOME, pages=1)
    after = [redis.ttl(key) for key in redis.keys(f"ocrlty:job:{file.job_id}*")]

    assert set(before) == {-1}
    assert len(after) >= 4
    assert all(0 < ttl <= 60 for ttl in after)
    assert store.open_files() == []


@pytest.mark.parametrize("late", ["finish", "fail", "begin", "put_back"])
def test_final_state_stays_whoever_comes_late(store: JobStore, late: str) -> None:
    """The first result is the one; a stale worker overwrites nothing."""
    (file,) = taken(store, 1)
    begun(store, "first")
    store.finish(file, OUTCOME, pages=1)
    before = store.view(file.job_id)
    changed = {
        "finish": lambda: store.finish(file, encode(Failure("y", "other"), with_text=False), pages=9),
        "fail": lambda: store.fail(file, Failure("y", "other")),
        "begin": lambda: begun(store, "second") is not None,
        "put_back": lambda: store.put_back(file, worker="first") != "other",
    }[late]()

    store.cancel(file.job_id)

    assert changed is False
    assert store.view(file.job_id) == before
    assert store.totals() == {"finished": 1}


def test_file_is_read_by_one_worker_at_a_time(store: JobStore) -> None:
    """The one that has it gets it again: the first answer may not have reached it."""
    (file,) = taken(store, 1)

    assert begun(store, "first") == file
    assert begun(store, "second") is None
    assert begun(store, "first") == file


def test_lapsed_file_may_be_taken_over_and_its_old_worker_learns_it(store: JobStore, redis: Redis) -> None:
    """A worker that was away for too long stops what another one does by now."""
    (file,) = taken(store, 1)
    begun(store, "first")
    let_leases_lapse(redis)

    assert store.lapsed() == [file]
    assert store.put_back(file) == "queued"
    assert begun(store, "second") == file
    assert store.lapsed() == []
    assert not store.beat("first", file=file, busy_s=1)
    assert store.beat("second", file=file, busy_s=1)


def test_beat_keeps_the_lease(store: JobStore, redis: Redis) -> None:
    """A worker that gives signs of life keeps its file."""
    (file,) = taken(store, 1)
    begun(store, "worker")
    let_leases_lapse(redis)
    store.beat("worker", file=file, busy_s=1)

    assert store.lapsed() == []
    assert store.put_back(file) == "other"


def test_pages_done_never_go_back(store: JobStore) -> None:
    """A second worker that begins anew does not undo progress."""
    (file,) = taken(store, 1)
    begun(store, "worker")
    seen = []
    for pages in [(0, 5), (3, 5), (0, 5), (1, 5), (4, 5)]:
        store.beat("worker", file=file, busy_s=1, pages=pages)
        seen.append(store.view(file.job_id).files[0].pages_done)

    assert seen == [0, 3, 3, 3, 4]


def test_file_whose_workers_die_is_failed_at_last(store: JobStore) -> None:
    """It is put back twice, then failed and not looped."""
    (file,) = taken(store, 1)
    fates = []
    for worker in range(MOST_DEATHS):
        begun(store, str(worker))
        fates.append(store.put_back(file, worker=str(worker)))
    job = store.view(file.job_id)

    assert fates == ["queued", "queued", "failed"]
    assert job.state == "failed"
    assert isinstance(job.files[0].outcome, Failure)
    assert job.files[0].outcome.code == "worker_lost"


def test_deaths_by_the_parents_hand_do_not_count(store: JobStore) -> None:
    """A worker that was ended on purpose says nothing about its file."""
    (file,) = taken(store, 1)
    fates = []
    for worker in range(MOST_DEATHS + 2):
        begun(store, str(worker))
        fates.append(store.put_back(file, worker=str(worker), counted=False))

    assert set(fates) == {"queued"}


def test_cancelled_job_keeps_what_it_has_and_stops_the_rest(store: JobStore) -> None:
    """Waiting files are settled; the worker of a running one learns it from its next beat."""
    files = taken(store, 3)
    store.finish(files[0], OUTCOME, pages=1)
    begun(store, "worker")
    store.cancel(files[0].job_id)
    job = store.view(files[0].job_id)

    assert (job.state, states(job)) == ("cancelled", ["finished", "cancelled", "cancelled"])
    assert not store.beat("worker", file=files[1], busy_s=1)
    assert begun(store, "other") is None


def test_same_idempotency_key_and_body_is_the_same_job(store: JobStore) -> None:
    """A client that repeats itself gets what it had."""
    first = store.create(new_job(key="k"), ttl_s=60, most_open=100)

    assert store.create(new_job(key="k"), ttl_s=60, most_open=100) == first
    assert len(store.open_files()) == 2


def test_same_idempotency_key_with_another_body_is_refused(store: JobStore) -> None:
    """It must be a mistake."""
    store.create(new_job(key="k"), ttl_s=60, most_open=100)

    with pytest.raises(IdempotencyConflict):
        store.create(new_job(key="k", digest="other"), ttl_s=60, most_open=100)


def test_idempotency_keys_of_two_owners_are_two_keys(store: JobStore) -> None:
    """Nobody learns of, or blocks, what another one does."""
    first = store.create(new_job(key="k"), ttl_s=60, most_open=100)

    assert store.create(new_job(key="k", owner="two", digest="other"), ttl_s=60, most_open=100) != first


def test_too_many_open_files_are_refused(store: JobStore) -> None:
    """The memory of Redis is bounded by what is under way."""
    store.create(new_job(3), ttl_s=60, most_open=4)

    with pytest.raises(Overloaded, match="JOB_MAX_WAITING"):
        store.create(new_job(2), ttl_s=60, most_open=4)


def test_owner_with_its_share_waiting_is_refused_and_another_is_not(store: JobStore) -> None:
    """What is being read waits no more."""
    store.create(new_job(2), ttl_s=60, most_open=4, share=0.5)
    with pytest.raises(TooManyRequests, match=r"2 files .*JOB_SHARE_PER_KEY"):
        store.create(new_job(1), ttl_s=60, most_open=4, share=0.5)
    store.create(new_job(1, owner="two"), ttl_s=60, most_open=4, share=0.5)
    begun(store)

    assert store.create(new_job(1), ttl_s=60, most_open=4, share=0.5)


def test_job_that_never_was_is_not_found(store: JobStore) -> None:
    """Nor is one that has expired."""
    with pytest.raises(JobNotFound):
        store.view("0" * 32)


def test_queue_tells_workers_and_the_longest_wait(store: JobStore, redis: Redis) -> None:
    """A worker is alive while it beats; the oldest file is one that nobody reads."""
    first, second = taken(store)
    redis.zincrby("ocrlty:open", -100, str(first))
    redis.zincrby("ocrlty:open", -50, str(second))
    begun(store, "worker")
    store.beat("worker", file=first, busy_s=7)
    running, oldest_s, waiting = store.waiting(["default", "other"])
    (worker,) = store.workers()
    redis.zincrby("ocrlty:workers", -2 * LEASE_S, "worker")

    assert (running, round(oldest_s), waiting) == (1, 50, {"default": 1, "other": 0})
    assert (worker.name, worker.file, worker.busy_s) == ("worker", first, 7)
    assert store.workers() == []
