"""Who reads what next: the RQ queues.

In: files. Out: RQ jobs in named queues, one for each file, so that one large job uses every worker. The only importer
of rq beside `reading`. RQ holds no truth: an entry that is lost is made again by `supervision`, and one that comes
twice is passed over by `JobStore.begin`.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from redis import Redis
from rq import Queue
from rq.queue import EnqueueData
from rq.serializers import JSONSerializer

from lib.jobs.records import FileId
from lib.settings import JobsSettings

READ_FILE = "lib.jobs.reading.read_file"
"""What a worker calls; named, as the API does not import it."""

RQ_SPARE_S = 60
"""The worker ends a file's time by itself, and its parent ends a worker that cannot; RQ's own clock is the last."""

RQ_FAILURE_TTL_S = 86400


class Dispatch:
    """Queues by their names."""

    def __init__(self, redis: Redis, *, settings: JobsSettings) -> None:
        """Take a client. Arguments travel as JSON: whoever can write to Redis must not get to run code by a pickle."""
        self._redis = redis
        self._names = settings.queues
        self._timeout_s = int(settings.timeout_s) + RQ_SPARE_S

    @property
    def queues(self) -> list[Queue]:
        """Those that the settings name, in their order."""
        return [self._queue(name) for name in self._names]

    def _queue(self, name: str) -> Queue:
        return Queue(f"ocrlty-{name}", connection=self._redis, serializer=JSONSerializer)

    def serves(self, queue: str) -> bool:
        """Whether the settings name this queue."""
        return queue in self._names

    def enqueue(self, files: Sequence[FileId], *, queue: str, at_front: bool = False) -> None:
        """Have files read, after all others of the queue or before them.

        Args:
            files: In this order.
            queue: Any, whoever serves it.
            at_front: For files that have waited before.
        """
        self._queue(queue).enqueue_many([self._entry(file, at_front=at_front) for file in files])

    def queued(self, queues: Iterable[str]) -> set[FileId]:
        """Files that stand in any of these queues; what else stands there is left to the worker that meets it."""
        return {file for name in queues for file in _files_among(self._queue(name).get_job_ids())}

    def lengths(self) -> dict[str, int]:
        """Entries in each queue by its name; cancelled files are among them until a worker passes over them."""
        return {name: len(self._queue(name)) for name in self._names}

    def _entry(self, file: FileId, *, at_front: bool) -> EnqueueData:
        return Queue.prepare_data(
            READ_FILE,
            args=(str(file),),
            job_id=f"{file}-{uuid.uuid4().hex[:8]}",  # Of its own: RQ may still clean up after an earlier one.
            description=str(file),
            timeout=self._timeout_s,
            result_ttl=0,
            failure_ttl=RQ_FAILURE_TTL_S,
            at_front=at_front,
        )


def _files_among(job_ids: Iterable[str]) -> Iterator[FileId]:
    for job_id in job_ids:
        with suppress(ValueError):
            yield FileId.parse(job_id)
