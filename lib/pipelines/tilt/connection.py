"""The connections to the TILT server, and what goes wrong on them, in words of ours.

In: settings, or what httpx raises and answers. Out: an `httpx.AsyncClient`, bounded bytes, `TiltError`s. With
tilt_client.py, which asks over them, the only importer of httpx in lib.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

import httpx
from pydantic import ValidationError

from lib.errors import DocumentRefused, StartupError, TiltError, TiltProtocolError, TiltTimeout, TiltUnavailable
from lib.pipelines.llm.refusals import tells_why
from lib.pipelines.tilt.chat_protocol import DOCUMENT_REFUSED, ERROR_TYPES, ErrorBody
from lib.pipelines.tilt.exchange import STOCK_SERVER
from lib.settings import TiltSettings

MAX_REASON_CHARS = 300
REMEDY = "Send it in parts, or without its empty or image-only pages; without a TILT server it is read in one."
MAX_ANSWER_BYTES = 2**20
"""Ten times what 32 answers of 512 tokens each can have; no more than this of an answer is ever held."""
MOST_ERROR_BYTES = 64 * 1024
"""Of an error's body that are read; what is behind them says no more."""
KEEP_ALIVE_S = 4.0
"""Less than uvicorn's five seconds: the server must not close a connection while a request is on its way."""

FAILURES: Mapping[type[Exception], type[TiltError]] = {
    httpx.ConnectTimeout: TiltUnavailable,
    httpx.PoolTimeout: TiltUnavailable,
    httpx.ReadTimeout: TiltTimeout,
    httpx.WriteTimeout: TiltTimeout,
    httpx.ConnectError: TiltUnavailable,
    httpx.ReadError: TiltUnavailable,
    httpx.WriteError: TiltUnavailable,
    httpx.CloseError: TiltUnavailable,
    httpx.ProxyError: TiltUnavailable,
    httpx.RemoteProtocolError: TiltUnavailable,
    httpx.LocalProtocolError: TiltProtocolError,
    httpx.UnsupportedProtocol: TiltProtocolError,
    httpx.DecodingError: TiltProtocolError,
    httpx.TooManyRedirects: TiltProtocolError,
    ConnectionResetError: TiltUnavailable,
}
"""Every way that httpx fails before there is a status, and what an application that is called in process raises when
it drops a connection. A test fails when httpx has an exception without a row."""

UNAVAILABLE_STATUSES = frozenset({429, *range(500, 600)})
"""The server is there but does not work; every other error status refuses our request for good."""


class StatusError(Exception):
    """The server answered with another status than 2xx.

    Attributes:
        status: HTTP's.
        path: Of the request.
        body: The beginning of what it said.
    """

    def __init__(self, status: int, path: str, body: bytes) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.path = path
        self.body = body


def make_client(settings: TiltSettings, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    """A client that keeps connections; none is opened yet.

    Raises:
        StartupError: The address or the key cannot be used.
    """
    key = settings.api_key.get_secret_value()
    connections = settings.concurrency + 1  # One for health checks, which must not wait for documents.
    try:
        return httpx.AsyncClient(
            base_url=settings.base_url,
            transport=transport,
            headers={
                "Content-Type": "application/json",
                "Accept-Encoding": "identity",  # What is counted while reading must be what is held.
                **({"Authorization": f"Bearer {key}"} if key else {}),
            },
            timeout=httpx.Timeout(
                connect=settings.connect_timeout_s,
                read=settings.timeout_s,
                write=settings.write_timeout_s,
                pool=settings.pool_timeout_s,
            ),
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEEP_ALIVE_S
            ),
            trust_env=False,  # A proxy of the environment is not meant for a server next door.
        )
    except (httpx.InvalidURL, UnicodeError) as exc:
        raise StartupError(f"VLLM_BASE_URL or VLLM_API_KEY cannot be used: {type(exc).__name__}.") from exc


async def bounded(response: httpx.Response) -> bytes:
    """The body, as long as it is no longer than any answer can be.

    Raises:
        TiltProtocolError: It is longer, or compressed, which was not asked for and could hide any length.
    """
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise TiltProtocolError(
            "The TILT server's answer is compressed; whatever stands in between must leave it alone."
        )
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise TiltProtocolError(f"The TILT server's answer has more than {MAX_ANSWER_BYTES} bytes.")
    return bytes(content)


async def refuse_errors(response: httpx.Response) -> None:
    """Let a response pass that is a success.

    Raises:
        StatusError: It is not.
    """
    if response.is_success:
        return
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_ERROR_BYTES:
            break
    raise StatusError(response.status_code, response.request.url.path, bytes(body[:MOST_ERROR_BYTES]))


@contextmanager
def translated() -> Iterator[None]:
    """What httpx raises inside of the block becomes ours."""
    try:
        yield
    except StatusError as exc:
        raise _of_status(exc) from exc
    except tuple(FAILURES) as exc:
        failure = next(failure for kind, failure in FAILURES.items() if isinstance(exc, kind))
        raise failure(f"The TILT server cannot be asked ({type(exc).__name__}).") from exc


def _of_status(error: StatusError) -> TiltError:
    """The server's own fault, or its refusal of a request; some blame themselves (500) for what they cannot take."""
    status = error.status
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return _with_body(
            DocumentRefused(f"The TILT server cannot take this document: {_reason(error)} {REMEDY}"), error
        )
    if status in UNAVAILABLE_STATUSES and not tells_why(status, error.body):
        return TiltUnavailable(f"The TILT server is not at work (status {status}); try again later.")
    return _with_body(TiltProtocolError(f"The TILT server answers {status} to {error.path}. {_remedy(status)}"), error)


def _with_body(refusal: TiltError, error: StatusError) -> TiltError:
    refusal.status, refusal.body = error.status, error.body
    return refusal


def _reason(error: StatusError) -> str:
    """Why a document is refused, in the server's words where they are ours; a proxy's say no more than the status."""
    try:
        body = ErrorBody.model_validate_json(error.body)
    except ValidationError:
        return "It is too large."
    ours = body.type in {DOCUMENT_REFUSED, ERROR_TYPES[error.status]}
    return body.message[:MAX_REASON_CHARS] if ours else "It is too large."


def _remedy(status: int) -> str:
    """What an operator can do about a refusal."""
    if status in {401, 403}:
        return "VLLM_API_KEY must be the same here and there."
    if status == 404:  # noqa: PLR2004 - not found
        return f"VLLM_BASE_URL must end in /v1 and lead to a server of the kind that TILT_PROTOCOL says. {STOCK_SERVER}"
    return f"It is a server of another kind than TILT_PROTOCOL says, or of another version. {STOCK_SERVER}"
