"""POST /v1/extract: what a client sends and what it gets."""

import re
from pathlib import Path

import anyio
import httpx
import pytest

from lib.document import OcrSpeed, Recognition
from tests.conftest import ROOT
from tests.integration.conftest import BlankOcr, service

pytestmark = pytest.mark.anyio

SAMPLES = ROOT / "tests" / "samples"
RECEIPT = SAMPLES / "receipt-usd.jpg"


async def post(
    client: httpx.AsyncClient, path: Path = RECEIPT, *, query: str = "", request_id: str = "test"
) -> httpx.Response:
    """Post one file as curl -F would."""
    content = await anyio.Path(path).read_bytes()
    headers = {"X-Request-ID": request_id}
    return await client.post(f"/v1/extract{query}", files={"file": (path.name, content)}, headers=headers)


async def test_extract_without_include_has_data_and_meta_only(client: httpx.AsyncClient) -> None:
    """The answer is exactly the contract's."""
    answer = await post(client)

    assert answer.status_code == 200
    assert list(answer.json()) == ["data", "meta"]
    assert list(answer.json()["data"]) == ["merchant", "date", "currency", "subtotal", "tax_amount", "total"]


async def test_extract_amounts_are_shortest_json_numbers(client: httpx.AsyncClient) -> None:
    """An amount on the wire is 12.1, neither 12.10 nor "12.1" nor 12.100000000000001."""
    text = (await post(client)).text

    amounts = re.findall(r'"(?:subtotal|tax_amount|total)":([^,}]+)', text.split('"meta"')[0])
    assert len(amounts) == 3
    assert all(re.fullmatch(r"-?\d+(\.\d*[1-9])?", amount) for amount in amounts)


async def test_extract_with_include_fields_says_where_values_stand(client: httpx.AsyncClient) -> None:
    """Each field tells its value, text, confidence, page and box."""
    body = (await post(client, query="?include=fields")).json()

    total = body["fields"]["total"]
    assert total["value"] == body["data"]["total"]
    assert total["page_no"] == 1
    assert total["text"]
    assert 0 < total["confidence"] <= 1
    x0, y0, x1, y1 = total["bbox"]
    assert x0 < x1
    assert y0 < y1


@pytest.mark.parametrize("query", ["?include=ocr", "?include=fields,ocr", "?include=ocr&include=fields"])
async def test_extract_with_include_ocr_has_the_document(client: httpx.AsyncClient, query: str) -> None:
    """The OCR document comes along where it is asked for."""
    page = (await post(client, query=query)).json()["ocr"]["pages"][0]

    assert page["page_no"] == 1
    assert page["source"] == "ocr"
    assert all(span["text"] and len(span["bbox"]) == 4 for span in page["spans"])


async def test_extract_meta_tells_how_the_answer_came_about(client: httpx.AsyncClient) -> None:
    """Versions, reader, source, pages and stage times are in meta."""
    meta = (await post(client)).json()["meta"]

    assert meta["reader"] == "layout"
    assert meta["model_version"].startswith("layout-")
    assert meta["source"] == "ocr"
    assert meta["pages"] == 1
    assert meta["degraded"] is False
    assert {"triage", "render", "ocr", "reader", "rules", "total"} <= meta["timings_ms"].keys()


async def test_extract_with_request_id_echoes_it(client: httpx.AsyncClient) -> None:
    """The client's id is in the header and in the body."""
    answer = await post(client, request_id="order-17")

    assert answer.headers["X-Request-ID"] == "order-17"
    assert answer.json()["meta"]["request_id"] == "order-17"


@pytest.mark.parametrize("offered", ["a b", "x" * 65, "ü".encode().decode("latin-1"), "a;b"])
async def test_request_id_that_is_unsafe_is_replaced(client: httpx.AsyncClient, offered: str) -> None:
    """An id that would be unsafe in a log is not taken over."""
    answer = await client.get("/v1/health", headers=[(b"X-Request-ID", offered.encode("latin-1"))])

    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


@pytest.mark.parametrize(
    ("files", "query"),
    [
        pytest.param([], "", id="no file"),
        pytest.param([("files", b"x")], "", id="wrong field"),
        pytest.param([("file", b"x"), ("file", b"y")], "", id="two files"),
        pytest.param([("file", b"x")], "?include=everything", id="unknown include"),
    ],
)
async def test_form_that_does_not_fit_is_refused(
    client: httpx.AsyncClient, files: list[tuple[str, bytes]], query: str
) -> None:
    """A form without exactly one file, or a query we do not know, is a 422."""
    answer = await client.post(f"/v1/extract{query}", files=[(name, ("a.pdf", content)) for name, content in files])

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"


async def test_broken_multipart_is_refused(client: httpx.AsyncClient) -> None:
    """A body that is no form is a 422, not a defect."""
    answer = await client.post(
        "/v1/extract", content=b"--b\r\nnonsense", headers={"Content-Type": "multipart/form-data; boundary=b"}
    )

    assert answer.status_code == 422


async def test_wrong_key_is_refused_and_right_key_passes() -> None:
    """With API_KEYS set, only a request with one of them passes; health stays open."""
    async with service({"API_KEYS": "one,two"}, ocr=BlankOcr()) as client:
        refused = [
            await client.post("/v1/extract"),
            await client.post("/v1/extract", headers={"Authorization": "Bearer three"}),
            await client.post("/v1/extract", headers={"Authorization": "Basic two"}),
        ]
        passed = await client.post("/v1/extract", headers={"Authorization": "Bearer two"})
        health = await client.get("/v1/health")

    assert {answer.status_code for answer in refused} == {401}
    assert {answer.json()["code"] for answer in refused} == {"unauthorized"}
    assert passed.status_code == 422
    assert health.status_code == 200


