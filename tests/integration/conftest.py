"""The whole app in this process, with the real OCR engine, over ASGI instead of a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from apps.api_gpu.main import create_app
from lib.document import OcrSpeed, Recognition
from lib.settings import load_settings

ONE_ENGINE = {"OCR_CONCURRENCY": "1", "READER_PROCESSES": "0"}


class BlankOcr:
    """An OCR stage that finds nothing."""

    busy = 0
    waiting = 0
    still_s = 0.0

    async def recognize(self, image: object, *, lang: str = "", speed: OcrSpeed = "exact") -> Recognition:  # noqa: ARG002
        """No spans."""
        assert image is not None
        return Recognition()


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running app: lifespan entered, no sockets."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://api"
        ) as client,
    ):
        yield client


@asynccontextmanager
async def service(environ: dict[str, str] | None = None, **parts: Any) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ANN401
    """A client of an app with these settings and parts."""
    async with serving(create_app(load_settings(ONE_ENGINE | (environ or {})), **parts)) as client:
        yield client


@pytest.fixture(scope="session")
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ARG001 - sets the scope
    """A client of the default service; one for the session, because engines take seconds to load."""
    async with service() as running:
        yield running
