"""OpenVINO in the place of onnxruntime: the same models, on CPUs that are fast in bfloat16 in less time.

In: paths of ONNX models. Out: `OpenVinoSession`s, which answer what PaddleX asks of an onnxruntime session. The
only importer of openvino, inside functions. It computes in bfloat16 where the processor is fast at that (see `auto`),
and in single precision elsewhere; OpenVINO itself would go by the instructions that there are.
"""

import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from queue import SimpleQueue
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

OPERATIONS_KEPT, OPERATIONS_KEPT_FOR_LINES = 16, 256
"""Operations of a model, compiled for one shape of input each, that are kept; and those of a recognizer, whose lines
come in some fifty widths. With 1,024 of these a page of labelled pictures takes 4 % less time, and two engines that
have met all widths hold 0.12 GB more, which they take by and by. Pages come in any shape: without a limit a detector
grew by 0.57 GB over 200 of them, and was hardly faster."""

ENGINES_PER_DETECTOR = 2
"""Engines that search their pages with one detector, one after the other. It holds 0.2 GB between its operations, and a
search takes a fifth of a page's time: engines that are always at work wait 2 % of theirs."""

_BINDING = threading.Lock()


def openvino_models(*, threads: int, engines: int) -> SharedModels:
    """Models that OpenVINO runs, compiled once for all engines.

    A model's requests run in threads of their own, which OpenVINO starts; like those that compile they stand back for
    the event loop.

    Args:
        threads: For one run.
        engines: That may be at work at the same time.

    Raises:
        StartupError: By the sessions, where OpenVINO is not installed.
    """
    give_back_large_blocks()  # Each shape of page takes others: after 125 pages 1.8 GB were held instead of 1.4.
    return SharedModels(partial(_loaded, threads=threads, engines=engines), OpenVinoSession)


class OpenVinoModel:
    """A compiled model, which so many threads may run at the same time; others wait."""

    def __init__(self, compiled: Any, *, runs: int) -> None:  # noqa: ANN401 - openvino is imported inside functions only
        """Take it, and prepare as many requests as there may be runs at the same time."""
        self._compiled, self._runs = compiled, runs
        self._requests: SimpleQueue[Any] = SimpleQueue()
        for _ in range(runs):
            self._requests.put(compiled.create_infer_request())
        self._giving_back = threading.Lock()

    @contextmanager
    def request(self) -> Iterator[Any]:
        """One of its requests, for this thread alone."""
        request = self._requests.get()
        try:
            yield request
        finally:
            self._requests.put(request)

    def give_back_memory(self) -> None:
        """Give back what holds the values between operations, which OpenVINO does only while no request runs.

        Runs that are under way end before, and others begin afterwards: they wait for about as long as one takes.
        """
        with self._giving_back, ExitStack() as stack:
            for _ in range(self._runs):
                stack.enter_context(self.request())
            self._compiled.release_memory()


class OpenVinoSession:
    """One engine's way to a model, which others share.

    Attributes:
        elsewhere_s: Processor seconds that its runs have taken in other threads than their callers', about.
    """

    def __init__(self, model: OpenVinoModel) -> None:
        """Take the model."""
        self._model = model
        self.elsewhere_s = 0.0

    def run(self, outputs: Sequence[str], feeds: Mapping[str, NDArray[np.float32]]) -> list[NDArray[Any]]:
        """Run the model; see `onnxruntime.InferenceSession.run`."""
        filled_up = {name: _in_steps(value) for name, value in feeds.items()}
        with self._model.request() as request:
            before = _Clocks.now()
            found = request.infer(filled_up)
            self.elsewhere_s += before.elsewhere_s(_Clocks.now())
            return [np.array(found[name]) for name in outputs]

    def give_back_memory(self) -> None:
        """See `OpenVinoModel.give_back_memory`."""
        self._model.give_back_memory()


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


def _loaded(path: Path, *, reads_lines: bool, threads: int, engines: int) -> OpenVinoModel:
    """A recognizer that all engines may run at the same time, or a detector for every second one."""
    try:
        import openvino
    except ImportError as exc:
        raise StartupError(
            "OCR_ENGINE=openvino needs the package openvino in the version that requirements-cpu.txt pins."
        ) from exc
    _meet_numpy(openvino)
    runs = engines if reads_lines else math.ceil(engines / ENGINES_PER_DETECTOR)
    kept = OPERATIONS_KEPT_FOR_LINES if reads_lines else OPERATIONS_KEPT
    options = _options(threads=threads, runs=runs) | {"CPU_RUNTIME_CACHE_CAPACITY": kept}
    return OpenVinoModel(openvino.Core().compile_model(str(path), "CPU", options), runs=runs)


def _options(*, threads: int, runs: int) -> dict[str, Any]:
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": runs,
        "INFERENCE_NUM_THREADS": threads * runs,
        "INFERENCE_PRECISION_HINT": "bf16" if is_fast_in_bfloat16() else "f32",
        "ENABLE_CPU_PINNING": False,  # It would pin every engine's threads to the same core.
    }


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