class FailingOcr(BlankOcr):
    """An OCR stage with a defect whose message quotes the document."""

    async def recognize(self, image: object, *, lang: str = "", speed: OcrSpeed = "exact") -> Recognition:  # noqa: ARG002
        """Fail."""
        message = f"cannot cope with TOTAL 12.10 ({type(image).__name__})"
        raise RuntimeError(message)


async def test_document_without_text_has_null_fields_and_a_warning() -> None:
    """Where nothing can be read nothing is invented."""
    async with service(ocr=BlankOcr()) as client:
        body = (await post(client, query="?include=fields")).json()

    assert set(body["data"].values()) == {None}
    assert "no_text" in body["meta"]["warnings"]
    assert {field["problem"] for field in body["fields"].values()} == {"no_text"}


async def test_defect_of_ours_leaks_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """An unexpected exception is a 500 whose message reaches neither client nor log."""
    async with service(ocr=FailingOcr()) as client:
        answer = await post(client)

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "X-Request-ID" in answer.headers
    log = capfd.readouterr().err
    assert "unexpected RuntimeError at recognize:" in log
    assert "TOTAL" not in answer.text + log


async def test_log_never_says_what_a_document_says(
    client: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    """A request's log line has its id, outcome and times, and none of the document's words."""
    body = (await post(client, query="?include=ocr", request_id="logged-1")).json()

    log = capfd.readouterr().err
    words = {word for span in body["ocr"]["pages"][0]["spans"] for word in span["text"].split() if len(word) > 4}
    assert "logged-1 POST /v1/extract 200" in log
    assert len(words) > 5
    assert not [word for word in words if word in log]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        pytest.param("GET", "/v1/nothing", 404, "not_found", id="unknown route"),
        pytest.param("GET", "/v1/extract", 405, "method_not_allowed", id="wrong method"),
    ],
)
async def test_framework_errors_have_our_body(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    """What the framework refuses by itself is a problem body too."""
    answer = await client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("method", "path", "remedy"),
    [
        pytest.param("GET", "/", "docs/api.md", id="unknown route"),
        pytest.param("GET", "/v1/extract", "Allow header", id="wrong method"),
    ],
)
async def test_framework_errors_say_what_to_do(client: httpx.AsyncClient, method: str, path: str, remedy: str) -> None:
    """Where the framework only repeats the status."""
    assert remedy in (await client.request(method, path)).json()["detail"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        pytest.param("/v1/jobs/some", "DELETE, GET", id="two routes"),
        pytest.param("/livez", "GET, HEAD", id="probe"),
    ],
)
async def test_wrong_method_is_told_every_right_one(client: httpx.AsyncClient, path: str, allowed: str) -> None:
    """`Allow` has the methods of the path, not those of the first route that has it."""
    answer = await client.request("OPTIONS", path)

    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize("include", ["nothing", "fields,", ",", "fields;ocr"])
async def test_include_that_is_not_a_list_of_known_parts_is_refused(client: httpx.AsyncClient, include: str) -> None:
    """What the OpenAPI document does not allow is not taken."""
    answer = await post(client, query=f"?include={include}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_file_in_another_field_is_told_apart_from_none(client: httpx.AsyncClient) -> None:
    """Who sends `-F document=@...` learns what is wrong."""
    elsewhere = await client.post("/v1/extract", files={"document": b"%PDF-"})
    twice = await client.post("/v1/extract", files=[("file", b"%PDF-"), ("file", b"%PDF-")])

    assert elsewhere.json()["detail"].endswith("`file`, found 0 there and 1 in other fields")
    assert twice.json()["detail"].endswith("`file`, found 2 there")


async def test_include_without_a_value_counts_as_not_sent(client: httpx.AsyncClient) -> None:
    """Forms and collections send empty parameters along."""
    answer = await post(client, query="?include=")

    assert answer.status_code == 200
    assert "fields" not in answer.json()


async def test_health_tells_version_reader_and_engines(client: httpx.AsyncClient) -> None:
    """Health is 200 and says who reads."""
    body = (await client.get("/v1/health")).json()

    assert body["status"] == "ok"
    assert body["reader"] == "layout"
    assert body["ocr"] == {
        "engine": body["ocr"]["engine"],
        "engine_reason": body["ocr"]["engine_reason"],
        "speed": "exact",
        "lang": "en",
        "langs": ["en"],
        "engines": 1,
        "busy": 0,
        "waiting": 0,
    }
    assert body["ocr"]["engine"] in {"onnxruntime", "openvino"}
    assert body["ocr"]["engine_reason"]


async def test_metrics_count_requests_pages_and_stages(client: httpx.AsyncClient) -> None:
    """One extraction shows up in requests, pages and stage times."""
    await post(client)

    text = (await client.get("/metrics")).text
    assert 'ocrlty_requests_total{code="ok",route="/v1/extract",status="200"}' in text
    assert 'ocrlty_pages_total{source="ocr"}' in text
    assert 'ocrlty_stage_seconds_count{stage="ocr"}' in text
