"""Snowflake's vLLM fork as this machine has it: whether it is there and can run, and what is used of it.

In: the machine. Out: a `Fork`, or one sentence about why there is none. The only importer of vllm and torch, and only
inside functions: everything else of the server runs without them.

Source: stock vLLM 0.8.3 imports, starts and ends at its first answer, since its kernels lack an argument: hence the
check of the build.
"""

import importlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.tilt_api.engine import EXIT_NO_GPU, EXIT_NO_VLLM, EXIT_WRONG_BUILD, CannotServe
from lib.settings import prepare_environment_for_vllm

REQUIRED_BUILD = "0.8.3+tilt"
MIN_CAPABILITY = (8, 0)
"""The model computes in bfloat16, which older GPUs lack; in float16 it yields NaN."""


@dataclass(frozen=True, slots=True)
class Fork:
    """What is used of the vllm package, and nothing more of it.

    Attributes:
        package: The name it is imported by, for repairs.
    """

    package: str
    engine_args: Any
    engine: Any
    sampling_params: Any
    processor: Any


def check_machine() -> None:
    """Make sure that the engine can run here, before anything slow is done.

    Raises:
        CannotServe: No vllm, another build of it, or no GPU that the model can use.
    """
    try:
        build = importlib.metadata.version("vllm")
    except importlib.metadata.PackageNotFoundError as exc:
        raise CannotServe(
            f"vllm is not installed here; install the Arctic-TILT build {REQUIRED_BUILD} (requirements-gpu.txt).",
            exit_code=EXIT_NO_VLLM,
        ) from exc
    if build != REQUIRED_BUILD:
        raise CannotServe(
            f"vllm {build} is installed, but only the Arctic-TILT build {REQUIRED_BUILD} can run TILT; "
            f"install requirements-gpu.txt.",
            exit_code=EXIT_WRONG_BUILD,
        )
    _check_gpu()


def _check_gpu() -> None:
    try:
        import torch
    except (ImportError, OSError) as exc:
        raise CannotServe(f"torch cannot be imported ({exc}).", exit_code=EXIT_NO_VLLM) from exc
    if not torch.cuda.is_available():
        raise CannotServe(
            "No CUDA device is visible; give the container a GPU (docker run --gpus all) and its driver.",
            exit_code=EXIT_NO_GPU,
        )
    major, minor = torch.cuda.get_device_capability()
    if (major, minor) < MIN_CAPABILITY:
        raise CannotServe(
            f"{torch.cuda.get_device_name()} has compute capability {major}.{minor}; TILT needs 8.0 or newer "
            f"(A10, A100, L4, RTX 30 and 40).",
            exit_code=EXIT_NO_GPU,
        )


def import_fork() -> Fork:
    """Import vllm in an environment that is prepared for it.

    Raises:
        ImportError: The package is not the fork, or lacks a module.
    """
    prepare_environment_for_vllm()
    import vllm

    return Fork(
        package=vllm.__name__,
        engine_args=vllm.AsyncEngineArgs,
        engine=vllm.AsyncLLMEngine,
        sampling_params=vllm.SamplingParams,
        processor=importlib.import_module(_module_name(Path(vllm.__file__).parent, "tilt_processor")),
    )


def _module_name(package: Path, stem: str) -> str:
    """The dotted name of the one module of that name, wherever in the package it lies.

    Raises:
        ImportError: There is none, or several.
    """
    found = sorted(package.rglob(f"{stem}.py"))
    if len(found) != 1:
        raise ImportError(f"{package} has {len(found)} modules named {stem}; the Arctic-TILT build has one.")
    return ".".join([package.name, *found[0].relative_to(package).with_suffix("").parts])
