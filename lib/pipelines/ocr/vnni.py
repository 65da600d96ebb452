"""The recognizer in 8 bits for processors that have VNNI and are slow in bfloat16, where OCR_SPEED=fast.

In: the weights that read a language. Out: the same, with the recognizer in 8 bits beside them, made in a twentieth of a
second. In 8 bits one line in fourteen reads a little differently, so OCR_SPEED=exact does without.
"""

from dataclasses import replace
from pathlib import Path

from loguru import logger

from lib.pipelines.ocr.auto import PROCESSORS, computes_best_in_8_bits
from lib.pipelines.ocr.descriptions import Model
from lib.pipelines.ocr.eight_bits import Ranges, in_eight_bits
from lib.pipelines.ocr.onnx_file import OnnxError, OnnxFile
from lib.pipelines.ocr.weights import Weights, backend_of
from lib.settings import OcrSettings


def with_eight_bits(weights: Weights, settings: OcrSettings, folder: Path, *, processors: Path = PROCESSORS) -> Weights:
    """The weights with the recognizer in 8 bits, where the settings and the processor are for it.

    Weights that its ranges were not measured with are read in 32 bits, as they are at OCR_SPEED=exact.

    Args:
        weights: Those that read the language.
        settings: The `ocr` section.
        folder: For the model; may go once that is loaded.
        processors: Linux's description of them.
    """
    cut = weights.recognition.folder
    is_wanted = settings.speed == "fast" and backend_of(settings).has_8_bits and computes_best_in_8_bits(processors)
    if not is_wanted or weights.whole is None or cut is None:
        return weights
    try:
        written = _in_eight_bits(weights.whole, cut / "inference.onnx")
    except OnnxError as exc:
        logger.warning("the OCR weights are not those that are known in 8 bits, and are used in 32: {}", exc)
        return weights
    eight_bits = folder / "eight-bits"
    eight_bits.mkdir()
    (eight_bits / "inference.onnx").write_bytes(written)
    (eight_bits / "inference.yml").symlink_to(cut / "inference.yml")
    return replace(weights, eight_bits=Model(weights.recognition.name, eight_bits))


def _in_eight_bits(whole: Path, cut: Path) -> bytes:
    ranges = Ranges.read()
    if not ranges.are_of(OnnxFile.read(whole)):
        raise OnnxError("their hash is another one")
    return in_eight_bits(OnnxFile.read(cut), ranges.layers)
