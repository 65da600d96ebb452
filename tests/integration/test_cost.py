"""What a page may cost, in counts and ratios that no machine changes: a gate against getting slower unnoticed."""

import io
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lib.document import OcrSpeed, PageImage, Recognition
from lib.pipelines.ocr.engine import OcrEngine, load_engines
from lib.pipelines.wiring import running_pipeline
from lib.settings import load_settings
from scripts.benchmarking.documents import Sample
from scripts.benchmarking.inside import load_bare, predict
from scripts.benchmarking.sessions import Watched, watched_sessions

SAMPLES = Path(__file__).parents[1] / "samples"
RECEIPTS = ("receipt-usd.jpg", "receipt-gbp.jpg", "receipt-eur-de.jpg")
SETTINGS = load_settings({"OCR_ENGINE": "onnxruntime", "OCR_CONCURRENCY": "1", "OMP_NUM_THREADS": "1"})

OVER_PREDICT = 1.15
"""CPU of our recognition over PaddleOCR's own, median of the rounds; 0.99 to 1.01 when this was written."""

LINE_HEIGHT, TRAINED_WIDTH = 48, 320
"""Pixels that the recognizer was trained with."""

MOST_READ_AGAIN = 0.15
"""Of the lines of a sample; 0.10 at most when this was written."""

ROUNDS = 3

pytestmark = pytest.mark.xdist_group("ocr")


@pytest.fixture(scope="module")
def watched_engine() -> tuple[OcrEngine, Watched]:
    """A real engine whose models are counted."""
    with watched_sessions() as watched:
        (engine,) = load_engines(SETTINGS.ocr)
    return engine, watched


def page(name: str) -> PageImage:
    """A sample's pixels."""
    image: PageImage = cv2.imread(str(SAMPLES / name))
    return image


@pytest.mark.parametrize("name", RECEIPTS)
def test_upright_page_costs_one_detection_and_one_reading_of_most_lines(
    watched_engine: tuple[OcrEngine, Watched], name: str
) -> None:
    """Asking which way is up reads nothing twice; a few short lines are read again at the width of the training."""
    engine, watched = watched_engine
    watched.tape = []

    spans = engine.recognize(page(name)).spans

    shapes = [next(iter(call.feeds.values())).shape for call in watched.recorded()]
    widths = [width for _, _, height, width in shapes if height == LINE_HEIGHT]
    assert len(shapes) - len(widths) == 1
    assert len(spans) <= len(widths) <= len(spans) + min(MOST_READ_AGAIN * len(spans), widths.count(TRAINED_WIDTH))


def test_models_are_fed_every_line_at_its_own_length(watched_engine: tuple[OcrEngine, Watched]) -> None:
    """A batch would be as long as its longest line, and cost as much for each."""
    engine, watched = watched_engine
    watched.tape = []

    engine.recognize(page(RECEIPTS[0]))

    detection, *readings = watched.recorded()
    shapes = [next(iter(call.feeds.values())).shape for call in readings]
    assert {shape[0] for shape in shapes} == {1}
    assert len({shape[3] for shape in shapes}) > 1
    assert next(iter(detection.feeds.values())).shape[0] == 1


@pytest.mark.slow
def test_recognition_costs_no_more_than_paddleocr_with_the_same_settings() -> None:
    """CPU time of one thread, in turns, so that a busy machine slows both."""
    (ours,), (bare,) = load_engines(SETTINGS.ocr), load_bare(SETTINGS.ocr)
    receipt = RECEIPTS[0]
    sample = Sample(receipt, (SAMPLES / receipt).read_bytes(), "image/jpeg")

    def read() -> None:
        ours.recognize(page(receipt))

    def read_bare() -> None:
        predict(bare, sample, settings=SETTINGS.ocr)

    read()
    read_bare()
    ratios = [_cpu_s(read) / _cpu_s(read_bare) for _ in range(ROUNDS)]

    assert statistics.median(ratios) <= OVER_PREDICT


def _cpu_s(work: Callable[[], None]) -> float:
    """CPU seconds of this thread; an engine with one thread computes in its caller's."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


class CountingOcr:
    """An OCR stage that finds nothing and counts pages."""

    busy = 0
    waiting = 0
    still_s = 0.0

    def __init__(self) -> None:
        self.pages: list[tuple[int, ...]] = []

    async def recognize(self, image: PageImage, *, lang: str = "", speed: OcrSpeed = "exact") -> Recognition:  # noqa: ARG002 - as OcrStage has it
        """No spans."""
        self.pages.append(image.shape)
        return Recognition()


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["invoice-eur-de.pdf", "invoice-usd-two-pages.pdf", "receipt-eur-nl.pdf"])
async def test_page_with_a_text_layer_is_neither_rendered_nor_recognized(name: str) -> None:
    """Its words are there already."""
    ocr = CountingOcr()
    async with running_pipeline(SETTINGS, ocr=ocr) as pipeline:
        extraction = await pipeline.extractor.extract((SAMPLES / name).read_bytes())

    assert "render" not in extraction.timings_ms
    assert ocr.pages == []


@pytest.mark.anyio
async def test_page_image_is_held_once_from_file_to_engine() -> None:
    """A decoded page is megabytes: decoding writes it into place, and nothing on the way copies it."""
    ocr, content = CountingOcr(), _large_jpeg()
    async with running_pipeline(SETTINGS, ocr=ocr) as pipeline:
        await pipeline.extractor.extract(_large_jpeg(side=100))
        tracemalloc.start()
        try:
            await pipeline.extractor.extract(content)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    (shape,) = ocr.pages[1:]
    assert peak < 1.5 * np.prod(shape)


def _large_jpeg(side: int = 4000) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "white").save(out, "JPEG")
    return out.getvalue()
