"""The truth about every job and file, in Redis: who reads what next, and what came of it.

In: a Redis client. Out: the transitions of a file's life, and views of it. What another program wrote among our keys is
passed over.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Literal, TypeAlias, cast

from redis import Redis

from lib.errors import IdempotencyConflict, JobNotFound, Overloaded, TooManyRequests
from lib.jobs import lookups, transitions
from lib.jobs.hashes import files_of, job_fields, job_of, options_of, text_of, with_outcome, worker_of
from lib.jobs.records import (
    Failure,
    FileId,
    FileView,
    JobOptions,
    JobView,
    NewJob,
    State,
    WorkerView,
)
from lib.jobs.results import encode
from lib.jobs.scripts import PREFIX, Scripts
from lib.jobs.uploads import later

LEASE_S = 15.0
"""A worker that has given no sign of life for so long is dead; with SWEEP_S its files are back within 30 s."""

MOST_DEATHS = 3
"""Workers that may die over one file before it is failed."""

MOST_OVERRUNS = 2
"""Workers that a file may keep for longer than JOB_TIMEOUT_S: the first may have been slow for another reason."""

LOST = Failure(
    "worker_lost",
    f"{MOST_DEATHS} workers died while they read this file, so it is not tried again. The workers' log says how.",
)

Fate: TypeAlias = Literal["queued", "failed", "other"]
"""Of a file whose worker is gone: to be queued again, failed for good, or no business of the caller's."""


