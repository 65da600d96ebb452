"""Who may ask: the key of VLLM_API_KEY, as exactly `Authorization: Bearer <key>`, on every path below /v1.

In: every HTTP request. Out: the request, or vLLM's 401. /health and /metrics stay open, as in vLLM: probes carry no
keys. Plain ASGI, in front of the routes, so that no route can be forgotten.
"""

import hmac
from http import HTTPStatus

from fastapi.responses import JSONResponse
from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.pipelines.tilt.chat_protocol import UNAUTHORIZED

GUARDED = "/v1"


class KeyCheck:
    """Refuses requests without the key; lets everything pass where no key is set."""

    def __init__(self, app: ASGIApp, *, key: SecretStr) -> None:
        """Guard `app`."""
        self._app = app
        self._expected = f"Bearer {key.get_secret_value()}".encode() if key.get_secret_value() else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        app = self._app if self._may_pass(scope) else JSONResponse(UNAUTHORIZED, HTTPStatus.UNAUTHORIZED)
        await app(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        if self._expected is None or scope["type"] != "http" or scope["method"] == "OPTIONS":
            return True
        if not scope["path"].startswith(GUARDED):
            return True
        offered = Headers(scope=scope).get("authorization", "")
        return hmac.compare_digest(offered.encode("latin-1"), self._expected)
