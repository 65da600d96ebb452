"""Which engine OCR_ENGINE=auto is on this machine.

In: the setting, the processor, installed packages. Out: an engine's name, and why. Imports no engine.
"""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

AUTO: Final = "auto"

PROCESSORS = Path("/proc/cpuinfo")

BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16"})
"""Instructions that OpenVINO computes in bfloat16 with, as Linux calls them: there it takes two thirds of the time."""

VNNI = frozenset({"avx512_vnni", "avx_vnni"})
"""Instructions that onnxruntime computes in 8 bits with: four times as much as in 32 bits in the same time."""


class Choice(NamedTuple):
    """An engine, and why it is this one, for people."""

    name: str
    reason: str


@cache
def chosen_engine(setting: str) -> Choice:
    """The engine of a setting: OpenVINO where the processor makes it faster and it is installed, or onnxruntime.

    Args:
        setting: OCR_ENGINE; any but `auto` is what it says.
    """
    if setting != AUTO:
        return Choice(setting, "OCR_ENGINE asks for it")
    return choose(PROCESSORS, has_openvino=importlib.util.find_spec("openvino") is not None)


def choose(processors: Path, *, has_openvino: bool) -> Choice:
    """The engine for a machine.

    Args:
        processors: Linux's description of them; elsewhere there is none.
        has_openvino: Whether it is installed.
    """
    known = _instructions(processors) & BFLOAT16
    if not known:
        return Choice("onnxruntime", "the processor is not known to compute in bfloat16")
    if not has_openvino:
        return Choice("onnxruntime", f"the package openvino is not installed; the processor has {min(known)}")
    return Choice("openvino", f"the processor has {min(known)}")


def computes_best_in_8_bits(processors: Path) -> bool:
    """Whether a machine computes fast in 8 bits, and not in bfloat16, which loses less.

    Args:
        processors: See `choose`.
    """
    known = _instructions(processors)
    return bool(known & VNNI) and not known & BFLOAT16


def _instructions(processors: Path) -> frozenset[str]:
    try:
        lines = processors.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    flags = next((line.partition(":")[2] for line in lines if line.startswith("flags")), "")
    return frozenset(flags.split())
