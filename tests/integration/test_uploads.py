"""How an upload arrives: the form around it, a client that stalls or leaves."""

from collections.abc import AsyncIterator

import anyio
import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from apps.api_gpu.admission import ClientGone
from apps.api_gpu.uploads import read_one_file
from lib.settings import Settings
from tests.conftest import ROOT
from tests.integration.conftest import BlankOcr, service

pytestmark = pytest.mark.anyio

FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="\\ud800.pdf"\r\n\r\n%s\r\n--b--\r\n'


@pytest.mark.parametrize("charset", ["undefined", "unicode_escape", "utf-16", "no-such-charset"])
async def test_form_whatever_charset_it_declares_is_read(client: httpx.AsyncClient, charset: str) -> None:
    """A charset means nothing in a form, so that none can break the reading of names."""
    invoice = await anyio.Path(ROOT / "tests" / "samples" / "invoice-eur-de.pdf").read_bytes()
    headers = {"Content-Type": f"multipart/form-data; charset={charset}; boundary=b"}

    answer = await client.post("/v1/extract", content=FORM % invoice, headers=headers)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "application/json", "multipart/form-data", "multipart/mixed; boundary=b"],
)
async def test_body_that_is_no_form_is_refused_by_its_content_type(
    client: httpx.AsyncClient, content_type: str
) -> None:
    """The answer says which header is wrong."""
    answer = await client.post("/v1/extract", content=FORM % b"x", headers={"Content-Type": content_type})

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("header.Content-Type: expected multipart/form-data")


async def test_address_with_a_slash_too_many_is_unknown(client: httpx.AsyncClient) -> None:
    """No redirect makes a client send its upload twice."""
    answer = await client.post("/v1/extract/", files={"file": ("a.pdf", b"x")})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_upload_that_stalls_is_answered_at_the_deadline() -> None:
    """A client that stops sending is told so, and holds nothing any longer."""

    async def stalling() -> AsyncIterator[bytes]:
        yield FORM[:80]
        await anyio.sleep(30)

    async with service({"REQUEST_TIMEOUT_S": "1"}, ocr=BlankOcr()) as client:
        with anyio.fail_after(10):
            answer = await client.post(
                "/v1/extract", content=stalling(), headers={"Content-Type": "multipart/form-data; boundary=b"}
            )
        metrics = (await client.get("/metrics")).text

    assert (answer.status_code, answer.json()["code"]) == (504, "deadline_exceeded")
    assert "ocrlty_requests_running 0.0" in metrics


async def test_client_that_leaves_within_its_upload_is_no_defect(settings: Settings) -> None:
    """Nobody is left to answer, and nothing of ours is to blame."""

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    request = Request({"type": "http", "headers": headers}, receive)

    with pytest.raises(ClientGone):
        await read_one_file(request, settings=settings.upload)
