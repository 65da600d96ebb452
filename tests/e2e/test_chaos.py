"""What can happen to a queue, made to happen: `make chaos`.

Each test puts jobs through real processes while something breaks, and ends with counts of what was lost (a file without
its result) and doubled (a file that was settled twice). CHAOS_FILES makes the jobs longer.
"""

import itertools
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from redis import Redis

from tests.e2e.chaos import (
    ENDLESS_PAGES,
    Receiver,
    endless_scan,
    fill,
    hostile_pdfs,
    kill_holder,
    padded,
    small_disk,
    verdict,
)
from tests.e2e.job_deployment import SAMPLES, Deployment, Workers, deployment
from tests.redis_server import bundled

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.xdist_group("jobs")]

FILES = int(os.environ.get("CHAOS_FILES", "40"))
WITH_TEXT = [SAMPLES / name for name in ("invoice-eur-de.pdf", "invoice-usd-two-pages.pdf", "invoice-rub-ru.pdf")]
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")

ONE, TWO = {"Authorization": "Bearer one"}, {"Authorization": "Bearer two"}
SETTINGS = {"API_KEYS": "one,two", "CALLBACK_SECRET": "secret", "CALLBACK_ALLOW_PRIVATE": "on"}
SETTINGS |= {"MAX_PAGES": str(ENDLESS_PAGES)}
KILLS = 6

PATIENCE_S = 400
"""For machines that have other things to do."""

OVERRUN_S = 30
"""JOB_TIMEOUT_S of these workers; a text layer takes well below a second, the first one of a worker a few more."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """One that answers."""
    running = Receiver()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture(scope="module")
def silent() -> Iterator[str]:
    """The URL of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver, silent: str) -> Iterator[Deployment]:
    """Redis and the API, for two keys."""
    hosts = ",".join(url.split("/")[2] for url in (receiver.url, silent))
    environ = SETTINGS | {"CALLBACK_HOSTS": hosts, "JOB_TIMEOUT_S": str(OVERRUN_S)}
    with deployment(tmp_path_factory.mktemp("chaos"), environ) as started:
        started.client.headers.update(ONE)
        yield started


@pytest.fixture(scope="module")
def workers(running: Deployment) -> Iterator[Workers]:
    """Two of them; whatever happened, their parent ends well."""
    started = running.start_workers(2)
    yield started
    assert started.stop() == 0


@pytest.fixture
def redis(running: Deployment, workers: Workers) -> Iterator[Redis]:
    """An empty one, with workers that wait."""
    assert workers.process.poll() is None
    with Redis.from_url(running.redis.url) as client:
        client.flushall()
        yield client


def documents(count: int) -> list[Path]:
    """So many with text."""
    return list(itertools.islice(itertools.cycle(WITH_TEXT), count))


def test_workers_are_killed(running: Deployment, workers: Workers, redis: Redis) -> None:
    """One after the other, as the kernel does, and somebody else has written to this Redis."""
    redis.hset("ocrlty:claims", "garbage", "w")
    kills = 0
    job_id = running.submit(documents(FILES))
    for job in running.watch(job_id, seconds=PATIENCE_S, every_s=0.1):
        if job["files"]["done"] > kills * FILES // KILLS:
            workers.kill_one(kills)
            kills += 1
    put_back = int(redis.hget("ocrlty:totals", "put_back") or 0)
    verdict("workers killed", running, {job_id: FILES}, kills=kills, put_back=put_back)
    assert kills >= KILLS - 1


