"""POST /v1/extract with a TILT server behind it: the real mock, reached without sockets."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import httpx
import pytest

from lib.pipelines.tilt.chat_protocol import DOCUMENT_REFUSED, ErrorBody
from lib.settings import Misbehavior, load_settings
from scripts.mock_vllm import create_app as create_mock
from tests.conftest import ROOT
from tests.integration.conftest import BlankOcr, service

pytestmark = pytest.mark.anyio

SAMPLES = ROOT / "tests" / "samples"
TEXT_LAYER = ("invoice-eur-de.pdf", "invoice-usd-two-pages.pdf", "receipt-eur-nl.pdf")
TILT = {
    "VLLM_BASE_URL": "http://tilt/v1",
    "TILT_TIMEOUT_S": "30",
    "TILT_RETRIES": "2",
    "TILT_RETRY_WAIT_S": "0.01",
    "TILT_BREAKER_FAILURES": "2",
    "TILT_BREAKER_RESET_S": "60",
}
"""Quick to try again and to give up, so that a test is quick to end."""


@asynccontextmanager
async def with_mock(
    misbehavior: Misbehavior | None = None, environ: Mapping[str, str] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service, whose TILT server is the mock with that misbehavior."""
    mock = create_mock(load_settings({"MOCK_MISBEHAVIOR": misbehavior} if misbehavior else {}))
    async with service(TILT | dict(environ or {}), ocr=BlankOcr(), tilt_transport=httpx.ASGITransport(mock)) as client:
        yield client


async def extract(client: httpx.AsyncClient, name: str = TEXT_LAYER[0]) -> httpx.Response:
    """Post one sample, asking for all fields."""
    content = await anyio.Path(SAMPLES / name).read_bytes()
    return await client.post("/v1/extract?include=fields", files={"file": (name, content)})


async def looked_at(client: httpx.AsyncClient) -> dict[str, Any]:
    """The health after the first look at the TILT server."""
    with anyio.fail_after(30):
        while True:
            health: dict[str, Any] = (await client.get("/v1/health")).json()
            if health["tilt"]["problem"] != "not_looked_at_yet":
                return health
            await anyio.sleep(0.01)


async def metric(client: httpx.AsyncClient, name: str) -> float:
    """The value of a metric without labels."""
    lines = (await client.get("/metrics")).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


@pytest.mark.parametrize("protocol", ["tilt", "chat"])
@pytest.mark.parametrize("name", TEXT_LAYER)
async def test_mock_gives_what_the_layout_reader_gives(name: str, protocol: str) -> None:
    """The mock answers with the embedded reader, so both ways give the same data."""
    async with service(ocr=BlankOcr()) as client:
        direct = (await extract(client, name)).json()
    async with with_mock(environ={"TILT_PROTOCOL": protocol}) as client:
        through_mock = (await extract(client, name)).json()

    assert through_mock["data"] == direct["data"]
    assert through_mock["meta"]["reader"] == "tilt"
    assert through_mock["meta"]["model_version"] == "snowflake-arctic-tilt-v1.3"


async def test_tilt_field_has_the_page_and_box_of_its_words() -> None:
    """TILT says no places; the words that its answer came from do."""
    async with with_mock() as client:
        fields = (await extract(client, "invoice-usd-two-pages.pdf")).json()["fields"]

    assert fields["total"]["page_no"] == 2
    assert fields["merchant"]["page_no"] == 1
    assert all(field["bbox"] for field in fields.values() if field["value"] is not None)


@dataclass(frozen=True)
class Expected:
    """What a client gets of a misbehavior, and what the operator sees."""

    status: int
    code: str = ""
    retries: int = 0
    breaker: str = "closed"


REFUSED: Mapping[Misbehavior, Expected] = {
    "slow": Expected(503, "tilt_timeout"),
    "unavailable": Expected(503, "tilt_unavailable", retries=2),
    "disconnect": Expected(503, "tilt_unavailable", retries=2),
    "dead": Expected(503, "tilt_unavailable"),
    "garbage": Expected(502, "tilt_protocol_error"),
    "truncated": Expected(502, "tilt_protocol_error"),
    "huge": Expected(502, "tilt_protocol_error"),
    "error_body": Expected(502, "tilt_protocol_error"),
    "wrong_json": Expected(502, "tilt_protocol_error"),
    "nan": Expected(502, "tilt_protocol_error"),
}


@pytest.mark.parametrize(("misbehavior", "expected"), REFUSED.items(), ids=list(REFUSED))
async def test_misbehavior_is_answered_by_its_code_and_invents_nothing(
    misbehavior: Misbehavior, expected: Expected
) -> None:
    """Each failure of the TILT server has its status, its retries, and an answer with the request id only."""
    patience = {"TILT_TIMEOUT_S": "0.5"} if misbehavior == "slow" else {}
    async with with_mock(misbehavior, patience) as client:
        answer = await extract(client)
        retries = await metric(client, "ocrlty_tilt_retries_total")
        health = (await client.get("/v1/health")).json()

    body = answer.json()
    assert (answer.status_code, body["code"]) == (expected.status, expected.code)
    assert "data" not in body
    assert body["request_id"] == answer.headers["X-Request-ID"]
    assert ("Retry-After" in answer.headers) == (expected.status == 503)
    assert retries == expected.retries
    assert health["tilt"]["breaker"] == expected.breaker


