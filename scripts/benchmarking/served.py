"""Contenders over HTTP: services that are posted files by a number of clients at once."""

import base64
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, Literal

import httpx

from scripts.benchmarking.documents import Sample
from scripts.benchmarking.figures import percentile
from scripts.benchmarking.memory import cpu_s_of_tree
from scripts.local_service import API, local_server

SERVICE = "OCRlty, HTTP"
BY_OPENVINO = "OCRlty, HTTP, openvino"
REQUEST_LIMIT_S = 600.0

Wire = Literal["ocrlty", "rapidocr", "paddlex"]


def post(client: httpx.Client, sample: Sample, *, wire: Wire) -> dict[str, Any]:
    """Send one file as the service wants it, and give its JSON.

    Raises:
        httpx.HTTPStatusError: It refused.
    """
    if wire == "paddlex":
        body = {"file": base64.b64encode(sample.content).decode(), "fileType": 1, "visualize": False}
        answer = client.post("/ocr", json=body)
    else:
        path, name = ("/v1/extract", "file") if wire == "ocrlty" else ("/ocr", "image_file")
        answer = client.post(path, files={name: (sample.name, sample.content, sample.media_type)})
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


@dataclass(frozen=True, slots=True)
class Load:
    """What some clients saw.

    Attributes:
        clients: At once, each sending its next file when the last one is answered.
        documents: Answered.
        seconds: From the first request to the last answer.
        latencies_s: Of each request.
    """

    clients: int
    documents: int
    seconds: float
    latencies_s: tuple[float, ...]

    @property
    def documents_per_s(self) -> float:
        """Throughput."""
        return self.documents / self.seconds

    def latency_s(self, share: float) -> float:
        """The latency that a share (0..1) of the requests did not exceed."""
        return percentile(self.latencies_s, share)


@dataclass(slots=True)
class Served:
    """A service and its clients.

    Attributes:
        refused: Pages that the service answered with an error, where that is put up with.
        lenient: Count errors and go on.
    """

    name: str
    how: str
    url: str
    pid: int
    clients: int
    wire: Wire = "ocrlty"
    lenient: bool = False
    refused: int = 0

    def read_all(self, samples: Sequence[Sample]) -> None:
        """See `Contender`."""
        self.load(samples, clients=self.clients)

    def load(self, samples: Sequence[Sample], *, clients: int, requests: int | None = None) -> Load:
        """Post the samples, each once, or as often as it takes for a number of requests.

        Raises:
            httpx.HTTPStatusError: The service refused one.
        """
        limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
        sent = list(islice(cycle(samples), requests or len(samples)))
        with (
            httpx.Client(base_url=self.url, timeout=REQUEST_LIMIT_S, limits=limits) as client,
            ThreadPoolExecutor(clients) as threads,
        ):
            start = time.perf_counter()
            latencies = tuple(threads.map(lambda sample: self._timed(client, sample), sent))
            return Load(clients, len(sent), time.perf_counter() - start, latencies)

    def _timed(self, client: httpx.Client, sample: Sample) -> float:
        start = time.perf_counter()
        try:
            post(client, sample, wire=self.wire)
        except httpx.HTTPStatusError:
            if not self.lenient:
                raise
            self.refused += 1
        return time.perf_counter() - start

    def cpu_s(self) -> float:
        """See `Contender`; what the clients use is not counted."""
        return cpu_s_of_tree(self.pid)


@contextmanager
def our_service(*, concurrency: int, environ: Mapping[str, str] | None = None, name: str = SERVICE) -> Iterator[Served]:
    """Our API as a process of its own, with room for 64 clients."""
    settings = {"OCR_CONCURRENCY": str(concurrency), "OMP_NUM_THREADS": "1", "OCR_QUEUE": "128", "LOG_LEVEL": "ERROR"}
    settings |= {"REQUEST_TIMEOUT_S": str(REQUEST_LIMIT_S), "VLLM_BASE_URL": "", "CACHE_TTL_S": "0"}
    with local_server(API, environ=settings | dict(environ or {})) as server:
        engine = f", OCR_ENGINE={environ['OCR_ENGINE']}" if environ and "OCR_ENGINE" in environ else ""
        how = f"`POST /v1/extract` by {2 * concurrency} clients, OCR_CONCURRENCY={concurrency}{engine}"
        yield Served(name, how, server.url, server.process.pid, clients=2 * concurrency)
