"""What surrounds the answers: key, request id, log line, metrics, bodies, clients that leave."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastapi import Request
from loguru import logger

from apps.tilt_api.engine import BadRequest, BodyTooLarge, CannotServe, Engine, Limits, Output
from apps.tilt_api.lifecycle import Lifecycle
from apps.tilt_api.reception import ClientGone, read_body, unless_gone
from apps.tilt_api.server import create_app
from lib.pipelines.tilt.protocol import MAX_REQUEST_BYTES
from lib.questions import load_questions
from lib.settings import Settings, load_settings
from tests.tilt_server import RunningServer, running_server
from tests.unit.tilt_api.conftest import MakeRequest

GENERATE = "/v1/tilt/generate"
JSON_HEADERS = [(b"content-type", b"application/json")]

pytestmark = pytest.mark.anyio


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Every line that is logged, with its request id and facts."""
    lines: list[str] = []
    sink = logger.add(lines.append, format="{level} {extra[request_id]} {message} {extra[facts]}", level="DEBUG")
    logger.configure(extra={"request_id": "-", "facts": {}})
    yield lines
    logger.remove(sink)


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        pytest.param("Bearer key-1", 200, id="right"),
        pytest.param(None, 401, id="none"),
        pytest.param("Bearer key-2", 401, id="wrong"),
        pytest.param("Bearer key-1 ", 401, id="trailing-space"),
        pytest.param("bearer key-1", 401, id="other-case"),
        pytest.param("Bearer  key-1", 401, id="two-spaces"),
        pytest.param("key-1", 401, id="bare"),
        pytest.param("Bearer", 401, id="no-key"),
        pytest.param("Bearer ключ".encode(), 401, id="not-ascii"),
    ],
)
async def test_v1_path_wants_exactly_the_key(authorization: str | bytes | None, status: int) -> None:
    """The whole header is compared, as vLLM does."""
    headers: dict[str, Any] = {} if authorization is None else {"Authorization": authorization}
    async with running_server(load_settings({"VLLM_API_KEY": "key-1"})) as server:
        response = await server.client.get("/v1/models", headers=headers)

    assert response.status_code == status
    if status == 401:
        assert response.json() == {"error": "Unauthorized"}


async def test_paths_outside_v1_are_open() -> None:
    """Probes and Prometheus have no key."""
    async with running_server(load_settings({"VLLM_API_KEY": "key-1"})) as server:
        statuses = [(await server.client.get(path)).status_code for path in ("/health", "/metrics", "/docs")]

    assert statuses == [200, 200, 404]


@pytest.mark.parametrize(
    ("offered", "kept"),
    [("abc-1.2_3", True), ("a" * 64, True), ("a" * 65, False), ("a b", False), ("a;b", False), ("", False)],
)
async def test_request_id_is_echoed_where_it_is_harmless(server: RunningServer, offered: str, kept: bool) -> None:
    """Otherwise the answer carries one of ours."""
    response = await server.client.get("/health", headers={"X-Request-ID": offered})

    echoed = response.headers["X-Request-ID"]
    assert (echoed == offered) is kept
    assert len(echoed) >= 9


async def test_request_has_one_log_line_without_its_document(
    server: RunningServer, ask: MakeRequest, log: list[str]
) -> None:
    """Who, what, how long, and how much; nothing of what the document says."""
    await server.client.post(GENERATE, json=ask("Secretshop", "5.00"), headers={"X-Request-ID": "trace-9"})

    (line,) = log
    assert line.startswith("INFO trace-9 POST /v1/tilt/generate 200 ")
    assert line.strip().endswith("{'pages': 1, 'words': 2, 'images': 0, 'questions': 2}")
    assert "Secretshop" not in line


@pytest.mark.parametrize("command", ["<crash>", "<refuse>", "<nan>"])
async def test_failure_is_logged_without_the_document(
    server: RunningServer, ask: MakeRequest, log: list[str], command: str
) -> None:
    """Nor what the engine says about it, which may quote it."""
    await server.client.post(GENERATE, json=ask(command, "Secretshop"))

    assert len(log) >= 1
    assert "ecret" not in "".join(log)