async def test_flapping_server_is_asked_again_and_answers() -> None:
    """One 503 is what a retry is for, of the document and of the tiny question that readiness depends on."""
    async with with_mock("flapping") as client:
        health = await looked_at(client)
        answer = await extract(client)
        retries = await metric(client, "ocrlty_tilt_retries_total")

    assert health["status"] == "ok"
    assert answer.status_code == 200
    assert retries == 1


@pytest.mark.parametrize(
    ("misbehavior", "problem"),
    [("empty", "not_found"), ("ungrounded", "ungrounded"), ("cut_off", None)],
)
async def test_answer_without_ground_in_the_document_is_null(misbehavior: Misbehavior, problem: str | None) -> None:
    """What TILT says and the document does not is null, and the field says why."""
    async with with_mock(misbehavior) as client:
        body = (await extract(client)).json()

    amounts: list[dict[str, Any]] = [body["fields"][key] for key in ("subtotal", "tax_amount", "total", "date")]
    assert all(field["value"] is None for field in amounts)
    assert {field["problem"] for field in amounts} <= {problem or field["problem"] for field in amounts} - {None}


async def test_breaker_opens_after_failures_and_health_says_so() -> None:
    """After two failed documents the server is left alone: the next request is refused at once."""
    async with with_mock("unavailable") as client:
        for _ in range(2):
            await extract(client)
        before = await metric(client, "ocrlty_tilt_retries_total")
        refused = await extract(client)
        after = await metric(client, "ocrlty_tilt_retries_total")
        health = (await client.get("/v1/health")).json()

    assert refused.json()["code"] == "tilt_unavailable"
    assert after == before
    assert health["tilt"]["breaker"] == "open"
    assert health["status"] == "degraded"


async def test_fallback_answers_while_the_server_is_down() -> None:
    """With TILT_FALLBACK=layout the client gets the embedded reader's fields, and is told."""
    async with service(ocr=BlankOcr()) as client:
        direct = (await extract(client)).json()
    async with with_mock("unavailable", {"TILT_FALLBACK": "layout"}) as client:
        body = (await extract(client)).json()

    assert body["data"] == direct["data"]
    assert body["meta"]["reader"] == "layout"
    assert body["meta"]["degraded"] is True
    assert "tilt_unavailable" in body["meta"]["warnings"]


async def test_cyrillic_document_is_read_by_the_layout_reader() -> None:
    """TILT is not asked about a script that it cannot read."""
    async with with_mock("garbage") as client:
        answer = await extract(client, "invoice-rub-ru.pdf")

    assert answer.status_code == 200
    assert answer.json()["meta"]["reader"] == "layout"
    assert "unsupported_script" in answer.json()["meta"]["warnings"]


async def test_document_without_words_never_reaches_the_server() -> None:
    """A blank scan has null fields and a warning, whatever the TILT server would do."""
    async with with_mock("dead") as client:
        body = (await extract(client, "receipt-usd.jpg")).json()

    assert set(body["data"].values()) == {None}
    assert "no_text" in body["meta"]["warnings"]


async def test_server_of_another_kind_is_named_and_nothing_is_ready() -> None:
    """It lists models as a stock server does and knows no question of ours: a probe must not send it documents."""

    def stock(request: httpx.Request) -> httpx.Response:
        listed = request.url.path == "/v1/models"
        body = {"object": "list", "data": [{"id": "llama"}]} if listed else {"detail": "Not Found"}
        return httpx.Response(200 if listed else 404, json=body)

    async with service(TILT, ocr=BlankOcr(), tilt_transport=httpx.MockTransport(stock)) as client:
        health = await looked_at(client)
        ready = await client.get("/readyz")
        refused = await extract(client)

    assert (health["status"], health["tilt"]["reachable"]) == ("degraded", False)
    assert "answers 404 to /v1/tilt/generate" in health["tilt"]["detail"]
    assert ready.status_code == 503
    assert refused.status_code == 502
    assert "answers 404 to /v1/tilt/generate" in refused.json()["detail"]


async def test_document_that_the_tilt_server_cannot_take_is_413_with_its_code() -> None:
    """Not a 502, since nothing is wrong with the server, and not a 503, which would invite it again."""

    def refusing(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"object": "list", "data": [{"id": "tilt"}]})
        body = ErrorBody.of(413, "The document has 130000 tokens; the model takes 124000.", kind=DOCUMENT_REFUSED)
        return httpx.Response(413, json=body.model_dump())

    async with service(TILT, ocr=BlankOcr(), tilt_transport=httpx.MockTransport(refusing)) as client:
        answer = await extract(client)

    assert (answer.status_code, answer.json()["code"]) == (413, "document_refused")
    assert "130000 tokens" in answer.json()["detail"]
    assert "in parts" in answer.json()["detail"]
    assert "Retry-After" not in answer.headers
