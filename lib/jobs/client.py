"""The API's side of jobs: taking them, telling about them, cancelling them.

In: uploads and options. Out: `JobView`, `QueueView`. Synchronous; every call ends within seconds, with
`QueueUnavailable` where Redis does not answer.
"""

import hashlib
import re
import uuid
from collections.abc import Sequence

from loguru import logger
from redis import Redis
from redis.exceptions import RedisError

from lib.jobs.callbacks import check_url
from lib.jobs.connection import connect, reaching_redis
from lib.jobs.records import FileId, FileView, JobOptions, JobView, NewJob, QueueView
from lib.jobs.store import JobStore, no_such_job
from lib.jobs.supervision import UNHEEDED_S
from lib.jobs.uploads import Uploads
from lib.settings import JobsSettings

JOB_ID = re.compile(r"[0-9a-f]{32}")


class JobClient:
    """Takes jobs, and knows about those that were taken."""

    def __init__(self, settings: JobsSettings, *, keys: int = 0) -> None:
        """Take the settings, REDIS_URL among them; nothing is connected to yet.

        Args:
            settings: Of jobs.
            keys: How many there are. Where there are several, each may have its share of what waits.
        """
        self._settings = settings
        self._share = settings.share_per_key if keys > 1 else 1.0
        self._redis: Redis = connect(settings.redis_url)
        self._store = JobStore(self._redis)
        self._uploads = Uploads(self._redis, settings=settings, share=self._share)

    def close(self) -> None:
        """Let go of the connections."""
        self._redis.close()

    def begin(self, *, owner: str) -> "Submission":
        """A job of an owner's whose files are about to arrive."""
        return Submission(self, owner)

    def keep(self, file: FileId, content: bytes, *, owner: str) -> None:
        """Keep a file of a job that is about to be taken.

        Raises:
            UploadTooLarge: It is too large for Redis, and there is no folder.
            TooManyRequests: The owner has its share of the bytes that may wait.
            Overloaded: Too many bytes wait already.
            QueueUnavailable: Redis or the folder does not take it.
        """
        with reaching_redis():
            self._uploads.put(file, content, owner=owner)

    def forget(self, files: Sequence[FileId]) -> None:
        """Remove files that are not to be read; as far as that works, what is left expires."""
        try:
            for file in files:
                self._uploads.delete(file)
        except (RedisError, OSError) as exc:
            logger.warning("{} uploads could not be removed: {}", len(files), type(exc).__name__)

    def abandon(self, job_id: str, *, files: int) -> None:
        """Remove the files of a job that was not taken; Redis may have taken it and not lived to say so."""
        try:
            taken = self._store.exists(job_id)
        except RedisError as exc:
            logger.warning("the uploads of job {} are left to expire: {}", job_id, type(exc).__name__)
            return
        if not taken:
            self.forget([FileId(job_id, index) for index in range(files)])

    def take(self, job: NewJob) -> str:
        """Take a job whose files are kept.

        Returns:
            Its id, or that of the job which an earlier request with the same Idempotency-Key made.

        Raises:
            QueueUnavailable: Redis does not answer; whether the job was taken is open.
            IdempotencyConflict: The key stands for another job.
            TooManyRequests: The owner has its share of the files that may wait.
            Overloaded: Too many files are under way.
        """
        with reaching_redis():
            settings = self._settings
            most = settings.max_waiting
            return self._store.create(job, ttl_s=settings.result_ttl_s, most_open=most, share=self._share)

    def check_callback(self, url: str) -> None:
        """Refuse a callback's URL that would never be called.

        Raises:
            CallbackRefused: It says why.
        """
        check_url(url, settings=self._settings)

    def serves(self, queue: str) -> bool:
        """Whether there is a queue of this name."""
        return queue in self._settings.queues

    def view(self, job_id: str, *, owner: str, with_outcomes: bool = True) -> JobView:
        """How far a job of this owner is.

        Raises:
            JobNotFound: There is none, or it is somebody else's.
            QueueUnavailable: Redis does not answer.
        """
        if not JOB_ID.fullmatch(job_id):  # It becomes a part of keys.
            raise no_such_job()
        with reaching_redis():
            job = self._store.view(job_id, with_outcomes=with_outcomes)
        if job.owner != owner:
            raise no_such_job()
        return job

    def files(self, job_id: str, indexes: Sequence[int]) -> list[FileView]:
        """These files of a job, with their outcomes, in this order.

        Raises:
            JobNotFound: The job is gone.
            QueueUnavailable: Redis does not answer.
        """
        with reaching_redis():
            found = self._store.outcomes(job_id, indexes)
        return [found[index] for index in indexes]

    def cancel(self, job_id: str, *, owner: str) -> JobView:
        """Cancel what is not done yet; a job that ended stays as it is.

        Raises:
            JobNotFound: There is none, or it is somebody else's.
            QueueUnavailable: Redis does not answer.
        """
        self.view(job_id, owner=owner, with_outcomes=False)
        with reaching_redis():
            self._store.cancel(job_id)
        job = self.view(job_id, owner=owner)
        self.forget([FileId(job_id, file.index) for file in job.files if file.state == "cancelled"])
        return job

    def queue(self) -> QueueView:
        """The state of the whole queue.

        Raises:
            QueueUnavailable: Redis does not answer.
        """
        with reaching_redis():
            workers = self._store.workers()
            running, oldest_s, waiting = self._store.waiting(self._settings.queues)
            return QueueView(
                waiting=waiting,
                running=running,
                oldest_s=oldest_s,
                workers=len(workers),
                stuck=sum(worker.busy_s > self._settings.timeout_s + UNHEEDED_S for worker in workers),
                totals=self._store.totals(),
            )


class Submission:
    """A job while its files arrive: each is kept at once, so that none but one is in memory."""

    def __init__(self, client: JobClient, owner: str) -> None:
        """No file yet."""
        self.job_id = uuid.uuid4().hex
        self._owner = owner
        self._client = client
        self._names: list[str | None] = []
        self._digests: list[str] = []

    def add(self, name: str | None, content: bytes) -> None:
        """Keep the next file; see `JobClient.keep`."""
        self._names.append(name)
        self._digests.append(hashlib.sha256(content).hexdigest())
        self._client.keep(FileId(self.job_id, len(self._names) - 1), content, owner=self._owner)

    def take(self, *, options: JobOptions, request_id: str, idempotency_key: str) -> str:
        """Take the job; see `JobClient.take`."""
        parts = [*sorted(options.include), options.queue, options.callback_url, *self._digests, *map(str, self._names)]
        parts += [f"lang: {options.lang}"] if options.lang else []
        parts += (f"{question.key}: {question.text}" for question in options.questions)
        job = NewJob(
            job_id=self.job_id,
            owner=self._owner,
            request_id=request_id,
            options=options,
            names=tuple(self._names),
            digest=hashlib.sha256("\0".join(parts).encode()).hexdigest(),
            idempotency_key=hashlib.sha256(idempotency_key.encode()).hexdigest() if idempotency_key else "",
        )
        job_id = self._client.take(job)
        if job_id != self.job_id:
            self.abandon()
        return job_id

    def abandon(self) -> None:
        """Remove what was kept."""
        self._client.abandon(self.job_id, files=len(self._names))
