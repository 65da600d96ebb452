"""scripts/probe.py: whether an address answers, asked with a key from the environment or a file."""

import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.conftest import ROOT

KEY = "a-key"


class _Guarded(BaseHTTPRequestHandler):
    """Answers whoever has the key."""

    def do_GET(self) -> None:
        """200 with the key, else 401."""
        self.send_response(200 if self.headers["Authorization"] == f"Bearer {KEY}" else 401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Where a guarded server answers."""
    server = HTTPServer(("127.0.0.1", 0), _Guarded)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("name", "in_file", "code"),
    [
        pytest.param("VLLM_API_KEY", False, 0, id="in the variable"),
        pytest.param("VLLM_API_KEY_FILE", True, 0, id="in a file"),
        pytest.param("OTHER", False, 1, id="nowhere"),
    ],
)
def test_probe_sends_the_key_wherever_it_stands(
    name: str, in_file: bool, code: int, address: str, tmp_path: Path
) -> None:
    """A pod's secrets may be mounted as files."""
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    environ = {"PATH": os.environ["PATH"], name: str(tmp_path / "key") if in_file else KEY}
    command = [sys.executable, "-m", "scripts.probe", "--key-from", "VLLM_API_KEY", address]

    assert subprocess.run(command, cwd=ROOT, env=environ, check=False, capture_output=True).returncode == code
