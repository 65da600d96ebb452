"""What operators rely on: batches, queue, deadline, cache, readiness."""

import re
import threading
from collections.abc import Awaitable, Callable

import anyio
import anyio.to_thread
import httpx
import pytest

from lib.document import OcrSpeed, Recognition
from tests.conftest import ROOT
from tests.integration.conftest import BlankOcr, service

pytestmark = pytest.mark.anyio

SAMPLES = ROOT / "tests" / "samples"


class SlowOcr(BlankOcr):
    """An OCR stage that takes its time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def recognize(self, image: object, *, lang: str = "", speed: OcrSpeed = "exact") -> Recognition:
        """No spans, later."""
        await anyio.sleep(self.seconds)
        return await super().recognize(image, lang=lang, speed=speed)


class HeldOcr(BlankOcr):
    """An OCR stage that waits until it is released."""

    def __init__(self) -> None:
        self.released = anyio.Event()

    async def recognize(self, image: object, *, lang: str = "", speed: OcrSpeed = "exact") -> Recognition:
        """No spans, later."""
        await self.released.wait()
        return await super().recognize(image, lang=lang, speed=speed)


async def warm_up() -> None:
    """Have the process that reads PDFs started, which takes seconds on a busy machine, before time counts."""
    async with service(ocr=BlankOcr()) as client:
        await post_pdf(client)


async def read(name: str) -> bytes:
    """A sample's bytes."""
    return await anyio.Path(SAMPLES / name).read_bytes()


async def post_scan(client: httpx.AsyncClient) -> httpx.Response:
    """Post a sample that needs OCR."""
    return await client.post("/v1/extract", files={"file": ("scan.jpg", await read("receipt-usd.jpg"))})


async def post_pdf(client: httpx.AsyncClient) -> httpx.Response:
    """Post a sample with a text layer."""
    return await client.post("/v1/extract", files={"file": ("invoice.pdf", await read("invoice-eur-de.pdf"))})