def test_redis_is_killed(running: Deployment, redis: Redis) -> None:
    """Twice, without a word; it comes back on its append-only file, of which the last second may be missing."""
    job_id = running.submit(documents(FILES))
    time.sleep(1.5)
    for share in (4, 2):
        running.until(job_id, lambda job, share=share: job["files"]["done"] >= FILES // share, seconds=PATIENCE_S)  # type: ignore[misc]
        running.redis.kill()
        time.sleep(2)
        running.redis.start()
    running.ended(job_id, seconds=PATIENCE_S)
    verdict("Redis killed twice", running, {job_id: FILES})
    assert redis.ping()


def test_redis_is_full(running: Deployment, redis: Redis, tmp_path: Path) -> None:
    """New work is refused, everything else goes on, and there is room again without anybody's help."""
    large = [padded(path, tmp_path, kilobytes=100) for path in WITH_TEXT] * (FILES // 3)
    wanted, unwanted = running.submit(large), running.submit(large)
    redis.config_set("maxmemory", redis.info("memory")["used_memory"] - 1)
    refused = running.post(documents(1))
    cancelled = running.client.delete(f"/v1/jobs/{unwanted}")
    running.ended(wanted, seconds=PATIENCE_S)
    again = running.post(documents(1))
    for _ in range(60):
        if again.status_code == 202:
            break
        time.sleep(1)
        again = running.post(documents(1))
    redis.config_set("maxmemory", 0)
    job_id = again.json()["job_id"]
    running.ended(job_id, seconds=PATIENCE_S)

    assert (refused.status_code, cancelled.status_code, again.status_code) == (503, 200, 202)
    verdict("Redis full", running, {wanted: len(large), job_id: 1}, others=True, refused=refused.json()["code"])
    assert redis.zcard("ocrlty:open") == 0


def test_redis_is_flushed(running: Deployment, redis: Redis) -> None:
    """Earlier jobs are gone and say so; later ones count."""
    earlier = running.submit(documents(FILES))
    running.until(earlier, lambda job: job["files"]["done"] >= 2)
    redis.flushall()
    later = running.submit(documents(FILES))
    running.ended(later, seconds=PATIENCE_S)

    assert running.client.get(f"/v1/jobs/{earlier}").status_code == 404
    verdict("FLUSHALL", running, {later: FILES}, earlier=404)


def test_same_job_is_sent_by_eight_at_once(running: Deployment, redis: Redis) -> None:
    """One Idempotency-Key is one job, and its files are read once."""
    key = {"Idempotency-Key": "chaos"}
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: running.post(documents(5), headers=key), range(8)))
    ids = {answer.json()["job_id"] for answer in answers}
    (job_id,) = ids
    running.ended(job_id, seconds=PATIENCE_S)

    assert {answer.status_code for answer in answers} == {202}
    assert redis.keys("ocrlty:upload:*") == []
    verdict("duplicates", running, {job_id: 5}, sent=8)


def test_poison_of_one_key_costs_no_file_of_another(running: Deployment, redis: Redis, tmp_path: Path) -> None:
    """It fails alone, at the second try, and its workers are replaced."""
    poison = running.submit([endless_scan(tmp_path)] * 2)
    running.until(poison, lambda job: job["status"] == "started")
    with running.acting_as(TWO) as other:
        job_id = other.submit(documents(FILES))
        other.ended(job_id, seconds=PATIENCE_S)
        verdict("poison", other, {job_id: FILES}, others=True)
    ended = running.ended(poison, seconds=PATIENCE_S)

    assert {item["problem"]["code"] for item in ended["results"]} == {"deadline_exceeded"}
    assert redis.zcard("ocrlty:open") == 0


def test_hostile_pdfs_of_one_key_cost_no_file_of_another(running: Deployment, redis: Redis, tmp_path: Path) -> None:
    """Two of each, in front of the others' at the same two workers: all of the others' are read, and none fails."""
    hostile = running.submit(hostile_pdfs(tmp_path) * 2)
    running.until(hostile, lambda job: job["status"] == "started")
    with running.acting_as(TWO) as other:
        start = time.monotonic()
        job_id = other.submit(documents(FILES))
        ended = other.ended(job_id, seconds=PATIENCE_S)
        took_s = round(time.monotonic() - start, 1)
        verdict("hostile PDFs", other, {job_id: FILES}, others=True, failed=ended["files"]["failed"], seconds=took_s)
    running.ended(hostile, seconds=PATIENCE_S)

    assert ended["files"]["failed"] == 0
    assert redis.zcard("ocrlty:open") == 0


