"""The client of the TILT server over real connections, where ASGI in process could flatter it."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.document import BBox, OcrDocument, Page, Word
from lib.errors import TiltUnavailable
from lib.pipelines.tilt_client import TiltReader
from lib.questions import load_questions
from lib.settings import load_settings
from scripts.mock_vllm import create_app

pytestmark = pytest.mark.anyio

QUESTIONS = load_questions()
DOCUMENT = OcrDocument((Page(0, 1000, 1400, "ocr", words=(Word("56", BBox(230, 200, 340, 230)),)),))


class Visitors:
    """Passes requests on and remembers whose connection each one came over."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.ports: list[int] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the client's port."""
        if scope["type"] == "http":
            self.ports.append(scope["client"][1])
        await self._app(scope, receive, send)


@contextmanager
def serving(**changes: str) -> Iterator[tuple[str, Visitors]]:
    """The mock on a port of its own: its URL and its visitors."""
    app = Visitors(create_app(load_settings({"MOCK_ANSWERS": "canned", **changes})))
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1", app
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def reader_of(url: str, **changes: str) -> TiltReader:
    """A client with quick retries."""
    return TiltReader(load_settings({"VLLM_BASE_URL": url, "TILT_RETRY_WAIT_S": "0.001", **changes}).tilt)


async def test_documents_one_after_the_other_share_a_connection() -> None:
    """Keep-alive works: the second document pays no handshake."""
    with serving() as (url, visitors):
        reader = reader_of(url)
        for _ in range(5):
            await reader.read(DOCUMENT, QUESTIONS)
        await reader.aclose()

    assert len(visitors.ports) == 5
    assert len(set(visitors.ports)) == 1


async def test_documents_at_the_same_time_have_no_more_connections_than_slots() -> None:
    """TILT_CONCURRENCY bounds sockets too."""
    with serving(MOCK_DELAY_S="0.02") as (url, visitors):
        reader = reader_of(url, TILT_CONCURRENCY="4")
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(reader.read, DOCUMENT, QUESTIONS)
        await reader.aclose()

    assert len(visitors.ports) == 20
    assert len(set(visitors.ports)) == 4


async def test_dropped_connection_is_tried_again_and_unavailable_in_the_end() -> None:
    """What httpx calls a protocol error is a server that went away."""
    with serving(MOCK_MISBEHAVIOR="disconnect") as (url, visitors):
        reader = reader_of(url)
        with pytest.raises(TiltUnavailable, match="RemoteProtocolError"):
            await reader.read(DOCUMENT, QUESTIONS)
        await reader.aclose()

    assert len(visitors.ports) == 3


async def test_port_that_nobody_listens_on_is_unavailable() -> None:
    """Quickly, and health says the same."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        reader = reader_of(f"http://127.0.0.1:{unused.getsockname()[1]}/v1")

        with pytest.raises(TiltUnavailable, match="ConnectError"):
            await reader.read(DOCUMENT, QUESTIONS)

        assert (await reader.check()).problem == "tilt_unavailable"
        await reader.aclose()
