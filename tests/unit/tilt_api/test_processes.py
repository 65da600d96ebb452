"""The TILT server as a process: how it starts, what it imports, and what it ends with.

The stand-in fork and a stand-in torch are on sys.path, so that the code that imports vllm runs as it is.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.fake_tilt import fork_environment
from tests.unit.tilt_api.conftest import MakeRequest

MODULE = [sys.executable, "-m", "apps.tilt_api"]
START_S = 20.0


def with_fork(folder: Path, *, build: str = "0.8.3+tilt", gpu: str = "8.9", **environ: str) -> dict[str, str]:
    """An environment in which `import vllm` finds the stand-in, installed as `build`."""
    return fork_environment(folder, build=build, gpu=gpu) | environ


def ended(command: list[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What a process that ends by itself has said."""
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    command: list[str], environ: dict[str, str], port: int
) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A process that answers /v1/models, and a client of it."""
    with (
        subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        try:
            _await_models(process, client)
            yield process, client
        finally:
            if process.poll() is None:
                process.kill()


def _await_models(process: subprocess.Popen[str], client: httpx.Client) -> None:
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            assert client.get("/v1/models").status_code == 200
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"It does not serve; exit code {process.poll()}.")


@pytest.mark.parametrize(
    "command", [MODULE, [sys.executable, "-m", "uvicorn", "apps.tilt_api:app"]], ids=["m", "uvicorn"]
)
def test_start_without_an_engine_is_one_sentence_and_an_exit_code(command: list[str]) -> None:
    """Both start commands; this environment has neither engine."""
    result = ended(command, {"PATH": os.environ["PATH"]})

    assert result.returncode == 10
    assert result.stderr == (
        "The TILT server cannot start: Neither vllm nor torch is installed here; install requirements-torch.txt, "
        "or the Arctic-TILT build of vllm with requirements-gpu.txt.\n"
    )


@pytest.mark.parametrize(
    ("build", "gpu", "exit_code", "sentence"),
    [
        pytest.param("0.8.3", "8.9", 11, "vllm 0.8.3 is installed, but only the Arctic-TILT build", id="stock"),
        pytest.param("0.8.3+tilt", "none", 12, "No CUDA device is visible", id="no-gpu"),
        pytest.param("0.8.3+tilt", "7.5", 12, "Fake T4 has compute capability 7.5; TILT needs 8.0", id="old-gpu"),
    ],
)
def test_start_on_a_machine_that_cannot_run_it_says_why(
    tmp_path: Path, build: str, gpu: str, exit_code: int, sentence: str
) -> None:
    """One sentence, before anything slow is done."""
    result = ended(MODULE, with_fork(tmp_path, build=build, gpu=gpu))

    assert result.returncode == exit_code
    assert result.stderr.startswith(f"The TILT server cannot start: {sentence}")
    assert result.stderr.count("\n") == 1


def test_start_with_a_wrong_setting_names_it(tmp_path: Path) -> None:
    """Before the machine is looked at."""
    result = ended(MODULE, with_fork(tmp_path, VLLM_GPU_UTIL="2"))

    assert result.returncode == 2
    assert "VLLM_GPU_UTIL (tilt_server.gpu_util) is '2'" in result.stderr


def test_start_without_weights_names_the_model(tmp_path: Path) -> None:
    """The log has vllm's own words and where they come from; the last sentence is ours."""
    port = free_port()
    result = ended(MODULE, with_fork(tmp_path, TILT_MODEL="no/such-model", VLLM_PORT=str(port)))

    assert result.returncode == 13
    assert "The engine did not start with no/such-model: OSError: no/such-model is not a local folder" in result.stderr


def test_start_on_a_port_that_is_taken_ends_before_the_model_loads(tmp_path: Path) -> None:
    """Minutes of loading would be for nothing."""
    report = tmp_path / "report.json"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = ended(MODULE, with_fork(tmp_path, VLLM_PORT=port, FAKE_FORK_REPORT=str(report)))

    assert result.returncode == 2
    assert f"VLLM_HOST and VLLM_PORT (127.0.0.1:{port}) cannot be listened on." in result.stderr
    assert not report.exists()


