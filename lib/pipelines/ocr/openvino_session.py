"""OpenVINO in the place of onnxruntime: the same models, on CPUs that are fast in bfloat16 in less time.

In: paths of ONNX models. Out: `OpenVinoSession`s, which answer what PaddleX asks of an onnxruntime session. The
only importer of openvino, inside functions. It computes in bfloat16 where the processor is fast at that (see `auto`),
and in single precision elsewhere; OpenVINO itself would go by the instructions that there are.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lib.errors import StartupError
from lib.memory import give_back_large_blocks
from lib.pipelines.ocr.auto import is_fast_in_bfloat16
from lib.pipelines.ocr.shared_models import SharedModels

WIDTH_STEP = 32
"""Pixels. OpenVINO compiles for each new shape of its input, which takes as long as a line does: lines come in every
width, so that they are filled up to a multiple, with the gray that PaddleOCR fills short lines up with."""

OPERATIONS_KEPT, OPERATIONS_KEPT_FOR_LINES = 16, 1024
"""Operations of a model, compiled for one shape of input each, that are kept; and those of a recognizer, which are its
operations for all usual widths of lines. With 16 of these, too, a page of labelled pictures takes 4 % more time.
Pages come in any shape: without a limit a detector grew by 0.57 GB over 200 of them, and was hardly faster."""

_BINDING = threading.Lock()


def openvino_models(*, threads: int, engines: int) -> SharedModels:
    """Models that OpenVINO runs, compiled once for all engines.

    Each engine's requests run in a thread of their own, which OpenVINO starts; like those that compile it stands back
    for the event loop.

    Args:
        threads: For one run.
        engines: That may be at work at the same time.

    Raises:
        StartupError: By the sessions, where OpenVINO is not installed.
    """
    give_back_large_blocks()  # Each shape of page takes others: after 125 pages 1.8 GB were held instead of 1.4.
    return SharedModels(partial(_compiled, options=_options(threads=threads, engines=engines)), OpenVinoSession)


class OpenVinoSession:
    """One model, for one thread at a time.

    Attributes:
        elsewhere_s: Processor seconds that its runs have taken in other threads than their callers', about.
    """

    def __init__(self, compiled: Any) -> None:  # noqa: ANN401 - openvino is imported inside functions only
        """Take a compiled model, which other sessions may share."""
        self._compiled, self._request = compiled, compiled.create_infer_request()
        self.elsewhere_s = 0.0

    def run(self, outputs: Sequence[str], feeds: Mapping[str, NDArray[np.float32]]) -> list[NDArray[Any]]:
        """Run the model; see `onnxruntime.InferenceSession.run`."""
        filled_up = {name: _in_steps(value) for name, value in feeds.items()}
        before = _Clocks.now()
        found = self._request.infer(filled_up)
        self.elsewhere_s += before.elsewhere_s(_Clocks.now())
        return [np.array(found[name]) for name in outputs]

    def give_back_memory(self) -> None:
        """Give back what holds the values between operations, unless another session of the model runs."""
        with suppress(RuntimeError):  # OpenVINO's refusal.
            self._compiled.release_memory()


class _Clocks(NamedTuple):
    """The time by the clock, and processor seconds of the process and of this thread."""

    clock: float
    process: float
    thread: float

    @classmethod
    def now(cls) -> "_Clocks":
        return cls(time.perf_counter(), time.process_time(), time.thread_time())

    def elsewhere_s(self, later: "_Clocks") -> float:
        """What other threads have spent for this one, which waited: no more than passed, nor than all threads spent."""
        clock, process, thread = (end - begin for begin, end in zip(self, later, strict=True))
        return max(0.0, min(clock, process) - thread)


def _options(*, threads: int, engines: int) -> dict[str, Any]:
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": engines,
        "INFERENCE_NUM_THREADS": threads * engines,
        "INFERENCE_PRECISION_HINT": "bf16" if is_fast_in_bfloat16() else "f32",
        "ENABLE_CPU_PINNING": False,  # It would pin every engine's threads to the same core.
    }


def _compiled(path: Path, *, reads_lines: bool, options: Mapping[str, Any]) -> Any:  # noqa: ANN401 - see above
    try:
        import openvino
    except ImportError as exc:
        raise StartupError(
            "OCR_ENGINE=openvino needs the package openvino in the version that requirements-cpu.txt pins."
        ) from exc
    _meet_numpy(openvino)
    kept = OPERATIONS_KEPT_FOR_LINES if reads_lines else OPERATIONS_KEPT
    return openvino.Core().compile_model(str(path), "CPU", {**options, "CPU_RUNTIME_CACHE_CAPACITY": kept})


def _meet_numpy(openvino: Any) -> None:  # noqa: ANN401 - see above
    """Have the Python binding look numpy up, in one thread.

    It does so at its first array, with a guard that a second thread would wait at without giving away the interpreter,
    which the first one needs to go on: two first pages at the same moment stopped the whole process for good.
    """
    with _BINDING:
        _ = openvino.Tensor(openvino.Type.f32, openvino.Shape([1])).data


def _in_steps(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Images, (n, 3, height, width), whose width is a multiple of the step."""
    missing = -images.shape[-1] % WIDTH_STEP
    return np.pad(images, [(0, 0)] * 3 + [(0, missing)]) if missing else images
