"""onnxruntime's sessions, one for each model, which all engines run.

In: the path of an ONNX model. Out: an `OnnxSession`. The only importer of onnxruntime, inside a function. Threads may
run a session at the same time (onnxruntime's documentation of `Run`), each in its own thread, so that its weights and
the buffers that no run holds are in memory once: two engines that had read 30 pages took 0.58 GB instead of 0.71, in
the same time.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.pipelines.ocr.shared_models import SharedModels
from lib.pipelines.ocr.subnormals import without_subnormals

LEAST_SIDE = 32
"""Pixels of the least picture that detectors and recognizers take."""


def onnx_models(*, threads: int) -> SharedModels:
    """Models that onnxruntime runs; `threads`: for one run."""
    return SharedModels(partial(_loaded, threads=threads))


class OnnxSession:
    """One model, for any threads at the same time.

    Attributes:
        elsewhere_s: Processor seconds that its runs have taken in other threads than their callers': none.
    """

    elsewhere_s = 0.0

    def __init__(self, session: Any, shrinking: Any) -> None:  # noqa: ANN401 - onnxruntime is imported in a function
        """Take onnxruntime's session, and the options of a run that gives back afterwards what no run holds."""
        self._session, self._shrinking = session, shrinking

    def run(self, outputs: Sequence[str] | None, feeds: Mapping[str, NDArray[np.float32]]) -> list[NDArray[Any]]:
        """See `onnxruntime.InferenceSession.run`."""
        found: list[NDArray[Any]] = self._session.run(outputs, feeds)
        return found

    def give_back_memory(self) -> None:
        """Give back what no run holds, which onnxruntime does after a run only: one on next to nothing."""
        (taken,) = self._session.get_inputs()
        shape = [1, *(side if isinstance(side, int) else LEAST_SIDE for side in taken.shape[1:])]
        self._session.run(None, {taken.name: np.zeros(shape, np.float32)}, self._shrinking)


def _loaded(path: Path, *, reads_lines: bool, threads: int) -> Any:  # noqa: ANN401, ARG001 - no types; see `Load`
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.enable_mem_pattern = False  # A plan of memory for each shape takes 0.15 GB an engine, and saves no time.
    # onnxruntime is given bytes, and does not know where the files lie that the model may have put its weights into.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(path.parent))
    model = without_subnormals(path.read_bytes())
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    shrinking = onnxruntime.RunOptions()
    shrinking.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return OnnxSession(session, shrinking)
