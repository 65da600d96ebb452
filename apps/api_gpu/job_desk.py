"""Jobs for the event loop: the client of the queue behind threads, and the queue's state as of a moment ago.

In: forms and ids. Out: `JobView`, `QueueView`, events. Redis is asked in a few threads of its own, so that a slow one
keeps no other request waiting.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import anyio
from anyio import to_thread
from loguru import logger
from starlette.datastructures import UploadFile

from lib.errors import UploadTooLarge
from lib.jobs.records import FileView, JobOptions, JobView, QueueView
from lib.settings import JobsSettings
from lib.telemetry import Metrics, current_request

THREADS = 8
WATCH_S = 2.0
"""Between two looks at the queue."""

EVENTS_S = 0.5
"""Between two looks at a job that somebody watches."""

Result = TypeVar("Result")


class JobDesk:
    """Takes jobs and tells about them."""

    def __init__(self, settings: JobsSettings, *, keys: int = 0) -> None:
        """Take the settings, and how many keys there are; Redis may be away."""
        from lib.jobs.client import JobClient  # noqa: PLC0415 - Redis's client, which a service without jobs never needs

        self._client = JobClient(settings, keys=keys)
        self._threads = anyio.CapacityLimiter(THREADS)
        self._latest: QueueView | None = None

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    async def _ask(self, question: Callable[[], Result]) -> Result:
        return await to_thread.run_sync(question, limiter=self._threads)

    @property
    def latest(self) -> QueueView | None:
        """The queue as the last look found it; None where Redis did not answer, and before the first."""
        return self._latest

    async def watch(self) -> None:
        """Look at the queue again and again, until cancelled."""
        while True:
            try:
                self._latest = await self._ask(self._client.queue)
            except Exception as exc:  # noqa: BLE001 - a look that fails, at shutdown above all, must not end the service
                if self._latest:
                    logger.warning("the queue does not answer: {}", type(exc.__cause__ or exc).__name__)
                self._latest = None
            await anyio.sleep(WATCH_S)

    def show(self, metrics: Metrics) -> None:
        """Bring the metrics of the queue up to date."""
        metrics.jobs_reachable.set(self._latest is not None)
        if self._latest is None:
            return
        metrics.jobs_running.set(self._latest.running)
        metrics.jobs_oldest.set(self._latest.oldest_s)
        metrics.jobs_workers.set(self._latest.workers)
        metrics.jobs_stuck.set(self._latest.stuck)
        for queue, waiting in self._latest.waiting.items():
            metrics.jobs_waiting.labels(queue).set(waiting)
        for event, count in self._latest.totals.items():
            metrics.jobs_events.labels(event).set(count)

    def serves(self, queue: str) -> bool:
        """Whether there is a queue of this name."""
        return self._client.serves(queue)

    async def submit(
        self, files: Sequence[UploadFile], *, options: JobOptions, owner: str, idempotency_key: str, max_bytes: int
    ) -> JobView:
        """Take a job; its files are kept one after the other.

        Raises:
            UploadTooLarge: A file has more than `max_bytes`, or cannot be queued.
            CallbackRefused: The callback would never be called.
            QueueUnavailable: Redis does not answer.
            IdempotencyConflict: The key stands for another job.
            TooManyRequests: The owner has its share of what may wait.
            Overloaded: Too many files are under way.
        """
        if options.callback_url:
            self._client.check_callback(options.callback_url)
        _check_sizes(files, max_bytes)
        submission = self._client.begin(owner=owner)
        request_id = current_request().request_id
        try:
            for file in files:
                content = await file.read()
                await self._ask(partial(submission.add, file.filename, content))
            take = partial(submission.take, options=options, request_id=request_id)
            job_id = await self._ask(partial(take, idempotency_key=idempotency_key))
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._ask(submission.abandon)
            raise
        return await self.view(job_id, owner=owner)

    async def view(self, job_id: str, *, owner: str, with_outcomes: bool = True) -> JobView:
        """How far a job is; see `JobClient.view`."""
        return await self._ask(partial(self._client.view, job_id, owner=owner, with_outcomes=with_outcomes))

    async def cancel(self, job_id: str, *, owner: str) -> JobView:
        """Cancel what is not done yet; see `JobClient.cancel`."""
        return await self._ask(partial(self._client.cancel, job_id, owner=owner))

    async def changes(
        self, job: JobView, *, after: int, until: Callable[[], bool]
    ) -> AsyncIterator[tuple[JobView, list[FileView]] | None]:
        """What happens to a job, until it ends.

        Args:
            job: As it is now.
            after: Files that the watcher knows of already, in the order in which they were settled.
            until: Asked between looks; the watching ends where it says so.

        Yields:
            The job without outcomes, and the files settled since; None after each look that found nothing new.
        """
        known = min(after, len(job.settled))
        last: JobView | None = None
        while True:
            fresh = await self._ask(partial(self._client.files, job.job_id, job.settled[known:]))
            known += len(fresh)
            yield (job, fresh) if fresh or job != last else None
            if job.ended_at is not None or until():
                return
            last = job
            await anyio.sleep(EVENTS_S)
            job = await self.view(job.job_id, owner=job.owner, with_outcomes=False)


def without_outcomes(job: JobView) -> JobView:
    """A job as `view(with_outcomes=False)` would have it."""
    return replace(job, files=tuple(replace(file, outcome=None) for file in job.files))


def _check_sizes(files: Sequence[UploadFile], max_bytes: int) -> None:
    if any((file.size or 0) > max_bytes for file in files):
        raise UploadTooLarge(
            f"A file of the job has more than {max_bytes / 2**20:g} MB (MAX_UPLOAD_MB); leave it out of the job."
        )
