"""The TILT servers that the contract suite runs over.

A server is added by a function that takes settings and gives a transport to it, and by a line in SERVERS.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import httpx

from lib.pipelines.tilt_client import TiltReader
from lib.settings import Settings, load_settings
from scripts.mock_vllm import create_app
from tests.tilt_server import running_server

Serve: TypeAlias = Callable[[Settings], AbstractAsyncContextManager[httpx.AsyncBaseTransport]]
"""Runs a server with the settings' key and model, in process, for the length of a test."""


@asynccontextmanager
async def mock(settings: Settings) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """The mock with the embedded reader's answers."""
    yield httpx.ASGITransport(create_app(settings))


@asynccontextmanager
async def tilt_api(settings: Settings) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """The server on the GPU, over a stand-in for the vLLM fork."""
    async with running_server(settings) as server:
        yield httpx.ASGITransport(server.app)


SERVERS: Mapping[str, Serve] = {"mock": mock, "tilt_api": tilt_api}
"""By the name that the tests' ids show."""

BASE_URL = "http://tilt.example/v1"
KEY = "contract-key"


@dataclass(frozen=True, slots=True)
class TiltServer:
    """A running server and how to reach it.

    Attributes:
        transport: To it; None: sockets.
        base_url: Ends in /v1.
        key: Its key, or "".
    """

    transport: httpx.AsyncBaseTransport | None
    base_url: str
    key: str

    def client(self, *, key: str | None = None) -> httpx.AsyncClient:
        """A plain HTTP client, with the server's key or another one; "": none."""
        sent = self.key if key is None else key
        headers = {"Authorization": f"Bearer {sent}"} if sent else {}
        return httpx.AsyncClient(transport=self.transport, base_url=self.base_url, headers=headers, timeout=120)

    def reader(self, *, protocol: str) -> TiltReader:
        """Our own client."""
        environment = {
            "VLLM_BASE_URL": self.base_url,
            "VLLM_API_KEY": self.key,
            "TILT_PROTOCOL": protocol,
            "TILT_TIMEOUT_S": "120",
        }
        return TiltReader(load_settings(environment).tilt, transport=self.transport)
