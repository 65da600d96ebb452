"""The endpoints of jobs, with a real Redis; the part of the workers is played by the tests."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from redis import Redis
from redis.exceptions import TimeoutError  # noqa: A004 - redis' own

from apps.api_gpu import jobs
from apps.api_gpu.presentation import present as write
from lib.document import FIELD_KEYS, Field, Inquiry, OcrDocument, Page, Question
from lib.extraction import Extraction
from lib.jobs.records import Failure, FileId, NewJob
from lib.jobs.results import encode
from lib.jobs.store import JobStore
from tests.conftest import ROOT
from tests.integration.conftest import BlankOcr, service
from tests.redis_server import RedisServer, redis_server

pytestmark = pytest.mark.anyio

PDF = (ROOT / "tests" / "samples" / "invoice-eur-de.pdf").read_bytes()
ONE, TWO = {"Authorization": "Bearer one"}, {"Authorization": "Bearer two"}
BLANK = Extraction(
    tuple(Field(key, None, None, 1.0) for key in FIELD_KEYS),
    OcrDocument((Page(0, 9, 9, "ocr"),)),
    "layout",
    "1",
    "1",
    "ocr",
)
NOBODY = "redis://127.0.0.1:9/0"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis for the module."""
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def store(server: RedisServer) -> Iterator[JobStore]:
    """What a worker would have, emptied before."""
    with Redis.from_url(server.url) as redis:
        redis.flushall()
        yield JobStore(redis)


@pytest.fixture
async def client(server: RedisServer, store: JobStore) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ARG001 - empties Redis
    """Of a service with a queue and two keys; it sends the first one."""
    environ = {"REDIS_URL": server.url, "API_KEYS": "one,two", "JOB_QUEUES": "urgent,default", "JOB_INLINE_MAX_MB": "1"}
    environ["OCR_LANGS"] = "de"
    async with service(environ, ocr=BlankOcr()) as running:
        running.headers.update(ONE)
        yield running


async def post(client: httpx.AsyncClient, *contents: bytes, **more: Any) -> httpx.Response:  # noqa: ANN401
    """Send a job."""
    files = [("files", (f"{index}.pdf", content)) for index, content in enumerate(contents or (PDF,))]
    return await client.post("/v1/jobs", files=files, **more)


def events(text: str) -> list[tuple[str, str, Any]]:
    """(id, event, data) of a stream."""
    blocks = [dict(line.split(": ", 1) for line in block.split("\n")) for block in text.strip().split("\n\n")]
    return [(block.get("id", ""), block["event"], json.loads(block["data"])) for block in blocks]


async def test_job_is_accepted_with_its_place_and_its_files(client: httpx.AsyncClient, store: JobStore) -> None:
    """202, Location, and every file queued in Redis."""
    answer = await post(client, PDF, b"two")
    body = answer.json()
    again = await client.get(answer.headers["Location"])

    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/v1/jobs/{body['job_id']}"
    assert (body["status"], body["queue"], body["files"]["total"]) == ("queued", "default", 2)
    assert [item["filename"] for item in body["results"]] == ["0.pdf", "1.pdf"]
    assert again.json() == body
    assert len(store.open_files()) == 2


async def test_results_come_as_they_are_done(client: httpx.AsyncClient, store: JobStore) -> None:
    """A file that is done has its problem, whatever the others do; progress never goes back."""
    job_id = (await post(client, b"a", b"b")).json()["job_id"]
    first, second = FileId(job_id, 0), FileId(job_id, 1)
    store.take("worker", queues=["default"])
    store.fail(first, Failure("encrypted_document", "It has a password."))
    halfway = (await client.get(f"/v1/jobs/{job_id}")).json()
    store.take("worker", queues=["default"])
    store.put_back(second, worker="worker")
    put_back = (await client.get(f"/v1/jobs/{job_id}")).json()

    assert halfway["status"] == "started"
    assert halfway["files"] == {"total": 2, "done": 1, "succeeded": 0, "failed": 1, "cancelled": 0}
    problem = halfway["results"][0]["problem"]
    assert (problem["status"], problem["code"], problem["detail"]) == (400, "encrypted_document", "It has a password.")
    assert (put_back["status"], put_back["results"][1]["status"]) == ("started", "queued")


