"""What is seen of each request: its id, one log line, its metrics, and a 500 that tells nothing.

In: every HTTP request. Out: X-Request-ID on every answer, one log line, `ocrlty_requests_total` and
`ocrlty_request_seconds`. Plain ASGI, so that uploads stream through it untouched.
"""

import time

from loguru import logger
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.api_gpu.admission import ClientGone
from apps.api_gpu.errors import respond
from lib.telemetry import Metrics, RequestContext, accepted_request_id, request_context

CLIENT_GONE = 499
"""What the log and the metrics say of a request whose client went away; nginx's number for it."""

QUIET = frozenset({"/v1/health", "/livez", "/readyz", "/metrics"})
"""Polled every few seconds: logged at DEBUG."""


class Observation:
    """The outermost layer of ours around every request."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, request_timeout_s: float) -> None:
        """Wrap `app`."""
        self._app = app
        self._metrics = metrics
        self._request_timeout_s = request_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request under its id and deadline."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, _briefly(send))
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        context = RequestContext(
            request_id=accepted_request_id(Headers(scope=scope).get("x-request-id")),
            deadline=time.monotonic() + self._request_timeout_s,
        )
        with request_context(context):
            await self._observed(scope, receive, send, context)

    async def _observed(self, scope: Scope, receive: Receive, send: Send, context: RequestContext) -> None:
        start, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = context.request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except ClientGone:
            status = CLIENT_GONE
        except Exception as exc:  # noqa: BLE001 - the last resort; nothing may pass it
            answer = respond(Request(scope), exc)
            if not status:
                await answer(scope, receive, send_with_id)
        self._report(scope, context, status=status, seconds=time.perf_counter() - start)

    def _report(self, scope: Scope, context: RequestContext, *, status: int, seconds: float) -> None:
        """Count the request and write its line: who asked for what, how it ended, and where the time went."""
        route = getattr(scope.get("route"), "path", "unknown")
        code = _outcome(scope, status)
        self._metrics.requests.labels(route, str(status), code).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        facts: dict[str, object] = scope.get("state", {}).get("facts", {})
        stages = {f"{stage}_ms": round(milliseconds, 1) for stage, milliseconds in context.timings_ms.items()}
        line = logger.bind(
            method=scope["method"],
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 1),
            facts={"code": code, **facts, **stages},
        )
        level = "DEBUG" if route in QUIET else "INFO"
        line.log(level, "{} {} {} {:.0f} ms", scope["method"], route, status, seconds * 1000)


def _outcome(scope: Scope, status: int) -> str:
    code: str = scope.get("state", {}).get("code", "")
    if status == CLIENT_GONE:
        return "client_gone"
    return code or ("ok" if status < 400 else "other")  # noqa: PLR2004 - HTTP's own border


def _briefly(send: Send) -> Send:
    """A failed start in one sentence: the last line of the traceback that the framework would log."""

    async def send_briefly(message: Message) -> None:
        if message["type"] == "lifespan.startup.failed":
            message["message"] = message["message"].strip().splitlines()[-1].split(": ", 1)[-1]
        await send(message)

    return send_briefly
