"""Wiring: settings -> pipeline -> service -> app. Nothing else.

`uvicorn apps.api_gpu.main:app` starts the service. Importing this module builds a light app; engines load in the
lifespan, before the first request is taken.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import anyio
import httpx
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from loguru import logger
from starlette.types import Receive, Scope, Send

from apps.api_gpu import docs_page, errors, jobs
from apps.api_gpu.http_protocol import guard_server
from apps.api_gpu.job_desk import JobDesk
from apps.api_gpu.observation import Observation
from apps.api_gpu.routes import router
from apps.api_gpu.service import VERSION, Service
from apps.api_gpu.shutdown import draining_on_sigterm
from apps.api_gpu.tilt_watch import TiltWatch
from lib.computing import tuned_to_serve
from lib.errors import StartupError
from lib.pipelines.extract import SIX
from lib.pipelines.ocr.auto import chosen_engine
from lib.pipelines.page_reader import OcrStage
from lib.pipelines.readers import Reader
from lib.pipelines.wiring import Pipeline, load_the_rest, running_pipeline
from lib.settings import Settings, load_settings
from lib.telemetry import Metrics, configure_logging

DESCRIPTION = "Invoices and receipts in, normalized JSON out, on your own machines."

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class GuardedApp(FastAPI):
    """The application, which has the uvicorn that starts it bound what connections may cost."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; here and not in a middleware, which sees the framework's own `receive`."""
        if scope["type"] == "lifespan":
            guard_server(receive)
        await super().__call__(scope, receive, send)


def create_app(
    settings: Settings,
    *,
    ocr: OcrStage | None = None,
    reader: Reader | None = None,
    tilt_transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """Build the service.

    Args:
        settings: All of them.
        ocr: The OCR stage; None: PaddleOCR's engines, loaded when the app starts.
        reader: The embedded reader; None: the layout reader.
        tilt_transport: How the TILT server is reached; None: by sockets.
    """
    metrics = Metrics()
    pipeline = partial(
        running_pipeline,
        settings,
        metrics=metrics,
        ocr=ocr,
        layout=reader,
        tilt_transport=tilt_transport,
        reader_processes=settings.api.reader_processes,
    )
    lifespan = _lifespan(settings, metrics=metrics, running=pipeline)
    app = GuardedApp(
        title="OCRlty",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/openapi.json" if settings.api.docs else None,
        docs_url=None,  # docs_page.py has it.
        redoc_url=None,  # It would load from another server, too.
        redirect_slashes=False,  # A redirect would let a client send its whole upload for nothing.
    )
    _add_middleware(app, settings, metrics=metrics)
    routers = (router, jobs.router, *([docs_page.router] if settings.api.docs else []))
    for part in routers:
        app.include_router(part)
    errors.install(app, routes=[route for part in routers for route in part.routes])
    return app


def _add_middleware(app: FastAPI, settings: Settings, *, metrics: Metrics) -> None:
    app.add_middleware(Observation, metrics=metrics, request_timeout_s=settings.api.request_timeout_s)
    if settings.api.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.api.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=["X-Request-ID", "Retry-After", "Location"],
        )


def _lifespan(
    settings: Settings, *, metrics: Metrics, running: Callable[[], AbstractAsyncContextManager[Pipeline]]
) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure_logging(settings.log)
        if not settings.api.keys:
            logger.warning("API_KEYS is not set: everybody who can reach the port may use the service")
        async with running() as pipeline, anyio.create_task_group() as background:
            watch = TiltWatch(pipeline.tilt) if pipeline.tilt else None
            desk = JobDesk(settings.jobs, keys=len(settings.api.keys)) if settings.jobs.redis_url else None
            service = Service(settings, pipeline, metrics, watch, desk)
            app.state.service = service
            if watch:
                background.start_soon(watch.run)
            if desk:
                background.start_soon(desk.watch)
            background.start_soon(load_the_rest)
            engine, why = chosen_engine(settings.ocr.engine)
            logger.info(
                "ready: reader {}, OCR {} x {} ({}), speed {}",
                pipeline.readers.name,
                settings.ocr.concurrency,
                engine,
                why,
                pipeline.extractor.speed_for(SIX),
            )
            draining = draining_on_sigterm(service.drain, limit_s=settings.api.drain_s, background=background)
            with draining, tuned_to_serve():
                yield
            background.cancel_scope.cancel()
            if desk:
                desk.close()

    return lifespan


def __getattr__(name: str) -> FastAPI:
    """`app`, made when uvicorn asks for it and not when a test imports this module.

    A wrong setting ends the process with one sentence, not a traceback.
    """
    if name != "app":
        raise AttributeError(name)
    try:
        return create_app(load_settings())
    except StartupError as exc:
        raise SystemExit(f"OCRlty cannot start: {exc}") from exc
