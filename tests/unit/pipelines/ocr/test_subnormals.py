"""Weights below the smallest normal number, in the models that onnxruntime runs."""

from contextlib import closing
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from lib.pipelines.ocr.onnx_file import OnnxFile
from lib.pipelines.ocr.onnx_session import OnnxSession, onnx_models
from lib.pipelines.ocr.subnormals import without_subnormals
from lib.pipelines.ocr.weights import find_weights
from lib.settings import load_settings
from tests.onnx_writer import write_orientation_model

SMALLEST_NORMAL = np.finfo(np.float32).tiny


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled one, as the wheel has it."""
    folder = find_weights(load_settings({}).ocr, tmp_path_factory.mktemp("weights")).detection.folder
    assert folder is not None
    return folder / "inference.onnx"


def subnormals(model: bytes) -> int:
    """How many weights are neither zero nor normal numbers."""
    return sum(int(((tensor != 0) & (np.abs(tensor) < SMALLEST_NORMAL)).sum()) for tensor in OnnxFile(model).floats())


def found(session: OnnxSession | onnxruntime.InferenceSession) -> NDArray[np.float32]:
    """What a detector makes of noise."""
    noise = np.random.default_rng(1).normal(size=(1, 3, 96, 160)).astype(np.float32)
    (output,) = session.run(None, {"x": noise})
    assert isinstance(output, np.ndarray)
    return output


def test_weights_too_small_to_count_become_zeros(detector: Path) -> None:
    """A quarter of a million of the detector's, and no other byte of the file changes."""
    before = detector.read_bytes()
    after = without_subnormals(before)

    assert subnormals(before) > 200_000
    assert subnormals(after) == 0
    assert len(after) == len(before)
    for old, new in zip(OnnxFile(before).floats(), OnnxFile(after).floats(), strict=True):
        normal = np.abs(old) >= SMALLEST_NORMAL
        np.testing.assert_array_equal(new[normal], old[normal])


def test_model_whose_weights_are_in_a_file_beside_it_is_loaded(tmp_path: Path) -> None:
    """One of the operator's own may be kept so, and its weights are left as they are."""
    write_orientation_model(tmp_path / "one")
    write_orientation_model(tmp_path / "two", weights_file="weights.bin")
    page = np.zeros((1, 3, 224, 224), np.float32)
    page[:, :, 112:] = 1
    with closing(onnx_models(threads=1)) as models:
        (one,), (two,) = (
            models.session(tmp_path / name / "inference.onnx").run(None, {"image": page}) for name in ("one", "two")
        )

    assert two.tolist() == one.tolist()
    assert one.argmax() == 0


def test_detector_finds_the_same_without_them(detector: Path) -> None:
    """To the last bit."""
    model = onnx_models(threads=1).session(detector)
    original = onnxruntime.InferenceSession(str(detector), providers=["CPUExecutionProvider"])

    np.testing.assert_array_equal(found(model), found(original))