@pytest.mark.parametrize("path", ["", "/events"])
async def test_results_are_written_down_in_a_thread(
    client: httpx.AsyncClient, store: JobStore, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """All text of 500 files takes seconds, and the event loop has others to serve."""
    seen: list[threading.Thread] = []

    def present(*args: object, **options: object) -> dict[str, object]:
        seen.append(threading.current_thread())
        return write(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "present", present)
    job_id = (await post(client)).json()["job_id"]
    store.finish(FileId(job_id, 0), encode(BLANK, with_text=False), pages=1)

    answer = await client.get(f"/v1/jobs/{job_id}{path}")

    assert answer.status_code == 200
    assert '"total":null' in answer.text.replace(" ", "")
    assert [thread is threading.main_thread() for thread in seen] == [False]


async def test_lang_of_a_job_is_kept_for_its_workers(client: httpx.AsyncClient, store: JobStore) -> None:
    """Two jobs that differ in their language are two, whatever their Idempotency-Key."""
    headers = {"Idempotency-Key": "order-17"}
    job_id = (await post(client, params={"lang": "de"}, headers=headers)).json()["job_id"]
    other = await post(client, headers=headers)
    found = store.options_of(job_id)

    assert found is not None
    assert found[0].lang == "de"
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


async def test_lang_that_is_not_configured_makes_no_job(client: httpx.AsyncClient, store: JobStore) -> None:
    """The API refuses what no worker could read."""
    answer = await post(client, params={"lang": "th"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "configured are en, de (OCR_LANG, OCR_LANGS)" in answer.json()["detail"]
    assert store.open_files() == []


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/events"), ("DELETE", "")])
async def test_job_of_another_key_is_not_found(
    client: httpx.AsyncClient, store: JobStore, method: str, path: str
) -> None:
    """As if it did not exist, and it goes on."""
    job_id = (await post(client)).json()["job_id"]
    other = await client.request(method, f"/v1/jobs/{job_id}{path}", headers=TWO)
    nobody = await client.request(method, f"/v1/jobs/{'0' * 32}{path}", headers=TWO)

    assert other.status_code == 404
    assert other.json()["code"] == "job_not_found"
    assert other.json()["detail"] == nobody.json()["detail"]
    assert len(store.open_files()) == 1


async def test_keys_are_asked_for(client: httpx.AsyncClient) -> None:
    """401 as everywhere."""
    assert (await post(client, headers={"Authorization": "Bearer three"})).status_code == 401


async def test_same_idempotency_key_is_the_same_job(client: httpx.AsyncClient, store: JobStore) -> None:
    """Another body is a conflict, another key of the API is another job."""
    key = {"Idempotency-Key": "k"}
    first = await post(client, PDF, headers=key)
    again = await post(client, PDF, headers=key)
    other = await post(client, b"other", headers=key)
    option = await post(client, PDF, headers=key, params={"include": "fields"})
    somebody = await post(client, PDF, headers=key | TWO)

    assert again.status_code == 202
    assert again.json()["job_id"] == first.json()["job_id"] != somebody.json()["job_id"]
    assert {(answer.status_code, answer.json()["code"]) for answer in (other, option)} == {
        (409, "idempotency_conflict")
    }
    assert len(store.open_files()) == 2


async def test_questions_of_a_job_wait_with_it(server: RedisServer, store: JobStore) -> None:
    """They are kept for the workers, bring the fields along, and make it another job."""
    environ = {"REDIS_URL": server.url, "VLLM_BASE_URL": "http://127.0.0.1:9/v1"}
    key = {"Idempotency-Key": "k"}
    async with service(environ, ocr=BlankOcr()) as client:
        first = await post(client, PDF, headers=key, data={"questions": '[{"key": "a", "text": "Who?"}]'})
        again = await post(client, PDF, headers=key, data={"questions": '[{"key": "a", "text": "Who?"}]'})
        other = await post(client, PDF, headers=key, data={"questions": '[{"key": "a", "text": "Why?"}]'})
        plain = await post(client, PDF, headers=key)

    kept = store.options_of(first.json()["job_id"])
    assert kept
    assert kept[0].inquiry == Inquiry(extras=True, questions=(Question("a", "Who?"),))
    assert again.json()["job_id"] == first.json()["job_id"]
    assert [answer.json()["code"] for answer in (other, plain)] == ["idempotency_conflict"] * 2


async def test_uploads_of_a_repeated_job_are_not_kept_twice(client: httpx.AsyncClient, server: RedisServer) -> None:
    """What came with a repetition, a conflict or a refusal is removed."""
    await post(client, PDF, headers={"Idempotency-Key": "k"})
    await post(client, PDF, headers={"Idempotency-Key": "k"})
    await post(client, b"other", headers={"Idempotency-Key": "k"})
    await post(client, PDF, b"x" * (2 * 2**20))
    with Redis.from_url(server.url) as redis:
        assert len(redis.keys("ocrlty:upload:*")) == 1


async def test_job_whose_taking_went_unanswered_is_there_for_the_next_attempt(
    client: httpx.AsyncClient, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis took it and its answer was lost: the client comes again, and the file is where the worker looks for it."""
    create = JobStore.create

    def unanswered(self: JobStore, job: NewJob, **limits: int) -> str:
        create(self, job, **limits)
        raise TimeoutError("no answer")

    key = {"Idempotency-Key": "k"}
    with monkeypatch.context() as patched:
        patched.setattr(JobStore, "create", unanswered)
        lost = await post(client, PDF, headers=key)
    found = await post(client, PDF, headers=key)

    assert (lost.status_code, found.status_code) == (503, 202)
    with Redis.from_url(server.url) as redis:
        assert redis.keys("ocrlty:upload:*") == [f"ocrlty:upload:{found.json()['job_id']}-0".encode()]


async def test_cancelled_job_keeps_what_it_has(client: httpx.AsyncClient, store: JobStore, server: RedisServer) -> None:
    """The rest is not read, and its uploads are gone."""
    job_id = (await post(client, b"a", b"b")).json()["job_id"]
    store.fail(FileId(job_id, 0), Failure("ocr_failed", "why"))
    answer = await client.delete(f"/v1/jobs/{job_id}")
    again = await client.delete(f"/v1/jobs/{job_id}")

    assert answer.status_code == 200
    assert [item["status"] for item in answer.json()["results"]] == ["failed", "cancelled"]
    assert (answer.json()["status"], again.json()) == ("cancelled", answer.json())
    assert store.take("worker", queues=["default"]) is None
    with Redis.from_url(server.url) as redis:
        assert redis.exists(f"ocrlty:upload:{FileId(job_id, 1)}") == 0


async def test_events_tell_every_file_once_and_end(client: httpx.AsyncClient, store: JobStore) -> None:
    """Files in the order in which they were done, then the end."""
    job_id = (await post(client, b"a", b"b", b"c")).json()["job_id"]

    async def work() -> None:
        for index in (2, 0, 1):
            await asyncio.sleep(0.6)
            await asyncio.to_thread(store.fail, FileId(job_id, index), Failure("ocr_failed", "why"))

    stream, _ = await asyncio.gather(client.get(f"/v1/jobs/{job_id}/events"), work())
    told = events(stream.text)
    done = [data["files"]["done"] for _, event, data in told if event != "file"]

    assert stream.headers["content-type"].startswith("text/event-stream")
    assert [(number, data["index"]) for number, event, data in told if event == "file"] == [
        ("1", 2),
        ("2", 0),
        ("3", 1),
    ]
    assert done == sorted(done)
    assert "progress" in {event for _, event, _ in told}
    assert (told[-1][1], told[-1][2]["status"]) == ("end", "failed")


async def test_events_of_a_job_that_redis_lost_end(
    client: httpx.AsyncClient, store: JobStore, server: RedisServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """The stream breaks off, the client's next attempt is told 404, and nobody reports a defect."""
    job_id = (await post(client)).json()["job_id"]

    async def lose() -> None:
        await asyncio.sleep(1.5)
        with Redis.from_url(server.url) as redis:
            await asyncio.to_thread(redis.flushall)

    stream, _ = await asyncio.gather(client.get(f"/v1/jobs/{job_id}/events"), lose())

    assert stream.status_code == 200
    assert "event: end" not in stream.text
    assert (await client.get(f"/v1/jobs/{job_id}/events")).status_code == 404
    assert "unexpected" not in capfd.readouterr().err
    assert store.open_files() == []


async def test_events_go_on_where_the_client_was(client: httpx.AsyncClient, store: JobStore) -> None:
    """Last-Event-ID, as a browser sends it."""
    job_id = (await post(client, b"a", b"b")).json()["job_id"]
    for index in (1, 0):
        store.fail(FileId(job_id, index), Failure("ocr_failed", "why"))
    stream = await client.get(f"/v1/jobs/{job_id}/events", headers={"Last-Event-ID": "1"})

    assert [(number, event) for number, event, _ in events(stream.text)] == [("2", "file"), ("", "end")]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({"params": {"queue": "other"}}, "invalid_request", id="queue"),
        pytest.param({"params": {"include": "all"}}, "invalid_request", id="include"),
        pytest.param({"data": {"other": "x"}}, "invalid_request", id="field"),
        pytest.param({"headers": {"Idempotency-Key": "k" * 256}}, "invalid_request", id="idempotency key"),
        pytest.param({"data": {"callback_url": "https://example.com"}}, "callback_refused", id="callback"),
        pytest.param({"data": {"questions": "Who?"}}, "invalid_request", id="questions"),
        pytest.param({"data": {"questions": '[{"key": "a", "text": "Who?"}]'}}, "questions_unsupported", id="no TILT"),
    ],
)
async def test_wrong_options_are_refused_before_anything_is_kept(
    client: httpx.AsyncClient, store: JobStore, server: RedisServer, more: dict[str, Any], code: str
) -> None:
    """422, and Redis stays empty."""
    answer = await post(client, PDF, **more)
    with Redis.from_url(server.url) as redis:
        kept = redis.keys("ocrlty:upload:*")

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (store.open_files(), kept) == ([], [])


async def test_queue_that_is_named_is_used(client: httpx.AsyncClient, store: JobStore) -> None:
    """Workers empty it first."""
    answer = await post(client, params={"queue": "urgent"})

    assert answer.json()["queue"] == "urgent"
    assert store.waiting(["default", "urgent"])[2] == {"default": 0, "urgent": 1}


async def test_file_that_is_too_large_for_redis_needs_the_folder(client: httpx.AsyncClient) -> None:
    """It says what to set."""
    answer = await post(client, b"x" * (2 * 2**20))

    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert "JOB_UPLOAD_DIR" in answer.json()["detail"]


async def test_health_and_metrics_tell_the_queue(client: httpx.AsyncClient, store: JobStore) -> None:
    """Depth, the longest wait, workers, and one that is stuck."""
    job_id = (await post(client, b"a", b"b")).json()["job_id"]
    store.take("worker", queues=["default"])
    store.beat("worker", file=FileId(job_id, 0), busy_s=1000)
    for _ in range(60):
        health = (await client.get("/v1/health")).json()
        if health["jobs"]["stuck"]:
            break
        await asyncio.sleep(0.1)
    metrics = (await client.get("/metrics")).text

    assert health["status"] == "degraded"
    assert health["jobs"]["oldest_s"] >= 0
    assert {name: health["jobs"][name] for name in ("reachable", "waiting", "running", "workers", "stuck")} == {
        "reachable": True,
        "waiting": 1,
        "running": 1,
        "workers": 1,
        "stuck": 1,
    }
    assert "ocrlty_jobs_workers_stuck 1.0" in metrics
    assert 'ocrlty_jobs_files_waiting{queue="default"} 1.0' in metrics


ENDPOINTS = [
    ("POST", "/v1/jobs"),
    *[(m, f"/v1/jobs/{'0' * 32}{path}") for m, path in [("GET", ""), ("GET", "/events"), ("DELETE", "")]],
]


@pytest.mark.parametrize(
    ("redis_url", "expected"),
    [
        pytest.param("", (501, "jobs_disabled"), id="none configured"),
        pytest.param(NOBODY, (503, "queue_unavailable"), id="Redis is down"),
    ],
)
async def test_without_redis_jobs_are_refused_and_nothing_else_is(redis_url: str, expected: tuple[int, str]) -> None:
    """/v1/extract and /readyz never need it."""
    async with service({"REDIS_URL": redis_url}, ocr=BlankOcr()) as client:
        files = {"files": ("a.pdf", PDF)}
        refused = [await client.request(m, path, files=files if m == "POST" else None) for m, path in ENDPOINTS]
        extracted = await client.post("/v1/extract", files={"file": PDF})
        ready = await client.get("/readyz")

    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {expected}
    assert all(("Retry-After" in answer.headers) == (expected[0] == 503) for answer in refused)
    assert (extracted.status_code, ready.status_code) == (200, 200)


async def test_job_that_redis_took_before_it_went_away_is_told_afterwards(
    client: httpx.AsyncClient, server: RedisServer
) -> None:
    """A restart on its data loses nothing, and the API finds back by itself."""
    job_id = (await post(client)).json()["job_id"]
    await asyncio.sleep(1.1)  # The append-only file is written out every second.
    server.stop()
    away = await client.get(f"/v1/jobs/{job_id}")
    server.start()
    back = await client.get(f"/v1/jobs/{job_id}")

    assert (away.status_code, away.json()["code"]) == (503, "queue_unavailable")
    assert (back.status_code, back.json()["status"]) == (200, "queued")


async def test_key_with_its_share_of_waiting_files_is_refused_and_another_is_not(
    server: RedisServer,
    store: JobStore,  # noqa: ARG001 - empties Redis
) -> None:
    """429 with Retry-After for the one; half of the room stays for the others."""
    environ = {"REDIS_URL": server.url, "API_KEYS": "one,two", "JOB_MAX_WAITING": "4"}
    async with service(environ, ocr=BlankOcr()) as client:
        taken = await post(client, PDF, PDF, headers=ONE)
        refused = await post(client, PDF, headers=ONE)
        other = await post(client, PDF, headers=TWO)

    assert [taken.status_code, refused.status_code, other.status_code] == [202, 429, 202]
    assert refused.json()["code"] == "too_many_requests"
    assert int(refused.headers["Retry-After"]) == 30
