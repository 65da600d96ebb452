"""Each test of the suite runs over every server in process, or over the one at --tilt-url alone."""

from collections.abc import AsyncIterator

import httpx
import pytest

from lib.settings import load_settings
from tests.contract.servers import BASE_URL, KEY, SERVERS, TiltServer


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each server."""
    if "server" in metafunc.fixturenames:
        url = metafunc.config.getoption("--tilt-url")
        metafunc.parametrize("server", ["url"] if url else sorted(SERVERS), indirect=True)


@pytest.fixture
async def server(request: pytest.FixtureRequest, anyio_backend: str) -> AsyncIterator[TiltServer]:
    """The server of this test, running."""
    del anyio_backend
    if request.param == "url":
        options = request.config
        yield TiltServer(None, options.getoption("--tilt-url").rstrip("/"), options.getoption("--tilt-key"))
        return
    settings = load_settings({"VLLM_API_KEY": KEY})
    async with SERVERS[request.param](settings) as transport:
        yield TiltServer(transport, BASE_URL, KEY)


@pytest.fixture
async def client(server: TiltServer) -> AsyncIterator[httpx.AsyncClient]:
    """A plain client of it, with its key."""
    async with server.client() as client:
        yield client