async def together(*calls: Callable[[], Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """The answers to calls made at the same time, in the order in which they came."""
    answers: list[httpx.Response] = []

    async def one(call: Callable[[], Awaitable[httpx.Response]]) -> None:
        answers.append(await call())

    async with anyio.create_task_group() as group:
        for call in calls:
            group.start_soon(one, call)
    return answers


async def test_batch_gives_each_file_its_own_result_in_order() -> None:
    """Good and bad files side by side: results in the files' order, the bad one with its problem."""
    files = [
        ("files", ("a.pdf", await read("invoice-eur-de.pdf"))),
        ("files", ("b.txt", b"no invoice at all")),
        ("files", ("c.pdf", await read("receipt-eur-nl.pdf"))),
    ]
    async with service(ocr=BlankOcr()) as client:
        answer = await client.post("/v1/extract-batch?include=fields", files=files)

    body = answer.json()
    assert answer.status_code == 200
    assert [(result["index"], result["filename"]) for result in body["results"]] == [
        (0, "a.pdf"),
        (1, "b.txt"),
        (2, "c.pdf"),
    ]
    assert [sorted(set(result) - {"index", "filename"}) for result in body["results"]] == [
        ["data", "fields", "meta"],
        ["problem"],
        ["data", "fields", "meta"],
    ]
    assert body["results"][1]["problem"]["code"] == "unsupported_media_type"
    assert body["meta"] | {"request_id": ""} == {"request_id": "", "files": 3, "succeeded": 2, "failed": 1}


@pytest.mark.parametrize(
    ("environ", "count", "status", "code"),
    [
        pytest.param({}, 0, 422, "invalid_request", id="no file"),
        pytest.param({"BATCH_MAX_FILES": "2"}, 3, 422, "invalid_request", id="too many files"),
        pytest.param({"BATCH_MAX_MB": "0.01"}, 30, 413, "upload_too_large", id="too many bytes"),
    ],
)
async def test_batch_beyond_its_limits_is_refused(environ: dict[str, str], count: int, status: int, code: str) -> None:
    """A batch is bounded in files and in bytes, before any of it is read."""
    files = [("files", (f"{number}.pdf", bytes(70_000))) for number in range(count)]
    async with service(environ, ocr=BlankOcr()) as client:
        answer = await client.post("/v1/extract-batch", files=files or {"other": b""})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_full_queue_refuses_scans_at_once_and_still_reads_text_layers() -> None:
    """One scan is read, one waits, the third is refused; a text-layer PDF needs no place."""
    ocr = HeldOcr()
    async with service({"OCR_CONCURRENCY": "1", "OCR_QUEUE": "1"}, ocr=ocr) as client:

        async def release() -> httpx.Response:
            """Let the scans be read once the queue is full and a text layer was read nevertheless."""
            with anyio.fail_after(60):
                while "ocrlty_ocr_documents 2.0" not in (await client.get("/metrics")).text:  # noqa: ASYNC110 - as below
                    await anyio.sleep(0.01)
            refused, answer = await post_scan(client), await post_pdf(client)
            ocr.released.set()
            return refused if answer.is_success else answer

        answers = await together(*[lambda: post_scan(client)] * 2, release)

    assert sorted(answer.status_code for answer in answers) == [200, 200, 503]
    refused = answers[0]
    assert refused.json()["code"] == "overloaded"
    assert int(refused.headers["Retry-After"]) > 0


async def test_requests_beyond_the_most_are_refused_once_they_have_arrived() -> None:
    """A PDF with a text layer takes no place at OCR, but memory; one file, a batch and the next of each."""
    ocr = HeldOcr()
    async with service({"MAX_REQUESTS": "1"}, ocr=ocr) as client:

        async def release() -> httpx.Response:
            with anyio.fail_after(60):
                while "ocrlty_ocr_documents 1.0" not in (await client.get("/metrics")).text:  # noqa: ASYNC110 - as below
                    await anyio.sleep(0.01)
            one = await post_pdf(client)
            many = await client.post("/v1/extract-batch", files=[("files", await read("invoice-eur-de.pdf"))])
            ocr.released.set()
            assert "MAX_REQUESTS" in many.json()["detail"]
            return one

        refused, read_through = await together(lambda: post_scan(client), release)
        after = await post_pdf(client)

    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert (read_through.status_code, after.status_code) == (200, 200)


async def test_deadline_that_passes_ends_the_request_and_frees_its_place() -> None:
    """A request that takes too long is answered 504, and the next one is served."""
    await warm_up()
    environ = {"REQUEST_TIMEOUT_S": "2", "OCR_CONCURRENCY": "1", "OCR_QUEUE": "0"}
    async with service(environ, ocr=SlowOcr(30)) as client:
        late = await post_scan(client)
        after = await post_pdf(client)

    assert (late.status_code, late.json()["code"]) == (504, "deadline_exceeded")
    assert after.status_code == 200


async def test_identical_bytes_are_answered_from_the_cache() -> None:
    """With CACHE_TTL_S the second answer is the first one's, and says so."""
    async with service({"CACHE_TTL_S": "60"}, ocr=BlankOcr()) as client:
        first, second = (await post_pdf(client)).json(), (await post_pdf(client)).json()

    assert (first["meta"]["cached"], second["meta"]["cached"]) == (False, True)
    assert second["data"] == first["data"]
    assert list(second["meta"]["timings_ms"]) == ["total"]
    assert second["meta"]["request_id"] != first["meta"]["request_id"]


async def test_cache_is_off_by_default() -> None:
    """Nothing of a document is kept unless the operator says so."""
    async with service(ocr=BlankOcr()) as client:
        await post_pdf(client)

        assert (await post_pdf(client)).json()["meta"]["cached"] is False


async def test_ready_service_says_when_it_last_succeeded() -> None:
    """Readiness tells the age of the last success, so that a green light on a stuck service is seen."""
    async with service(ocr=BlankOcr()) as client:
        before = await client.get("/readyz")
        await post_pdf(client)
        after = await client.get("/readyz")

    assert (before.status_code, before.json()) == (
        200,
        {"ready": True, "draining": False, "reasons": [], "last_success_age_s": None},
    )
    assert after.json()["last_success_age_s"] < 5


async def test_service_whose_tilt_server_is_down_is_not_ready_without_fallback() -> None:
    """Work is not sent where it would fail; with a fallback it would not."""

    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down")

    tilt = {"VLLM_BASE_URL": "http://tilt/v1"}
    async with service(tilt, ocr=BlankOcr(), tilt_transport=httpx.MockTransport(down)) as client:
        alone = await client.get("/readyz")
    fallback = tilt | {"TILT_FALLBACK": "layout"}
    async with service(fallback, ocr=BlankOcr(), tilt_transport=httpx.MockTransport(down)) as client:
        backed = await client.get("/readyz")

    assert (alone.status_code, backed.status_code) == (503, 200)


async def test_batch_whose_files_are_all_refused_is_refused_with_the_time_to_wait() -> None:
    """Nothing was done, so that a client need not look into every result to know that it is to come again."""
    scans = [("files", await read("receipt-usd.jpg"))] * 2
    mixed = [*scans, ("files", await read("invoice-eur-de.pdf"))]
    async with service({"OCR_QUEUE": "0"}, ocr=SlowOcr(30)) as client, anyio.create_task_group() as group:
        group.start_soon(post_scan, client)
        while "ocrlty_ocr_documents 1.0" not in (await client.get("/metrics")).text:  # noqa: ASYNC110 - the app's state
            await anyio.sleep(0.01)
        refused = await client.post("/v1/extract-batch", files=scans)
        partly = await client.post("/v1/extract-batch", files=mixed)
        counted = (await client.get("/metrics")).text
        group.cancel_scope.cancel()

    assert refused.json()["code"] == "overloaded"
    assert int(refused.headers["Retry-After"]) > 0
    assert [result.get("problem", {}).get("code") for result in partly.json()["results"]] == ["overloaded"] * 2 + [None]
    assert 'ocrlty_requests_total{code="overloaded",route="/v1/extract-batch",status="503"} 1.0' in counted


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/v1/health"])
async def test_probe_that_asks_for_the_head_only_gets_the_status(path: str) -> None:
    """Some load balancers ask with HEAD."""
    async with service(ocr=BlankOcr()) as client:
        assert (await client.head(path)).status_code == (await client.get(path)).status_code == 200


async def test_docs_page_needs_no_other_server() -> None:
    """A browser behind the same wall as the service can read /docs."""
    async with service(ocr=BlankOcr()) as client:
        page = (await client.get("/docs")).text
        addresses = re.findall(r"(?:src|href)=\"([^\"]+)\"", page) + re.findall(r"url: '([^']+)'", page)
        answers = [await client.get(f"/{address}") for address in addresses]
        missing = await client.get("/docs/assets/__init__.py")

    assert len(addresses) == 4
    assert [answer.status_code for answer in answers] == [200] * 4
    assert "http" not in re.sub(r"SwaggerUIBundle", "", page)
    assert missing.status_code == 404


async def test_live_service_says_so() -> None:
    """The liveness probe asks for nothing but an answer."""
    async with service(ocr=BlankOcr()) as client:
        assert (await client.get("/livez")).status_code == 200


async def test_cors_is_off_unless_set() -> None:
    """A page of another origin may call only where CORS_ORIGINS names it."""
    origin = {"Origin": "https://app.example"}
    async with service(ocr=BlankOcr()) as client:
        closed = await client.get("/v1/health", headers=origin)
    async with service({"CORS_ORIGINS": "https://app.example"}, ocr=BlankOcr()) as client:
        opened = await client.get("/v1/health", headers=origin)

    assert "access-control-allow-origin" not in closed.headers
    assert opened.headers["access-control-allow-origin"] == "https://app.example"


async def test_page_of_a_named_origin_may_send_its_key_and_read_the_request_id() -> None:
    """A browser asks first whether it may POST with a key, and hides headers that are not exposed."""
    origin = {"Origin": "https://app.example"}
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with service({"CORS_ORIGINS": "https://app.example"}, ocr=BlankOcr()) as client:
        allowed = await client.options("/v1/extract", headers=origin | asking)
        answer = await client.post("/v1/extract", headers=origin)

    assert allowed.status_code == 200
    assert "POST" in allowed.headers["access-control-allow-methods"]
    assert answer.headers["access-control-expose-headers"] == "X-Request-ID, Retry-After, Location"


async def test_page_of_a_named_origin_may_cancel_a_job() -> None:
    """What the endpoints of jobs offer is there for a browser, too."""
    asking = {"Origin": "https://app.example", "Access-Control-Request-Method": "DELETE"}
    async with service({"CORS_ORIGINS": "https://app.example"}, ocr=BlankOcr()) as client:
        allowed = await client.options("/v1/jobs/1", headers=asking)

    assert allowed.status_code == 200


async def test_service_goes_on_where_the_words_of_details_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are loaded behind the start, beside what watches the TILT server, and that goes on."""
    asked = threading.Event()

    def broken(*_: object, **__: object) -> None:
        asked.set()
        raise ValueError

    monkeypatch.setattr("lib.details.reader.read_details", broken)

    async with service(ocr=BlankOcr()) as client:
        assert await anyio.to_thread.run_sync(asked.wait, 30)
        await anyio.sleep(0.1)
        assert (await client.get("/readyz")).status_code == 200
