"""onnxruntime's sessions, one for each model, which all engines run.

In: the path of an ONNX model. Out: an `onnxruntime.InferenceSession`. The only importer of onnxruntime, inside a
function. Threads may run a session at the same time (onnxruntime's documentation of `Run`), each in its own thread, so
that its weights and the buffers that no run holds are in memory once: two engines that had read 30 pages took 0.58 GB
instead of 0.71, in the same time.
"""

from functools import partial
from pathlib import Path
from typing import Any

from lib.pipelines.ocr.shared_models import SharedModels
from lib.pipelines.ocr.subnormals import without_subnormals


def onnx_models(*, threads: int) -> SharedModels:
    """Models that onnxruntime runs; `threads`: for one run."""
    return SharedModels(partial(_loaded, threads=threads))


def _loaded(path: Path, *, reads_lines: bool, threads: int) -> Any:  # noqa: ANN401, ARG001 - no types; see `Load`
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.enable_mem_pattern = False  # A plan of memory for each shape takes 0.15 GB an engine, and saves no time.
    model = without_subnormals(path.read_bytes())
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
