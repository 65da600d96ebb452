"""The second half of a git-mode start, run for real: environments on the volume, from a wheelhouse or an index."""

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.pod_volume import Place, program, write_wheel


@pytest.mark.slow
def test_environment_whose_build_was_killed_is_built_anew_from_index_and_cached(place: Place) -> None:
    """Killed while pip works: no mark is left; the next start fetches from the index and keeps the wheels."""
    wheel = place.volume / "wheelhouse" / "tiny-1.0-py3-none-any.whl"
    index = place.root / "index" / "tiny"
    index.mkdir(parents=True)
    shutil.move(wheel, index)
    hanging = place.start(PIP_INDEX_URL="http://192.0.2.1:9/simple", PIP_DEFAULT_TIMEOUT="60")
    venv = place.volume / "venv"
    wait_until((place.volume / "wheelhouse" / ".incoming").exists)
    os.killpg(hanging.pid, 9)
    hanging.communicate()
    half_way = venv.exists() and not (venv / ".complete").exists()
    (index / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')

    code, out = place.run(PIP_INDEX_URL=f"file://{index.parent}")

    assert half_way
    assert code == 0, out
    assert "tiny 1.0" in out
    assert wheel.exists()
    assert not (place.volume / "wheelhouse" / ".incoming").exists()


def wait_until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Poll a condition until it comes true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.05)


def environments(place: Place, **environ: str) -> tuple[int, str]:
    """The second half alone, in the repository's tree."""
    ran = subprocess.run(
        ["bash", str(place.root / "clone" / "scripts" / "runpod_environments.sh")],
        env=place.environ | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("environ", "code", "sentence"),
    [
        pytest.param({"REQS_FILE": "requirements-prod.txt"}, 64, "no requirements-prod.txt (REQS_FILE)", id="no file"),
        pytest.param({"API_DIR": "apps/gone"}, 64, "no apps/gone/main.py (API_DIR)", id="no API"),
        pytest.param({"PYTHON": "false"}, 64, "Python 3.11 with venv is needed", id="wrong Python"),
        pytest.param({"LOG_DIR": "/proc/logs"}, 73, "cannot be written (", id="read-only volume"),
        pytest.param({"MOCK_VLLM": "0"}, 10, "no wheel of vllm 0.8.3+tilt", id="no vllm wheel"),
        pytest.param({"MOCK_VLLM": "0", "TILT_WHEEL_URL": "http://h/w"}, 64, "TILT_WHEEL_SHA256", id="no checksum"),
        pytest.param(
            {"MOCK_VLLM": "0", "TILT_WHEEL_URL": f"file://{__file__}", "TILT_WHEEL_SHA256": "0" * 64},
            76,
            "another SHA-256",
            id="another wheel",
        ),
    ],
)
def test_environment_that_cannot_be_is_one_sentence(
    place: Place, environ: dict[str, str], code: int, sentence: str
) -> None:
    """With its own exit code, and no environment that looks whole."""
    got, out = environments(place, **environ)

    assert got == code, out
    assert sentence in out
    assert not list(place.volume.glob("venv*/.complete"))
    assert not list((place.volume / "wheelhouse").glob("vllm*"))


def test_full_disk_is_seen_before_anything_is_written(place: Place) -> None:
    """By df's figures."""
    program(place.root / "bin", "df", "printf 'Avail\\n1G\\n'")

    code, out = environments(place)

    assert code == 74
    assert "has 1 GB free, and 4 GB are needed" in out
    assert not (place.volume / "venv").exists()


@pytest.mark.slow
def test_index_that_cannot_be_reached_is_named(place: Place) -> None:
    """With pip's own last words before the sentence."""
    (place.volume / "wheelhouse" / "tiny-1.0-py3-none-any.whl").unlink()

    code, out = environments(place)

    assert code == 69
    assert "the index cannot be reached" in out
    assert not (place.volume / "venv" / ".complete").exists()


@pytest.mark.slow
def test_tilt_environment_gets_the_fetched_vllm_wheel(place: Place) -> None:
    """The wheel is checked, kept in the wheelhouse and installed into an environment of its own."""
    wheel = write_wheel(place.root / "release", "vllm", "0.8.3+tilt")
    (place.root / "clone" / "requirements-gpu.txt").write_text("tiny==1.0\n")

    code, out = environments(
        place,
        MOCK_VLLM="0",
        TILT_WHEEL_URL=f"file://{wheel}",
        TILT_WHEEL_SHA256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
    )

    assert code == 0, out
    python = place.volume / "venv-tilt" / "bin" / "python"
    assert f"tilt={python}" in out
    version = [str(python), "-c", "import importlib.metadata as m; print(m.version('vllm'))"]
    assert subprocess.run(version, capture_output=True, text=True, check=True).stdout == "0.8.3+tilt\n"


def locked(*wheels: Path) -> str:
    """Requirements with hashes, as requirements-gpu.txt has them."""
    lines = []
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        lines.append(f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    return "".join(lines)


@pytest.mark.slow
def test_locked_file_is_installed_by_the_pip_of_the_interpreter(place: Place) -> None:
    """Where a package asks for another's extra, pip before 24.0 wants that pinned, too, and refuses the whole file."""
    wheelhouse = place.volume / "wheelhouse"
    tiny = wheelhouse / "tiny-1.0-py3-none-any.whl"
    asking = write_wheel(wheelhouse, "asking", "1.0", requires="tiny[standard]>=0.5")
    (place.root / "clone" / "requirements-cpu.txt").write_text(locked(tiny, asking))

    code, out = environments(place)

    assert code == 0, out
    assert "tiny 1.0" in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "code", "sentence"),
    [
        pytest.param(lambda text: text[:-5] + "0000\n", 76, "its hash differs", id="hash"),
        pytest.param(lambda text: f"{text}loose>=1.0\n", 70, "no exact version or no hash", id="not-pinned"),
    ],
)
def test_locked_file_that_cannot_be_installed_names_the_cause(
    place: Place, spoil: Callable[[str], str], code: int, sentence: str
) -> None:
    """Not the wheelhouse, which has everything, nor the index, which nobody needs."""
    tiny = place.volume / "wheelhouse" / "tiny-1.0-py3-none-any.whl"
    write_wheel(tiny.parent, "loose", "1.0")
    (place.root / "clone" / "requirements-cpu.txt").write_text(spoil(locked(tiny)))

    got, out = environments(place)

    assert got == code, out
    assert sentence in out


@pytest.mark.slow
def test_tilt_environment_on_pytorch_needs_no_vllm_wheel(place: Place) -> None:
    """TILT_ENGINE=torch has requirements of its own."""
    (place.root / "clone" / "requirements-torch.txt").write_text("tiny==1.0\n")

    code, out = environments(place, MOCK_VLLM="0", TILT_ENGINE="torch")

    assert code == 0, out
    assert f"tilt={place.volume / 'venv-tilt' / 'bin' / 'python'}" in out
    assert "requirements-torch.txt" in out
