"""The client of the TILT server against a server that misbehaves in every way that has a name."""

import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

import anyio
import httpx
import numpy as np
import pytest

from lib.document import AMOUNT_KEYS, Answer, BBox, OcrDocument, Page, Question, Word
from lib.errors import (
    DeadlineExceeded,
    DocumentRefused,
    ExtractionError,
    StartupError,
    TiltProtocolError,
    TiltTimeout,
    TiltUnavailable,
)
from lib.pipelines.tilt.chat_protocol import DOCUMENT_REFUSED, ErrorBody
from lib.pipelines.tilt.circuit_breaker import BreakerState, CircuitBreaker
from lib.pipelines.tilt.connection import FAILURES, MAX_ANSWER_BYTES
from lib.pipelines.tilt_client import TiltReader
from lib.questions import load_questions
from lib.settings import TiltSettings, load_settings
from lib.telemetry import Metrics, RequestContext, request_context
from scripts.mock_vllm import CANNED, create_app

pytestmark = pytest.mark.anyio

QUESTIONS = load_questions()
DOCUMENT = OcrDocument((Page(0, 1000, 1400, "ocr", words=(Word("56", BBox(230, 200, 340, 230)),)),))
PROTOCOLS = pytest.mark.parametrize("protocol", ["tilt", "chat"])


Handler: TypeAlias = (
    Callable[[httpx.Request], httpx.Response] | Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]
)


class Recorder(httpx.AsyncBaseTransport):
    """Passes requests on and keeps them."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Keep and pass on."""
        self.requests.append(request)
        return await self._inner.handle_async_request(request)


def environment(**changes: str) -> dict[str, str]:
    """A server in process, quick retries."""
    return {
        "VLLM_BASE_URL": "http://tilt.example/v1",
        "MOCK_ANSWERS": "canned",
        "TILT_RETRY_WAIT_S": "0.001",
        **changes,
    }


def tilt_settings(**changes: str) -> TiltSettings:
    """The client's section."""
    return load_settings(environment(**changes)).tilt


@asynccontextmanager
async def reading(
    handler: Handler | None = None, **changes: str
) -> AsyncIterator[tuple[TiltReader, Recorder, Metrics]]:
    """A reader, what it sends, and its metrics; it asks the mock, or `handler`."""
    settings = load_settings(environment(**changes))
    inner = httpx.MockTransport(handler) if handler else httpx.ASGITransport(create_app(settings))
    recorder, metrics = Recorder(inner), Metrics()
    reader = TiltReader(settings.tilt, metrics=metrics, transport=recorder)
    try:
        yield reader, recorder, metrics
    finally:
        await reader.aclose()


def as_sent(key: str, *, protocol: str) -> str:
    """The mock's canned answer as a protocol carries it: the chat protocol has amounts as JSON numbers."""
    is_number = protocol == "chat" and key in AMOUNT_KEYS
    return str(float(CANNED[key])) if is_number else CANNED[key]


def state_of(reader: TiltReader) -> str:
    """The breaker's state, asked anew."""
    return reader.breaker.state


def counted(metrics: Metrics, name: str) -> float | None:
    """The present value of a metric."""
    return metrics.registry.get_sample_value(name)


@PROTOCOLS
async def test_read_answers_every_question_in_one_request(protocol: str) -> None:
    """Both protocols give the same answers."""
    async with reading(TILT_PROTOCOL=protocol) as (reader, recorder, _):
        answers = await reader.read(DOCUMENT, QUESTIONS)

    assert answers == tuple(Answer(each.key, as_sent(each.key, protocol=protocol), 0.9) for each in QUESTIONS)
    assert len(recorder.requests) == 1


async def test_read_sends_key_and_request_id() -> None:
    """The server's log lines carry the request's own id."""
    async with reading(VLLM_API_KEY="secret") as (reader, recorder, _):
        with request_context(RequestContext("abc-1")):
            await reader.read(DOCUMENT, QUESTIONS)

    assert recorder.requests[0].headers["Authorization"] == "Bearer secret"
    assert recorder.requests[0].headers["X-Request-ID"] == "abc-1"


