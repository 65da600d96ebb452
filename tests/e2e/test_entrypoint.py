"""The pod's start script, run for real: the mock or a stand-in as the TILT server, and kill signals."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT

SAMPLE = ROOT / "tests" / "samples" / "invoice-eur-de.pdf"


def free_ports() -> tuple[int, int]:
    """Two ports that nobody listens on."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def wait_for(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    """Poll a condition until it comes true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.05)


def succeeds(url: str) -> bool:
    """Whether an address answers with a success."""
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


def listener(port: int) -> int | None:
    """The process that was started to listen on a port."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[1:3] == [b"-m", b"uvicorn"] and words[-3:-1] == [b"--port", str(port).encode()]:
            return int(entry.parent.name)
    return None


@dataclass(frozen=True)
class Pod:
    """A running entrypoint."""

    process: subprocess.Popen[str]
    api: str
    tilt_port: int

    def tilt(self) -> int | None:
        """The TILT server's process."""
        return listener(self.tilt_port)


def launch(tmp_path: Path, **environ: str) -> tuple[subprocess.Popen[str], int, int]:
    """The entrypoint, started; its output in tmp_path/out."""
    api_port, tilt_port = free_ports()
    environment = os.environ | {
        "API_PYTHON": sys.executable,
        "API_PORT": str(api_port),
        "VLLM_PORT": str(tilt_port),
        "LOG_DIR": str(tmp_path / "logs"),
        "OCR_CONCURRENCY": "1",
        **environ,
    }
    with (tmp_path / "out").open("w") as out:
        script = str(ROOT / "scripts" / "entrypoint.sh")
        return subprocess.Popen([script], env=environment, stdout=out, stderr=out, text=True), api_port, tilt_port


@contextmanager
def pod(tmp_path: Path, *, start_s: float = 90, **environ: str) -> Iterator[Pod]:
    """A pod with the mock or, with MOCK_VLLM=0, the TILT server itself, serving."""
    process, api_port, tilt_port = launch(tmp_path, **({"MOCK_VLLM": "1"} | environ))
    running = Pod(process, f"http://127.0.0.1:{api_port}", tilt_port)
    try:
        wait_for(lambda: process.poll() is not None or succeeds(f"{running.api}/readyz"), seconds=start_s)
        assert process.poll() is None, (tmp_path / "out").read_text()
        yield running
    finally:
        process.kill()
        process.wait()
        wait_for(lambda: running.tilt() is None)


def stand_in(tmp_path: Path, body: str) -> str:
    """An interpreter that does `body` instead of running the TILT server."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


@pytest.mark.slow
def test_pod_serves_restarts_its_tilt_server_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Both processes serve; a killed TILT server comes back; SIGTERM ends the API first and then the TILT server."""
    with pod(tmp_path, TILT_START_TIMEOUT_S="90", TILT_RESTARTS="3") as running:
        with SAMPLE.open("rb") as file:
            answer = httpx.post(f"{running.api}/v1/extract", files={"file": file}, timeout=60)
        first = running.tilt()
        assert first
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: running.tilt() not in {None, first})
        wait_for(lambda: succeeds(f"http://127.0.0.1:{running.tilt_port}/v1/models"))

        running.process.terminate()

        assert running.process.wait(30) in {0, -signal.SIGTERM}
        wait_for(lambda: running.tilt() is None)
    assert answer.json()["meta"]["reader"] == "tilt"
    assert "starting it again in 1 s" in (tmp_path / "out").read_text()
    assert "[tilt] " in (tmp_path / "out").read_text()


@pytest.mark.slow
def test_pod_whose_tilt_server_dies_too_often_ends(tmp_path: Path) -> None:
    """After TILT_RESTARTS the API is sent TERM, so that the platform starts the container anew."""
    with pod(tmp_path, TILT_RESTARTS="0") as running:
        tilt = running.tilt()
        assert tilt
        os.kill(tilt, signal.SIGKILL)

        assert running.process.wait(30) != 0

    assert "ending the API" in (tmp_path / "logs" / "tilt.log").read_text()


@pytest.mark.slow
def test_pod_whose_api_is_killed_leaves_no_tilt_server(tmp_path: Path) -> None:
    """The watchdog ends the TILT server even where the API could say nothing any more."""
    with pod(tmp_path) as running:
        running.process.kill()

        wait_for(lambda: running.tilt() is None)


