"""An OCR document and questions -> the TILT server -> answers.

In: a document with its words in reading order. Out: one answer a question, in order, or one of TiltUnavailable,
TiltTimeout, TiltProtocolError, DocumentRefused (DeadlineExceeded where the request's own time ended first). No value is
ever made up: what is not exactly the protocol is an error. The connections themselves are in tilt_connection.py.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import anyio
import httpx
import tenacity
from loguru import logger
from pydantic import ValidationError

from lib.computing import compute
from lib.document import Answer, OcrDocument, Question
from lib.errors import DeadlineExceeded, TiltProtocolError, TiltTimeout, TiltUnavailable
from lib.pipelines.chat_protocol import MODELS_PATH, ModelList
from lib.pipelines.circuit_breaker import BreakerOpen, CircuitBreaker
from lib.pipelines.reader_health import TINY_DOCUMENT, TINY_QUESTIONS, ReaderHealth, TiltHealth
from lib.pipelines.tilt_connection import bounded, make_client, refuse_document, translated
from lib.pipelines.tilt_exchange import EXCHANGES, Exchange
from lib.pipelines.tilt_protocol import explain
from lib.settings import TiltSettings
from lib.telemetry import Metrics, RequestContext, current_request

LONGEST_WAIT_S = 2.0
"""Between two attempts."""

RETRIED = (httpx.ConnectTimeout, httpx.NetworkError, httpx.RemoteProtocolError, ConnectionResetError)
"""The connection failed, not the server: a question asked twice does no harm."""
RETRIED_STATUSES = frozenset({502, 503})


class TiltReader:
    """Asks the TILT server; one for each process, because it holds the connections, the slots and the breaker.

    Attributes:
        name: `tilt`.
        model_version: The model's name without its owner, in lower case.
        breaker: Its state may be looked at.
    """

    name = "tilt"

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
        self.model_version = settings.model.rsplit("/", 1)[-1].lower()
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
        """One answer to each question, in their order; a document without words is not sent.

        Raises:
            TiltUnavailable: It cannot be reached, does not work, or its breaker is open.
            TiltTimeout: It did not answer within TILT_TIMEOUT_S.
            TiltProtocolError: It refused the request, or answered something else than its protocol.
            DocumentRefused: It cannot take this document.
            DeadlineExceeded: The request's deadline came first.
        """
        if not any(word.text for page in document.pages for word in page.words):
            return tuple(Answer(question.key, None, 1.0, reason="no_text") for question in questions)
        with _breaker_translated(), self._health.noting():
            self.breaker.check()
            body = await compute(self._exchange.encode, document, questions)
            async with self._slot():
                with self.breaker.guard(failed_by=(TiltUnavailable, TiltTimeout), undecided_by=(DeadlineExceeded,)):
                    content = await self._ask_in_time(body)
            return self._exchange.decode(content, questions)

    async def check(self) -> TiltHealth:
        """Look whether the server answers questions; what fails is in the result."""
        return await self._health.check()

    async def _model(self) -> str:
        with translated():
            async with self._client.stream("GET", MODELS_PATH) as response:
                response.raise_for_status()
                content = await bounded(response)
        try:
            return ModelList.model_validate_json(content).data[0].id
        except ValidationError as exc:
            raise TiltProtocolError(f"The TILT server lists no models: {explain(exc)}.") from exc

    async def _ask_tiny_question(self) -> None:
        """As a document is asked, but uncounted and without a slot: it must not wait for documents."""
        body = self._exchange.encode(TINY_DOCUMENT, TINY_QUESTIONS)
        with translated():
            content = await self._ask_repeatedly(body, budget_s=self._settings.timeout_s, counted=False)
        self._exchange.decode(content, TINY_QUESTIONS)

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

    async def _ask_in_time(self, body: bytes) -> bytes:
        """The answer to `body`, with every attempt inside TILT_TIMEOUT_S and the request's deadline."""
        limit_s, remaining_s = self._settings.timeout_s, current_request().remaining_s
        try:
            with translated(), anyio.fail_after(min(limit_s, remaining_s)):
                return await self._ask_repeatedly(body, budget_s=min(limit_s, remaining_s))
        except TimeoutError as exc:
            if remaining_s < limit_s:
                raise DeadlineExceeded("The request's time ended before the TILT server answered.") from exc
            raise TiltTimeout(f"The TILT server did not answer within {limit_s:g} s.") from exc

    async def _ask_repeatedly(self, body: bytes, *, budget_s: float, counted: bool = True) -> bytes:
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_is_worth_another_attempt),
            stop=tenacity.stop_after_attempt(1 + self._settings.retries) | tenacity.stop_before_delay(budget_s),
            wait=tenacity.wait_random_exponential(multiplier=self._settings.retry_wait_s, max=LONGEST_WAIT_S),
            before_sleep=self._note_retry if counted else None,
            sleep=anyio.sleep,
            reraise=True,
        )
        return await attempts(self._ask, body)

    async def _ask(self, body: bytes) -> bytes:
        request_id = current_request().request_id
        headers = {} if request_id == RequestContext().request_id else {"X-Request-ID": request_id}
        async with self._client.stream("POST", self._exchange.path, content=body, headers=headers) as response:
            await refuse_document(response)
            response.raise_for_status()
            return await bounded(response)

    def _note_retry(self, state: tenacity.RetryCallState) -> None:
        self._metrics.tilt_retries.inc()
        failure = state.outcome.exception() if state.outcome else None
        logger.warning("attempt {} at the TILT server failed: {}", state.attempt_number, type(failure).__name__)


def _is_worth_another_attempt(exc: BaseException) -> bool:
    if isinstance(exc, httpx.HTTPStatusError):
        return exc.response.status_code in RETRIED_STATUSES
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
