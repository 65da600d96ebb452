"""Jobs with real processes: Redis, the API, two workers, and what kills them."""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.conftest import ROOT
from tests.e2e.job_deployment import SAMPLES, Deployment, Workers, deployment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("jobs")]

SCAN = SAMPLES / "receipt-usd.jpg"
WITH_TEXT = SAMPLES / "invoice-eur-de.pdf"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Redis and the API."""
    with deployment(tmp_path_factory.mktemp("jobs")) as started:
        yield started


@pytest.fixture(scope="module")
def workers(running: Deployment) -> Iterator[Workers]:
    """Two of them; their parent ends well."""
    started = running.start_workers(2)
    yield started
    assert started.stop() == 0


def test_twenty_files_survive_the_death_of_a_worker(running: Deployment, workers: Workers) -> None:
    """Twenty results, none lost, none doubled; progress only ever grows."""
    job_id = running.submit([*[WITH_TEXT] * 9, SCAN, *[WITH_TEXT] * 9, SCAN])
    running.until(job_id, lambda job: job["files"]["done"] >= 2)
    workers.kill_one()
    seen = list(running.watch(job_id, seconds=90))
    done = [job["files"]["done"] for job in seen]
    pages = [job["pages"]["done"] for job in seen]
    job = seen[-1]

    assert job["status"] == "finished"
    assert job["files"] == {"total": 20, "done": 20, "succeeded": 20, "failed": 0, "cancelled": 0}
    assert job["pages"] == {"done": 20, "total": 20}
    assert [item["index"] for item in job["results"]] == list(range(20))
    assert all(before <= after for counts in (done, pages) for before, after in itertools.pairwise(counts))
    with Redis.from_url(running.redis.url) as redis:
        assert redis.hget("ocrlty:totals", "finished") == b"20"


@pytest.mark.parametrize("path", [WITH_TEXT, SCAN], ids=lambda path: path.suffix)
def test_result_of_a_file_is_what_extract_answers(running: Deployment, workers: Workers, path: Path) -> None:
    """Field by field, box by box; times and the request's id aside."""
    assert workers.process.poll() is None
    job = running.ended(running.submit([path], include="fields,ocr"))
    direct = running.client.post("/v1/extract?include=fields,ocr", files={"file": path.read_bytes()}).json()
    (item,) = job["results"]
    for body in (item, direct):
        del body["meta"]["request_id"], body["meta"]["timings_ms"]

    assert {name: item[name] for name in direct} == direct


def test_cancelled_job_stops_within_one_file(running: Deployment, workers: Workers) -> None:
    """What waits is not read, what is read is stopped, and the workers go on with the next job."""
    assert workers.process.poll() is None
    job_id = running.submit([SCAN] * 12)
    before = running.until(job_id, lambda job: job["status"] == "started")
    answer = running.client.delete(f"/v1/jobs/{job_id}").json()
    running.ended(running.submit([WITH_TEXT] * 2), seconds=30)
    after = running.job(job_id)

    assert answer["status"] == "cancelled"
    assert after["results"] == answer["results"]
    assert answer["files"]["cancelled"] >= 12 - before["files"]["done"] - 2


def test_events_of_a_job_stream_as_it_goes_on(running: Deployment, workers: Workers) -> None:
    """Over a real socket: the first event is there before the job ends."""
    assert workers.process.poll() is None
    job_id = running.submit([SCAN, WITH_TEXT])
    with running.client.stream("GET", f"/v1/jobs/{job_id}/events") as stream:
        lines = [line for line in stream.iter_lines() if line.startswith("event: ")]

    assert lines[0] == "event: progress"
    assert lines.count("event: file") == 2
    assert lines[-1] == "event: end"


def test_sigterm_finishes_the_file_in_hand(running: Deployment) -> None:
    """Nothing is put back, nothing counts as a death, and what waited still waits."""
    alone = running.start_workers(1, queue="other")
    job_id = running.submit([SCAN] * 40, queue="other")
    running.until(job_id, lambda job: job["status"] == "started")
    code = alone.stop()
    job = running.job(job_id)
    running.client.delete(f"/v1/jobs/{job_id}")

    assert code == 0
    assert job["files"]["succeeded"] >= 1
    assert job["files"]["failed"] == 0


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        pytest.param({}, "REDIS_URL is not set", id="no queue"),
        pytest.param({"REDIS_URL": "redis://127.0.0.1:9", "JOB_WORKERS": "0"}, "JOB_WORKERS", id="wrong setting"),
        pytest.param({"REDIS_URL": "redis://127.0.0.1:9", "OCR_MODEL_DIR": "/no/models"}, "OCR_MODEL_DIR", id="engine"),
    ],
)
def test_workers_that_cannot_start_say_why_and_end(environ: dict[str, str], sentence: str) -> None:
    """One sentence and an exit code, instead of dying again and again."""
    command = [sys.executable, "-m", "apps.worker"]
    ended = subprocess.run(
        command, cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 78
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