def test_tilt_server_that_cannot_start_ends_the_pod_with_its_code_and_its_log(tmp_path: Path) -> None:
    """A wrong GPU is seen at once, in the entrypoint's own output."""
    python = stand_in(tmp_path, 'echo "This GPU is too old." >&2; exit 12')
    process, *_ = launch(tmp_path, TILT_PYTHON=python)

    assert process.wait(30) == 12
    out = (tmp_path / "out").read_text()
    assert "ended with code 12 before it was ready" in out
    assert "This GPU is too old." in out


def test_children_of_a_tilt_server_that_ends_are_ended(tmp_path: Path) -> None:
    """A worker of a crashed engine would keep the GPU's memory."""
    python = stand_in(tmp_path, f"sleep 300 & echo $! >{tmp_path}/child; exit 13")
    process, *_ = launch(tmp_path, TILT_PYTHON=python)

    assert process.wait(30) == 13
    child = int((tmp_path / "child").read_text())
    wait_for(lambda: not alive(child))


def alive(pid: int) -> bool:
    """Whether a process runs, zombies aside."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_sigterm_while_the_model_loads_ends_everything(tmp_path: Path) -> None:
    """A deployment that is called off does not wait for the model."""
    python = stand_in(tmp_path, f"echo $$ >{tmp_path}/tilt; exec sleep 300")
    process, *_ = launch(tmp_path, TILT_PYTHON=python)
    wait_for(lambda: (tmp_path / "tilt").exists() and bool((tmp_path / "tilt").read_text()))

    process.terminate()

    assert process.wait(30) == 143
    tilt = int((tmp_path / "tilt").read_text())
    wait_for(lambda: not alive(tilt))


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        pytest.param({"OCR_CONCURENCY": "2"}, "did you mean OCR_CONCURRENCY", id="misspelt"),
        pytest.param({"MAX_UPLOAD_MB": "much"}, "MAX_UPLOAD_MB", id="no number"),
    ],
)
def test_wrong_setting_is_said_before_the_model_loads(tmp_path: Path, environ: dict[str, str], sentence: str) -> None:
    """Loading takes minutes; a typing mistake must not."""
    python = stand_in(tmp_path, f"touch {tmp_path}/loaded; exec sleep 300")
    process, *_ = launch(tmp_path, TILT_PYTHON=python, **environ)

    assert process.wait(30) == 2
    assert sentence in (tmp_path / "out").read_text()
    assert not (tmp_path / "loaded").exists()


def test_port_that_is_taken_is_said_before_the_model_loads(tmp_path: Path) -> None:
    """With the name of the setting."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process, *_ = launch(tmp_path, API_PORT=str(port))

        assert process.wait(30) == 2
    assert f"port {port} (API_PORT) is taken" in (tmp_path / "out").read_text()


def test_long_log_is_put_aside(tmp_path: Path) -> None:
    """The volume does not fill up with logs."""
    logs = tmp_path / "logs"
    logs.mkdir()
    with (logs / "tilt.log").open("wb") as log:
        log.truncate((100 << 20) + 1)
    process, *_ = launch(tmp_path, TILT_PYTHON=stand_in(tmp_path, "echo new; exit 12"))

    assert process.wait(30) == 12
    assert (logs / "tilt.log").read_text() == "new\n"
    assert (logs / "tilt.log.1").exists()


def test_tilt_server_that_never_answers_ends_the_pod_in_time(tmp_path: Path) -> None:
    """The wait is bounded, and the sentence names the setting."""
    python = stand_in(tmp_path, 'echo "loading"; exec sleep 60')
    process, *_ = launch(tmp_path, TILT_PYTHON=python, TILT_START_TIMEOUT_S="2")

    assert process.wait(30) == 70
    assert "within 2 s (TILT_START_TIMEOUT_S)" in (tmp_path / "out").read_text()


def test_log_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A read-only volume gives one sentence."""
    process, *_ = launch(tmp_path, LOG_DIR="/dev/null/logs")

    assert process.wait(30) == 73
    assert "cannot be written" in (tmp_path / "out").read_text()


def test_scripts_pass_shellcheck() -> None:
    """Every shell script is clean."""
    scripts = sorted(str(path) for path in (ROOT / "scripts").glob("*.sh"))

    shellcheck = str(Path(sys.executable).with_name("shellcheck"))
    checked = subprocess.run([shellcheck, *scripts], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout
