"""Samples turned by 90, 180 and 270 degrees, far away, or askew, with the real engine."""

import io
import json
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

import anyio
import httpx
import numpy as np
import pytest
from PIL import Image, ImageOps

from lib.document import PageImage, Rotation
from lib.evaluation.scoring import is_same
from lib.pipelines.images.orientation import TELLING_LINES, turned
from lib.pipelines.ocr import PaddleEngine, load_engines
from lib.pipelines.ocr.page import Found, recognize_any_way_up
from lib.pipelines.ocr.readings import LineSpeed, Reading
from lib.pipelines.pages import open_upload
from lib.settings import Settings
from tests.conftest import ROOT

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SAMPLES = ROOT / "tests" / "samples"
PICTURES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix in {".jpg", ".png"})
PDFS = sorted(path.name for path in SAMPLES.glob("*.pdf"))
SCANS = [*PICTURES, "invoice-chf-scan.pdf", "invoice-czk-garbled.pdf", "invoice-eur-fr-mixed.pdf"]
ROTATIONS: tuple[Rotation, ...] = (90, 180, 270)

FIND_COST, LIMIT = 20, 2.2
"""A detection takes as long as twenty lines; a turned page may take so many times as long as an upright one."""


class Remembering:
    """The real models, which answer from memory what they have been asked before; counts what they are asked."""

    def __init__(self, engine: PaddleEngine) -> None:
        self._engine = engine
        self._found: dict[bytes, Found] = {}
        self._readings: dict[bytes, Reading] = {}
        self.finds = self.reads = 0

    def find(self, image: PageImage, /) -> Found:
        """One look at a page."""
        self.finds += 1
        key = repr(image.shape).encode() + image.tobytes()
        if key not in self._found:
            self._found[key] = self._engine.find(image)
        return self._found[key]

    def read(self, strips: Sequence[PageImage], /, *, speed: LineSpeed = "exact") -> list[Reading]:
        """One reading of each line."""
        self.reads += len(strips)
        keys = [repr(strip.shape).encode() + strip.tobytes() for strip in strips]
        new = {key: strip for key, strip in zip(keys, strips, strict=True) if key not in self._readings}
        self._readings.update(zip(new, self._engine.read(list(new.values()), speed=speed), strict=True))
        return [self._readings[key] for key in keys]

    def cost_since(self, finds: int, reads: int) -> int:
        """In lines."""
        return FIND_COST * (self.finds - finds) + self.reads - reads


@pytest.fixture(scope="module")
def engine(settings: Settings) -> PaddleEngine:
    """A real engine."""
    return load_engines(settings.ocr)[0]


async def pages(name: str, settings: Settings) -> AsyncIterator[PageImage]:
    """The images of a sample that OCR sees."""
    async with open_upload((SAMPLES / name).read_bytes(), settings=settings.upload) as opened:
        for page in opened.pages:
            if page.source == "ocr":
                yield await opened.image(page)


async def test_scans_are_all_the_samples_that_ocr_reads(settings: Settings) -> None:
    """Each of them is turned below."""
    read = [name for name in PDFS if [page async for page in pages(name, settings)]]

    assert [*PICTURES, *read] == SCANS


TURNED = [pytest.param(name, marks=[pytest.mark.exhaustive] if place % 3 else []) for place, name in enumerate(SCANS)]


@pytest.mark.parametrize("name", TURNED)
async def test_sample_turned_any_way_is_read_as_upright(name: str, engine: PaddleEngine, settings: Settings) -> None:
    """Text and boxes are those of the upright page, whose reading takes one look at it and one at each line."""
    async for page in pages(name, settings):
        models = Remembering(engine)
        upright = recognize_any_way_up(page, models=models)
        cost = models.cost_since(0, 0)
        assert (upright.rotation, models.finds) == (0, 1)
        assert models.reads <= len(upright.spans) + 2  # The detector sees a line or two where there is no text.

        for rotation in ROTATIONS:
            finds, reads = models.finds, models.reads
            lying = np.ascontiguousarray(turned(page, rotation))

            recognition = await anyio.to_thread.run_sync(partial(recognize_any_way_up, lying, models=models))

            assert (recognition.rotation, recognition.spans) == (360 - rotation, upright.spans)
            assert models.finds - finds == 2
            assert models.cost_since(finds, reads) <= min(LIMIT * cost, cost + FIND_COST + 2 * TELLING_LINES)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


Answer = tuple[dict[str, Any], list[tuple[int, int, int]]]


async def answer(client: httpx.AsyncClient, content: bytes) -> Answer:
    """The fields of an upload, and its pages' widths, heights and rotations."""
    response = await client.post("/v1/extract?include=ocr", files={"file": ("upload", content)})
    body = response.raise_for_status().json()
    return body["data"], [(page["width"], page["height"], page["rotation"]) for page in body["ocr"]["pages"]]


@pytest.fixture(scope="module")
def receipt() -> Image.Image:
    """A sample as it stands."""
    with Image.open(SAMPLES / "receipt-usd.jpg") as image:
        return image.convert("RGB")


@pytest.fixture(scope="module")
async def upright(client: httpx.AsyncClient, receipt: Image.Image) -> dict[str, Any]:
    """The fields of the sample as it stands."""
    data, frames = await answer(client, encoded(receipt, "PNG"))
    assert frames == [(*receipt.size, 0)]
    assert data["total"] == 81.74
    return data


async def test_turned_photo_has_the_fields_and_the_frame_of_the_upright_one(
    client: httpx.AsyncClient, receipt: Image.Image, upright: dict[str, Any]
) -> None:
    """What a client sees: the same data, the upright page's size, and by how much the page was turned."""
    photo = receipt.transpose(Image.Transpose.ROTATE_90)

    data, frames = await answer(client, encoded(photo, "PNG"))

    assert (data, frames) == (upright, [(*receipt.size, 90)])


async def test_pdf_of_pages_scanned_in_different_ways_is_read(client: httpx.AsyncClient, receipt: Image.Image) -> None:
    """Each page is turned on its own."""
    way_up = [receipt, receipt.transpose(Image.Transpose.ROTATE_180), receipt.transpose(Image.Transpose.ROTATE_270)]
    scan = encoded(way_up[0], "PDF", save_all=True, append_images=way_up[1:], resolution=150)

    data, frames = await answer(client, scan)

    assert data["total"] == 81.74
    assert [rotation for *_, rotation in frames] == [0, 180, 270]
    assert len({(width, height) for width, height, _ in frames}) == 1


@pytest.mark.parametrize("dpi", [200, 300])
@pytest.mark.parametrize("width_mm", [30, 80])
async def test_small_receipt_on_a_white_a4_page_is_read(
    client: httpx.AsyncClient, receipt: Image.Image, upright: dict[str, Any], dpi: int, width_mm: int
) -> None:
    """A receipt left on the glass of a scanner, also where it is a seventh as wide as the page."""
    width = max(round(width_mm / 25.4 * dpi), receipt.width * 2 // 3)
    sheet = Image.new("RGB", (round(width / width_mm * 210), round(width / width_mm * 297)), "white")
    sheet.paste(receipt.resize((width, width * receipt.height // receipt.width)), (sheet.width // 2, sheet.height // 9))

    data, _ = await answer(client, encoded(sheet, "PNG", compress_level=1))

    assert data == upright


ASKEW = [
    pytest.param(name, 3 if place % 2 else -3, id=name, marks=[pytest.mark.exhaustive] if place % 3 else [])
    for place, name in enumerate(PICTURES)
]


@pytest.mark.parametrize(("name", "degrees"), ASKEW)
async def test_sample_three_degrees_askew_gives_its_truth(client: httpx.AsyncClient, name: str, degrees: int) -> None:
    """As sheets lie on scanners and receipts in hands: one half of the samples to the left, the other to the right."""
    with Image.open(SAMPLES / name) as image:
        photo = ImageOps.exif_transpose(image).convert("RGB")
    paper = photo.getpixel((2, 2))
    askew = photo.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=paper)

    data, frames = await answer(client, encoded(askew, "PNG", compress_level=1))

    truth = json.loads(await anyio.Path(SAMPLES / name).with_suffix(".json").read_text(encoding="utf-8"))
    assert {key: data[key] for key, value in truth.items() if value and not is_same(key, data[key], value)} == {}
    assert frames[0][2] == 0


@pytest.mark.parametrize("degrees", [-5, 5])
async def test_photo_askew_is_read(
    client: httpx.AsyncClient, receipt: Image.Image, upright: dict[str, Any], degrees: int
) -> None:
    """A slant of a few degrees needs no turning: lines are cut out along their slant."""
    askew = receipt.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(225, 225, 225))

    data, frames = await answer(client, encoded(askew, "PNG"))

    assert (data, frames[0][2]) == (upright, 0)
