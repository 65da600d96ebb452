"""Other engines as their users run them, each in an environment of its own.

In: pages as files. Out: contenders, and what each peer reads on a page, as our own spans, so that one reader can be
asked for the totals of all of them.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx

from lib.document import Span
from lib.pipelines.ocr.weights import find_weights
from lib.settings import OcrSettings
from scripts.benchmarking.documents import Sample
from scripts.benchmarking.environments import HEADLESS, PeerMissing, environment
from scripts.benchmarking.inside import whole_alphabet
from scripts.benchmarking.memory import cpu_s_of_tree
from scripts.benchmarking.peer_spans import paddlex_spans, rapidocr_spans, span_of, tesseract_spans
from scripts.benchmarking.served import Served, post
from scripts.local_service import free_port

RAPIDOCR = ("rapidocr==3.10.0", "onnxruntime==1.32.0", "rapidocr-api==0.2.0")
PADDLEX = ("paddlex[ocr-core,serving]==3.7.2", "onnxruntime==1.32.0", "opencv-contrib-python==4.10.0.84")
RAPIDOCR_LIBRARY, RAPIDOCR_PROCESSES = "RapidOCR, library", "RapidOCR, a process a core"
START_LIMIT_S = 90.0
WORKER = Path(__file__).with_name("rapidocr_worker.py")


class Peer(Protocol):
    """A contender whose spans can be looked at."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def how(self) -> str: ...  # noqa: D102

    def read_all(self, samples: Sequence[Sample]) -> None:
        """See `Contender`."""

    def cpu_s(self) -> float:
        """See `Contender`."""

    def spans(self, sample: Sample) -> tuple[Span, ...]:
        """The lines of a page."""


@contextmanager
def files_of(samples: Sequence[Sample]) -> Iterator[Mapping[str, Path]]:
    """The samples as files, by name, for those who read nothing else."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        paths = {sample.name: Path(folder, f"{number}-{sample.name}") for number, sample in enumerate(samples)}
        for sample in samples:
            paths[sample.name].write_bytes(sample.content)
        yield paths


@dataclass(slots=True)
class RapidOcrLibrary:
    """RapidOCR in processes, each of which reads one page after the other."""

    processes: Sequence[subprocess.Popen[str]]
    paths: Mapping[str, Path]
    name: str
    how: str

    def read_all(self, samples: Sequence[Sample]) -> None:
        """See `Contender`."""
        left = deque(samples)

        def work(process: subprocess.Popen[str]) -> None:
            with suppress(IndexError):
                while True:
                    self._ask(process, left.popleft())

        with ThreadPoolExecutor(len(self.processes)) as threads:
            list(threads.map(work, self.processes))

    def spans(self, sample: Sample) -> tuple[Span, ...]:
        """See `Peer`."""
        return tuple(span_of(text, score, corners) for text, score, corners in self._ask(self.processes[0], sample))

    def cpu_s(self) -> float:
        """See `Contender`."""
        return sum(cpu_s_of_tree(process.pid) for process in self.processes)

    def _ask(self, process: subprocess.Popen[str], sample: Sample) -> list[tuple[str, float, list[list[float]]]]:
        if process.stdin is None or process.stdout is None:
            raise PeerMissing("its process has no pipes")
        process.stdin.write(f"{self.paths[sample.name]}\n")
        process.stdin.flush()
        found: list[tuple[str, float, list[list[float]]]] = json.loads(process.stdout.readline())
        return found


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
    python = environment("rapidocr", RAPIDOCR, environ=environ) / "bin/python"
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


@dataclass(slots=True)
class Server:
    """A peer's own server."""

    served: Served
    to_spans: Callable[[Any], tuple[Span, ...]]

    @property
    def name(self) -> str:
        """See `Contender`."""
        return self.served.name

    @property
    def how(self) -> str:
        """See `Contender`."""
        refused = self.served.refused
        return f"{self.served.how}; {refused} answers were errors" if refused else self.served.how

    def read_all(self, samples: Sequence[Sample]) -> None:
        """See `Contender`."""
        self.served.read_all(samples)

    def cpu_s(self) -> float:
        """See `Contender`."""
        return self.served.cpu_s()

    def spans(self, sample: Sample) -> tuple[Span, ...]:
        """See `Peer`."""
        with httpx.Client(base_url=self.served.url, timeout=120) as client:
            try:
                return self.to_spans(post(client, sample, wire=self.served.wire))
            except httpx.HTTPStatusError:
                return ()


