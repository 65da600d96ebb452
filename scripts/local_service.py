"""The service as a process of its own on a free port of this machine, for scripts that use it as a client would."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

START_LIMIT_S = 120
STOP_LIMIT_S = 40


class NotStarted(Exception):
    """The service did not come up; the message is its log."""


@contextmanager
def local_service(environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """Start the service, give its address, stop it.

    Args:
        environ: Variables to set for it, over those of this process.

    Raises:
        NotStarted: It ended, or was not ready within two minutes.
    """
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "apps.api_gpu.main:app", "--host", "127.0.0.1", "--port", str(port)]
    with tempfile.TemporaryFile() as log:
        service = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | dict(environ or {}))
        try:
            if not _is_up(url, service):
                log.seek(0)
                raise NotStarted(log.read().decode(errors="replace"))
            yield url
        finally:
            service.terminate()
            service.wait(STOP_LIMIT_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _is_up(url: str, service: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end and service.poll() is None:
        try:
            if httpx.get(f"{url}/livez", timeout=5).is_success:
                return True
        except httpx.TransportError:
            time.sleep(0.1)
    return False
