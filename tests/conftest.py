"""What every test may ask for."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import sniffio

from lib.settings import Settings, load_settings

ROOT = Path(__file__).parent.parent

hypothesis.settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the contract suite, which can run against any TILT server."""
    parser.addoption("--tilt-url", help="http://host:port/v1 of a TILT server to hold to the contract")
    parser.addoption("--tilt-key", default="", help="its VLLM_API_KEY")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the service does."""
    return "asyncio"


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The defaults, without anything of this machine's environment."""
    return load_settings({})


@pytest.fixture(autouse=True)
def _no_event_loop_outside_of_asynchronous_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Lets a test call `anyio.run`.

    The event loop of a fixture that outlives its test waits meanwhile, but anyio has noted in sniffio's variable that
    this thread has one, and would refuse another.
    """
    if inspect.iscoroutinefunction(request.function):
        yield
        return
    token = sniffio.current_async_library_cvar.set(None)
    yield
    sniffio.current_async_library_cvar.reset(token)
