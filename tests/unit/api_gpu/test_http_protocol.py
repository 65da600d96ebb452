"""apps/api_gpu/http_protocol.py: what a connection may cost before there is a request, over real sockets."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import h11
import pytest
import uvicorn
from anyio.abc import SocketStream
from starlette.types import Receive, Scope, Send

from apps.api_gpu.http_pieces import MOST_PIECES, SLICE_EVENTS, PiecedConnection
from apps.api_gpu.http_protocol import GuardedProtocol, Limits
from apps.api_gpu.main import GuardedApp

pytestmark = pytest.mark.anyio

POST = b"POST / HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n"


class Hasty(GuardedProtocol):
    """With limits that a test can wait for."""

    limits = Limits(head=0.3, stall=0.3, linger=0.3, goodbye=0.1, check=0.05)


async def counting(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers how many bytes a body has; a GET at once, whatever else comes."""
    if scope["type"] == "lifespan":
        return
    count, more = 0, scope["method"] == "POST"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        count, more = count + len(message["body"]), message["more_body"]
    headers = [(b"content-length", str(len(str(count))).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": str(count).encode()})


@asynccontextmanager
async def serving(protocol: type[GuardedProtocol] = GuardedProtocol) -> AsyncIterator[int]:
    """The port on which uvicorn serves `counting`."""
    server = uvicorn.Server(uvicorn.Config(counting, http=protocol, lifespan="off", log_config=None))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve, [listener])
            with anyio.fail_after(10):
                while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                    await anyio.sleep(0.01)
            yield listener.getsockname()[1]
            server.should_exit = True


async def exchange(port: int, *parts: bytes) -> bytes:
    """All that is answered to some bytes, until the server closes the connection."""
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        for part in parts:
            await stream.send(part)
        return await everything(stream)


async def everything(stream: SocketStream) -> bytes:
    """What comes until the end of a connection, which may be abrupt."""
    received = b""
    with anyio.fail_after(20):
        while True:
            try:
                received += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return received


def problem(answer: bytes) -> tuple[int, str]:
    """Status and code of a problem body, whose id is that of the header."""
    head, _, body = answer.partition(b"\r\n\r\n")
    told = json.loads(body)
    assert b"application/problem+json" in head
    assert f"X-Request-ID: {told['request_id']}".lower().encode() in head.lower()
    return told["status"], told["code"]


async def test_body_in_crumbs_is_refused_with_a_problem() -> None:
    """Some thousand chunks of a byte are nobody's upload."""
    async with serving() as port:
        answer = await exchange(port, POST, b"1\r\nx\r\n" * (MOST_PIECES + 1))

    assert problem(answer) == (400, "malformed_request")


async def test_body_in_small_chunks_arrives_whole() -> None:
    """What takes many slices loses nothing, and the next request of the connection is served."""
    chunk = b"64\r\n" + b"x" * 100 + b"\r\n"
    async with serving() as port:
        answer = await exchange(
            port,
            POST + chunk * 5_000 + b"0\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n",
        )

    assert b"\r\n\r\n500000HTTP/1.1 200" in answer
    assert answer.endswith(b"\r\n\r\n0")


def test_connection_with_many_pieces_gives_them_in_slices() -> None:
    """Between two slices others have their turn."""
    connection = PiecedConnection()
    connection.receive_data(POST + (b"64\r\n" + b"x" * 100 + b"\r\n") * 200)

    taken = []
    connection.begin_slice()
    while (event := connection.next_event()) is not h11.NEED_DATA:
        taken.append(event)

    assert len(taken) == SLICE_EVENTS
    assert connection.cut_short


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        pytest.param(b"no request at all\r\n\r\n", (400, "malformed_request"), id="no HTTP"),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: api\r\n" + b"a: b\r\n" * 300, (431, "request_head_too_large"), id="lines"
        ),
        pytest.param(b"GET / HTTP/1.1\r\nHost: " + b"a" * 300_000, (431, "request_head_too_large"), id="bytes"),
        pytest.param(
            POST.replace(b"chunked", b"gzip") + b"\r\n\r\n", (501, "malformed_request"), id="transfer encoding"
        ),
    ],
)
async def test_what_is_no_request_is_refused_with_a_problem(sent: bytes, refusal: tuple[int, str]) -> None:
    """The parser's refusals have the body that all others have."""
    async with serving() as port:
        assert problem(await exchange(port, sent)) == refusal


async def test_head_that_never_ends_is_refused() -> None:
    """A connection is not held by a client that sends half a head."""
    async with serving(Hasty) as port:
        assert problem(await exchange(port, b"GET / HTTP/1.1\r\nHost: a")) == (408, "request_timeout")


async def test_connection_without_a_byte_is_closed() -> None:
    """There is no request to answer."""
    async with serving(Hasty) as port:
        assert await exchange(port) == b""


async def test_body_that_stalls_is_refused() -> None:
    """A client that stops in the middle of its upload does not hold it for ever."""
    async with serving(Hasty) as port:
        assert problem(await exchange(port, POST, b"5\r\nab")) == (408, "request_timeout")


async def test_body_that_goes_on_after_its_answer_is_cut_off() -> None:
    """The answer was given early; the rest of the body is nobody's."""
    get = POST.replace(b"POST", b"GET")
    async with serving(Hasty) as port:
        answer = await exchange(port, get, b"5\r\nab")

    assert answer.endswith(b"\r\n\r\n0")


async def test_uvicorn_that_was_not_told_gets_the_protocol() -> None:
    """`uvicorn apps.api_gpu.main:app` alone is guarded, too; any other choice of protocol is the operator's."""
    chosen = {}
    for http in ("auto", "h11"):
        config = uvicorn.Config(GuardedApp(), http=http, log_config=None)
        server = uvicorn.Server(config)
        server.should_exit = True  # As soon as it has started.
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            await server.serve([listener])
        chosen[http] = issubclass(config.http_protocol_class, GuardedProtocol)

    assert chosen == {"auto": True, "h11": False}