@contextmanager
def rapidocr_server(*, clients: int, environ: Mapping[str, str]) -> Iterator[Server]:
    """RapidOCR's API server.

    Raises:
        PeerMissing: It cannot be installed or does not start.
    """
    program = environment("rapidocr", RAPIDOCR, environ=environ) / "bin/rapidocr_api"
    port = free_port()
    how = f"rapidocr_api 0.2 with its defaults, {clients} clients"
    with _running([str(program), "-ip", "127.0.0.1", "-p", str(port)], port, environ) as pid:
        served = Served("RapidOCR, API server", how, _url(port), pid, clients, "rapidocr", lenient=True)
        yield Server(served, rapidocr_spans)


@contextmanager
def paddlex_server(*, clients: int, settings: OcrSettings, environ: Mapping[str, str]) -> Iterator[Server]:
    """PaddleX's OCR pipeline as it serves it.

    Its own choice of models has to be downloaded from a hub; it is given the weights that we use, which it takes.

    Raises:
        PeerMissing: It cannot be installed or does not start.
    """
    program = environment("paddlex", PADDLEX, HEADLESS, environ=environ) / "bin/paddlex"
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="paddlex-") as folder:
        pipeline = Path(folder, "OCR.yaml")
        pipeline.write_text(json.dumps(_paddlex_pipeline(settings, Path(folder, "models"))), encoding="utf-8")
        command = [str(program), "--serve", "--pipeline", str(pipeline), "--engine", "onnxruntime", "--device", "cpu"]
        how = f"`paddlex --serve` 3.7 with the weights we use (its own are on a hub), no drawings, {clients} clients"
        with _running([*command, "--host", "127.0.0.1", "--port", str(port)], port, environ) as pid:
            served = Served("PaddleX, serving", how, _url(port), pid, clients, "paddlex", lenient=True)
            yield Server(served, paddlex_spans)


def _paddlex_pipeline(settings: OcrSettings, folder: Path) -> dict[str, object]:
    """PaddleX's own OCR.yaml, with folders for models and without the parts whose models only a hub has."""
    weights = find_weights(whole_alphabet(settings), folder)
    detection = {
        "module_name": "text_detection",
        "model_name": weights.detection.name,
        "model_dir": str(weights.detection.folder),
        "limit_side_len": 64,
        "limit_type": "min",
        "max_side_limit": 4000,
        "thresh": 0.3,
        "box_thresh": 0.6,
        "unclip_ratio": 1.5,
    }
    recognition = {
        "module_name": "text_recognition",
        "model_name": weights.recognition.name,
        "model_dir": str(weights.recognition.folder),
        "batch_size": 6,
        "score_thresh": 0.0,
    }
    return {
        "pipeline_name": "OCR",
        "text_type": "general",
        "use_doc_preprocessor": False,
        "use_textline_orientation": False,
        "SubModules": {"TextDetection": detection, "TextRecognition": recognition},
    }


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@contextmanager
def _running(command: Sequence[str], port: int, environ: Mapping[str, str]) -> Iterator[int]:
    """A peer's server, its process's id, once it answers at all."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(environ))
    try:
        end = time.monotonic() + START_LIMIT_S
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                raise PeerMissing("its server did not start")
            time.sleep(0.3)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        httpx.get(_url(port), timeout=5)
    except httpx.TransportError:
        return False
    return True


@dataclass(slots=True)
class Tesseract:
    """Tesseract's command, a page a call, as many calls at once as there are engines of ours."""

    program: str
    paths: Mapping[str, Path]
    at_once: int
    name: str = "Tesseract"
    how: str = "`tesseract FILE stdout tsv`, OMP_THREAD_LIMIT=1, a process a page, as many at once as engines of ours"
    _used_s: list[float] = field(default_factory=list)

    def read_all(self, samples: Sequence[Sample]) -> None:
        """See `Contender`."""
        with ThreadPoolExecutor(self.at_once) as threads:
            list(threads.map(self._run, samples))

    def spans(self, sample: Sample) -> tuple[Span, ...]:
        """See `Peer`."""
        return tesseract_spans(self._run(sample))

    def cpu_s(self) -> float:
        """See `Contender`: that of all children that have ended."""
        used = os.times()
        return used.children_user + used.children_system

    def _run(self, sample: Sample) -> str:
        command = [self.program, str(self.paths[sample.name]), "stdout", "tsv"]
        environ = os.environ | {"OMP_THREAD_LIMIT": "1"}
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", env=environ, check=True
        ).stdout


def tesseract(paths: Mapping[str, Path], *, at_once: int) -> Tesseract:
    """Tesseract, where the machine has it.

    Raises:
        PeerMissing: It has not.
    """
    program = shutil.which("tesseract")
    if program is None:
        raise PeerMissing("not installed here (Debian: apt-get install tesseract-ocr)")
    return Tesseract(program, paths, at_once)
