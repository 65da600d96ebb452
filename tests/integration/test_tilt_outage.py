"""A TILT server that is gone and comes back: no work in vain meanwhile, and no restart afterwards."""

import anyio
import httpx
import pytest

from lib.document import OcrSpeed, Recognition, Span
from lib.settings import load_settings
from scripts.mock_vllm import create_app as create_mock
from tests.integration.conftest import BlankOcr, service
from tests.integration.test_operation import post_pdf, post_scan
from tests.integration.test_tilt import TILT

pytestmark = pytest.mark.anyio

RESET_S = 2.0
"""Enough for a scan to be opened meanwhile on a busy machine."""
POLYGON = ((20.0, 20.0), (400.0, 20.0), (400.0, 50.0), (20.0, 50.0))


class CountingOcr(BlankOcr):
    """An OCR stage that finds one line on every page and counts them."""

    def __init__(self) -> None:
        self.pages = 0

    async def recognize(self, image: object, *, lang: str = "", speed: OcrSpeed = "exact") -> Recognition:  # noqa: ARG002
        """One line."""
        self.pages += 1
        assert image is not None
        return Recognition((Span("Total 12.50 EUR", POLYGON, 1.0),))


class Line(httpx.AsyncBaseTransport):
    """The way to the mock, which can be cut."""

    def __init__(self) -> None:
        self.cut = False
        self._mock = httpx.ASGITransport(create_mock(load_settings({"MOCK_ANSWERS": "canned"})))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass on, or fail as a socket without a server does."""
        if self.cut:
            raise httpx.ConnectError("cut")
        return await self._mock.handle_async_request(request)


async def test_scan_is_refused_before_ocr_while_the_breaker_is_open_and_tries_afterwards() -> None:
    """Seconds of OCR for a 503 help nobody; the first scan after the wait is the trial that closes the breaker."""
    line, ocr = Line(), CountingOcr()
    environ = TILT | {"TILT_RETRIES": "0", "TILT_BREAKER_RESET_S": str(RESET_S)}
    async with service(environ, ocr=ocr, tilt_transport=line) as client:
        line.cut = True
        for _ in range(2):
            await post_pdf(client)
        refused = await post_scan(client)
        pages_while_open = ocr.pages
        line.cut = False
        await anyio.sleep(RESET_S)
        tried = await post_scan(client)
        health = (await client.get("/v1/health")).json()

    assert (refused.status_code, refused.json()["code"]) == (503, "tilt_unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    assert pages_while_open == 0
    assert (tried.status_code, tried.json()["meta"]["reader"], ocr.pages) == (200, "tilt", 1)
    assert health["tilt"]["breaker"] == "closed"


async def test_scan_is_read_while_the_breaker_is_open_where_somebody_stands_in() -> None:
    """With a fallback OCR is not in vain."""
    line, ocr = Line(), CountingOcr()
    environ = TILT | {"TILT_RETRIES": "0", "TILT_FALLBACK": "layout"}
    async with service(environ, ocr=ocr, tilt_transport=line) as client:
        line.cut = True
        for _ in range(2):
            await post_pdf(client)
        answer = await post_scan(client)

    assert (answer.status_code, answer.json()["meta"]["degraded"], ocr.pages) == (200, True, 1)
