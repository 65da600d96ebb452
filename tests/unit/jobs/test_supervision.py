"""What becomes of files whose workers are gone, against a real Redis."""

import errno
import os
import time
from pathlib import Path

import pytest
from redis import Redis

from lib.errors import QueueUnavailable
from lib.jobs import supervision
from lib.jobs.records import Failure, FileId
from lib.jobs.store import LEASE_S
from lib.jobs.supervision import UNHEEDED_S, Supervisor
from lib.jobs.uploads import YOUNG_S, FolderUploads, Uploads
from lib.settings import JobsSettings, load_settings
from tests.unit.jobs.jobs import begun, taken
from tests.unit.jobs.test_store import let_leases_lapse


@pytest.fixture
def settings(tmp_path: Path) -> JobsSettings:
    """With a folder for uploads."""
    return load_settings({"JOB_UPLOAD_DIR": str(tmp_path), "JOB_INLINE_MAX_MB": "0"}).jobs


@pytest.fixture
def supervisor(redis: Redis, settings: JobsSettings, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    """One that takes this Redis for one that has run for long."""
    monkeypatch.setattr(supervision, "LEASE_S", 0.0)
    return Supervisor(redis, settings=settings)


def look_again(redis: Redis, supervisor: Supervisor) -> None:
    """The next round, without waiting for it."""
    redis.delete("ocrlty:sweeping")
    supervisor.sweep()


def test_file_of_a_silent_worker_is_put_back(redis: Redis, supervisor: Supervisor) -> None:
    """Its machine is gone, so that nobody else knows; other files need not wait for one that may have killed it."""
    lost, waiting = taken(supervisor.store)
    begun(supervisor.store)
    let_leases_lapse(redis)
    supervisor.sweep()

    assert supervisor.store.state_of(lost) == "queued"
    assert [begun(supervisor.store, "one"), begun(supervisor.store, "two")] == [waiting, lost]


def test_file_of_a_worker_that_ended_is_put_back_at_once(supervisor: Supervisor) -> None:
    """Its parent need not wait for the lease; other workers' files stay."""
    mine, other = taken(supervisor.store)
    begun(supervisor.store, "mine")
    begun(supervisor.store, "other")
    supervisor.worker_gone("mine", counted=False)

    assert supervisor.store.claims() == {other: "other"}
    assert begun(supervisor.store) == mine


def test_file_in_no_line_is_put_into_its_own(redis: Redis, supervisor: Supervisor) -> None:
    """An earlier version kept its lines elsewhere; nothing of ours loses one."""
    (file,) = taken(supervisor.store, 1)
    redis.delete("ocrlty:line:default:one", "ocrlty:turns:default")
    before = begun(supervisor.store)
    supervisor.sweep()

    assert (before, begun(supervisor.store)) == (None, file)


def test_two_parents_look_for_missing_files_once(redis: Redis, supervisor: Supervisor, settings: JobsSettings) -> None:
    """One of them looks, the other one leaves it."""
    (file,) = taken(supervisor.store, 1)
    supervisor.sweep()
    redis.delete("ocrlty:line:default:one", "ocrlty:turns:default")
    Supervisor(redis, settings=settings).sweep()
    before = begun(supervisor.store)
    look_again(redis, supervisor)

    assert (before, begun(supervisor.store)) == (None, file)


@pytest.mark.parametrize(
    "key",
    ["claims", "doing", "leases", "open", "workers", "callbacks", "line:default:one", "turns:default", "wake:default"],
)
def test_what_another_program_wrote_is_passed_over(redis: Redis, supervisor: Supervisor, key: str) -> None:
    """Somebody else may use the same Redis by mistake; the parent and the workers go on with their work."""
    first, second = taken(supervisor.store)
    begun(supervisor.store)
    for garbage in ("garbage", "0-0", f"{'0' * 32}-7", ""):
        if key in {"claims", "doing"}:
            redis.hset(f"ocrlty:{key}", garbage, "w")
        elif key == "wake:default":
            redis.lpush(f"ocrlty:{key}", garbage)
        else:
            redis.zadd(f"ocrlty:{key}", {garbage: -1})
    supervisor.sweep()
    supervisor.judge({"worker"})
    supervisor.worker_gone("w", counted=True)
    supervisor.worker_gone("worker", counted=False)

    assert {begun(supervisor.store, "one"), begun(supervisor.store, "two")} == {first, second}
    assert begun(supervisor.store, "three") is None
    assert set(supervisor.store.claims()) == {first, second}
    assert supervisor.store.open_files() == [first, second]


def test_clock_of_redis_that_is_set_takes_no_file_from_its_worker(redis: Redis, supervisor: Supervisor) -> None:
    """All leases seem to have lapsed at once, or to last for long; workers have a lease's time to be heard again."""
    (file,) = taken(supervisor.store, 1)
    begun(supervisor.store)
    supervisor.sweep()
    supervisor._clocks_apart_s = (supervisor._clocks_apart_s or 0) - 3600
    let_leases_lapse(redis)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(supervision, "LEASE_S", 15.0)
        supervisor.sweep()

    assert supervisor.store.claims() == {file: "worker"}


def test_lease_of_a_clock_that_was_ahead_lapses(redis: Redis, supervisor: Supervisor) -> None:
    """The clock was put back by an hour, and the worker is dead."""
    (file,) = taken(supervisor.store, 1)
    begun(supervisor.store)
    redis.zincrby("ocrlty:leases", 3600, str(file))
    supervisor.sweep()

    assert supervisor.store.state_of(file) == "queued"


def test_leases_say_nothing_right_after_redis_was_away(
    redis: Redis, settings: JobsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers could not give signs of life; their files are not taken from them."""
    supervisor = Supervisor(redis, settings=settings)
    monkeypatch.setattr(supervisor, "_last_sweep", time.monotonic() - 100)
    (file,) = taken(supervisor.store, 1)
    begun(supervisor.store, "worker")
    let_leases_lapse(redis)
    supervisor.sweep()

    assert supervisor.store.claims() == {file: "worker"}


def test_worker_beyond_its_time_is_stuck_and_its_file_tried_once_more(
    supervisor: Supervisor, settings: JobsSettings
) -> None:
    """Twice is the file's own fault."""
    (file,) = taken(supervisor.store, 1)
    fates = []
    for worker in ("slow", "slow too"):
        begun(supervisor.store, worker)
        supervisor.store.beat(worker, file=file, busy_s=settings.timeout_s)
        fine = supervisor.judge({worker, "unheard of"})
        supervisor.store.beat(worker, file=file, busy_s=settings.timeout_s + UNHEEDED_S + 1)
        fates.append((fine[worker], supervisor.judge({worker})[worker], supervisor.store.state_of(file)))
    outcome = supervisor.store.view(file.job_id).files[0].outcome

    assert fates == [("fine", "stuck", "queued"), ("fine", "stuck", "failed")]
    assert isinstance(outcome, Failure)
    assert outcome.code == "deadline_exceeded"


def test_worker_that_has_fallen_silent_is_told_apart(
    redis: Redis, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hangs so that not even its signs of life go on; one that still loads its engines was never heard."""
    supervisor.store.beat("hangs", file=None, busy_s=0)
    supervisor.judge({"hangs", "loads"})
    redis.delete("ocrlty:workers")  # As when its last sign of life is LEASE_S old.
    first = supervisor.judge({"hangs", "loads"})
    monkeypatch.setattr(supervision, "UNHEEDED_S", 0.0)

    assert first == {"hangs": "fine", "loads": "fine"}
    assert supervisor.judge({"hangs", "loads"}) == {"hangs": "silent", "loads": "fine"}


def test_worker_that_is_heard_again_is_fine(
    redis: Redis, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis was away, and nobody could be heard."""
    monkeypatch.setattr(supervision, "UNHEEDED_S", 0.0)
    supervisor.store.beat("worker", file=None, busy_s=0)
    supervisor.judge({"worker"})
    redis.delete("ocrlty:workers")
    away = supervisor.judge({"worker"})
    supervisor.store.beat("worker", file=None, busy_s=0)

    assert away == {"worker": "fine"}
    assert supervisor.judge({"worker"}) == {"worker": "fine"}


def test_worker_that_does_not_heed_a_cancellation_is_told_apart(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets a few seconds to stop by itself."""
    (file,) = taken(supervisor.store, 1)
    begun(supervisor.store, "worker")
    supervisor.store.beat("worker", file=file, busy_s=1)
    supervisor.store.cancel(file.job_id)
    first = supervisor.judge({"worker"})
    monkeypatch.setattr(supervision, "UNHEEDED_S", 0.0)

    assert (first, supervisor.judge({"worker"})) == ({"worker": "fine"}, {"worker": "cancelled"})


def test_file_that_the_folder_does_not_take_leaves_nothing_behind(tmp_path: Path) -> None:
    """A full disk is not filled further by halves of files."""
    file = FileId("0" * 32, 0)
    (tmp_path / str(file)).mkdir()  # The last step fails: no file can take its place.

    with pytest.raises(QueueUnavailable, match=r"JOB_UPLOAD_DIR.*: Is a directory"):
        FolderUploads(tmp_path).put(file, b"content")

    assert [path.name for path in tmp_path.iterdir()] == [str(file)]


def test_file_that_another_user_alone_may_read_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker says so once, instead of meeting its end over the file three times."""

    def refused(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refused)

    assert FolderUploads(tmp_path).get(FileId("0" * 32, 0)) is None


def test_folder_is_cleared_of_files_whose_jobs_are_gone(
    supervisor: Supervisor, settings: JobsSettings, tmp_path: Path
) -> None:
    """Old ones of ours only: a young one may belong to a request under way, another one to the operator."""
    (kept,) = taken(supervisor.store, 1)
    folder = FolderUploads(tmp_path)
    gone, young = FileId("0" * 32, 0), FileId("1" * 32, 0)
    for file in (kept, gone, young):
        folder.put(file, b"content")
    (tmp_path / "readme").write_text("not ours")
    for name in (str(kept), str(gone), "readme"):
        os.utime(tmp_path / name, (0, time.time() - YOUNG_S - 1))
    supervisor.sweep()

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([str(kept), str(young), "readme"])
    assert settings.upload_dir == str(tmp_path)


@pytest.mark.parametrize(("inline_mb", "in_redis"), [("1", True), ("0", False)])
def test_upload_is_found_wherever_it_was_put(redis: Redis, tmp_path: Path, inline_mb: str, in_redis: bool) -> None:
    """Small ones in Redis, others in the folder; both are forgotten when asked to."""
    jobs = load_settings({"JOB_UPLOAD_DIR": str(tmp_path), "JOB_INLINE_MAX_MB": inline_mb}).jobs
    uploads, file = Uploads(redis, settings=jobs), FileId("0" * 32, 0)
    uploads.put(file, b"content")
    place = (bool(redis.keys("ocrlty:upload:*")), bool(list(tmp_path.iterdir())))
    found = uploads.get(file)
    uploads.delete(file)

    assert place == (in_redis, not in_redis)
    assert found == b"content"
    assert uploads.get(file) is None


def test_lost_file_is_back_within_half_a_minute() -> None:
    """The lease, then the next look, then another one where somebody else held the first."""
    assert LEASE_S + 2 * supervision.SWEEP_S < 30
