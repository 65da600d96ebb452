"""Which engine reads pages on which machine."""

from pathlib import Path

import pytest

from lib.pipelines.ocr.auto import choose, chosen_engine


def processors(folder: Path, flags: str) -> Path:
    """Linux's description of two processors."""
    path = folder / "cpuinfo"
    path.write_text(f"processor\t: 0\nflags\t\t: {flags}\n\nprocessor\t: 1\nflags\t\t: {flags}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("flags", "has_openvino", "engine", "reason"),
    [
        pytest.param("fpu avx512f avx512_bf16", True, "openvino", "the processor has avx512_bf16", id="bfloat16"),
        pytest.param("fpu amx_bf16 amx_tile", True, "openvino", "the processor has amx_bf16", id="amx"),
        pytest.param("fpu avx2 avx512f", True, "onnxruntime", "not known to compute in bfloat16", id="older"),
        pytest.param("fpu avx512_bf16", False, "onnxruntime", "openvino is not installed", id="not-installed"),
    ],
)
def test_auto_is_openvino_where_it_is_faster_and_installed(
    tmp_path: Path, flags: str, has_openvino: bool, engine: str, reason: str
) -> None:
    """And says why it is what it is."""
    choice = choose(processors(tmp_path, flags), has_openvino=has_openvino)

    assert choice.name == engine
    assert reason in choice.reason


def test_auto_on_a_machine_without_a_description_of_processors_is_onnxruntime(tmp_path: Path) -> None:
    """Linux alone has one."""
    assert choose(tmp_path / "none", has_openvino=True).name == "onnxruntime"


@pytest.mark.parametrize("setting", ["onnxruntime", "openvino", "paddle"])
def test_engine_that_is_asked_for_is_taken(setting: str) -> None:
    """Whatever the processor."""
    assert chosen_engine(setting).name == setting
