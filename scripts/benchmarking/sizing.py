"""How many API pods one GPU feeds, and the reverse: a day of documents played on paper.

In: how fast pods and GPUs are. Out: throughput, waiting and busy shares. Pure: a discrete-event simulation without a
clock and without a network.

A pod has engines; a document takes one for its OCR, then goes to the GPU. A GPU works on up to `places` documents
at once, and each slows the others down: with n of them it finishes `rate(n)` documents a second. Source of the
measured rates: 500 documents of 1.83 pages with all their fields on one NVIDIA L4 by max_num_seqs, 780 s at 1, 322 s
at 5, 263 s at 10, no better beyond.
"""

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from scripts.benchmarking.figures import percentile

L4_SECONDS = {1: 780.0, 5: 322.0, 10: 263.0}
"""Seconds for L4_DOCUMENTS by documents in flight."""

L4_DOCUMENTS = 500


def l4_rate(in_flight: int) -> float:
    """Documents a second of one L4 with so many in flight; between the measurements a straight line."""
    known = sorted((count, L4_DOCUMENTS / seconds) for count, seconds in L4_SECONDS.items())
    if in_flight <= 0:
        return 0.0
    for (low, low_rate), (high, high_rate) in itertools.pairwise(known):
        if in_flight <= high:
            return low_rate + (high_rate - low_rate) * (in_flight - low) / (high - low)
    return known[-1][1]


@dataclass(frozen=True, slots=True)
class Plant:
    """What there is.

    Attributes:
        pods: API pods.
        engines: OCR engines of each, a core each.
        ocr_s: Seconds of one engine for a document; 0: all of them have a text layer.
        gpus: Each behind a queue of its own; a pod belongs to one of them.
        places: Documents that a GPU works on at once (TILT_CONCURRENCY, TILT_MAX_IN_FLIGHT).
    """

    pods: int
    engines: int
    ocr_s: float
    gpus: int = 1
    places: int = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        documents_per_s: Finished, from the first arrival to the last answer.
        p50_s: From arrival to answer.
        p95_s: The same.
        ocr_busy: Share of the engines' time, 0..1.
        gpu_busy: Share of the time in which a GPU has any document, mean over the GPUs, 0..1.
        gpu_wait_s: Mean seconds in a GPU's queue.
    """

    documents_per_s: float
    p50_s: float
    p95_s: float
    ocr_busy: float
    gpu_busy: float
    gpu_wait_s: float


@dataclass(slots=True)
class _Gpu:
    """A GPU that shares its rate among the documents it has; `left` is work in documents, from 1 down to 0."""

    places: int
    left: dict[int, float] = field(default_factory=dict)
    queue: deque[int] = field(default_factory=deque)
    since: float = 0.0
    busy_s: float = 0.0
    epoch: int = 0

    def advance(self, now: float) -> None:
        """Work until now."""
        if self.left:
            done = l4_rate(len(self.left)) / len(self.left) * (now - self.since)
            self.left = {document: work - done for document, work in self.left.items()}
            self.busy_s += now - self.since
        self.since = now

    def next_end(self) -> float:
        """When the first of its documents is done, if nothing else comes."""
        if not self.left:
            return math.inf
        return self.since + min(self.left.values()) * len(self.left) / l4_rate(len(self.left))


def simulate(plant: Plant, *, rate: float, documents: int, seed: int = 0) -> Outcome:
    """Play it.

    Args:
        plant: What there is.
        rate: Documents a second that arrive, at random moments (Poisson), shared out evenly among the pods.
        documents: How many arrive.
        seed: Of the arrivals.
    """
    return _Play(plant, _arrivals(rate, documents, seed)).run()


def _arrivals(rate: float, documents: int, seed: int) -> list[float]:
    chance = random.Random(seed)  # noqa: S311 - a simulation, no secret
    return list(itertools.accumulate(chance.expovariate(rate) for _ in range(documents)))


class _Play:
    """One run: events in the order of their time."""

    def __init__(self, plant: Plant, arrivals: Sequence[float]) -> None:
        self._plant = plant
        self._arrived = arrivals
        self._free = [plant.engines] * plant.pods
        self._waiting: list[deque[int]] = [deque() for _ in range(plant.pods)]
        self._gpus = [_Gpu(plant.places) for _ in range(plant.gpus)]
        self._read_at: dict[int, float] = {}
        self._wait_s = 0.0
        self._ended: dict[int, float] = {}
        self._order = itertools.count()
        self._events: list[tuple[float, int, str, int]] = []
        for document, moment in enumerate(arrivals):
            self._put(moment, "arrives", document)

    def _put(self, moment: float, what: str, which: int) -> None:
        heapq.heappush(self._events, (moment, next(self._order), what, which))

    def run(self) -> Outcome:
        """Until the last document is answered."""
        while self._events:
            now, _, what, which = heapq.heappop(self._events)
            if what == "arrives":
                self._arrive(which, now)
            elif what == "read":
                self._read(which, now)
            else:
                self._look_at_gpu(which % self._plant.gpus, which // self._plant.gpus, now)
        return self._outcome()

    def _arrive(self, document: int, now: float) -> None:
        pod = document % self._plant.pods
        if self._free[pod]:
            self._free[pod] -= 1
            self._put(now + self._plant.ocr_s, "read", document)
        else:
            self._waiting[pod].append(document)

    def _read(self, document: int, now: float) -> None:
        """Its OCR is done: the engine takes the next one, the document goes to the GPU."""
        pod = document % self._plant.pods
        if self._waiting[pod]:
            self._put(now + self._plant.ocr_s, "read", self._waiting[pod].popleft())
        else:
            self._free[pod] += 1
        place = pod % self._plant.gpus
        self._read_at[document] = now
        self._gpus[place].advance(now)
        self._gpus[place].queue.append(document)
        self._fill(place, now)

    def _look_at_gpu(self, place: int, epoch: int, now: float) -> None:
        gpu = self._gpus[place]
        if epoch != gpu.epoch:
            return  # Something came in between; a later event stands for it.
        gpu.advance(now)
        first = min(gpu.left, key=lambda document: gpu.left[document])
        del gpu.left[first]
        self._ended[first] = now
        self._fill(place, now)

    def _fill(self, place: int, now: float) -> None:
        gpu = self._gpus[place]
        while gpu.queue and len(gpu.left) < gpu.places:
            document = gpu.queue.popleft()
            gpu.left[document] = 1.0
            self._wait_s += now - self._read_at[document]
        gpu.epoch += 1
        if gpu.left:
            self._put(gpu.next_end(), "gpu", gpu.epoch * self._plant.gpus + place)

    def _outcome(self) -> Outcome:
        latencies = [self._ended[document] - moment for document, moment in enumerate(self._arrived)]
        count, span = len(self._arrived), max(self._ended.values()) - self._arrived[0]
        engines = self._plant.pods * self._plant.engines
        return Outcome(
            documents_per_s=count / span,
            p50_s=percentile(latencies, 0.5),
            p95_s=percentile(latencies, 0.95),
            ocr_busy=count * self._plant.ocr_s / (engines * span),
            gpu_busy=sum(gpu.busy_s for gpu in self._gpus) / (len(self._gpus) * span),
            gpu_wait_s=self._wait_s / count,
        )
