"""Peers' own servers as processes: started, waited for, and posted to as ours is."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import httpx

from scripts.benchmarking.environments import PeerMissing
from scripts.benchmarking.rounds import Lines
from scripts.benchmarking.served import Body, Served, Wire

START_LIMIT_S = 90.0


@contextmanager
def peer_server(
    name: str,
    how: str,
    command: Sequence[str],
    *,
    port: int,
    clients: int,
    environ: Mapping[str, str],
    wire: Wire,
    lines_in: Callable[[Body], Lines],
) -> Iterator[Served]:
    """A server that listens on a port once its command runs; it may refuse pages, which is counted.

    Raises:
        PeerMissing: It does not start.
    """
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(environ))
    try:
        _wait_for(url, process)
        asked = f"{how}, {clients} clients"
        yield Served(name, asked, url, process.pid, clients, wire, reading_of=lines_in, lenient=True)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until it answers at all.

    Raises:
        PeerMissing: It ended, or takes too long.
    """
    end = time.monotonic() + START_LIMIT_S
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > end:
            raise PeerMissing("its server did not start")
        time.sleep(0.3)


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=5)
    except httpx.TransportError:
        return False
    return True
