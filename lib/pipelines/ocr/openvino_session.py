"""OpenVINO in the place of onnxruntime: the same models, on CPUs that know bfloat16 in less time.

In: the path of an ONNX model. Out: `OpenVinoSession`, which answers what PaddleX asks of an onnxruntime session. The
only importer of openvino, inside functions. OpenVINO computes in bfloat16 where the processor has instructions for it
(AVX512_BF16, AMX: most servers since 2022) and in single precision elsewhere. Source: OpenVINO's CPU plugin.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.errors import StartupError

WIDTH_STEP = 32
"""Pixels. OpenVINO compiles for each new shape of its input, which takes as long as a line does: lines come in every
width, so that they are filled up to a multiple, with the gray that PaddleOCR fills short lines up with."""

OPERATIONS_KEPT = 1024
"""Operations of a model, compiled for one shape of input each, that are kept: those of some ten shapes of page and of
all usual shapes of line. With 16 the two models took 4 % more time on labelled pictures. Without a limit an engine
grew with each new shape of page: 0.57 GB over 200 of them, 0.2 GB with twice this limit."""


class OpenVinoSession:
    """One model, for one thread at a time."""

    def __init__(self, path: str | os.PathLike[str], *, threads: int) -> None:
        """Compile a model.

        Args:
            path: Of the ONNX file.
            threads: For one run.

        Raises:
            StartupError: OpenVINO is not installed.
        """
        try:
            import openvino
        except ImportError as exc:
            raise StartupError(
                "OCR_ENGINE=openvino needs the package openvino in the version that requirements-cpu.txt pins."
            ) from exc
        options = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads}
        options |= {"ENABLE_CPU_PINNING": False}  # It would pin every engine's threads to the same core.
        options |= {"CPU_RUNTIME_CACHE_CAPACITY": OPERATIONS_KEPT}
        compiled = openvino.Core().compile_model(str(path), "CPU", options)
        self._request = compiled.create_infer_request()

    def run(self, outputs: Sequence[str], feeds: Mapping[str, NDArray[np.float32]]) -> list[NDArray[Any]]:
        """Run the model; see `onnxruntime.InferenceSession.run`."""
        found = self._request.infer({name: _in_steps(value) for name, value in feeds.items()})
        return [np.array(found[name]) for name in outputs]


def _in_steps(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Images, (n, 3, height, width), whose width is a multiple of the step."""
    missing = -images.shape[-1] % WIDTH_STEP
    return np.pad(images, [(0, 0)] * 3 + [(0, missing)]) if missing else images
