"""What one run of the benchmark found. Nouns only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scripts.benchmarking.fields import FieldsRight
from scripts.benchmarking.figures import Spread
from scripts.benchmarking.rounds import Measured
from scripts.benchmarking.served import Load


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
class TextLayers:
    """Median milliseconds of PDFs for one client, by round; empty: there were none.

    Attributes:
        layer_ms: With a text layer.
        scan_ms: Image-only scans of the same.
        xml_ms: E-invoices that are answered by their XML.
        base_layer_ms: The first ones by the other revision.
        base_xml_ms: The e-invoices by the other revision.
    """

    layer_ms: list[float] = field(default_factory=list)
    scan_ms: list[float] = field(default_factory=list)
    xml_ms: list[float] = field(default_factory=list)
    base_layer_ms: list[float] = field(default_factory=list)
    base_xml_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Results:
    """A run.

    Attributes:
        machine: What it ran on, a sentence.
        pages: What was read in a round, a sentence.
        concurrency: OCR_CONCURRENCY of ours.
        default: The contender with the engine that OCR_ENGINE=auto takes here; loads, cores, text layers and long
            documents are measured with it.
        measured: By contender.
        fields: By contender, where pages are labelled and it tells what it reads.
        missing: Contenders that could not be measured, and why.
        loads: Rounds of loads, by clients.
        cores: Pages a second with so many cores, by round.
        stages_ms: Mean milliseconds a document by stage, in process.
        text_layers: What PDFs with a text layer take.
        costs: What a page costs in long documents.
        seconds: How long the run took.
    """

    machine: str
    pages: str
    concurrency: int
    default: str
    measured: Mapping[str, Measured]
    fields: Mapping[str, FieldsRight]
    missing: Mapping[str, str]
    loads: Mapping[int, Sequence[Load]]
    cores: Mapping[int, Sequence[float]]
    stages_ms: Mapping[str, float]
    text_layers: TextLayers
    costs: Sequence[PagesCost]
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


@dataclass(frozen=True, slots=True)
class Untold:
    """A promise that this run cannot tell anything about.

    Attributes:
        what: What is compared.
        why: What the run lacks.
    """

    what: str
    why: str
