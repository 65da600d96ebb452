"""The OCR stage: real engines on our own picture, and the pool that shares them out."""

import subprocess
import sys
from pathlib import Path
from typing import Literal

import anyio
import cv2
import numpy as np
import pytest

from lib.document import PageImage, Span
from lib.errors import OcrError
from lib.pipelines.ocr import OcrPool, PaddleEngine, load_engines
from lib.settings import OcrSettings, load_settings

ROOT = Path(__file__).parents[3]
PICTURE = ROOT / "tests" / "test_ocr.png"
WORDS = ("NORTHWIND", "2025-03-14", "9.90", "25.00", "34.90", "8.03", "42.93")

pytestmark = pytest.mark.xdist_group("ocr")  # One process loads the engines for all of them.

EngineName = Literal["onnxruntime", "paddle"]


def _settings(**environ: str) -> OcrSettings:
    return load_settings(environ).ocr


@pytest.fixture(scope="module")
def receipt() -> PageImage:
    """The picture of the smoke test, as a page."""
    image: PageImage = cv2.imread(str(PICTURE))
    return image


@pytest.fixture(scope="module", params=["onnxruntime", "paddle"])
def engine(request: pytest.FixtureRequest) -> PaddleEngine:
    """A real engine of either kind."""
    return load_engines(_settings(OCR_ENGINE=request.param))[0]


@pytest.fixture(scope="module")
def engines() -> tuple[PaddleEngine, ...]:
    """Two real engines of the default kind."""
    return load_engines(_settings(), count=2)


def test_recognize_of_receipt_reads_its_words(engine: PaddleEngine, receipt: PageImage) -> None:
    """Either engine reads the merchant, the date and every amount, and is sure of them."""
    spans = engine.recognize(receipt)

    assert {word for word in WORDS if any(word in span.text for span in spans)} == set(WORDS)
    assert all(0.9 < span.confidence <= 1.0 for span in spans)


def test_recognize_of_receipt_gives_polygons_inside_the_page(engine: PaddleEngine, receipt: PageImage) -> None:
    """Corners go top left, top right, bottom right, bottom left, in the pixels of the page."""
    height, width = receipt.shape[:2]

    for span in engine.recognize(receipt):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = span.polygon
        assert 0 <= min(x0, x3) < max(x1, x2) <= width
        assert 0 <= min(y0, y1) < max(y2, y3) <= height


@pytest.mark.parametrize(
    "shape",
    [pytest.param((900, 700), id="white-page"), pytest.param((1, 1), id="one-pixel"), pytest.param((1, 900), id="row")],
)
def test_recognize_of_page_without_text_gives_no_spans(engine: PaddleEngine, shape: tuple[int, int]) -> None:
    """Nothing to read is no error, down to a single pixel."""
    assert engine.recognize(np.full((*shape, 3), 255, np.uint8)) == ()


def test_recognize_of_what_is_no_page_raises_and_leaves_the_engine_usable(
    engine: PaddleEngine, receipt: PageImage
) -> None:
    """The library's error becomes ours, with its cause, and the next page is read."""
    with pytest.raises(OcrError) as caught:
        engine.recognize(np.zeros((10, 10, 7), np.uint8))

    assert caught.value.__cause__ is not None
    assert engine.recognize(receipt)


def test_import_of_stage_loads_no_engine() -> None:
    """Importing the stage is light, and reading with onnxruntime never imports paddle."""
    script = (
        "import sys; import lib.pipelines.ocr as ocr; from lib.settings import load_settings\n"
        "heavy = {'paddle', 'paddleocr', 'paddlex', 'onnxruntime', 'cv2'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "ocr.load_engines(load_settings({}).ocr)\n"
        "assert 'paddle' not in sys.modules\n"
    )

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_threads_with_an_engine_each_read_the_same_as_one_after_the_other(
    engines: tuple[PaddleEngine, ...], receipt: PageImage
) -> None:
    """Parallel engines on distinct pages give what a single one gives."""
    pages = [np.ascontiguousarray(receipt[: 200 + 60 * cut]) for cut in range(6)]
    alone = [engines[0].recognize(page) for page in pages]

    async def together() -> list[tuple[Span, ...]]:
        pool = OcrPool(engines)
        results: list[tuple[Span, ...]] = [()] * len(pages)

        async def read(place: int) -> None:
            results[place] = await pool.recognize(pages[place])

        async with anyio.create_task_group() as group:
            for place in range(len(pages)):
                group.start_soon(read, place)
        return results

    assert anyio.run(together) == alone
