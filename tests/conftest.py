"""What every test may ask for."""

from pathlib import Path

import hypothesis
import pytest

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
