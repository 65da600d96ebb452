"""Bad input costs its own request: a status, a code, and the next document is served."""

import io
import struct
import zlib
from collections.abc import Callable

import httpx
import pytest
from PIL import Image

from tests.conftest import ROOT

pytestmark = pytest.mark.anyio

SAMPLES = ROOT / "tests" / "samples"


def png(width: int = 40, height: int = 40) -> bytes:
    """A white PNG."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(buffer, "PNG")
    return buffer.getvalue()


def png_bomb(side: int) -> bytes:
    """A PNG whose header promises side x side pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = zlib.compress(b"\0" * 1000)
    body = b"IDAT" + data
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", len(header)) + chunk + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    )  # fmt: skip


def pdf(pages: int, *, trailer: bytes = b"") -> bytes:
    """A PDF with that many empty pages."""
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(pages))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, pages)]
    objects += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>"] * pages
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    size = len(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n" % size + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(body))
    return body + table + end


def encrypted_pdf() -> bytes:
    """A PDF that opens with a password only: its user key matches no password anybody knows."""
    lock = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O(%s)/U(%s)>>/ID[(0123456789abcdef)(0123456789abcdef)]"
    return pdf(1, trailer=lock % (b"o" * 32, b"u" * 32))


CORPUS: list[tuple[str, Callable[[], bytes], int, str]] = [
    ("empty file", lambda: b"", 400, "empty_upload"),
    ("text file named .pdf", lambda: b"Dear customer, please find attached ...", 415, "unsupported_media_type"),
    ("truncated PNG", lambda: png()[:60], 400, "unreadable_document"),
    ("truncated PDF", lambda: (SAMPLES / "invoice-eur-de.pdf").read_bytes()[:3000], 400, "unreadable_document"),
    ("encrypted PDF", encrypted_pdf, 400, "encrypted_document"),
    ("PDF without pages", lambda: pdf(0), 400, "unreadable_document"),
    ("PNG bomb", lambda: png_bomb(60_000), 413, "too_many_pixels"),
    ("21 pages", lambda: pdf(21), 413, "too_many_pages"),
    ("too large", lambda: b"%PDF-1.4" + bytes(20 * 2**20), 413, "upload_too_large"),
]


@pytest.mark.parametrize(("content", "status", "code"), [pytest.param(*row, id=name) for name, *row in CORPUS])
async def test_bad_document_is_refused_by_its_own_code(
    client: httpx.AsyncClient, content: Callable[[], bytes], status: int, code: str
) -> None:
    """Each bad document gets its status, its code and a sentence, and the service goes on."""
    answer = await client.post("/v1/extract", files={"file": ("invoice.pdf", content(), "application/pdf")})
    after = await client.post("/v1/extract", files={"file": ("white.png", png())})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 20
    assert after.status_code == 200
