"""Start the service, post one file, print the answer's JSON on stdout, stop the service: `make extract FILE=path`.

Stdout carries the JSON alone; stderr says what is happening. Exit codes: 0 answered, 1 refused by the service,
2 no such file, 3 the service did not start.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import httpx

START_LIMIT_S = 120
REQUEST_LIMIT_S = 180
STOP_LIMIT_S = 40


def main() -> int:
    """Run the script."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the script and one file
        return _say("usage: python -m scripts.extract_once FILE", 2)
    path = Path(sys.argv[1])
    if not path.is_file():
        return _say(f"{path} is not a file.", 2)
    with tempfile.TemporaryFile() as log:
        port = _free_port()
        service = _start(port, log)
        try:
            return _extract(path, f"http://127.0.0.1:{port}", service, log)
        finally:
            service.terminate()
            service.wait(STOP_LIMIT_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _start(port: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "uvicorn", "apps.api_gpu.main:app", "--host", "127.0.0.1", "--port", str(port)]
    return subprocess.Popen(command, stdout=log, stderr=log)


def _extract(path: Path, url: str, service: subprocess.Popen[bytes], log: IO[bytes]) -> int:
    _say("Starting the service (a few seconds) ...")
    if not _ready(url, service):
        log.seek(0)
        return _say(f"The service did not start; its log:\n{log.read().decode(errors='replace')}", 3)
    _say(f"Reading {path.name} ...")
    with path.open("rb") as file:
        answer = httpx.post(f"{url}/v1/extract", files={"file": (path.name, file)}, timeout=REQUEST_LIMIT_S)
    print(json.dumps(answer.json(), indent=2, ensure_ascii=False))
    return 0 if answer.is_success else 1


def _ready(url: str, service: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end and service.poll() is None:
        try:
            if httpx.get(f"{url}/v1/health", timeout=5).is_success:
                return True
        except httpx.TransportError:
            time.sleep(0.1)
    return False


def _say(message: str, code: int = 0) -> int:
    print(message, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
