"""Samples in the formats of phones, scanners and screenshots, through the whole service."""

from collections.abc import AsyncIterator, Mapping

import httpx
import numpy as np
import pytest
from PIL import Image, ImageOps

from lib.pipelines.images import decode
from tests.conftest import ROOT
from tests.integration.conftest import service
from tests.picture_files import LOSSLESS, LOSSY, encoded, tiff

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SAMPLES = ROOT / "tests" / "samples"
CONVERTED = ("receipt-photo-exif.jpg", "receipt-pln.png")
PICTURES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix in {".jpg", ".png"})
EVERY_TYPE = ",".join(["image/jpeg", "image/png", *sorted({*LOSSLESS, *LOSSY})])


def picture(name: str) -> Image.Image:
    """A sample as one sees it."""
    with Image.open(SAMPLES / name) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


@pytest.fixture(scope="module")
async def accepting(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ARG001 - sets the scope
    """A client of a service that accepts every format."""
    async with service({"ALLOWED_CONTENT_TYPES": EVERY_TYPE}) as client:
        yield client


async def answer(client: httpx.AsyncClient, content: bytes) -> dict[str, object]:
    """The fields of an upload."""
    response = await client.post("/v1/extract", files={"file": ("upload", content, "application/octet-stream")})
    data: dict[str, object] = response.raise_for_status().json()["data"]
    return data


@pytest.fixture(scope="module")
async def originals(accepting: httpx.AsyncClient) -> Mapping[str, object]:
    """The fields of the samples as they are."""
    return {name: await answer(accepting, (SAMPLES / name).read_bytes()) for name in CONVERTED}


@pytest.mark.parametrize("content_type", sorted(LOSSLESS))
@pytest.mark.parametrize("name", PICTURES)
def test_sample_in_lossless_format_has_the_same_pixels(name: str, content_type: str) -> None:
    """Same pixels, same fields."""
    kind, options = LOSSLESS[content_type]
    pixels = decode(encoded(picture(name), kind, **options), content_type)

    assert np.array_equal(pixels, np.asarray(picture(name))[..., ::-1])


@pytest.mark.parametrize("content_type", sorted(LOSSY))
@pytest.mark.parametrize("name", CONVERTED)
async def test_sample_in_lossy_format_has_the_same_fields(
    accepting: httpx.AsyncClient, originals: Mapping[str, object], name: str, content_type: str
) -> None:
    """What the formats lose is nothing that one would read."""
    kind, options = LOSSY[content_type]

    data = await answer(accepting, encoded(picture(name), kind, **options))

    assert data == originals[name]


async def test_tiff_of_two_pages_is_one_document(accepting: httpx.AsyncClient) -> None:
    """Fields say on which page they stand."""
    content = tiff(Image.new("L", (300, 400), "white"), picture("receipt-pln.png").convert("L"))

    response = await accepting.post("/v1/extract?include=fields", files={"file": ("scan.tif", content)})

    body = response.raise_for_status().json()
    assert body["meta"]["pages"] == 2
    assert body["fields"]["total"]["page_no"] == 2
