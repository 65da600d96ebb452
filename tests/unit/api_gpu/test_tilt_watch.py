"""The watch over the TILT server outlives whatever a look meets."""

import anyio
import httpx
import pytest

from apps.api_gpu import tilt_watch
from apps.api_gpu.tilt_watch import TiltWatch
from lib.pipelines.tilt_client import TiltReader
from lib.settings import load_settings
from scripts.mock_vllm import create_app


class DefectiveOnce(httpx.AsyncBaseTransport):
    """Fails the first request in a way that nobody thought of, and passes the others on."""

    def __init__(self) -> None:
        self.requests = 0
        self._mock = httpx.ASGITransport(create_app(load_settings({})))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See above."""
        self.requests += 1
        if self.requests == 1:
            raise ZeroDivisionError
        return await self._mock.handle_async_request(request)


@pytest.mark.anyio
async def test_watch_goes_on_after_an_unexpected_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect in one look is told, and the next look finds the server."""
    monkeypatch.setattr(tilt_watch, "INTERVAL_S", 0.5)
    settings = load_settings({"VLLM_BASE_URL": "http://tilt/v1"}).tilt
    watch = TiltWatch(TiltReader(settings, transport=DefectiveOnce()))
    problems: list[str | None] = []

    async with anyio.create_task_group() as group:
        group.start_soon(watch.run)
        with anyio.fail_after(10):
            while not (watch.latest and watch.latest.reachable):
                problems += [watch.latest.problem] if watch.latest else []
                await anyio.sleep(0.01)
        group.cancel_scope.cancel()

    assert set(problems) == {"internal_error"}
