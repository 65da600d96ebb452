"""RapidOCR: the library with its defaults, the library as a process for each core, and its API server."""

import json
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarking.documents import Sample
from scripts.benchmarking.environments import PeerMissing, environment
from scripts.benchmarking.memory import cpu_s_of_tree
from scripts.benchmarking.peer_servers import peer_server
from scripts.benchmarking.peer_spans import rapidocr_spans, span_of
from scripts.benchmarking.rounds import Lines, timed
from scripts.benchmarking.served import Served
from scripts.local_service import free_port

PACKAGES = ("rapidocr==3.10.0", "onnxruntime==1.32.0", "rapidocr-api==0.2.0")
RAPIDOCR_LIBRARY = "RapidOCR, library"
RAPIDOCR_PROCESSES = "RapidOCR, a process a core"
RAPIDOCR_SERVER = "RapidOCR, API server"
WORKER = Path(__file__).with_name("rapidocr_worker.py")


@dataclass(slots=True)
class RapidOcrLibrary:
    """RapidOCR in processes, each of which reads one page after the other.

    Attributes:
        refused: Pages that it failed on.
    """

    processes: Sequence[subprocess.Popen[str]]
    paths: Mapping[str, Path]
    name: str
    setup: str
    refused: int = 0

    @property
    def how(self) -> str:
        """See `Contender`."""
        return f"{self.setup}; it failed on {self.refused} pages" if self.refused else self.setup

    def read_all(self, samples: Sequence[Sample]) -> Sequence[Lines]:
        """See `Contender`."""
        left, found = deque(samples), dict[str, Lines]()

        def work(process: subprocess.Popen[str]) -> None:
            while True:
                try:
                    sample = left.popleft()
                except IndexError:
                    return
                found[sample.name] = self._ask(process, sample)

        with ThreadPoolExecutor(len(self.processes)) as threads:
            list(threads.map(work, self.processes))
        return [found[sample.name] for sample in samples]

    def latencies_s(self, samples: Sequence[Sample]) -> Sequence[float]:
        """See `Contender`."""
        return timed(lambda sample: self._ask(self.processes[0], sample), samples)

    def cpu_s(self) -> float:
        """See `Contender`."""
        return sum(cpu_s_of_tree(process.pid) for process in self.processes)

    def _ask(self, process: subprocess.Popen[str], sample: Sample) -> Lines:
        if process.stdin is None or process.stdout is None:
            raise PeerMissing("its process has no pipes")
        process.stdin.write(f"{self.paths[sample.name]}\n")
        process.stdin.flush()
        found: list[tuple[str, float, list[list[float]]]] | None = json.loads(process.stdout.readline())
        if found is None:
            self.refused += 1
        return tuple(span_of(text, score, corners) for text, score, corners in found or ())


@contextmanager
def rapidocr_library(
    paths: Mapping[str, Path], *, environ: Mapping[str, str], processes: int = 0
) -> Iterator[RapidOcrLibrary]:
    """RapidOCR's library, as its users call it, or in a process with one thread for each core.

    Args:
        paths: Of the pages.
        environ: Of the processes.
        processes: How many; 0: one, with RapidOCR's own choice of threads, which takes every core for each page.

    Raises:
        PeerMissing: It cannot be installed or does not start.
    """
    python = environment("rapidocr", PACKAGES, environ=environ) / "bin/python"
    command = [str(python), str(WORKER), *(["1"] if processes else [])]
    name, how = RAPIDOCR_LIBRARY, "RapidOCR 3.10 with its defaults, page after page, all cores"
    if processes:
        name, how = RAPIDOCR_PROCESSES, f"RapidOCR 3.10 in {processes} processes of one thread, page after page in each"
    with ExitStack() as stack:
        started = [stack.enter_context(_worker(command, environ)) for _ in range(max(1, processes))]
        yield RapidOcrLibrary(started, paths, name, how)


@contextmanager
def _worker(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=dict(environ),
    )
    try:
        if process.stdout is None or process.stdout.readline().strip() != "ready":
            raise PeerMissing("its process ended before it was ready")
        yield process
    finally:
        process.terminate()
        process.wait(30)


def rapidocr_server(*, clients: int, environ: Mapping[str, str]) -> AbstractContextManager[Served]:
    """RapidOCR's API server.

    Raises:
        PeerMissing: It cannot be installed or does not start.
    """
    program = environment("rapidocr", PACKAGES, environ=environ) / "bin/rapidocr_api"
    port = free_port()
    return peer_server(
        RAPIDOCR_SERVER,
        "rapidocr_api 0.2 with its defaults",
        [str(program), "-ip", "127.0.0.1", "-p", str(port)],
        port=port,
        clients=clients,
        environ=environ,
        wire="rapidocr",
        lines_in=rapidocr_spans,
    )