@pytest.mark.parametrize("words", [(), (Word("", BBox(0, 0, 1, 1)),)], ids=["none", "blank"])
async def test_read_of_a_document_without_words_asks_nobody(words: tuple[Word, ...]) -> None:
    """There is nothing to find, and the server would refuse it."""
    document = OcrDocument((replace(DOCUMENT.pages[0], words=words),))
    async with reading() as (reader, recorder, _):
        answers = await reader.read(document, QUESTIONS)

    assert [(answer.text, answer.reason) for answer in answers] == [(None, "no_text")] * 6
    assert recorder.requests == []


@PROTOCOLS
@pytest.mark.parametrize(
    ("misbehavior", "error", "attempts", "state"),
    [
        pytest.param("slow", TiltTimeout, 1, "open", id="slow"),
        pytest.param("unavailable", TiltUnavailable, 3, "open", id="unavailable"),
        pytest.param("disconnect", TiltUnavailable, 3, "open", id="disconnect"),
        pytest.param("dead", TiltUnavailable, 1, "open", id="dead"),
        pytest.param("garbage", TiltProtocolError, 1, "closed", id="garbage"),
        pytest.param("truncated", TiltProtocolError, 1, "closed", id="truncated"),
        pytest.param("huge", TiltProtocolError, 1, "closed", id="huge"),
        pytest.param("error_body", TiltProtocolError, 1, "closed", id="error_body"),
        pytest.param("wrong_json", TiltProtocolError, 1, "closed", id="wrong_json"),
        pytest.param("nan", TiltProtocolError, 1, "closed", id="nan"),
    ],
)
async def test_misbehavior_ends_as_its_error_after_so_many_attempts(
    protocol: str, misbehavior: str, error: type[ExtractionError], attempts: int, state: BreakerState
) -> None:
    """What may pass is tried again and opens the breaker; nonsense is neither."""
    changes = {"MOCK_MISBEHAVIOR": misbehavior, "TILT_PROTOCOL": protocol, "TILT_BREAKER_FAILURES": "1"}
    async with reading(None, **changes, TILT_TIMEOUT_S="0.2") as (reader, recorder, metrics):
        with pytest.raises(error) as caught:
            await reader.read(DOCUMENT, QUESTIONS)

        assert type(caught.value) is error
        assert len(recorder.requests) == attempts
        assert counted(metrics, "ocrlty_tilt_retries_total") == attempts - 1
        assert state_of(reader) == state
        assert counted(metrics, "ocrlty_tilt_breaker") == {"closed": 0, "open": 2}[state]
        assert counted(metrics, "ocrlty_tilt_documents_in_flight") == 0


@PROTOCOLS
async def test_flapping_server_is_asked_again(protocol: str) -> None:
    """One 503 costs a retry and nothing else."""
    async with reading(MOCK_MISBEHAVIOR="flapping", TILT_PROTOCOL=protocol) as (reader, recorder, _):
        answers = await reader.read(DOCUMENT, QUESTIONS)

    assert answers[-1].text == as_sent("total", protocol=protocol)
    assert len(recorder.requests) == 2


@PROTOCOLS
@pytest.mark.parametrize(
    ("misbehavior", "text", "confidence", "reason"),
    [
        pytest.param("empty", None, 0.9, "not_found", id="empty"),
        pytest.param("cut_off", None, 0.0, "truncated", id="cut_off"),
        pytest.param("multi_value", "canned", 0.45, None, id="multi_value"),
        pytest.param("ungrounded", "81726354.48", 0.9, None, id="ungrounded"),
    ],
)
async def test_doubtful_answer_is_passed_on_as_such(
    protocol: str, misbehavior: str, text: str | None, confidence: float, reason: str | None
) -> None:
    """Within the protocol, what the model says is data; the rules judge it."""
    async with reading(MOCK_MISBEHAVIOR=misbehavior, TILT_PROTOCOL=protocol) as (reader, _, _):
        answers = await reader.read(DOCUMENT, QUESTIONS)

    wanted = as_sent("total", protocol=protocol) if text == "canned" else text
    assert (answers[-1].text, answers[-1].reason) == (wanted, reason)
    assert answers[-1].confidence == pytest.approx(confidence)
    assert state_of(reader) == "closed"


