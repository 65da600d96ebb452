"""Which engine OCR_ENGINE=auto is on this machine.

In: the setting, the processor, installed packages. Out: an engine's name, and why. Imports no engine.
"""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

AUTO: Final = "auto"

PROCESSORS = Path("/proc/cpuinfo")

AVX512_BF16, AMX_BF16 = "avx512_bf16", "amx_bf16"
"""Instructions that OpenVINO computes in bfloat16 with, as Linux calls them: there it takes two thirds of the time."""

INTEL = "GenuineIntel"
"""Whose processors compute no faster with AVX512_BF16 than in 32 bits: with a Xeon whose AMX the hypervisor hides,
OpenVINO took 1.7 times as long in bfloat16. So of Intel's, those count that have AMX."""

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
    known = _fast_bfloat16(processors)
    if not known:
        return Choice("onnxruntime", "the processor is not known to be fast in bfloat16")
    if not has_openvino:
        return Choice("onnxruntime", f"the package openvino is not installed; the processor has {min(known)}")
    return Choice("openvino", f"the processor has {min(known)}")


def is_fast_in_bfloat16(processors: Path = PROCESSORS) -> bool:
    """Whether a machine computes faster in bfloat16 than in 32 bits, as far as is known; `processors`: see `choose`."""
    return bool(_fast_bfloat16(processors))


def computes_best_in_8_bits(processors: Path) -> bool:
    """Whether a machine computes fast in 8 bits, and not in bfloat16, which loses less.

    Args:
        processors: See `choose`.
    """
    return bool(_described(processors, "flags") & VNNI) and not _fast_bfloat16(processors)


def _fast_bfloat16(processors: Path) -> frozenset[str]:
    """The instructions for bfloat16 that are faster than those for 32 bits."""
    fast = {AMX_BF16} if INTEL in _described(processors, "vendor_id") else {AMX_BF16, AVX512_BF16}
    return _described(processors, "flags") & fast


def _described(processors: Path, key: str) -> frozenset[str]:
    """The words that Linux has for the first processor under a key."""
    try:
        lines = processors.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.partition(":")[2] for line in lines if line.startswith(key)), "").split())
