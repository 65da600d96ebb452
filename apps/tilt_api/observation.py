"""What is seen of each request: its id, one log line, its metrics, and a 500 that tells nothing.

In: every HTTP request. Out: X-Request-ID on every answer, one log line without anything of the document,
`ocrlty_tilt_requests_total`. Plain ASGI, the outermost layer of ours.
"""

import time

from loguru import logger
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.tilt_api.errors import CLIENT_GONE, unexpected
from apps.tilt_api.metrics import Metrics
from lib.telemetry import RequestContext, accepted_request_id, class_and_place, request_context

QUIET = frozenset({"/health", "/metrics", "/v1/models"})
"""Polled every few seconds: logged at DEBUG."""


class Observation:
    """The layer around every request."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        """Wrap `app`."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request under its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, _briefly(send))
            return
        request_id = accepted_request_id(Headers(scope=scope).get("x-request-id"))
        with request_context(RequestContext(request_id=request_id)):
            await self._observed(scope, receive, send, request_id=request_id)

    async def _observed(self, scope: Scope, receive: Receive, send: Send, *, request_id: str) -> None:
        start, status = time.perf_counter(), CLIENT_GONE

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as exc:  # noqa: BLE001 - the last resort; its message may quote the document
            logger.error("{}", class_and_place(exc))
            if status == CLIENT_GONE:
                await unexpected()(scope, receive, send_with_id)
        finally:
            self._report(scope, status=status, seconds=time.perf_counter() - start)

    def _report(self, scope: Scope, *, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        self._metrics.requests.labels(route, str(status)).inc()
        facts: dict[str, object] = scope.get("state", {}).get("facts", {})
        line = logger.bind(
            method=scope["method"], route=route, status=status, duration_ms=round(seconds * 1000, 1), facts=facts
        )
        level = "DEBUG" if route in QUIET and status < CLIENT_GONE else "INFO"
        line.log(level, "{} {} {} {:.0f} ms", scope["method"], route, status, seconds * 1000)


def _briefly(send: Send) -> Send:
    """A failed start in one sentence: the last line of the traceback that the framework would log."""

    async def send_briefly(message: Message) -> None:
        if message["type"] == "lifespan.startup.failed":
            message["message"] = message["message"].strip().splitlines()[-1].split(": ", 1)[-1]
        await send(message)

    return send_briefly
