"""Wiring: settings -> engine -> service -> app. Nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from loguru import logger

from apps.tilt_api import errors
from apps.tilt_api.admission import Gate
from apps.tilt_api.auth import KeyCheck
from apps.tilt_api.engine import EXIT_NO_ENGINE, CannotServe, Engine, ServingError
from apps.tilt_api.lifecycle import Lifecycle, watch
from apps.tilt_api.metrics import Metrics
from apps.tilt_api.observation import Observation
from apps.tilt_api.routes import router
from apps.tilt_api.service import TiltService
from apps.tilt_api.state import Serving
from apps.tilt_api.warmup import warm_up
from lib.document import Question
from lib.pipelines.tilt.protocol import TiltQuestion
from lib.settings import Settings

StartEngine = Callable[[Settings], Awaitable[Engine]]
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    settings: Settings, *, questions: Sequence[Question], start: StartEngine, lifecycle: Lifecycle
) -> FastAPI:
    """Build the server; its engine is started before the first request is taken.

    Args:
        settings: All of them.
        questions: What a chat request asks, one for each field.
        start: Loads the engine.
        lifecycle: Told when the engine ends.
    """
    metrics = Metrics()
    lifespan = _lifespan(settings, questions=questions, start=start, lifecycle=lifecycle, metrics=metrics)
    # No /docs: the bodies are not the framework's; docs/tilt-server.md shows them.
    app = FastAPI(title="OCRlty TILT server", openapi_url=None, lifespan=lifespan)
    app.add_middleware(KeyCheck, key=settings.tilt.api_key)
    app.add_middleware(Observation, metrics=metrics)  # Added last: the outermost.
    app.include_router(router)
    errors.install(app)
    return app


def _lifespan(
    settings: Settings,
    *,
    questions: Sequence[Question],
    start: StartEngine,
    lifecycle: Lifecycle,
    metrics: Metrics,
) -> Lifespan:
    asked = tuple(TiltQuestion(key=question.key, text=question.text) for question in questions)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = await _started(settings, start=start, lifecycle=lifecycle)
        gate = Gate(places=settings.tilt_server.max_in_flight, queue=settings.tilt_server.queue)
        service = TiltService(engine, gate=gate, metrics=metrics, lifecycle=lifecycle)
        _read_off(metrics, gate=gate, lifecycle=lifecycle)
        app.state.serving = Serving(
            service=service, metrics=metrics, model=settings.tilt.model, created=int(time.time()), questions=asked
        )
        watching = asyncio.create_task(watch(engine, lifecycle))
        logger.info(
            "ready: {} on {}, {} documents in flight",
            settings.tilt.model,
            engine.name,
            settings.tilt_server.max_in_flight,
        )
        yield
        watching.cancel()
        engine.close()

    return lifespan


async def _started(settings: Settings, *, start: StartEngine, lifecycle: Lifecycle) -> Engine:
    """An engine that has given its first answers.

    Raises:
        CannotServe: There is none; the lifecycle knows the exit code.
    """
    try:
        engine = await start(settings)
        await _warmed_up(engine)
    except CannotServe as exc:
        lifecycle.fail(exc.exit_code)
        raise
    return engine


async def _warmed_up(engine: Engine) -> None:
    try:
        await warm_up(engine)
    except ServingError as exc:
        raise CannotServe(f"The engine did not answer its first questions: {exc}", exit_code=EXIT_NO_ENGINE) from exc


def _read_off(metrics: Metrics, *, gate: Gate, lifecycle: Lifecycle) -> None:
    metrics.gauge("documents_admitted", "Documents at work or waiting.", lambda: gate.admitted)
    metrics.gauge("documents_working", "Documents with a place in the engine.", lambda: gate.working)
    metrics.gauge("engine_up", "1 while the engine runs.", lambda: not lifecycle.ending)
