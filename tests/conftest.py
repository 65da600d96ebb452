"""What every test may ask for."""

from pathlib import Path

import pytest

from lib.settings import Settings, load_settings

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the service does."""
    return "asyncio"


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The defaults, without anything of this machine's environment."""
    return load_settings({})
