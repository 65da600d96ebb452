"""The service as a process: start, signals, and the README's first command."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import pytest

from scripts.local_service import GRACE_S, OPTIONS
from tests.conftest import ROOT

SCAN = ROOT / "tests" / "samples" / "receipt-usd.jpg"
UVICORN = (sys.executable, "-m", "uvicorn", "apps.api_gpu.main:app", *OPTIONS)


@contextmanager
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """The service on a free port, ready, and a client of it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"OCR_CONCURRENCY": "1"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([*UVICORN, "--port", str(port)], cwd=ROOT, env=environment, stderr=log, stdout=log)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                wait_for(lambda: answers_ready(client, process), seconds=60)
                yield process, client
        finally:
            process.kill()
            process.wait()


def answers_ready(client: httpx.Client, process: subprocess.Popen[bytes]) -> bool:
    """Whether /readyz says 200 by now."""
    assert process.poll() is None, "the service ended before it was ready"
    try:
        return client.get("/readyz").is_success
    except httpx.TransportError:
        return False


def wait_for(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    """Poll a condition until it comes true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.01)


def post_scan(client: httpx.Client) -> httpx.Response:
    """Post a sample that takes OCR a second."""
    return client.post("/v1/extract", files={"file": (SCAN.name, SCAN.read_bytes())})


def post_scans(client: httpx.Client) -> httpx.Response:
    """Post several of them, so that there is time to look at the service meanwhile."""
    return client.post("/v1/extract-batch", files=[("files", (SCAN.name, SCAN.read_bytes()))] * 4)


@pytest.mark.slow
def test_sigterm_lets_running_work_finish_and_refuses_new_work(tmp_path: Path) -> None:
    """The client being served gets its answer, the next one is sent away, and the process ends."""
    answers: list[httpx.Response] = []
    with running(tmp_path) as (process, client):
        served = Thread(target=lambda: answers.append(post_scans(client)))
        served.start()
        wait_for(lambda: "ocrlty_requests_running 1.0" in client.get("/metrics").text)

        process.send_signal(signal.SIGTERM)
        wait_for(lambda: client.get("/readyz").status_code == 503)
        refused = post_scan(client)
        served.join()

        assert process.wait(30) in {0, -signal.SIGTERM}  # uvicorn raises the signal again once it has shut down.
    assert answers[0].json()["meta"]["succeeded"] == 4
    assert (refused.status_code, refused.json()["code"]) == (503, "draining")


@pytest.mark.slow
def test_client_that_takes_no_answer_does_not_keep_the_service_from_ending(tmp_path: Path) -> None:
    """More is asked for than the buffers between the two of them hold, and none of it is read."""
    with running(tmp_path) as (process, client), socket.socket() as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        silent.connect((client.base_url.host, client.base_url.port))
        silent.sendall(b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: api\r\n\r\n" * 20)
        wait_for(lambda: "/docs/assets/{name}" in client.get("/metrics").text)

        process.send_signal(signal.SIGTERM)

        assert process.wait(GRACE_S + 20) in {0, -signal.SIGTERM}


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        pytest.param({"OCR_QUEUE": "-1"}, "OCRlty cannot start: OCR_QUEUE (ocr.queue) is '-1'", id="wrong setting"),
        pytest.param({"OCR_MODEL_DIR": "/no/models"}, "OCR_MODEL_DIR", id="no weights"),
    ],
)
def test_service_that_cannot_start_says_why_and_ends(environ: dict[str, str], sentence: str) -> None:
    """One sentence, no traceback, and an exit code."""
    ended = subprocess.run(
        [*UVICORN, "--port", "0"],
        cwd=ROOT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode != 0
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_readme_command_gives_the_readme_answer() -> None:
    """What the README shows is what its command prints, times and request id aside."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```console\n\$ (make extract [^\n]+)\n(\{.*?\n\})\n```", readme, re.DOTALL)
    assert found

    # `make test` tells a make inside it that it is one, which then prints its directory.
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    printed = subprocess.run(found[1].split(), cwd=ROOT, env=environ, capture_output=True, text=True, check=True).stdout

    expected, real = json.loads(found[2]), json.loads(printed)
    for answer in (expected, real):
        del answer["meta"]["request_id"], answer["meta"]["timings_ms"]
    assert real == expected
