"""What an operator sees of each request: one log line, metrics."""

import json
from typing import Any

import httpx
import pytest

from tests.integration.conftest import BlankOcr, service
from tests.integration.test_operation import SlowOcr, post_pdf, post_scan, read

pytestmark = pytest.mark.anyio

JSON = {"LOG_FORMAT": "json"}


def request_lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The log lines of requests, parsed."""
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    return [line for line in lines if "route" in line]


async def samples(client: httpx.AsyncClient) -> dict[str, float]:
    """The values of all metrics by name and labels."""
    lines = (await client.get("/metrics")).text.splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


async def test_json_line_of_a_request_has_its_facts_as_fields(capfd: pytest.CaptureFixture[str]) -> None:
    """One line a request: who, what, how it ended, and where the time went."""
    async with service(JSON, ocr=BlankOcr()) as client:
        answer = await post_scan(client)

    (line,) = request_lines(capfd)
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert (line["method"], line["route"], line["status"]) == ("POST", "/v1/extract", 200)
    assert (line["code"], line["reader"], line["source"], line["pages"]) == ("ok", "layout", "ocr", 1)
    assert line["warnings"] == answer.json()["meta"]["warnings"]
    assert {"triage_ms", "render_ms", "ocr_ms", "reader_ms", "rules_ms", "total_ms"} <= line.keys()
    assert line["total_ms"] <= line["duration_ms"]


async def test_line_of_a_failed_request_tells_its_code_and_where_the_time_went(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A request that ran out of time shows the stage that took it."""
    async with service(JSON | {"REQUEST_TIMEOUT_S": "3"}, ocr=SlowOcr(30)) as client:
        await post_scan(client)

    (line,) = request_lines(capfd)
    assert (line["status"], line["code"]) == (504, "deadline_exceeded")
    assert line["ocr_ms"] > line["triage_ms"]


async def test_line_of_a_batch_sums_its_documents(capfd: pytest.CaptureFixture[str]) -> None:
    """The batch has one line; its metrics count each document by its outcome."""
    good = await read("invoice-eur-de.pdf")
    async with service(JSON, ocr=BlankOcr()) as client:
        await client.post("/v1/extract-batch", files=[("files", good), ("files", b"no invoice"), ("files", good)])
        counted = await samples(client)

    (line,) = request_lines(capfd)
    assert (line["files"], line["failed"]) == (3, 1)
    assert line["total_ms"] > line["reader_ms"] > 0
    assert counted['ocrlty_documents_total{code="ok"}'] == 2
    assert counted['ocrlty_documents_total{code="unsupported_media_type"}'] == 1
    assert counted['ocrlty_request_seconds_count{route="/v1/extract-batch"}'] == 1


async def test_metrics_tell_the_last_success_and_the_build() -> None:
    """An alert can ask how long ago the service last did its work, and which version does it."""
    async with service(ocr=BlankOcr()) as client:
        before = await samples(client)
        await post_pdf(client)
        after = await samples(client)

    assert before["ocrlty_last_success_timestamp_seconds"] == 0
    assert after["ocrlty_last_success_timestamp_seconds"] > 1.7e9
    (build,) = (name for name in after if name.startswith("ocrlty_build_info{"))
    assert 'model_version="layout-' in build
    assert (after["ocrlty_ready"], after["ocrlty_degraded"]) == (1, 0)


async def test_cached_answer_counts_as_a_hit_and_not_as_work() -> None:
    """Stage times and pages are of documents that were read."""
    async with service({"CACHE_TTL_S": "60"}, ocr=BlankOcr()) as client:
        await post_pdf(client)
        await post_pdf(client)
        counted = await samples(client)

    assert counted["ocrlty_cache_hits_total"] == 1
    assert counted['ocrlty_documents_total{code="ok"}'] == 2
    assert counted['ocrlty_stage_seconds_count{stage="total"}'] == 1


async def test_service_whose_tilt_server_is_down_says_so_in_metrics() -> None:
    """Degraded and ready are two things: with a fallback the service is both."""

    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down")

    environ = {"VLLM_BASE_URL": "http://tilt/v1", "TILT_FALLBACK": "layout", "TILT_RETRIES": "0"}
    async with service(environ, ocr=BlankOcr(), tilt_transport=httpx.MockTransport(down)) as client:
        await post_pdf(client)
        counted = await samples(client)

    assert (counted["ocrlty_ready"], counted["ocrlty_degraded"]) == (1, 1)
    assert counted["ocrlty_degraded_answers_total"] == 1
