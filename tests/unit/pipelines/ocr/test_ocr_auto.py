"""Which engine reads pages on which machine."""

from pathlib import Path

import pytest

from lib.pipelines.ocr.auto import choose, chosen_engine

AMD, INTEL = "AuthenticAMD", "GenuineIntel"


def processors(folder: Path, flags: str, *, vendor: str) -> Path:
    """Linux's description of two processors."""
    path = folder / "cpuinfo"
    each = (f"processor\t: {number}\nvendor_id\t: {vendor}\nflags\t\t: {flags}\n" for number in range(2))
    path.write_text("\n".join(each), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("vendor", "flags", "engine", "reason"),
    [
        pytest.param(AMD, "fpu avx512f avx512_bf16", "openvino", "the processor has avx512_bf16", id="bfloat16"),
        pytest.param(INTEL, "fpu avx512_bf16 amx_bf16", "openvino", "the processor has amx_bf16", id="amx"),
        pytest.param(INTEL, "fpu avx512_bf16", "onnxruntime", "not known to be fast in bfloat16", id="no-amx"),
        pytest.param(AMD, "fpu avx2 avx512f", "onnxruntime", "not known to be fast in bfloat16", id="older"),
    ],
)
def test_auto_is_openvino_where_it_is_faster(tmp_path: Path, vendor: str, flags: str, engine: str, reason: str) -> None:
    """And says why it is what it is."""
    choice = choose(processors(tmp_path, flags, vendor=vendor), has_openvino=True)

    assert choice.name == engine
    assert reason in choice.reason


def test_auto_without_openvino_is_onnxruntime(tmp_path: Path) -> None:
    """And names the package that would be faster."""
    choice = choose(processors(tmp_path, "avx512_bf16", vendor=AMD), has_openvino=False)

    assert choice.name == "onnxruntime"
    assert "openvino is not installed" in choice.reason


def test_auto_on_a_machine_without_a_description_of_processors_is_onnxruntime(tmp_path: Path) -> None:
    """Linux alone has one."""
    assert choose(tmp_path / "none", has_openvino=True).name == "onnxruntime"


@pytest.mark.parametrize("setting", ["onnxruntime", "openvino", "paddle"])
def test_engine_that_is_asked_for_is_taken(setting: str) -> None:
    """Whatever the processor."""
    assert chosen_engine(setting).name == setting