class JobStore:
    """Every job and file. Synchronous: workers have nothing else to do, the API calls it from threads."""

    def __init__(self, redis: Redis) -> None:
        """Take a client; its temper is the caller's choice."""
        self._redis = redis
        changes = {name: transitions.CHANGES + code for name, code in _codes(transitions).items()}
        self._scripts = Scripts(redis, changes | _codes(lookups))

    def create(self, job: NewJob, *, ttl_s: int, most_open: int, share: float = 1.0) -> str:
        """Take a job, or find the one that an earlier request with the same Idempotency-Key made.

        Args:
            job: With at least one file.
            ttl_s: Seconds it is kept after its end.
            most_open: Files that may be under way.
            share: Of them that may wait for one owner.

        Returns:
            The id of the job that there is now.

        Raises:
            IdempotencyConflict: The key stands for something else.
            TooManyRequests: Too many of the owner's wait.
            Overloaded: Too many files are under way.
        """
        most_each = max(1, int(share * most_open))
        idempotency = f"{PREFIX}idempotency:{job.owner}:{job.idempotency_key}" if job.idempotency_key else ""
        fields = job_fields(job, ttl_s)
        flat = [part for field in fields.items() for part in field]
        found = self._scripts.run(
            "CREATE", job.job_id, idempotency, most_open, len(job.names), job.owner, most_each, *flat
        )
        if not found:
            raise later(Overloaded(f"{most_open} files may be under way over all jobs (JOB_MAX_WAITING)."))
        if found == [b"share"]:
            raise later(TooManyRequests(f"{most_each} files of one key may wait (JOB_SHARE_PER_KEY)."))
        job_id, digest = (part.decode() for part in found)
        if digest != job.digest:
            raise IdempotencyConflict(
                "This Idempotency-Key was sent before with other files or options. Take a new key for a new job."
            )
        return cast("str", job_id)

    def take(self, worker: str, *, queues: Sequence[str]) -> FileId | None:
        """Claim the file that is to be read next; None where none waits.

        Args:
            worker: Who claims it; one that has claimed a file already gets the same again.
            queues: By their names; a file of an earlier one goes first.
        """
        found: bytes = self._scripts.run("TAKE", worker, LEASE_S, *queues)
        return FileId.parse(found.decode()) if found else None

    def wait(self, queues: Sequence[str], *, seconds: int) -> None:
        """Wait until a file has come into one of these queues, at most so long, or a little without reason."""
        self._redis.blpop([f"{PREFIX}wake:{name}" for name in queues], timeout=seconds)

    def beat(self, worker: str, *, file: FileId | None, busy_s: float, pages: tuple[int, int] = (0, 0)) -> bool:
        """Give a sign of life, and say how far the file in hand is; False where it is not wanted any more."""
        saying = json.dumps({"file": str(file) if file else None, "busy_s": busy_s})
        return bool(self._scripts.run("BEAT", worker, saying, LEASE_S, str(file) if file else "", *pages))

    def finish(self, file: FileId, outcome: bytes, *, pages: int) -> bool:
        """Settle a file with its extraction; False where it was settled before."""
        return bool(self._scripts.run("SETTLE", str(file), "finished", outcome, pages))

    def fail(self, file: FileId, failure: Failure) -> bool:
        """Settle a file with what went wrong; False where it was settled before."""
        return bool(self._scripts.run("SETTLE", str(file), "failed", encode(failure, with_text=False), 0))

    def put_back(self, file: FileId, *, worker: str = "", counted: bool = True) -> Fate:
        """Take a file from a worker that is gone.

        Args:
            file: It must not be settled.
            worker: Whose it must be; empty: of whoever has let the lease lapse.
            counted: Whether the worker died of itself, perhaps over this file.
        """
        return self._put_back(file, worker, counted, MOST_DEATHS, LOST)

    def overrun(self, file: FileId, failure: Failure, *, worker: str) -> Fate:
        """Take a file from a worker that it has kept for too long; the last time it is failed.

        Args:
            file: It must not be settled.
            failure: What it is failed with.
            worker: Whose it must be.
        """
        return self._put_back(file, worker, True, MOST_OVERRUNS, failure)

    def _put_back(self, file: FileId, worker: str, counted: bool, most: int, failure: Failure) -> Fate:
        outcome = encode(failure, with_text=False)
        fate: bytes = self._scripts.run("PUT_BACK", str(file), worker, int(counted), most, outcome, LEASE_S)
        return cast("Fate", fate.decode())

    def cancel(self, job_id: str) -> None:
        """Settle what is not settled yet as cancelled."""
        self._scripts.run("CANCEL", job_id)

    def lapsed(self) -> list[FileId]:
        """Files whose workers have given no sign of life for LEASE_S."""
        return list(_files_among(self._scripts.run("LAPSED", LEASE_S)))

    def heal(self, *, every_s: float) -> int:
        """Put files into their lines that are open and in no other place.

        Args:
            every_s: Once in that time, however many ask.

        Returns:
            How many, about.
        """
        return int(self._scripts.run("HEAL", int(every_s * 1000)))

    def claims(self) -> dict[FileId, str]:
        """Files being read, and by whom."""
        claims = cast("dict[bytes, bytes]", self._redis.hgetall(PREFIX + "claims"))
        return {file: claims[str(file).encode()].decode(errors="replace") for file in _files_among(claims)}

    def open_files(self) -> list[FileId]:
        """Files that are not settled, the oldest first."""
        return list(_files_among(cast("list[bytes]", self._redis.zrange(PREFIX + "open", 0, -1))))

    def state_of(self, file: FileId) -> State | None:
        """The state of a file; None where its job is gone."""
        state = cast("bytes | None", self._redis.hget(f"{PREFIX}job:{file.job_id}:states", str(file.index)))
        return cast("State", state.decode()) if state else None

    def options_of(self, job_id: str) -> tuple[JobOptions, str] | None:
        """The options of a job and the id of the request that brought it; None where it is gone."""
        meta = cast("dict[bytes, bytes]", self._redis.hgetall(f"{PREFIX}job:{job_id}"))
        return (options_of(text_of(meta)), meta[b"request_id"].decode()) if meta else None

    def exists(self, job_id: str) -> bool:
        """Whether a job is kept."""
        return bool(self._redis.exists(f"{PREFIX}job:{job_id}"))

    def workers(self) -> list[WorkerView]:
        """The workers that are alive, over all machines."""
        found = []
        for name, saying in zip(*self._scripts.run("WORKERS", LEASE_S), strict=True):
            with suppress(ValueError, TypeError, KeyError):  # Not said by a worker of ours, or not yet.
                found.append(worker_of(name.decode(), saying))
        return found

    def waiting(self, queues: Sequence[str] = ()) -> tuple[int, float, dict[str, int]]:
        """Files being read, the seconds that the oldest other one has waited, and how many wait in each queue."""
        claimed, oldest, lengths = self._scripts.run("WAITING", *queues)
        return claimed, float(oldest or 0), dict(zip(queues, lengths, strict=True))

    def totals(self) -> dict[str, int]:
        """What `transitions` counts."""
        totals = cast("dict[bytes, bytes]", self._redis.hgetall(PREFIX + "totals"))
        return {name.decode(): int(count) for name, count in totals.items()}

    def view(self, job_id: str, *, with_outcomes: bool = True) -> JobView:
        """How far a job is.

        Raises:
            JobNotFound: There is none of that id.
        """
        found = self._scripts.run("VIEW", job_id, int(with_outcomes))
        meta, states, pages, outcomes = (dict(zip(flat[::2], flat[1::2], strict=True)) for flat in found[:4])
        if not meta or not states:
            raise no_such_job()
        files = files_of(text_of(meta), text_of(states), text_of(pages), outcomes)
        return job_of(job_id, text_of(meta), files=files, settled=tuple(int(index) for index in found[4]))

    def outcomes(self, job_id: str, indexes: Sequence[int]) -> dict[int, FileView]:
        """The files of these indexes, with their outcomes."""
        if not indexes:
            return {}
        view = self.view(job_id, with_outcomes=False)
        keys = [str(index) for index in indexes]
        found = cast("list[bytes | None]", self._redis.hmget(f"{PREFIX}job:{job_id}:outcomes", keys))
        return {index: with_outcome(view.files[index], outcome) for index, outcome in zip(indexes, found, strict=True)}


def _codes(module: object) -> dict[str, str]:
    """The scripts of a module, which follow what all of its scripts may use."""
    shared = {"CHANGES", "OFFENCES", "OFFENCE_S"}
    return {name: code for name, code in vars(module).items() if name.isupper() and name not in shared}


def _files_among(names: Iterable[bytes]) -> Iterator[FileId]:
    """The names that are those of files."""
    for name in names:
        with suppress(ValueError):
            file = FileId.parse(name.decode())
            if str(file).encode() == name:
                yield file


def no_such_job() -> JobNotFound:
    """The same words whether it never was, is over, or is somebody else's."""
    return JobNotFound("There is no such job, or not any more (RESULT_TTL_S), or it was made with another key.")
