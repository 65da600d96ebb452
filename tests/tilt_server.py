"""The TILT server over a stand-in for the vLLM fork, in this process: for every test that needs one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from apps.tilt_api.fork import Fork
from apps.tilt_api.lifecycle import Lifecycle
from apps.tilt_api.server import create_app
from apps.tilt_api.vllm_engine import VllmEngine, start_with
from lib.questions import load_questions
from lib.settings import Settings
from tests.fake_fork import vllm
from tests.fake_fork.vllm.multimodal import tilt_processor

FORK = Fork(
    package=vllm.__name__,
    engine_args=vllm.AsyncEngineArgs,
    engine=vllm.AsyncLLMEngine,
    sampling_params=vllm.SamplingParams,
    processor=tilt_processor,
)


@dataclass
class RunningServer:
    """A server that has started, and what a test may look at behind it.

    Attributes:
        app: The ASGI app.
        client: Speaks HTTP to it without a socket.
        llm: The engine of the fork.
        preprocessor: The fork's.
        lifecycle: Whether the process is to end.
        endings: What the process was told, in order: ("force", exit code) and ("stop", 0).
        stopped: Set when it was told to stop.
    """

    app: FastAPI
    client: httpx.AsyncClient
    llm: vllm.AsyncLLMEngine
    preprocessor: tilt_processor.TiltPreprocessor
    lifecycle: Lifecycle
    endings: list[tuple[str, int]]
    stopped: asyncio.Event


@asynccontextmanager
async def running_server(settings: Settings) -> AsyncIterator[RunningServer]:
    """Start the server, and end it after the block."""
    engines: list[VllmEngine] = []
    endings: list[tuple[str, int]] = []

    async def start(settings: Settings) -> VllmEngine:
        engines.append(await start_with(FORK, settings))
        return engines[0]

    stopped = asyncio.Event()

    def stop() -> None:
        endings.append(("stop", 0))
        stopped.set()

    lifecycle = Lifecycle(stop=stop, force=lambda exit_code: endings.append(("force", exit_code)))
    app = create_app(settings, questions=load_questions(), start=start, lifecycle=lifecycle)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://tilt") as client,
    ):
        (engine,) = engines
        llm: Any = engine._llm
        preprocessor: Any = engine._preprocessor
        yield RunningServer(app, client, llm, preprocessor, lifecycle, endings, stopped)
