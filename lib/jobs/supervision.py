"""Who looks after files whose workers are gone: the parent of the workers, on every machine.

In: the store and the queues. Out: files back in their queues, or failed; verdicts on workers. Every step may be done by
several parents at the same time, or twice.
"""

import time
from collections.abc import Collection
from typing import Literal, TypeAlias, cast

from loguru import logger
from redis import Redis

from lib.jobs.dispatch import Dispatch
from lib.jobs.records import FINAL, Failure, FileId
from lib.jobs.store import LEASE_S, JobStore
from lib.jobs.transitions import PREFIX
from lib.jobs.uploads import Uploads
from lib.settings import JobsSettings

SWEEP_S = 5.0
"""Between two looks for lost files."""

UNHEEDED_S = 10.0
"""A worker that is still at a file so long after it was cancelled, or its time was over, is ended by its parent; so is
one that counts as dead for so long and is not."""

PURGE_S = 600.0

Verdict: TypeAlias = Literal["fine", "cancelled", "stuck", "silent"]


class Supervisor:
    """Puts lost files back and judges workers."""

    def __init__(self, redis: Redis, *, settings: JobsSettings) -> None:
        """Take a client that fails soon: the parent must not hang."""
        self._redis = redis
        self._settings = settings
        self.store = JobStore(redis)
        self._dispatch = Dispatch(redis, settings=settings)
        self._uploads = Uploads(redis, settings=settings)
        self._unwanted: dict[tuple[str, FileId], float] = {}
        self._heard: set[str] = set()
        self._silent: dict[str, float] = {}
        self._last_sweep = time.monotonic()
        self._blind_until = 0.0
        self._next_purge = 0.0

    def sweep(self) -> None:
        """Put back files whose workers are gone, and files that stand in no queue."""
        if self._sees():
            for file in self.store.lapsed():
                self._put_back(file, worker="", counted=True)
        if self._redis.set(PREFIX + "sweeping", 1, nx=True, px=int(SWEEP_S * 900)):
            self._enqueue_missing()
        if self._uploads.folder and time.monotonic() > self._next_purge:
            self._next_purge = time.monotonic() + PURGE_S
            self._uploads.folder.purge(is_kept=self.store.exists)

    def worker_gone(self, worker: str, *, counted: bool) -> None:
        """Put back what a worker of this parent had in hand when it ended.

        Args:
            worker: Its name.
            counted: Whether it died of itself; not where the parent ended it.
        """
        for file, holder in self.store.claims().items():
            if holder == worker:
                self._put_back(file, worker=worker, counted=counted)

    def judge(self, workers: set[str]) -> dict[str, Verdict]:
        """Which of these workers do what they should.

        A file that overran its time is failed here, as it would overrun it the next time too.
        """
        seen = {worker.name: worker for worker in self.store.workers() if worker.name in workers}
        verdicts: dict[str, Verdict] = dict.fromkeys(workers, "fine")
        unwanted: dict[tuple[str, FileId], float] = {}
        for name, worker in seen.items():
            if worker.file is None:
                continue
            if worker.busy_s > self._settings.timeout_s + UNHEEDED_S:
                self._fail_overrun(worker.file)
                verdicts[name] = "stuck"
            elif self.store.state_of(worker.file) in FINAL:
                since = self._unwanted.get((name, worker.file), time.monotonic())
                unwanted[name, worker.file] = since
                if time.monotonic() - since > UNHEEDED_S:
                    verdicts[name] = "cancelled"
        self._unwanted = unwanted
        return verdicts | dict.fromkeys(self._fallen_silent(workers, seen), "silent")

    def _fallen_silent(self, workers: set[str], seen: Collection[str]) -> set[str]:
        """Those that were heard once and hang so that even their signs of life have ended.

        Silence counts from the first look that finds it: while Redis is away nobody can be heard.
        """
        self._heard = (self._heard | set(seen)) & workers
        now = time.monotonic()
        self._silent = {name: self._silent.get(name, now) for name in self._heard - set(seen)}
        return {name for name, since in self._silent.items() if now - since > UNHEEDED_S}

    def _fail_overrun(self, file: FileId) -> None:
        seconds = self._settings.timeout_s
        detail = f"The file took longer than {seconds:g} seconds (JOB_TIMEOUT_S), and its worker had to be ended."
        if self.store.fail(file, Failure("deadline_exceeded", detail)):
            self._uploads.delete(file)

    def _sees(self) -> bool:
        """Whether leases say anything: not after Redis was away, until every worker could have been heard again."""
        now = time.monotonic()
        away = now - self._last_sweep > 3 * SWEEP_S
        self._last_sweep = now
        uptime_s = int(cast("dict[str, int]", self._redis.info("server"))["uptime_in_seconds"])
        if away:
            self._blind_until = now + LEASE_S
        return now >= self._blind_until and uptime_s >= LEASE_S

    def _put_back(self, file: FileId, *, worker: str, counted: bool) -> None:
        fate = self.store.put_back(file, worker=worker, counted=counted)
        if fate == "queued":
            logger.warning("{}: its worker is gone, it is put back", file)
            self._enqueue([file])
        elif fate == "failed":
            logger.error("{}: its workers died time and again, it is failed and kept", file)

    def _enqueue_missing(self) -> None:
        """Queue files that nobody reads and that stood in no queue at the last look either.

        They were popped by a worker that died at once, lost with the last second of Redis, or accepted by an API that
        died before it had queued them. In between, a file may just be on its way from a queue to a worker.
        """
        key = PREFIX + "missing"
        before = {FileId.parse(file.decode()) for file in cast("set[bytes]", self._redis.smembers(key))}
        reading = self.store.claims()
        opened = self.store.open_files()
        queued = self._dispatch.queued(self.store.queues())
        missing = [file for file in opened if file not in queued and file not in reading]
        self._enqueue([file for file in missing if file in before])
        with self._redis.pipeline() as pipe:
            pipe.delete(key)
            if missing:
                pipe.sadd(key, *map(str, missing))
                pipe.expire(key, int(6 * SWEEP_S))
            pipe.execute()

    def _enqueue(self, files: list[FileId]) -> None:
        for file in files:
            found = self.store.options_of(file.job_id)
            if found:
                self._dispatch.enqueue([file], queue=found[0].queue, at_front=True)
