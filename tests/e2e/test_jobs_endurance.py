"""The long run: `make test-jobs`. JOBS_FILES and JOBS_KILL_EVERY_S make it longer or rougher."""

import itertools
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.e2e.job_deployment import SAMPLES, Deployment, deployment

pytestmark = [pytest.mark.slow, pytest.mark.endurance, pytest.mark.xdist_group("jobs")]

FILES = int(os.environ.get("JOBS_FILES", "500"))
KILL_EVERY_S = float(os.environ.get("JOBS_KILL_EVERY_S", "10"))
WITH_TEXT = ["invoice-eur-de.pdf", "invoice-usd-two-pages.pdf", "invoice-rub-ru.pdf", "receipt-eur-nl.pdf"]
SCANNED = ["receipt-usd.jpg", "invoice-chf-scan.pdf", "receipt-gbp.jpg", "receipt-myr.jpg"]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Deployment]:
    """Redis and the API."""
    with deployment(tmp_path) as started:
        yield started


def mixed(count: int) -> list[Path]:
    """Three documents in four have text; every fourth is a scan."""
    text, scans = itertools.cycle(WITH_TEXT), itertools.cycle(SCANNED)
    return [SAMPLES / next(scans if index % 4 == 3 else text) for index in range(count)]


def test_no_file_is_lost_or_doubled_whatever_dies(running: Deployment) -> None:
    """A worker is killed every few seconds, and Redis is restarted once on its data."""
    workers = running.start_workers(2)
    start = time.monotonic()
    job_id = running.submit(mixed(FILES))
    kills, restarted, done, seen = 0, 0.0, 0, {"done": 0}
    for job in running.watch(job_id, seconds=FILES * 10):
        assert job["files"]["done"] >= seen["done"]
        seen = job["files"]
        if time.monotonic() - start > KILL_EVERY_S * (kills + 1):
            workers.kill_one(kills)
            kills += 1
        if not restarted and seen["done"] >= FILES // 2:
            running.redis.stop()
            time.sleep(3)
            running.redis.start()
            restarted = time.monotonic() - start
        done = seen["done"]
    seconds = time.monotonic() - start
    job = running.job(job_id)
    with Redis.from_url(running.redis.url) as redis:
        totals = {name.decode(): int(count) for name, count in dict(redis.hgetall("ocrlty:totals")).items()}
        order = redis.lrange(f"ocrlty:job:{job_id}:order", 0, -1)
    code = workers.stop()

    sys.stdout.write(f"\n{FILES} files, {kills} kills, Redis back after {restarted:.0f} s: {seconds:.0f} s, {totals}\n")
    assert done == FILES
    assert job["files"] == {"total": FILES, "done": FILES, "succeeded": FILES, "failed": 0, "cancelled": 0}
    assert len({item["index"] for item in job["results"] if item["data"]}) == FILES
    assert sorted(int(index) for index in list(order)) == list(range(FILES))
    assert totals["finished"] == FILES
    assert kills > 0
    assert restarted
    assert code == 0


def test_two_workers_read_more_than_one(running: Deployment) -> None:
    """Measured, on the same files; how much more depends on the machine's cores."""
    rates = {}
    for count in (1, 2):
        workers = running.start_workers(count)
        running.ended(running.submit(mixed(8)))  # Every worker has loaded its engines by now.
        start = time.monotonic()
        running.ended(running.submit(mixed(40)), seconds=400)
        rates[count] = 40 / (time.monotonic() - start)
        assert workers.stop() == 0

    sys.stdout.write(f"\nfiles a second: {rates[1]:.2f} with one worker, {rates[2]:.2f} with two\n")
    assert rates[2] > rates[1]
