"""Samples in the formats of phones, scanners and screenshots, through the whole service."""

from collections.abc import AsyncIterator

import httpx
import numpy as np
import pytest
from PIL import Image, ImageOps

from lib.pipelines.images.decoding import decode
from tests.conftest import ROOT
from tests.integration.conftest import service
from tests.picture_files import LOSSLESS, LOSSY, encoded, tiff

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SAMPLES = ROOT / "tests" / "samples"
ALWAYS = ("receipt-photo-exif.jpg", "receipt-pln.png")
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
def originals() -> dict[str, object]:
    """The fields of the samples as they are; whoever needs one first reads it."""
    return {}


@pytest.mark.parametrize("content_type", sorted(LOSSLESS))
@pytest.mark.parametrize("name", PICTURES)
def test_sample_in_lossless_format_has_the_same_pixels(name: str, content_type: str) -> None:
    """Same pixels, same fields."""
    kind, options = LOSSLESS[content_type]
    pixels = decode(encoded(picture(name), kind, **options), content_type)

    assert np.array_equal(pixels, np.asarray(picture(name))[..., ::-1])


@pytest.mark.parametrize("content_type", sorted(LOSSY))
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in ALWAYS else [pytest.mark.exhaustive]) for name in PICTURES]
)
async def test_sample_in_lossy_format_has_the_same_fields(
    accepting: httpx.AsyncClient, originals: dict[str, object], name: str, content_type: str
) -> None:
    """What the formats lose is nothing that one would read."""
    kind, options = LOSSY[content_type]
    if name not in originals:
        originals[name] = await answer(accepting, (SAMPLES / name).read_bytes())

    data = await answer(accepting, encoded(picture(name), kind, **options))

    assert data == originals[name]


async def test_tiff_of_two_pages_is_one_document(accepting: httpx.AsyncClient) -> None:
    """Fields say on which page they stand."""
    content = tiff(Image.new("L", (300, 400), "white"), picture("receipt-pln.png").convert("L"))

    response = await accepting.post("/v1/extract?include=fields", files={"file": ("scan.tif", content)})

    body = response.raise_for_status().json()
    assert body["meta"]["pages"] == 2
    assert body["fields"]["total"]["page_no"] == 2
