"""Who looks after files whose workers are gone: the parent of the workers, on every machine.

In: the store. Out: files back in their lines, or failed; verdicts on workers. Every step may be done by several parents
at the same time, or twice.
"""

import time
from collections.abc import Collection
from typing import Literal, TypeAlias, cast

from loguru import logger
from redis import Redis

from lib.jobs.records import FINAL, Failure, FileId
from lib.jobs.store import LEASE_S, JobStore
from lib.jobs.uploads import Uploads
from lib.settings import JobsSettings

SWEEP_S = 5.0
"""Between two looks for lost files."""

UNHEEDED_S = 10.0
"""A worker that is still at a file so long after it was cancelled, or its time was over, is ended by its parent; so is
one that counts as dead for so long and is not."""

PURGE_S = 600.0

JUMP_S = 2.0
"""By so much the clock of Redis may go apart from ours between two sweeps; beyond, somebody has set one of them."""

Verdict: TypeAlias = Literal["fine", "cancelled", "stuck", "silent"]


class Supervisor:
    """Puts lost files back and judges workers."""

    def __init__(self, redis: Redis, *, settings: JobsSettings) -> None:
        """Take a client that fails soon: the parent must not hang."""
        self._redis = redis
        self._settings = settings
        self.store = JobStore(redis)
        self._uploads = Uploads(redis, settings=settings)
        self._unwanted: dict[tuple[str, FileId], float] = {}
        self._heard: set[str] = set()
        self._silent: dict[str, float] = {}
        self._last_sweep = time.monotonic()
        self._clocks_apart_s: float | None = None
        self._blind_until = 0.0
        self._next_purge = 0.0

    def sweep(self) -> None:
        """Put back files whose workers are gone, and files that stand in no line; clear what is left of uploads."""
        if self._sees():
            for file in self.store.lapsed():
                self._put_back(file, worker="", counted=True)
        if healed := self.store.heal(every_s=SWEEP_S * 0.9):
            logger.warning("{} files were in no line and may have been put into theirs", healed)
        if time.monotonic() > self._next_purge:
            self._next_purge = time.monotonic() + PURGE_S
            self._uploads.inline.recount()
            if self._uploads.folder:
                self._uploads.folder.purge(is_kept=self.store.exists)
        self._last_sweep = time.monotonic()

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

        A file that overran its time is taken from its worker, which is to be ended.
        """
        seen = {worker.name: worker for worker in self.store.workers() if worker.name in workers}
        verdicts: dict[str, Verdict] = dict.fromkeys(workers, "fine")
        unwanted: dict[tuple[str, FileId], float] = {}
        for name, worker in seen.items():
            if worker.file is None:
                continue
            if worker.busy_s > self._settings.timeout_s + UNHEEDED_S:
                self._end_overrun(worker.file, name)
                verdicts[name] = "stuck"
            elif (state := self.store.state_of(worker.file)) is None or state in FINAL:
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

    def _end_overrun(self, file: FileId, worker: str) -> None:
        seconds = self._settings.timeout_s
        detail = f"The file took longer than {seconds:g} seconds (JOB_TIMEOUT_S), and its worker had to be ended."
        if self.store.overrun(file, Failure("deadline_exceeded", detail), worker=worker) == "failed":
            self._uploads.delete(file)

    def _sees(self) -> bool:
        """Whether leases say anything.

        Not after Redis was away or refused, or its clock was set, until every worker could have been heard again.
        """
        now = time.monotonic()
        uptime_s = int(cast("dict[str, int]", self._redis.info("server"))["uptime_in_seconds"])
        seconds, microseconds = self._redis.time()
        apart_s = seconds + microseconds / 1e6 - time.monotonic()
        known_s, self._clocks_apart_s = self._clocks_apart_s, apart_s
        was_set = known_s is not None and abs(apart_s - known_s) > JUMP_S
        if was_set or now - self._last_sweep > 3 * SWEEP_S:
            self._blind_until = now + LEASE_S
        has_just_started = 0 <= uptime_s < LEASE_S  # Less than nothing: its clock was put back.
        return now >= self._blind_until and not has_just_started

    def _put_back(self, file: FileId, *, worker: str, counted: bool) -> None:
        fate = self.store.put_back(file, worker=worker, counted=counted)
        if fate == "queued":
            logger.warning("{}: its worker is gone, it is put back", file)
        elif fate == "failed":
            logger.error("{}: its workers died time and again, it is failed and kept", file)
