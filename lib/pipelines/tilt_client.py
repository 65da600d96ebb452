"""An OCR document and questions -> the server at VLLM_BASE_URL -> answers, whichever protocol it speaks.

In: a document with its words in reading order. Out: one answer a question, in order, or one of TiltUnavailable,
TiltTimeout, TiltProtocolError, DocumentRefused (DeadlineExceeded where the request's own time ended first). No value is
ever made up: what is not exactly the protocol is an error. The connections themselves are in tilt_connection.py.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TypeAlias

import anyio
import httpx
import tenacity
from loguru import logger

from lib.document import Answer, Consultation, OcrDocument, Question
from lib.errors import DeadlineExceeded, TiltTimeout, TiltUnavailable
from lib.pipelines.tilt.circuit_breaker import BreakerOpen, CircuitBreaker
from lib.pipelines.tilt.connection import StatusError, bounded, make_client, refuse_errors, translated
from lib.pipelines.tilt.exchange import EXCHANGES, Exchange
from lib.pipelines.tilt.health import TINY_DOCUMENT, TINY_QUESTIONS, ReaderHealth, TiltHealth
from lib.settings import TiltSettings
from lib.telemetry import Metrics, RequestContext, current_request

LONGEST_WAIT_S = 2.0
"""Between two attempts."""

RETRIED = (httpx.ConnectTimeout, httpx.NetworkError, httpx.RemoteProtocolError, ConnectionResetError)
"""The connection failed, not the server: a question asked twice does no harm."""
RETRIED_STATUSES = frozenset({502, 503})

Ask: TypeAlias = Callable[[], Awaitable[bytes]]


class TiltReader:
    """Asks the TILT server; one for each process, because it holds the connections, the slots and the breaker.

    Attributes:
        breaker: Its state may be looked at.
    """

    def __init__(
        self,
        settings: TiltSettings,
        *,
        metrics: Metrics | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare the connections; none is opened yet.

        Args:
            settings: Of the TILT server's client.
            metrics: Where retries, slots and the breaker show; None: nowhere.
            transport: To use instead of sockets, such as `httpx.ASGITransport`.

        Raises:
            StartupError: The address or the key cannot be used.
        """
        self.breaker = CircuitBreaker(failures=settings.breaker_failures, reset_s=settings.breaker_reset_s)
        self._settings = settings
        self._exchange: Exchange = EXCHANGES[settings.protocol](settings)
        self._slots = anyio.Semaphore(settings.concurrency)
        self._metrics = metrics or Metrics()
        self._metrics.tilt_breaker.set_function(lambda: ("closed", "half_open", "open").index(self.breaker.state))
        self._client = make_client(settings, transport)
        self._health = ReaderHealth(
            list_model=self._model,
            ask=self._ask_tiny_question,
            breaker=self.breaker,
            list_timeout_s=settings.connect_timeout_s,
            ask_timeout_s=settings.timeout_s,
        )

    @property
    def name(self) -> str:
        """`tilt` or `llm`, by the protocol."""
        return self._exchange.name

    @property
    def model_version(self) -> str:
        """Of the model that answers."""
        return self._exchange.model_version

    @property
    def latin_only(self) -> bool:
        """Whether documents in other scripts are not worth asking about."""
        return self._exchange.latin_only

    @property
    def refusal(self) -> TiltUnavailable | None:
        """What `read` would raise while the breaker is open; None while it would ask, as a trial too."""
        return _left_alone(self.breaker.retry_after_s) if self.breaker.state == "open" else None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def can_answer(self, key: str) -> bool:
        """Whether the protocol in use carries a question of this key."""
        return self._exchange.can_ask(key)

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """One answer to each question, in their order; see `consult`."""
        return (await self.consult(document, questions)).answers

    async def consult(self, document: OcrDocument, questions: Sequence[Question]) -> Consultation:
        """One answer to each question, and warnings; a document without words is not sent.

        Raises:
            TiltUnavailable: It cannot be reached, does not work, or its breaker is open.
            TiltTimeout: It did not answer within TILT_TIMEOUT_S.
            TiltProtocolError: It refused the request, or answered something else than its protocol.
            DocumentRefused: It cannot take this document.
            DeadlineExceeded: The request's deadline came first.
        """
        if not any(word.text for page in document.pages for word in page.words):
            return Consultation(tuple(Answer(question.key, None, 1.0, reason="no_text") for question in questions))
        with _breaker_translated(), self._health.noting():
            self.breaker.check()
            return await self._exchange.consult(document, questions, self)

    async def post(self, path: str, body: bytes) -> bytes:
        """The answer to one request, which has its slot, its time and its attempts, and counts for the breaker.

        Raises:
            TiltError: There is no answer; where the server refused, the error has its status and what it said.
            DeadlineExceeded: The request's deadline came first.
        """
        return await self._request("POST", path, body)

    async def get(self, path: str) -> bytes:
        """As `post`, without a body."""
        return await self._request("GET", path, None)

    async def _request(self, method: str, path: str, body: bytes | None) -> bytes:
        async with self._slot():
            with self.breaker.guard(failed_by=(TiltUnavailable, TiltTimeout), undecided_by=(DeadlineExceeded,)):
                return await self._ask_in_time(partial(self._ask, method, path, body))

    async def check(self) -> TiltHealth:
        """Look whether the server answers questions; what fails is in the result."""
        return await self._health.check()

    async def _model(self) -> str:
        return await self._exchange.served_model(_Uncounted(self))

    async def _ask_tiny_question(self) -> None:
        """As a document is asked, but uncounted and without a slot: it must not wait for documents."""
        await self._exchange.consult(TINY_DOCUMENT, TINY_QUESTIONS, _Uncounted(self))

    async def ask_uncounted(self, method: str, path: str, body: bytes | None) -> bytes:
        """The answer to a request that waits for no slot and counts nowhere; whoever asks bounds its time."""
        ask = partial(self._ask, method, path, body)
        with translated():
            if method == "GET":
                return await ask()
            return await self._ask_repeatedly(ask, budget_s=self._settings.timeout_s, counted=False)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """One of TILT_CONCURRENCY; waiting for it is bounded by the request's deadline only."""
        remaining_s = current_request().remaining_s
        try:
            with anyio.fail_after(remaining_s):
                await self._slots.acquire()
        except TimeoutError as exc:
            raise DeadlineExceeded("The request's time ended before the TILT server had a place for it.") from exc
        try:
            with self._metrics.tilt_in_flight.track_inprogress():
                yield
        finally:
            self._slots.release()

    async def _ask_in_time(self, ask: Ask) -> bytes:
        """What `ask` brings, with every attempt inside TILT_TIMEOUT_S and the request's deadline."""
        limit_s, remaining_s = self._settings.timeout_s, current_request().remaining_s
        try:
            with translated(), anyio.fail_after(min(limit_s, remaining_s)):
                return await self._ask_repeatedly(ask, budget_s=min(limit_s, remaining_s))
        except TimeoutError as exc:
            if remaining_s < limit_s:
                raise DeadlineExceeded("The request's time ended before the TILT server answered.") from exc
            raise TiltTimeout(f"The TILT server did not answer within {limit_s:g} s (TILT_TIMEOUT_S).") from exc

    async def _ask_repeatedly(self, ask: Ask, *, budget_s: float, counted: bool = True) -> bytes:
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_is_worth_another_attempt),
            stop=tenacity.stop_after_attempt(1 + self._settings.retries) | tenacity.stop_before_delay(budget_s),
            wait=tenacity.wait_random_exponential(multiplier=self._settings.retry_wait_s, max=LONGEST_WAIT_S),
            before_sleep=self._note_retry if counted else None,
            sleep=anyio.sleep,
            reraise=True,
        )
        return await attempts(ask)

    async def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        request_id = current_request().request_id
        headers = {} if request_id == RequestContext().request_id else {"X-Request-ID": request_id}
        async with self._client.stream(method, path, content=body, headers=headers) as response:
            await refuse_errors(response)
            return await bounded(response)

    def _note_retry(self, state: tenacity.RetryCallState) -> None:
        self._metrics.tilt_retries.inc()
        failure = state.outcome.exception() if state.outcome else None
        logger.warning("attempt {} at the TILT server failed: {}", state.attempt_number, type(failure).__name__)


class _Uncounted:
    """The way to the server for what is no document."""

    def __init__(self, reader: TiltReader) -> None:
        self._reader = reader

    async def post(self, path: str, body: bytes) -> bytes:
        """The answer."""
        return await self._reader.ask_uncounted("POST", path, body)

    async def get(self, path: str) -> bytes:
        """The answer."""
        return await self._reader.ask_uncounted("GET", path, None)


def _is_worth_another_attempt(exc: BaseException) -> bool:
    if isinstance(exc, StatusError):
        return exc.status in RETRIED_STATUSES
    return isinstance(exc, RETRIED)


@contextmanager
def _breaker_translated() -> Iterator[None]:
    """A refusal of the breaker becomes TiltUnavailable, with the time to wait."""
    try:
        yield
    except BreakerOpen as exc:
        raise _left_alone(exc.retry_after_s) from exc


def _left_alone(retry_after_s: float) -> TiltUnavailable:
    error = TiltUnavailable("The TILT server failed several times in a row; it is left alone for some seconds.")
    error.retry_after_s = retry_after_s
    return error
