"""Who reads what next: the RQ queues.

In: files. Out: RQ jobs in named queues, one for each file, so that one large job uses every worker. The only importer
of rq beside `reading`. RQ holds no truth: an entry that is lost is made again by `supervision`, and one that comes
twice is passed over by `JobStore.begin`.
"""

import uuid
from collections.abc import Iterable, Sequence

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
    """The queues that the settings name."""

    def __init__(self, redis: Redis, *, settings: JobsSettings) -> None:
        """Take a client. Arguments travel as JSON: whoever can write to Redis must not get to run code by a pickle."""
        self.queues = [Queue(f"ocrlty-{name}", connection=redis, serializer=JSONSerializer) for name in settings.queues]
        self._names = list(settings.queues)
        self._timeout_s = int(settings.timeout_s) + RQ_SPARE_S

    def serves(self, queue: str) -> bool:
        """Whether this queue is among ours."""
        return queue in self._names

    def enqueue(self, files: Sequence[FileId], *, queue: str, at_front: bool = False) -> None:
        """Have files read, after all others of the queue or before them.

        Args:
            files: In this order.
            queue: One that is served.
            at_front: For files that have waited before.
        """
        target = self.queues[self._names.index(queue)]
        target.enqueue_many([self._entry(file, at_front=at_front) for file in files])

    def queued(self) -> set[FileId]:
        """Files that stand in any of our queues."""
        return {file for queue in self.queues for file in _files(queue.get_job_ids())}

    def lengths(self) -> dict[str, int]:
        """Entries in each queue by its name; cancelled files are among them until a worker passes over them."""
        return {name: len(queue) for name, queue in zip(self._names, self.queues, strict=True)}

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


def _files(ids: Iterable[str]) -> Iterable[FileId]:
    return (FileId.parse(job_id) for job_id in ids)
