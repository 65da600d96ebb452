"""The truth about every job and file, in Redis.

In: a Redis client. Out: the transitions of a file's life, and views of it. `dispatch` may lose or repeat what it likes:
who reads what, and what came of it, is decided here.
"""

import json
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, cast

from redis import Redis

from lib.errors import IdempotencyConflict, JobNotFound, Overloaded
from lib.jobs import transitions
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
from lib.jobs.transitions import PREFIX

LEASE_S = 15.0
"""A worker that has given no sign of life for so long is dead; with SWEEP_S its files are back within 30 s."""

MOST_DEATHS = 3
"""Workers that may die over one file before it is failed."""

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
        self._scripts = {
            name: redis.register_script(transitions.SHARED + code)
            for name, code in vars(transitions).items()
            if name.isupper() and name not in {"PREFIX", "SHARED"}
        }

    def _run(self, name: str, *args: str | float | bytes) -> Any:  # noqa: ANN401 - what the script returns
        return self._scripts[name](args=list(args))

    def create(self, job: NewJob, *, ttl_s: int, most_open: int) -> str:
        """Take a job, or find the one that an earlier request with the same Idempotency-Key made.

        Args:
            job: With at least one file.
            ttl_s: Seconds it is kept after its end.
            most_open: Files that may be under way.

        Returns:
            The id of the job that there is now.

        Raises:
            IdempotencyConflict: The key stands for something else.
            Overloaded: Too many files are under way.
        """
        idempotency = f"{PREFIX}idempotency:{job.owner}:{job.idempotency_key}" if job.idempotency_key else ""
        fields = job_fields(job, ttl_s)
        flat = [part for field in fields.items() for part in field]
        found = self._run("CREATE", job.job_id, idempotency, most_open, len(job.names), *flat)
        if not found:
            raise Overloaded(
                f"{most_open} files may be under way over all jobs (JOB_MAX_WAITING). Send fewer, or later."
            )
        job_id, digest = (part.decode() for part in found)
        if digest != job.digest:
            raise IdempotencyConflict(
                "This Idempotency-Key was sent before with other files or options. Take a new key for a new job."
            )
        return cast("str", job_id)

    def begin(self, file: FileId, worker: str) -> bool:
        """Claim a file; False where it is settled, or somebody else is at it."""
        return bool(self._run("BEGIN", str(file), worker, LEASE_S))

    def beat(self, worker: str, *, file: FileId | None, busy_s: float, pages: tuple[int, int] = (0, 0)) -> bool:
        """Give a sign of life, and say how far the file in hand is; False where it is not wanted any more."""
        saying = json.dumps({"file": str(file) if file else None, "busy_s": busy_s})
        return bool(self._run("BEAT", worker, saying, LEASE_S, str(file) if file else "", *pages))

    def finish(self, file: FileId, outcome: bytes, *, pages: int) -> bool:
        """Settle a file with its extraction; False where it was settled before."""
        return bool(self._run("SETTLE", str(file), "finished", outcome, pages))

    def fail(self, file: FileId, failure: Failure) -> bool:
        """Settle a file with what went wrong; False where it was settled before."""
        return bool(self._run("SETTLE", str(file), "failed", encode(failure, with_text=False), 0))

    def put_back(self, file: FileId, *, worker: str = "", counted: bool = True) -> Fate:
        """Take a file from a worker that is gone.

        Args:
            file: It must not be settled.
            worker: Whose it must be; empty: of whoever has let the lease lapse.
            counted: Whether the worker died of itself, perhaps over this file.
        """
        lost = encode(LOST, with_text=False)
        fate: bytes = self._run("PUT_BACK", str(file), worker, int(counted), MOST_DEATHS, lost)
        return cast("Fate", fate.decode())

    def cancel(self, job_id: str) -> None:
        """Settle what is not settled yet as cancelled."""
        self._run("CANCEL", job_id)

    def lapsed(self) -> list[FileId]:
        """Files whose workers have given no sign of life for LEASE_S."""
        return [FileId.parse(file.decode()) for file in self._run("LAPSED")]

    def claims(self) -> dict[FileId, str]:
        """Files being read, and by whom."""
        claims = cast("dict[bytes, bytes]", self._redis.hgetall(PREFIX + "claims"))
        return {FileId.parse(file.decode()): worker.decode() for file, worker in claims.items()}

    def open_files(self) -> list[FileId]:
        """Files that are not settled, the oldest first."""
        return [FileId.parse(file.decode()) for file in cast("list[bytes]", self._redis.zrange(PREFIX + "open", 0, -1))]

    def queues(self) -> set[str]:
        """The queues of all jobs that ever were."""
        return {name.decode() for name in cast("set[bytes]", self._redis.smembers(PREFIX + "queues"))}

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
        names, doing = self._run("WORKERS")
        return [worker_of(name.decode(), saying) for name, saying in zip(names, doing, strict=True) if saying]

    def waiting(self) -> tuple[int, int, float]:
        """Open files, those of them being read, and the seconds that the oldest other one has waited."""
        opened, claimed, oldest = self._run("WAITING")
        return opened, claimed, float(oldest or 0)

    def next_callback(self, *, own_for_s: float) -> tuple[str, int] | None:
        """A job whose end is to be told now, and which attempt that is; nobody else gets it for `own_for_s`."""
        due = self._run("NEXT_CALLBACK", own_for_s)
        return (due[0].decode(), int(due[1])) if due else None

    def callback_later(self, job_id: str, *, wait_s: float) -> None:
        """Tell a job's end again later."""
        self._run("CALLBACK_LATER", job_id, wait_s)

    def callback_over(self, job_id: str, *, delivered: bool) -> None:
        """Tell a job's end no more."""
        self._run("CALLBACK_OVER", job_id, "delivered" if delivered else "failed")

    def totals(self) -> dict[str, int]:
        """What `transitions` counts."""
        totals = cast("dict[bytes, bytes]", self._redis.hgetall(PREFIX + "totals"))
        return {name.decode(): int(count) for name, count in totals.items()}

    def view(self, job_id: str, *, with_outcomes: bool = True) -> JobView:
        """How far a job is.

        Raises:
            JobNotFound: There is none of that id.
        """
        key = f"{PREFIX}job:{job_id}"
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(key)
            for part in ("states", "pages", *(["outcomes"] if with_outcomes else [])):
                pipe.hgetall(f"{key}:{part}")
            pipe.lrange(f"{key}:order", 0, -1)
            meta, states, pages, *outcomes, order = pipe.execute()
        if not meta or not states:
            raise no_such_job()
        files = files_of(text_of(meta), text_of(states), text_of(pages), outcomes[0] if outcomes else {})
        return job_of(job_id, text_of(meta), files=files, settled=tuple(int(index) for index in order))

    def outcomes(self, job_id: str, indexes: Sequence[int]) -> dict[int, FileView]:
        """The files of these indexes, with their outcomes."""
        if not indexes:
            return {}
        view = self.view(job_id, with_outcomes=False)
        keys = [str(index) for index in indexes]
        found = cast("list[bytes | None]", self._redis.hmget(f"{PREFIX}job:{job_id}:outcomes", keys))
        return {index: with_outcome(view.files[index], outcome) for index, outcome in zip(indexes, found, strict=True)}


def no_such_job() -> JobNotFound:
    """The same words whether it never was, is over, or is somebody else's."""
    return JobNotFound("There is no such job, or not any more (RESULT_TTL_S), or it was made with another key.")
