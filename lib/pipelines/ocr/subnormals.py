"""Weights that are too small to count, as zeros.

In: bytes of an ONNX model. Out: the same model. Training shrinks weights that nothing depends on until they fall below
the smallest normal number of 32 bits, 1.2e-38. Intel's processors take some hundred cycles for each operation with such
a number: a quarter of a million of them, in two of the detector's convolutions, were two thirds of its time. Nothing
that a model gives changes. OpenVINO does the same with the models that it loads.
"""

import numpy as np

from lib.pipelines.ocr.onnx_file import OnnxFile

_SMALLEST_NORMAL = np.finfo(np.float32).tiny


def without_subnormals(written: bytes) -> bytes:
    """The model whose weights below the smallest normal number are zeros.

    Raises:
        OnnxError: The bytes are no ONNX model.
    """
    model = bytearray(written)
    for tensor in OnnxFile(model).floats():
        tensor[np.abs(tensor) < _SMALLEST_NORMAL] = 0
    return bytes(model)
