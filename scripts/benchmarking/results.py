"""What one run of the benchmark found. Nouns only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.benchmarking.figures import Spread
from scripts.benchmarking.rounds import Measured
from scripts.benchmarking.served import Load
from scripts.benchmarking.totals import Totals


@dataclass(frozen=True, slots=True)
class PagesCost:
    """What one page costs in a document of so many.

    Attributes:
        pages: Of the document.
        cpu_s: CPU seconds a page, by round.
        seconds: Until the answer, a page, by round.
    """

    pages: int
    cpu_s: tuple[float, ...]
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """A run.

    Attributes:
        machine: What it ran on, a sentence.
        images: Pages read in a round.
        concurrency: OCR_CONCURRENCY of ours.
        measured: By contender.
        totals: By contender, where the pages are labelled.
        missing: Peers that could not be measured, and why.
        loads: Rounds of loads, by clients.
        cores: Pages a second with so many cores, by round.
        stages_ms: Mean milliseconds a document by stage, in process.
        text_layer_ms: Medians of the latency of PDFs with a text layer, by round; empty: there were none.
        scan_ms: The same of scans of the same PDFs.
        pages: What a page costs in long documents.
        seconds: How long the run took.
    """

    machine: str
    images: int
    concurrency: int
    measured: Mapping[str, Measured]
    totals: Mapping[str, Totals]
    missing: Mapping[str, str]
    loads: Mapping[int, Sequence[Load]]
    cores: Mapping[int, Sequence[float]]
    stages_ms: Mapping[str, float]
    text_layer_ms: Sequence[float]
    scan_ms: Sequence[float]
    pages: Sequence[PagesCost]
    seconds: float


@dataclass(frozen=True, slots=True)
class Target:
    """A promise, and what came of it.

    Attributes:
        what: What is compared.
        wanted: In words.
        measured: Over the rounds.
        kept: Whether the median keeps it.
    """

    what: str
    wanted: str
    measured: Spread
    kept: bool