def test_server_process_imports_vllm_in_an_environment_made_for_it(tmp_path: Path, ask: MakeRequest) -> None:
    """VLLM_PORT is ours: vllm must not find it; nor an engine without TILT, nor another attention."""
    report, port = tmp_path / "report.json", free_port()
    environ = with_fork(
        tmp_path, VLLM_PORT=str(port), VLLM_USE_V1="1", VLLM_ATTENTION_BACKEND="", FAKE_FORK_REPORT=str(report)
    )

    with serving(MODULE, environ, port) as (process, client):
        response = client.post("/v1/tilt/generate", json=ask("Shop", "5.00"))
        process.terminate()
        process.wait(timeout=20)

    said = json.loads(report.read_text())
    assert response.json()["answers"][1]["values"] == ["5.00"]
    assert said["environment_at_import"] == {"VLLM_ATTENTION_BACKEND": "XFORMERS", "VLLM_NO_USAGE_STATS": "1"}
    assert said["arguments"]["task"] == "tilt_generate"
    assert said["arguments"]["max_num_seqs"] == 16


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        pytest.param(MODULE, 14, id="m"),
        pytest.param([sys.executable, "-m", "uvicorn", "apps.tilt_api:app"], -15, id="uvicorn"),
    ],
)
def test_server_process_ends_with_its_engine(
    tmp_path: Path, ask: MakeRequest, command: list[str], exit_code: int
) -> None:
    """The clients get 503, the watchdog an exit code that is not 0."""
    port = free_port()
    environ = with_fork(tmp_path, VLLM_PORT=str(port))
    own = [] if command is MODULE else ["--port", str(port)]

    with serving([*command, *own], environ, port) as (process, client):
        response = client.post("/v1/tilt/generate", json=ask("<crash>", "5.00"))
        process.wait(timeout=20)

    assert response.status_code == 503
    assert process.returncode == exit_code


@pytest.mark.slow
def test_server_process_ends_though_a_thread_hangs_in_the_gpu(tmp_path: Path, ask: MakeRequest) -> None:
    """A thread in a CUDA call that never returns would keep the interpreter from ending."""
    port = free_port()

    with serving(MODULE, with_fork(tmp_path, VLLM_PORT=str(port)), port) as (process, client):
        response = client.post("/v1/tilt/generate", json=ask("<hang>", "5.00"))
        process.wait(timeout=20)

    assert response.status_code == 503
    assert process.returncode == 14


def test_server_process_aborts_the_questions_of_a_client_that_hangs_up(tmp_path: Path, ask: MakeRequest) -> None:
    """Over a real socket: the connection's end is the news."""
    port = free_port()
    with serving(MODULE, with_fork(tmp_path, VLLM_PORT=str(port)), port) as (_, client):
        with pytest.raises(httpx.ReadTimeout):
            client.post("/v1/tilt/generate", json=ask("<slow>", "5.00"), timeout=0.15)
        deadline = time.monotonic() + 5
        while "clients_gone_total 1.0" not in client.get("/metrics").text and time.monotonic() < deadline:
            time.sleep(0.02)
        metrics = client.get("/metrics").text

    assert "ocrlty_tilt_clients_gone_total 1.0" in metrics
    assert "ocrlty_tilt_documents_admitted 0.0" in metrics
    assert 'found="yes"' not in metrics


def test_server_modules_load_no_engine_of_the_api() -> None:
    """In a fresh process: neither OCR nor an OpenCV that brings its own libraries, and vllm not before it is time."""
    code = (
        "import sys, apps.tilt_api, apps.tilt_api.launch, apps.tilt_api.routes\n"
        "print(sorted({'paddle', 'paddleocr', 'onnxruntime', 'cv2', 'pypdfium2', 'rapidocr', 'httpx', 'vllm', 'torch',"
        " 'apps.api_gpu'} & set(sys.modules)))"
    )

    assert ended([sys.executable, "-c", code], {"PATH": os.environ["PATH"]}).stdout == "[]\n"
