"""How a worker reads a file, with a real Redis and an extractor that does what it is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, NoReturn, cast

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from redis import Redis
from redis.exceptions import ResponseError

from lib.document import Inquiry, Question
from lib.errors import DeadlineExceeded, EncryptedDocument, TiltUnavailable
from lib.extraction import Extraction
from lib.jobs import connection, quiet, reading
from lib.jobs.heartbeat import Heartbeat
from lib.jobs.quiet import comes_to_rest
from lib.jobs.reading import FileReader, StillBusy
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
        self.then: Callable[[], None] = lambda: None
        self.calls: list[tuple[bytes, str]] = []
        self.inquiries: list[Inquiry] = []

    async def extract(self, content: bytes, *, inquiry: Inquiry, progress: Any) -> Extraction:  # noqa: ANN401
        """Read one page of two, wait, read the other."""
        self.calls.append((content, current_request().request_id))
        self.inquiries.append(inquiry)
        progress.opened(2)
        progress.page_read()
        await anyio.sleep(self.takes_s)
        self.then()
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


def test_worker_reads_on_until_it_is_asked_to_end(redis: Redis, portal: BlockingPortal) -> None:
    """It finishes what it has in hand, and takes nothing more."""
    asked, files = Event(), [queued(redis) for _ in range(3)]
    extractor = Obedient()
    extractor.then = lambda: asked.set() if len(extractor.calls) == 2 else None
    reader(redis, portal, extractor).read_until(asked)

    assert [JobStore(redis).state_of(file) for file in files] == ["finished", "finished", "queued"]


def test_process_whose_file_overran_its_time_reads_nothing_more(redis: Redis, portal: BlockingPortal) -> None:
    """Some thread may still be at it, and would take the time of the next file; this one is tried once more."""
    bad, good = queued(redis), queued(redis)
    states = []
    for trouble in ([DeadlineExceeded("x")], [EncryptedDocument("x"), DeadlineExceeded("x")]):
        with pytest.raises(StillBusy):
            reader(redis, portal, Obedient(*trouble)).read_until(Event())
        states.append([JobStore(redis).state_of(file) for file in (bad, good)])
    failure = outcome(redis, bad)

    assert states == [["queued", "queued"], ["failed", "failed"]]
    assert isinstance(failure, Failure)
    assert failure.code == "deadline_exceeded"
    assert "JOB_TIMEOUT_S" in failure.detail
    assert redis.keys("ocrlty:upload:*") == []


def test_file_that_was_taken_from_a_worker_keeps_its_upload(redis: Redis, portal: BlockingPortal) -> None:
    """The parent was faster to find that it overran its time; somebody else is to read it."""
    store, file = JobStore(redis), queued(redis)
    extractor = Obedient(DeadlineExceeded("x"))
    extractor.then = lambda: store.put_back(file, worker="worker") and None
    with pytest.raises(StillBusy):
        reader(redis, portal, extractor).read_until(Event())

    assert store.state_of(file) == "queued"
    assert Uploads(redis, settings=load_settings({}).jobs).get(file) == b"content"


@pytest.mark.parametrize("works_on", [True, False])
def test_process_comes_to_rest_or_not(monkeypatch: pytest.MonkeyPatch, works_on: bool) -> None:
    """After a cancelled file the next is read only where nothing of the first goes on."""
    monkeypatch.setattr(quiet, "QUIET_S", 0.5)
    ended = Event()

    def work() -> None:
        while works_on and not ended.is_set():
            pass

    thread = Thread(target=work)
    thread.start()
    rests = comes_to_rest()
    ended.set()
    thread.join()

    assert rests is not works_on


def test_redis_that_refuses_for_a_moment_loses_no_result(
    redis: Redis, portal: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disk was full: the result in hand is handed in again, and the file is read once."""
    monkeypatch.setattr(connection, "PATIENT_WAIT_S", 0.01)
    finish, refusals = JobStore.finish, [ResponseError("MISCONF disk"), ResponseError("OOM")]

    def refusing(self: JobStore, file: FileId, outcome: bytes, *, pages: int) -> bool:
        if refusals:
            raise refusals.pop()
        return finish(self, file, outcome, pages=pages)

    monkeypatch.setattr(JobStore, "finish", refusing)
    extractor, file = Obedient(), queued(redis)
    reader(redis, portal, extractor).read(file)

    assert len(extractor.calls) == 1
    assert JobStore(redis).state_of(file) == "finished"


def test_sign_of_life_that_meets_the_unexpected_ends_the_process() -> None:
    """A worker that nobody hears any more must not go on."""
    met, left = Event(), []

    def beat() -> None:
        raise KeyError("garbage")

    def leave(exc: BaseException) -> NoReturn:
        left.append(type(exc))
        met.set()
        while True:  # The process would be gone; the thread ends with it.
            sleep(60)

    with Heartbeat(beat, leave=leave):
        assert met.wait(10)

    assert left == [KeyError]


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
