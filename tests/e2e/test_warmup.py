"""The warm-up and the checklist, run for real: against a small hub, and against the service with the mock."""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from scripts.local_service import local_service
from tests.conftest import ROOT

COMMIT = "a" * 40
FILES = {"config.json": b'{"model_type": "tilt"}', "model.safetensors": b"weights" * 1000}
TOKEN = "hf_right"  # noqa: S105 - a made-up one


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of a model hub as a download needs; wants a token."""

    protocol_version = "HTTP/1.1"
    size: ClassVar[int] = 0
    served: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer a listing or a file."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Answer the headers of a file."""
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        name = path.rpartition("/")[2]
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._send(401, b"{}", body=body, headers={"X-Error-Code": "RepoNotFound"})
        elif "/revision/gone" in path:
            self._send(404, b"{}", body=body, headers={"X-Error-Code": "RevisionNotFound"})
        elif "/tree/" in path:
            entries = [
                {"type": "file", "path": file, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}  # noqa: S324
                for file, data in FILES.items()
            ]
            self._send(200, json.dumps(entries).encode(), body=body)
        elif "/api/models/" in path:
            siblings = [{"rfilename": file, "size": self.size or len(data)} for file, data in FILES.items()]
            self._send(200, json.dumps({"id": "o/m", "sha": COMMIT, "siblings": siblings}).encode(), body=body)
        elif name in FILES:
            if body:
                self.served.append(name)
            etag = hashlib.sha1(FILES[name]).hexdigest()  # noqa: S324 - as git names its files
            self._send(200, FILES[name], body=body, headers={"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT})
        else:
            self._send(404, b"{}", body=body)

    def _send(self, status: int, data: bytes, *, body: bool, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def hub(*, size: int = 0) -> Iterator[tuple[str, list[str]]]:
    """Its address, and the names of the files that it has served."""
    served: list[str] = []
    handler = type("ThisHub", (Hub,), {"size": size, "served": served})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", served
        finally:
            server.shutdown()
            thread.join()


def run(script: str, *arguments: str, **environ: str) -> tuple[int, str]:
    """Exit code and output of a script."""
    done = subprocess.run(
        [sys.executable, "-m", script, *arguments],
        cwd=ROOT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


download = partial(run, "scripts.warmup", "--no-request", TILT_MODEL="o/m", HF_HUB_DISABLE_XET="1")


@pytest.mark.slow
def test_model_is_downloaded_once(tmp_path: Path) -> None:
    """A second run asks and fetches nothing."""
    with hub() as (address, served):
        environ = {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path), "HF_TOKEN": TOKEN}
        code, out = download(**environ)
        fetched = sorted(served)
        again, _ = download(**environ)

    assert code == 0, out
    assert again == 0
    assert fetched == sorted(served) == sorted(FILES)
    snapshot = tmp_path / "hub" / "models--o--m" / "snapshots" / COMMIT
    assert {path.name: path.read_bytes() for path in snapshot.iterdir()} == FILES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environ", "size", "code", "sentence"),
    [
        pytest.param({"HF_TOKEN": "hf_wrong"}, 0, 77, "HF_TOKEN is wrong", id="wrong token"),
        pytest.param({"TILT_REVISION": "gone"}, 0, 64, "(TILT_REVISION)", id="no such revision"),
        pytest.param({}, 10**15, 74, "GB are needed", id="full disk"),
        pytest.param({"HF_HOME": "/proc/hf"}, 0, 73, "(HF_HOME) cannot be written", id="read-only volume"),
        pytest.param({"HF_ENDPOINT": "http://127.0.0.1:9"}, 0, 69, "cannot be reached", id="no network"),
        pytest.param({"TILT_REVISON": "x"}, 0, 64, "did you mean TILT_REVISION", id="misspelt setting"),
    ],
)
def test_download_that_cannot_be_is_one_sentence(
    tmp_path: Path, environ: dict[str, str], size: int, code: int, sentence: str
) -> None:
    """With its own exit code, and no model that looks whole."""
    with hub(size=size) as (address, _):
        given = {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path), "HF_TOKEN": TOKEN} | environ
        got, out = download(**given)

    assert got == code, out
    assert sentence in out
    assert "Traceback" not in out
    assert not list(tmp_path.glob("hub/models--*/snapshots/*/*"))


@pytest.mark.slow
def test_service_is_warmed_up_and_checked() -> None:
    """A service without a TILT server answers everything but for TILT, which the checklist says."""
    with local_service({"OCR_CONCURRENCY": "1", "API_KEYS": "secret"}) as url:
        warm_code, warm = run("scripts.warmup", "--no-download", "--url", url, API_KEYS="secret")
        code, out = run("scripts.pod_check", url, API_KEY="secret")
        _, without_key = run("scripts.pod_check", url)

    assert warm_code == 0, warm
    assert "reader layout" in warm
    assert code == 1
    failed = [line for line in out.splitlines() if line.startswith("FAIL")]
    assert [line.split()[1] for line in failed] == ["TILT"]
    assert "total 81.74" in out
    assert "answers 401" in without_key


def test_service_that_is_not_there_is_named() -> None:
    """By both scripts, without a traceback."""
    warm_code, warm = run("scripts.warmup", "--no-download", "--url", "http://127.0.0.1:9")
    code, out = run("scripts.pod_check", "http://127.0.0.1:9")

    assert (warm_code, code) == (69, 1)
    assert "does not answer at http://127.0.0.1:9" in warm
    assert out.count("FAIL") == 6
    assert "Traceback" not in warm + out
