"""How an upload arrives: the form around it, a client that stalls or leaves."""

import errno
import io
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest
from PIL import Image
from starlette.requests import Request
from starlette.types import Message

from apps.api_gpu.admission import ClientGone
from apps.api_gpu.places import Arriving
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


async def test_uploads_beyond_what_may_be_on_its_way_are_refused(client: httpx.AsyncClient) -> None:
    """Bytes are counted as they come, so that uploads which are never finished cannot fill the disk."""
    del client
    async with service({"MAX_ARRIVING_MB": "0.1"}, ocr=BlankOcr()) as bounded:
        answer = await bounded.post("/v1/extract", files={"file": ("a.pdf", bytes(200_000))})

    assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
    assert int(answer.headers["Retry-After"]) > 0


async def test_full_disk_is_told_as_such(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is wrong with the file, and later there may be room; the answer is no defect of ours."""

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("lib.pipelines.workplace._make_workplace", full)
    answer = await client.post("/v1/extract", files={"file": ("a.pdf", b"%PDF-1.7")})

    assert (answer.status_code, answer.json()["code"]) == (503, "storage_full")
    assert "Retry-After" in answer.headers


async def test_broken_form_leaves_no_byte_of_it_in_the_log(
    client: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    """The form's parser would quote what it stumbles over."""
    answer = await client.post(
        "/v1/extract",
        content=b"--b\r\nContent-Dispo\x7fsition: form-data\r\n\r\nsecret\r\n--bX",
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )

    log = capfd.readouterr().err
    assert answer.status_code == 422
    assert "POST /v1/extract 422" in log
    assert "Found" not in log
    assert "x7f" not in log


@pytest.mark.parametrize("size", [(33_000, 1), (1, 33_000)])
async def test_side_too_long_for_opencv_is_refused_before_decoding(
    client: httpx.AsyncClient, size: tuple[int, int]
) -> None:
    """The header tells, and nothing is decoded."""
    png = io.BytesIO()
    Image.new("1", size).save(png, "PNG")
    answer = await client.post("/v1/extract", files={"file": ("a.png", png.getvalue())})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_pixels")
    assert "no side may have more than 32767" in answer.json()["detail"]


async def test_client_that_leaves_within_its_upload_is_no_defect(settings: Settings) -> None:
    """Nobody is left to answer, and nothing of ours is to blame."""

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    request = Request({"type": "http", "headers": headers}, receive)

    with pytest.raises(ClientGone):
        await read_one_file(request, settings=settings.upload, arriving=Arriving(most_mb=1))
