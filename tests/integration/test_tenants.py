"""What the keys of one service keep from each other, and what needs none."""

import hashlib

import anyio
import httpx
import pytest

from lib.errors import StartupError
from lib.settings import load_settings
from tests.conftest import ROOT
from tests.integration.conftest import BlankOcr, service
from tests.integration.test_operation import HeldOcr

pytestmark = pytest.mark.anyio

SAMPLES = ROOT / "tests" / "samples"


async def post(client: httpx.AsyncClient, key: str, name: str = "invoice-eur-de.pdf") -> httpx.Response:
    """Post a sample with a key."""
    content = await anyio.Path(SAMPLES / name).read_bytes()
    return await client.post("/v1/extract", files={"file": (name, content)}, headers={"Authorization": f"Bearer {key}"})


async def test_cached_answer_is_its_owners_alone() -> None:
    """Nobody learns what another one has had read."""
    async with service({"API_KEYS": "a,b", "CACHE_TTL_S": "60"}, ocr=BlankOcr()) as client:
        cached = [(await post(client, key)).json()["meta"]["cached"] for key in "aaba"]

    assert cached == [False, True, False, True]


async def test_key_with_its_most_under_way_is_told_to_wait_and_another_is_served() -> None:
    """429 with Retry-After for the one, nothing for the other."""
    ocr = HeldOcr()
    answers = []
    environ = {"API_KEYS": "a,b", "MAX_REQUESTS_PER_KEY": "1"}
    async with service(environ, ocr=ocr) as client, anyio.create_task_group() as group:

        async def scan() -> None:
            answers.append(await post(client, "a", "receipt-usd.jpg"))

        group.start_soon(scan)
        with anyio.fail_after(60):
            while "ocrlty_ocr_documents 1.0" not in (await client.get("/metrics")).text:  # noqa: ASYNC110 - a test
                await anyio.sleep(0.01)
        refused, other = await post(client, "a"), await post(client, "b")
        ocr.released.set()

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) >= 1
    assert [other.status_code, answers[0].status_code] == [200, 200]


async def test_key_given_as_its_hash_opens_the_service() -> None:
    """The settings need not hold the key itself; the hash is no key."""
    hashed = "sha256:" + hashlib.sha256(b"a key").hexdigest()
    async with service({"API_KEYS": f"other,{hashed}"}, ocr=BlankOcr()) as client:
        statuses = [(await post(client, key)).status_code for key in ("a key", "other", hashed, "")]

    assert statuses == [200, 200, 401, 401]


@pytest.mark.parametrize("keys", [" ", "\t", ",", " , ", "sha256:abc"])
def test_keys_without_a_key_do_not_start_an_open_service(keys: str) -> None:
    """A key that got lost on its way is an accident."""
    with pytest.raises(StartupError, match="API_KEYS"):
        load_settings({"API_KEYS": keys})


def test_keys_that_are_empty_are_not_set() -> None:
    """As compose files pass them."""
    assert load_settings({"API_KEYS": ""}).api.keys == ()


@pytest.mark.parametrize(
    ("variable", "paths"),
    [("API_DOCS", ["/docs", "/openapi.json", "/docs/assets/swagger-ui.css"]), ("API_METRICS", ["/metrics"])],
)
async def test_what_tells_about_the_service_can_be_switched_off(variable: str, paths: list[str]) -> None:
    """Then it is as if it were not there; probes stay."""
    async with service(ocr=BlankOcr()) as on, service({variable: "off"}, ocr=BlankOcr()) as off:
        assert {(await on.get(path)).status_code for path in paths} == {200}
        assert {(await off.get(path)).json()["code"] for path in paths} == {"not_found"}
        assert (await off.get("/livez")).status_code == 200


async def test_ready_is_not_who_would_refuse_the_next_request() -> None:
    """A load balancer sends it elsewhere; once there is room it is ready again."""
    ocr = HeldOcr()
    async with service({"OCR_QUEUE": "0"}, ocr=ocr) as client:
        async with anyio.create_task_group() as group:
            group.start_soon(post, client, "", "receipt-usd.jpg")
            with anyio.fail_after(60):
                while (answer := await client.get("/readyz")).status_code == 200:  # noqa: ASYNC110 - a test
                    await anyio.sleep(0.01)
            ocr.released.set()
        after = await client.get("/readyz")

    assert answer.json()["reasons"] == ["ocr_queue_full"]
    assert (after.status_code, after.json()["reasons"]) == (200, [])


async def test_ready_is_not_whose_engines_are_stuck() -> None:
    """Nothing has finished for REQUEST_TIMEOUT_S although something waits."""

    class StuckOcr(BlankOcr):
        still_s = 121.0

    async with service(ocr=StuckOcr()) as client:
        answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()["reasons"]) == (503, ["stuck"])
