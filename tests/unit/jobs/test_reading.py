"""How a worker reads a file, with a real Redis and an extractor that does what it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep
from typing import Any, cast

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from redis import Redis
from rq.callbacks import Callback
from rq.exceptions import InvalidJobOperation
from rq.serializers import JSONSerializer

from lib.document import Extraction, Inquiry, Question
from lib.errors import DeadlineExceeded, EncryptedDocument, TiltUnavailable
from lib.jobs import reading
from lib.jobs.dispatch import READ_FILE
from lib.jobs.reading import FileJob, FileReader, read_file
from lib.jobs.records import Failure, FileId, Outcome
from lib.jobs.store import JobStore
from lib.jobs.uploads import Uploads
from lib.settings import load_settings
from lib.telemetry import current_request
from tests.unit.jobs.jobs import taken
from tests.unit.jobs.test_results import extraction


class Obedient:
    """An extractor that raises what it is given, one after the other, then returns."""

    def __init__(self, *troubles: Exception, takes_s: float = 0) -> None:
        self.troubles = list(troubles)
        self.takes_s = takes_s
        self.calls: list[tuple[bytes, str]] = []
        self.inquiries: list[Inquiry] = []

    async def extract(self, content: bytes, *, inquiry: Inquiry, progress: Any) -> Extraction:  # noqa: ANN401
        """Read one page of two, wait, read the other."""
        self.calls.append((content, current_request().request_id))
        self.inquiries.append(inquiry)
        progress.opened(2)
        progress.page_read()
        await anyio.sleep(self.takes_s)
        if self.troubles:
            raise self.troubles.pop(0)
        progress.page_read()
        return extraction("Shop", None, None)


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    """An event loop in a thread."""
    with start_blocking_portal() as running:
        yield running


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Second attempts follow at once."""
    monkeypatch.setattr(reading, "RETRY_WAIT_S", 0.001)


def reader(redis: Redis, portal: BlockingPortal, extractor: Obedient) -> FileReader:
    """A worker's."""
    settings = load_settings({"JOB_RETRIES": "2", "JOB_TIMEOUT_S": "30"}).jobs
    parts = {"store": JobStore(redis), "uploads": Uploads(redis, settings=settings), "settings": settings}
    return FileReader("worker", **parts, extractor=cast("Any", extractor), portal=portal)  # type: ignore[arg-type]


def queued(redis: Redis, content: bytes = b"content") -> FileId:
    """A file that waits."""
    (file,) = taken(JobStore(redis), 1)
    Uploads(redis, settings=load_settings({}).jobs).put(file, content)
    return file


def outcome(redis: Redis, file: FileId) -> Outcome | None:
    """What came of it."""
    return JobStore(redis).view(file.job_id).files[0].outcome


def test_file_is_read_under_its_requests_id_and_its_upload_removed(redis: Redis, portal: BlockingPortal) -> None:
    """The log of a worker can be searched by the id that the client was told."""
    extractor, file = Obedient(), queued(redis)
    reader(redis, portal, extractor).read(file)

    assert extractor.calls == [(b"content", "request")]
    assert isinstance(outcome(redis, file), Extraction)
    assert redis.keys("ocrlty:upload:*") == []


def test_file_is_asked_the_questions_of_its_job(redis: Redis, portal: BlockingPortal) -> None:
    """They come through Redis as they were sent, and so does the language to read it in."""
    question, extractor = Question("street", "What is the street?"), Obedient()
    (file,) = taken(JobStore(redis), 1, questions=(question,), lang="uk")
    Uploads(redis, settings=load_settings({}).jobs).put(file, b"content")

    reader(redis, portal, extractor).read(file)

    assert extractor.inquiries == [Inquiry(questions=(question,), lang="uk")]


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        pytest.param(EncryptedDocument("It has a password."), ("encrypted_document", "password"), id="the document"),
        pytest.param(DeadlineExceeded("x"), ("deadline_exceeded", "JOB_TIMEOUT_S"), id="the time"),
        pytest.param(ValueError("secret text"), ("internal_error", "request id"), id="a defect"),
    ],
)
def test_failure_is_the_files_own(
    redis: Redis, portal: BlockingPortal, trouble: Exception, expected: tuple[str, str]
) -> None:
    """It is tried once, kept, and says nothing of what the document says."""
    extractor, file = Obedient(trouble), queued(redis)
    reader(redis, portal, extractor).read(file)
    failure = outcome(redis, file)

    assert len(extractor.calls) == 1
    assert isinstance(failure, Failure)
    assert failure.code == expected[0]
    assert expected[1] in failure.detail
    assert "secret" not in failure.detail


@pytest.mark.parametrize(("failures", "code"), [(2, None), (3, "tilt_unavailable")])
def test_tilt_server_that_is_down_is_waited_for(
    redis: Redis, portal: BlockingPortal, failures: int, code: str | None
) -> None:
    """As often as JOB_RETRIES says."""
    extractor, file = Obedient(*[TiltUnavailable("down") for _ in range(failures)]), queued(redis)
    reader(redis, portal, extractor).read(file)
    result = outcome(redis, file)

    assert len(extractor.calls) == 3
    assert getattr(result, "code", None) == code


def test_upload_that_is_gone_is_a_failure(redis: Redis, portal: BlockingPortal) -> None:
    """A folder that is not shared, most likely."""
    (file,) = taken(JobStore(redis), 1)
    reader(redis, portal, Obedient()).read(file)

    assert isinstance(outcome(redis, file), Failure)


def test_settled_file_is_passed_over(redis: Redis, portal: BlockingPortal) -> None:
    """A queue entry that comes late."""
    extractor, file = Obedient(), queued(redis)
    JobStore(redis).cancel(file.job_id)
    reader(redis, portal, extractor).read(file)

    assert extractor.calls == []


@contextmanager
def reading_in_thread(worker: FileReader, file: FileId) -> Iterator[Thread]:
    """The file is being read while the block runs."""
    thread = Thread(target=worker.read, args=(file,))
    thread.start()
    while worker.in_hand is None or worker.in_hand.done == 0:
        sleep(0.005)
    yield thread
    thread.join()


def test_sign_of_life_tells_pages_and_stops_a_cancelled_file(redis: Redis, portal: BlockingPortal) -> None:
    """Half of it was read when nobody wanted it any more; the worker is free at once."""
    store, file = JobStore(redis), queued(redis)
    worker = reader(redis, portal, Obedient(takes_s=60))
    start = monotonic()
    with reading_in_thread(worker, file):
        worker.sign_of_life()
        seen = store.view(file.job_id).files[0]
        store.cancel(file.job_id)
        worker.sign_of_life()

    assert (seen.state, seen.pages_done, seen.pages_total) == ("started", 1, 2)
    assert monotonic() - start < 10
    assert store.view(file.job_id).state == "cancelled"
    assert worker.in_hand is None


def test_entry_of_a_queue_can_name_no_other_function(redis: Redis) -> None:
    """Whoever can write to Redis gets no code run here."""
    foreign = FileJob.create("os.getcwd", connection=redis, on_success=Callback("os.getcwd"), serializer=JSONSerializer)
    ours = FileJob.create(READ_FILE, args=("x",), connection=redis, serializer=JSONSerializer)

    assert ours.func is read_file
    assert [foreign.success_callback, foreign.failure_callback, foreign.stopped_callback] == [None] * 3
    with pytest.raises(InvalidJobOperation):
        foreign.perform()
