"""OCR_SPEED=fast: whose words are read fast, and whose exactly."""

import httpx
import pytest

from lib.document import OcrSpeed, Recognition, Span
from lib.settings import load_settings
from scripts.mock_vllm import create_app as create_mock
from tests.conftest import ROOT
from tests.integration.conftest import BlankOcr, service
from tests.integration.test_tilt import TILT

pytestmark = pytest.mark.anyio

SCAN = ROOT / "tests" / "samples" / "receipt-usd.jpg"
FAST = {"OCR_SPEED": "fast"}
LINE = Span("Total 12.50 EUR", ((0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0)), 1.0)


class SpeedOcr(BlankOcr):
    """An OCR stage that finds one line on every page, and remembers how fast it was to be read."""

    def __init__(self) -> None:
        self.speeds: list[OcrSpeed] = []

    async def recognize(self, image: object, *, lang: str = "", speed: OcrSpeed = "exact") -> Recognition:
        """One line."""
        await super().recognize(image, lang=lang, speed=speed)
        self.speeds.append(speed)
        return Recognition((LINE,))


async def post(client: httpx.AsyncClient, include: str) -> httpx.Response:
    """Post a scan."""
    answer = await client.post(f"/v1/extract?include={include}", files={"file": ("scan.jpg", SCAN.read_bytes())})
    assert answer.status_code == 200
    return answer


@pytest.mark.parametrize(
    ("include", "speed"),
    [("", "fast"), ("fields", "fast"), ("ocr", "exact"), ("details", "exact"), ("fields,ocr", "exact")],
)
async def test_words_that_a_client_gets_are_read_exactly(include: str, speed: OcrSpeed) -> None:
    """The embedded reader alone can do with what the tiny recognizer is sure of."""
    ocr = SpeedOcr()

    async with service(FAST, ocr=ocr) as client:
        await post(client, include)

    assert ocr.speeds == [speed]


async def test_words_for_a_tilt_server_are_read_exactly_also_where_it_is_down() -> None:
    """Nobody knows beforehand, and what stands in for it answers as well as it can."""
    ocr, down = SpeedOcr(), httpx.MockTransport(lambda _: httpx.Response(503))

    for transport, reader in ((httpx.ASGITransport(create_mock(load_settings({}))), "tilt"), (down, "layout")):
        async with service(FAST | TILT | {"TILT_FALLBACK": "layout"}, ocr=ocr, tilt_transport=transport) as client:
            assert (await post(client, "")).json()["meta"]["reader"] == reader
            assert (await client.get("/v1/health")).json()["ocr"]["speed"] == "exact"

    assert ocr.speeds == ["exact", "exact"]


async def test_words_are_read_exactly_by_default() -> None:
    """Nobody gets other answers with a new version."""
    ocr = SpeedOcr()

    async with service(ocr=ocr) as client:
        await post(client, "")

    assert ocr.speeds == ["exact"]


async def test_fast_answer_in_the_cache_is_none_to_who_wants_the_words() -> None:
    """They are read again, exactly."""
    ocr = SpeedOcr()

    async with service(FAST | {"CACHE_TTL_S": "60"}, ocr=ocr) as client:
        cached = [(await post(client, include)).json()["meta"]["cached"] for include in ("", "ocr", "", "ocr")]

    assert cached == [False, False, True, True]
    assert ocr.speeds == ["fast", "exact"]


async def test_health_tells_the_speed() -> None:
    """That of a request that asks nothing beyond the six fields."""
    async with service(FAST, ocr=SpeedOcr()) as client:
        assert (await client.get("/v1/health")).json()["ocr"]["speed"] == "fast"