@pytest.mark.parametrize(
    ("status", "error", "attempts"),
    [
        pytest.param(301, TiltProtocolError, 1, id="redirect"),
        pytest.param(400, TiltProtocolError, 1, id="bad-request"),
        pytest.param(401, TiltProtocolError, 1, id="wrong-key"),
        pytest.param(404, TiltProtocolError, 1, id="not-found"),
        pytest.param(429, TiltUnavailable, 1, id="too-many"),
        pytest.param(500, TiltUnavailable, 1, id="broken"),
        pytest.param(502, TiltUnavailable, 3, id="bad-gateway"),
        pytest.param(503, TiltUnavailable, 3, id="unavailable"),
        pytest.param(504, TiltUnavailable, 1, id="gateway-timeout"),
    ],
)
async def test_status_decides_over_error_and_retries(status: int, error: type[ExtractionError], attempts: int) -> None:
    """Only 502 and 503 are tried again."""
    async with reading(lambda _: httpx.Response(status, text="Secret")) as (reader, recorder, _):
        with pytest.raises(error, match=str(status)) as caught:
            await reader.read(DOCUMENT, QUESTIONS)

    assert "Secret" not in str(caught.value)
    assert len(recorder.requests) == attempts


def httpx_failures() -> list[type[Exception]]:
    """Every exception of httpx that a request without a status can end in."""
    found: list[type[Exception]] = []
    waiting: list[type[Exception]] = [httpx.RequestError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not kind.__subclasses__():
            found.append(kind)
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.__name__) for kind in httpx_failures()])
async def test_every_exception_of_httpx_has_its_error(kind: type[httpx.RequestError]) -> None:
    """A new version of httpx with a new failure fails here first."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise kind("Secret")

    assert kind in FAILURES
    async with reading(fail, TILT_RETRIES="0") as (reader, _, _):
        with pytest.raises(FAILURES[kind], match=kind.__name__) as caught:
            await reader.read(DOCUMENT, QUESTIONS)

    assert isinstance(caught.value.__cause__, kind)
    assert "Secret" not in str(caught.value)


async def test_open_breaker_refuses_at_once_and_recovers() -> None:
    """Nobody waits for a server that is down; when it is up again, one document finds out."""
    down = True

    def handler(request: httpx.Request) -> httpx.Response:
        if down:
            return httpx.Response(500)
        asked = load_questions()
        answers = [{"key": q.key, "values": ["1"], "confidence": 1.0, "finish_reason": "stop"} for q in asked]
        return httpx.Response(200, json={"id": "1", "model": "m", "answers": answers}, request=request)

    now = 0.0  # Not the wall's clock: on a busy machine any short while is over too soon.
    async with reading(handler) as (reader, recorder, _):
        reader.breaker = CircuitBreaker(failures=2, reset_s=10, clock=lambda: now)
        for _ in range(3):
            with pytest.raises(TiltUnavailable) as caught:
                await reader.read(DOCUMENT, QUESTIONS)
        assert len(recorder.requests) == 2
        assert caught.value.retry_after_s == 10

        down, now = False, 10.0
        assert state_of(reader) == "half_open"
        await reader.read(DOCUMENT, QUESTIONS)

        assert state_of(reader) == "closed"


async def test_deadline_of_the_request_is_no_failure_of_the_server() -> None:
    """OCR may have used up the time; the breaker must not learn from that."""
    async with reading(MOCK_DELAY_S="5", TILT_BREAKER_FAILURES="1") as (reader, _, _):
        with request_context(RequestContext("a", deadline=time.monotonic() + 0.1)), pytest.raises(DeadlineExceeded):
            await reader.read(DOCUMENT, QUESTIONS)

        assert state_of(reader) == "closed"


async def test_retries_stop_at_the_deadline() -> None:
    """No attempt begins that the client will not wait for."""
    changes = {"MOCK_MISBEHAVIOR": "unavailable", "TILT_RETRIES": "10", "TILT_RETRY_WAIT_S": "1"}
    async with reading(None, **changes) as (reader, recorder, _):
        start = time.monotonic()
        with (
            request_context(RequestContext("a", deadline=start + 0.2)),
            pytest.raises((TiltUnavailable, DeadlineExceeded)),
        ):
            await reader.read(DOCUMENT, QUESTIONS)

        assert time.monotonic() - start < 5  # All ten would take twice as long.
        assert len(recorder.requests) < 5


async def test_waiting_for_a_slot_ends_with_the_deadline() -> None:
    """A request whose time is over does not stay in the queue."""
    async with (
        reading(MOCK_DELAY_S="60", TILT_TIMEOUT_S="60", TILT_CONCURRENCY="1") as (reader, recorder, _),
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(reader.read, DOCUMENT, QUESTIONS)
        while not recorder.requests:  # noqa: ASYNC110 - that a request is on its way sets no event of ours
            await anyio.sleep(0.001)
        with (
            request_context(RequestContext("a", deadline=time.monotonic() + 0.05)),
            pytest.raises(DeadlineExceeded, match="place"),
        ):
            await reader.read(DOCUMENT, QUESTIONS)
        tasks.cancel_scope.cancel()

    assert len(recorder.requests) == 1


async def test_no_more_documents_are_in_flight_than_allowed() -> None:
    """TILT_CONCURRENCY holds, and everybody is answered."""
    running = most = 0

    async def handler(request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.sleep(0.01)
        running -= 1
        return httpx.Response(503, request=request)

    async with reading(handler, TILT_CONCURRENCY="3", TILT_RETRIES="0", TILT_BREAKER_FAILURES="99") as (reader, _, _):

        async def ask() -> None:
            with pytest.raises(TiltUnavailable):
                await reader.read(DOCUMENT, QUESTIONS)

        async with anyio.create_task_group() as tasks:
            for _ in range(12):
                tasks.start_soon(ask)

    assert most == 3


async def test_huge_answer_is_not_held() -> None:
    """Reading stops at the limit; the rest of an endless answer is never taken."""
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 2**16
            yield b" " * 2**16

    async with reading(lambda _: httpx.Response(200, content=endless())) as (reader, _, _):
        with pytest.raises(TiltProtocolError, match="bytes"):
            await reader.read(DOCUMENT, QUESTIONS)

    assert taken <= MAX_ANSWER_BYTES + 2**17


async def test_check_finds_a_server_and_its_model() -> None:
    """Health shows what is served and how quickly."""
    async with reading(TILT_MODEL="Owner/some-model") as (reader, _, _):
        health = await reader.check()

    assert (health.reachable, health.model, health.breaker, health.problem) == (
        True,
        "Owner/some-model",
        "closed",
        None,
    )
    assert (health.latency_ms or 0) > 0


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        pytest.param(httpx.Response(503), "tilt_unavailable", id="unavailable"),
        pytest.param(httpx.Response(401), "tilt_protocol_error", id="wrong-key"),
        pytest.param(httpx.Response(200, text="<html>"), "tilt_protocol_error", id="html"),
        pytest.param(httpx.Response(200, json={"object": "list", "data": []}), "tilt_protocol_error", id="no-model"),
    ],
)
async def test_check_of_a_server_that_is_not_there_says_why(response: httpx.Response, problem: str) -> None:
    """A look at the health never fails."""
    async with reading(lambda _: response) as (reader, _, _):
        health = await reader.check()

    assert (health.reachable, health.model, health.latency_ms, health.problem) == (False, None, None, problem)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        pytest.param(
            httpx.Response(413, json=ErrorBody.of(413, "Too many tokens.", kind=DOCUMENT_REFUSED).model_dump()),
            "Too many tokens.",
            id="tilt-server",
        ),
        pytest.param(httpx.Response(413, text="<html>nginx</html>"), "It is too large.", id="proxy"),
        pytest.param(
            httpx.Response(413, json=ErrorBody.of(413, "Total 1.00 EUR", kind="other").model_dump()),
            "It is too large.",
            id="other-server",
        ),
    ],
)
async def test_document_that_the_server_cannot_take_is_refused_once(response: httpx.Response, reason: str) -> None:
    """No retry, no failure for the breaker, no doubt about the server; only words of ours are passed on."""
    async with reading(lambda _: response, TILT_BREAKER_FAILURES="1") as (reader, recorder, _):
        with pytest.raises(DocumentRefused, match=reason) as caught:
            await reader.read(DOCUMENT, QUESTIONS)

    assert "Total" not in str(caught.value)
    assert len(recorder.requests) == 1
    assert state_of(reader) == "closed"


@PROTOCOLS
async def test_check_names_a_server_of_another_kind(protocol: str) -> None:
    """A stock server lists its models and knows no question of ours: the detail has path and status."""

    def stock(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/models":
            return httpx.Response(200, json={"object": "list", "data": [{"id": "llama"}]})
        status = 400 if request.url.path == "/v1/chat/completions" else 404
        return httpx.Response(status, json={"detail": "Not Found"})

    async with reading(stock, TILT_PROTOCOL=protocol) as (reader, _, _):
        health = await reader.check()

    path = {"tilt": "answers 404 to /v1/tilt/generate", "chat": "answers 400 to /v1/chat/completions"}[protocol]
    assert (health.reachable, health.problem) == (False, "tilt_protocol_error")
    assert path in (health.detail or "")


@PROTOCOLS
async def test_check_asks_one_question_until_a_document_fails(protocol: str) -> None:
    """Looks are cheap; after a failure one more question tells whether the server is well again."""
    failing = False
    mock = httpx.ASGITransport(create_app(load_settings(environment())))

    async def sometimes(request: httpx.Request) -> httpx.Response:
        if failing and request.method == "POST":
            return httpx.Response(500)  # Which is not asked twice.
        return await mock.handle_async_request(request)

    async with reading(sometimes, TILT_PROTOCOL=protocol) as (reader, recorder, _):
        first = [await reader.check(), await reader.check()]
        failing = True
        with pytest.raises(TiltUnavailable):
            await reader.read(DOCUMENT, QUESTIONS)
        second = await reader.check()
        failing = False
        third = await reader.check()

    posts = [request for request in recorder.requests if request.method == "POST"]
    assert [look.reachable for look in (*first, second, third)] == [True, True, False, True]
    assert len(posts) == 1 + 1 + 2


async def test_check_does_not_wait_for_a_slow_server() -> None:
    """Health stays cheap."""

    async def handler(_: httpx.Request) -> httpx.Response:
        await anyio.sleep(5)
        return httpx.Response(200)

    async with reading(handler, TILT_CONNECT_TIMEOUT_S="0.05") as (reader, _, _):
        health = await reader.check()

    assert health.problem == "tilt_timeout"


@pytest.mark.parametrize("changes", [{"VLLM_BASE_URL": "http://[::1/v1"}, {"VLLM_API_KEY": "ключ"}], ids=["url", "key"])
def test_reader_with_an_unusable_address_or_key_stops_the_start(changes: dict[str, str]) -> None:
    """Found when the service starts, not with the first document; the key is not quoted."""
    with pytest.raises(StartupError, match="VLLM_BASE_URL or VLLM_API_KEY") as caught:
        TiltReader(tilt_settings(**changes))

    assert "ключ" not in str(caught.value)


def test_model_version_is_the_models_plain_name() -> None:
    """As the response's meta has it."""
    assert TiltReader(tilt_settings()).model_version == "snowflake-arctic-tilt-v1.3"


