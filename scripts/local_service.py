"""Servers of ours as processes of their own on this machine, for scripts and tests that use them as a client would."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

API = "apps.api_gpu.main:app"
MOCK_TILT = "scripts.mock_vllm:app"

KEEP_ALIVE_S = 75
"""uvicorn's own 5 s are what `Retry-After` asks a client to wait, who would find its connection closed at the very
moment that it comes again."""

GRACE_S = 4
"""For clients to take their answers once the service ends; uvicorn itself waits for ever for one that never does."""

PROTOCOL = "apps.api_gpu.http_protocol:GuardedProtocol"

OPTIONS = ("--http", PROTOCOL, "--timeout-keep-alive", str(KEEP_ALIVE_S), "--timeout-graceful-shutdown", str(GRACE_S))
"""As in every other command that starts the service; a test compares them."""

START_LIMIT_S = 120
STOP_LIMIT_S = 40


class NotStarted(Exception):
    """The server did not come up; the message is its log."""


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that takes requests.

    Attributes:
        url: http://host:port, without a path.
        process: Its process.
    """

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def local_service(environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """Start the service, give its address, stop it; see `local_server`."""
    with local_server(API, environ=environ) as server:
        yield server.url


@contextmanager
def local_server(
    app: str, *, port: int | None = None, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Iterator[LocalServer]:
    """Start a server, and stop it after the block.

    Args:
        app: As uvicorn names it.
        port: Of the loopback interface; None: a free one.
        environ: Variables to set for it, over those of this process.
        folder: Of another checkout that it is started in, with this one's packages; None: this process's own.

    Raises:
        NotStarted: It ended, or was not ready within two minutes.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(port)]
    command += OPTIONS if folder is None or _has_protocol(folder) else OPTIONS[2:]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | dict(environ or {}), cwd=folder)
        server = LocalServer(f"http://127.0.0.1:{port}", process)
        try:
            if not _is_up(server):
                log.seek(0)
                raise NotStarted(log.read().decode(errors="replace"))
            yield server
        finally:
            process.terminate()
            process.wait(STOP_LIMIT_S)


def _has_protocol(folder: Path) -> bool:
    """Whether a checkout knows PROTOCOL, which older revisions do not."""
    return (folder / PROTOCOL.partition(":")[0].replace(".", "/")).with_suffix(".py").is_file()


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _is_up(server: LocalServer) -> bool:
    """Whether it takes requests: a server of ours listens once it is ready, and any answer will do."""
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end and server.process.poll() is None:
        try:
            httpx.get(f"{server.url}/livez", timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return True
    return False
