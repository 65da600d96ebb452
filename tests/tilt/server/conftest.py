"""A real server process of the PyTorch engine, in its own environment, with the checkpoint of tests/tilt/golden."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import ROOT
from tests.tilt.cases import CHECKPOINT, MAX_TOKENS

PYTHON = ROOT / ".venv-tilt" / "bin" / "python"
KEY = "tilt-test-key"
MODEL = "Snowflake/snowflake-arctic-tilt-v1.3"
"""The default name, which is a folder here where the server is started."""
START_LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class RunningTilt:
    """A server that answers.

    Attributes:
        base_url: Ends in /v1.
        process: Its only process.
        log: What it says.
    """

    base_url: str
    process: psutil.Process
    log: Path

    def client(self) -> httpx.AsyncClient:
        """A client of it that waits as long as a busy machine takes."""
        headers = {"Authorization": f"Bearer {KEY}"}
        return httpx.AsyncClient(base_url=self.base_url, headers=headers, timeout=600, limits=httpx.Limits())

    def memory_mb(self) -> float:
        """What its process holds."""
        return float(self.process.memory_info().rss / 2**20)


@pytest.fixture(scope="session")
def tilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTilt]:
    """One server for all tests of this folder."""
    folder = tmp_path_factory.mktemp("tilt")
    shutil.copytree(CHECKPOINT, folder / MODEL)
    config = json.loads((CHECKPOINT / "config.json").read_text(encoding="utf-8"))
    # Random weights never say that an answer has ended.
    (folder / MODEL / "config.json").write_text(json.dumps(config | {"max_output_length": MAX_TOKENS}))
    port = _free_port()
    # One thread: where others compute too, two wait for each other longer than they compute.
    settings = {"TILT_ENGINE": "torch", "TILT_DEVICE": "cpu", "OMP_NUM_THREADS": "1", "TILT_QUEUE": "300"}
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "VLLM_PORT": str(port), "VLLM_API_KEY": KEY}
    with (folder / "log").open("wb") as log:
        command = [str(PYTHON), "-m", "apps.tilt_api"]
        process = subprocess.Popen(command, cwd=folder, env=environ | settings, stdout=log, stderr=log)
    running = RunningTilt(f"http://127.0.0.1:{port}/v1", psutil.Process(process.pid), folder / "log")
    try:
        _await_answer(running, process)
        yield running
    finally:
        process.terminate()
        assert process.wait(timeout=60) in {0, -signal.SIGTERM}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_answer(running: RunningTilt, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{running.base_url}/models", headers={"Authorization": f"Bearer {KEY}"}).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    pytest.fail(f"the TILT server did not start:\n{running.log.read_text()}")