@pytest.mark.parametrize(("images", "sent"), [("auto", True), ("always", True), ("never", False)])
async def test_images_go_along_unless_forbidden(images: str, sent: bool) -> None:
    """Where a page has pixels, TILT_IMAGES decides."""
    page = replace(DOCUMENT.pages[0], image=np.full((140, 100, 3), 255, np.uint8))
    async with reading(TILT_IMAGES=images) as (reader, recorder, _):
        await reader.read(OcrDocument((page,)), QUESTIONS)

    assert (b'"image"' in recorder.requests[0].content) is sent


async def test_unasked_questions_are_no_questions_of_the_server() -> None:
    """Only what is asked is answered."""
    async with reading() as (reader, _, _):
        answers = await reader.read(DOCUMENT, [Question("total", "How much?")])

    assert [answer.key for answer in answers] == ["total"]


@pytest.mark.slow
@PROTOCOLS
async def test_many_documents_take_little_longer_than_the_model_does(protocol: str) -> None:
    """64 documents, ten at a time, 200 ms each: the client may add 30 %; the best of three on a busy machine counts."""
    times = []
    async with reading(MOCK_DELAY_S="0.2", TILT_CONCURRENCY="10", TILT_PROTOCOL=protocol) as (reader, _, _):
        for _ in range(3):
            start = time.monotonic()
            async with anyio.create_task_group() as tasks:
                for _ in range(64):
                    tasks.start_soon(reader.read, DOCUMENT, QUESTIONS)
            times.append(time.monotonic() - start)

    assert min(times) <= 1.3 * 64 / 10 * 0.2