async def test_defect_of_ours_is_a_500_that_tells_nothing(
    server: RunningServer, ask: MakeRequest, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has its class and place; neither has its message."""

    def fail(*_: object) -> None:
        raise LookupError("Secretshop")

    monkeypatch.setattr(server.preprocessor, "preprocess", fail)
    response = await server.client.post(GENERATE, json=ask("Secretshop"))

    assert (response.status_code, response.text) == (500, "Internal Server Error")
    assert response.headers["X-Request-ID"]
    assert any("unexpected LookupError at fail:" in line for line in log)
    assert "Secretshop" not in "".join(log)


async def test_metrics_count_requests_and_answers(server: RunningServer, ask: MakeRequest) -> None:
    """By route and status, never by anything that a client chooses."""
    await server.client.post(GENERATE, json=ask("Shop", "5.00"))
    await server.client.post(GENERATE, json={})
    await server.client.get("/chosen/by/the/client")

    text = (await server.client.get("/metrics")).text

    assert 'ocrlty_tilt_requests_total{route="/v1/tilt/generate",status="200"} 1.0' in text
    assert 'ocrlty_tilt_requests_total{route="/v1/tilt/generate",status="400"} 1.0' in text
    assert 'ocrlty_tilt_requests_total{route="unknown",status="404"} 1.0' in text
    assert 'ocrlty_tilt_answers_total{finish_reason="stop",found="yes"} 2.0' in text
    assert 'ocrlty_tilt_stage_seconds_count{stage="generate"} 1.0' in text
    assert "ocrlty_tilt_engine_up 1.0" in text
    assert "ocrlty_tilt_documents_admitted 0.0" in text
    assert "process_cpu_seconds_total" in text  # The process-wide registry, where vLLM keeps its own.
    assert "chosen" not in text


async def test_body_declared_too_large_is_refused_unread(server: RunningServer) -> None:
    """Nothing of it is kept in memory."""
    headers = {"Content-Type": "application/json", "Content-Length": str(MAX_REQUEST_BYTES + 1)}

    response = await server.client.post(GENERATE, content=b"{}", headers=headers)

    assert response.status_code == 413
    assert response.json()["type"] == "RequestEntityTooLargeError"


def request_of(*messages: dict[str, Any], then_wait: bool = False) -> Request:
    """A request whose client sends these ASGI messages, and then nothing for a while or leaves."""
    left = list(messages)

    async def receive() -> dict[str, Any]:
        if left:
            return left.pop(0)
        if then_wait:
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    return Request({"type": "http", "method": "POST", "path": "/", "headers": JSON_HEADERS}, receive)


def chunk(body: bytes, *, more: bool) -> dict[str, Any]:
    """A piece of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


async def test_body_in_pieces_is_put_together() -> None:
    """As sockets deliver it."""
    assert await read_body(request_of(chunk(b"ab", more=True), chunk(b"c", more=False))) == b"abc"


async def test_body_without_a_declared_size_is_refused_at_the_limit() -> None:
    """A chunked upload says no size beforehand."""
    request = request_of(chunk(b"abc", more=True), chunk(b"de", more=False))

    with pytest.raises(BodyTooLarge, match="more than 4 bytes"):
        await read_body(request, max_bytes=4)


async def test_body_that_does_not_arrive_is_given_up() -> None:
    """A place is not held for a client that sends nothing."""
    with pytest.raises(BadRequest, match=r"within 0\.01 seconds"):
        await read_body(request_of(chunk(b"a", more=True), then_wait=True), timeout_s=0.01)


async def test_work_of_a_client_that_left_is_cancelled() -> None:
    """The news comes through the same channel as the body did."""
    ended = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    with pytest.raises(ClientGone):
        await unless_gone(request_of(), work)

    assert ended == [True]


async def test_work_that_fails_keeps_its_failure() -> None:
    """The watching around it changes nothing."""

    async def work() -> None:
        raise BadRequest("no")

    with pytest.raises(BadRequest, match="no"):
        await unless_gone(request_of(then_wait=True), work)


@pytest.mark.parametrize("complete", [True, False], ids=["while-answering", "while-sending"])
async def test_client_that_leaves_has_its_questions_aborted(
    server: RunningServer,
    ask: MakeRequest,
    log: list[str],
    complete: bool,
) -> None:
    """Both questions leave the engine, the places are free, and the log says 499."""
    body = json.dumps(ask("<slow>", "5.00")).encode()
    messages = [chunk(body, more=not complete)]
    sent: list[Any] = []

    async def receive() -> Any:  # noqa: ANN401 - an ASGI message
        if messages:
            return messages.pop(0)
        async with asyncio.timeout(20):
            while complete and len(server.llm._requests) < 2:  # noqa: ASYNC110 - the fork's engine sets no event of ours
                await asyncio.sleep(0.001)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": GENERATE,
        "raw_path": GENERATE.encode(),
        "query_string": b"",
        "headers": JSON_HEADERS,
    }
    await server.app(scope, receive, send)

    assert len(server.llm.aborted) == (2 if complete else 0)
    assert server.app.state.serving.service.gate.admitted == 0
    assert any("POST /v1/tilt/generate 499" in line for line in log)
    metrics = (await server.client.get("/metrics")).text
    assert "ocrlty_tilt_clients_gone_total 1.0" in metrics


class SilentEngine:
    """Starts, and answers nothing."""

    limits = Limits(
        document_tokens=1,
        question_tokens=1,
        output_tokens=1,
        pages=1,
        image_width=1,
        context_tokens=1,
    )

    def prepare(self, _pages: object, questions: tuple[str, ...]) -> tuple[str, ...]:
        """As many prompts as questions."""
        return questions

    async def generate(self, _prompt: object, **_: object) -> AsyncIterator[Any]:
        """Ends at once, after something that is no end."""
        yield Output("", (), None)


async def test_engine_that_cannot_answer_the_warm_up_stops_the_start(settings: Settings) -> None:
    """A server that cannot answer never says that it is ready."""
    exits: list[int] = []

    async def start(_: Settings) -> Engine:
        silent: Any = SilentEngine()
        engine: Engine = silent
        return engine

    lifecycle = Lifecycle(stop=lambda: exits.append(-1), force=exits.append)
    app = create_app(settings, questions=load_questions(), start=start, lifecycle=lifecycle)

    with pytest.raises(CannotServe, match="did not answer its first questions"):
        async with app.router.lifespan_context(app):
            pytest.fail("It started.")

    assert exits == [13]
