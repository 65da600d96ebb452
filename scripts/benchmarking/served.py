"""Contenders over HTTP: services that are posted files by a number of clients at once."""

import base64
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

import httpx

from lib.evaluation.prediction import Prediction, from_response
from scripts.benchmarking.documents import Sample
from scripts.benchmarking.figures import percentile
from scripts.benchmarking.memory import cpu_s_of_tree
from scripts.benchmarking.rounds import Lines
from scripts.local_service import API, local_server

REQUEST_LIMIT_S = 600.0

Wire = Literal["ocrlty", "rapidocr", "paddlex"]
Body: TypeAlias = Mapping[str, Any]


def post(client: httpx.Client, sample: Sample, *, wire: Wire) -> Body:
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
    found: Body = answer.json()
    return found


def fields_in(body: Body) -> Prediction:
    """What our service answers."""
    return from_response("", body, seconds=0.0)


@dataclass(frozen=True, slots=True)
class Load:
    """What some clients saw.

    Attributes:
        clients: At once, each sending its next file when the last one is answered.
        documents: Answered.
        seconds: From the first request to the last answer.
        latencies_s: Of each request.
        bodies: Of each answer; None: it was an error.
    """

    clients: int
    documents: int
    seconds: float
    latencies_s: tuple[float, ...]
    bodies: tuple[Body | None, ...] = ()

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
        setup: What it is and how it is called.
        reading_of: What its answer says of a page.
        lenient: Count errors and go on.
        refused: Pages that the service answered with an error, where that is put up with.
    """

    name: str
    setup: str
    url: str
    pid: int
    clients: int
    wire: Wire = "ocrlty"
    reading_of: Callable[[Body], Prediction | Lines] = fields_in
    lenient: bool = False
    refused: int = 0

    @property
    def how(self) -> str:
        """See `Contender`."""
        return f"{self.setup}; {self.refused} answers were errors" if self.refused else self.setup

    def read_all(self, samples: Sequence[Sample]) -> Sequence[Prediction | Lines]:
        """See `Contender`; of a page that was refused, no line."""
        bodies = self.load(samples, clients=self.clients).bodies
        return [() if body is None else self.reading_of(body) for body in bodies]

    def latencies_s(self, samples: Sequence[Sample]) -> Sequence[float]:
        """See `Contender`."""
        return self.load(samples, clients=1).latencies_s

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
            answers = list(threads.map(lambda sample: self.timed(client, sample), sent))
            seconds = time.perf_counter() - start
        latencies, bodies = zip(*answers, strict=True)
        return Load(clients, len(sent), seconds, latencies, bodies)

    def timed(self, client: httpx.Client, sample: Sample) -> tuple[float, Body | None]:
        """Post one sample: seconds until its answer, which is None where an error was put up with."""
        start, body = time.perf_counter(), None
        try:
            body = post(client, sample, wire=self.wire)
        except httpx.HTTPStatusError:
            if not self.lenient:
                raise
            self.refused += 1
        return time.perf_counter() - start, body

    def cpu_s(self) -> float:
        """See `Contender`; what the clients use is not counted."""
        return cpu_s_of_tree(self.pid)


def latencies_in_turns(services: Sequence[Served], samples: Sequence[Sample]) -> list[list[float]]:
    """Seconds that each service takes for each sample, one client asking all of them before it goes on.

    Args:
        services: By turns each of them is the first to be asked.
        samples: What is posted.

    Returns:
        Latencies of each service, in the order of the samples.

    Raises:
        httpx.HTTPStatusError: A service refused one.
    """
    found: list[list[float]] = [[] for _ in services]
    with ExitStack() as stack:
        clients = [stack.enter_context(httpx.Client(base_url=each.url, timeout=REQUEST_LIMIT_S)) for each in services]
        asked = list(zip(services, clients, found, strict=True))
        for sample in samples:
            for service, client, seconds in asked:
                seconds.append(service.timed(client, sample)[0])
            asked.append(asked.pop(0))
    return found


@contextmanager
def our_service(
    *, concurrency: int, environ: Mapping[str, str] | None = None, name: str = "OCRlty", folder: Path | None = None
) -> Iterator[Served]:
    """Our API as a process of its own, with room for 64 clients.

    Args:
        concurrency: Engines, of one thread each.
        environ: Further settings.
        name: As the table has it.
        folder: Of another checkout, whose service it is.

    Raises:
        NotStarted: It did not come up.
    """
    asked = dict(environ or {})
    settings = {"OCR_CONCURRENCY": str(concurrency), "OMP_NUM_THREADS": "1", "OCR_QUEUE": "128", "LOG_LEVEL": "ERROR"}
    settings |= {"REQUEST_TIMEOUT_S": str(REQUEST_LIMIT_S), "VLLM_BASE_URL": "", "CACHE_TTL_S": "0"}
    settings |= {"OCR_SPEED": "exact"}  # Whatever this process's own environment says.
    with local_server(API, environ=settings | asked, folder=folder) as server:
        chosen = "".join(f", {key}={value}" for key, value in asked.items() if key.startswith("OCR_"))
        how = f"`POST /v1/extract` by {2 * concurrency} clients, OCR_CONCURRENCY={concurrency}{chosen}"
        yield Served(name, how, server.url, server.process.pid, clients=2 * concurrency)