def test_file_that_kills_its_workers_fails_alone(
    running: Deployment, workers: Workers, redis: Redis, tmp_path: Path
) -> None:
    """After three of them; the files of another key are read meanwhile."""
    killer, deaths = running.submit([endless_scan(tmp_path)]), 0
    with running.acting_as(TWO) as other:
        job_id = other.submit(documents(FILES))
        for _ in running.watch(killer, seconds=PATIENCE_S, every_s=0.1):
            deaths += kill_holder(redis, workers, killer)
        other.ended(job_id, seconds=PATIENCE_S)
        verdict("file that kills", other, {job_id: FILES}, others=True, deaths=deaths)

    assert running.job(killer)["results"][0]["problem"]["code"] == "worker_lost"
    assert deaths == 3


def test_receivers_that_never_answer(running: Deployment, redis: Redis, receiver: Receiver, silent: str) -> None:
    """Another key's callback comes within two seconds, whatever theirs do."""
    theirs = [running.post(documents(1), data={"callback_url": silent}).json()["job_id"] for _ in range(6)]
    for job_id in theirs:
        running.ended(job_id, seconds=PATIENCE_S)
    time.sleep(2)
    answer = running.post(documents(1), data={"callback_url": receiver.url})
    job_id = answer.json()["job_id"]
    running.ended(job_id, seconds=PATIENCE_S)
    end = time.monotonic() + 30
    while running.job(job_id)["callback"] != "delivered" and time.monotonic() < end:
        time.sleep(0.1)
    took_s = receiver.came[job_id] - float(redis.hget(f"ocrlty:job:{job_id}", "ended_at") or 0)

    assert took_s < 2
    verdict("silent receivers", running, dict.fromkeys([*theirs, job_id], 1), first_callback_s=round(took_s, 2))


def test_disk_is_full(tmp_path: Path) -> None:
    """That of Redis and of the uploads: new jobs are refused, those that there are go on when there is room again."""
    with small_disk(tmp_path / "disk", 64) as disk:
        environ = {"JOB_UPLOAD_DIR": str(disk / "uploads"), "JOB_INLINE_MAX_MB": "0"}
        with deployment(tmp_path, environ, redis_folder=disk) as running:
            job_id = running.submit(documents(FILES))
            filler = fill(disk)
            refused = running.post(documents(1))
            workers = running.start_workers(2)
            time.sleep(15)
            filler.unlink()
            running.ended(job_id, seconds=PATIENCE_S)
            later = running.submit(documents(3))
            running.ended(later, seconds=PATIENCE_S)
            verdict("disk full", running, {job_id: FILES, later: 3}, refused=refused.json()["code"])
            code = workers.stop()

    assert (refused.status_code, refused.json()["code"]) == (503, "queue_unavailable")
    assert code == 0


def test_clock_of_redis_jumps(tmp_path: Path) -> None:
    """An hour ahead, then two hours back, while files are read: nobody loses a file that he reads."""
    if not FAKETIME.exists():
        pytest.skip("NOT TRIED, a clock that jumps needs Debian's package faketime")
    clock = tmp_path / "clock"
    clock.write_text("+0")
    faked = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    faked |= {"DONT_FAKE_MONOTONIC": "1"}
    # The allocator of other builds asks for the time before the library that fakes it is ready.
    with (
        deployment(tmp_path, redis_program=bundled(), redis_environ=faked) as running,
        Redis.from_url(running.redis.url) as redis,
    ):
        workers = running.start_workers(2)
        job_id = running.submit(documents(FILES))
        for share, offset in ((4, "+3600"), (2, "-3600")):
            running.until(job_id, lambda job, share=share: job["files"]["done"] >= FILES // share, seconds=PATIENCE_S)  # type: ignore[misc]
            clock.write_text(offset)
            jumped = redis.time()[0] - time.time()
            assert abs(jumped - int(offset)) < 60
        running.ended(job_id, seconds=PATIENCE_S)
        put_back = int(redis.hget("ocrlty:totals", "put_back") or 0)
        verdict("clock of Redis set", running, {job_id: FILES}, put_back=put_back)
        code = workers.stop()

    assert put_back == 0
    assert code == 0
