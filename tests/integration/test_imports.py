"""Importing is light: engines load in the lifespan only."""

import subprocess
import sys

import pytest

HEAVY = ("paddle", "paddleocr", "paddlex", "onnxruntime", "openvino", "cv2", "torch")


@pytest.mark.parametrize("module", ["apps.api_gpu.main", "lib.pipelines.extract", "lib.layout_reader.reader"])
def test_import_loads_no_engine(module: str) -> None:
    """A module that is imported has none of the heavy libraries with it."""
    code = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "[]"
