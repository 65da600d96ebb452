"""The promises about speed, and whether a run kept them. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from scripts.benchmarking.figures import Spread, ratios, spread
from scripts.benchmarking.inside import BARE, FLOOR
from scripts.benchmarking.rapidocr_peers import RAPIDOCR_LIBRARY, RAPIDOCR_PROCESSES, RAPIDOCR_SERVER
from scripts.benchmarking.results import Results, Target, Untold
from scripts.benchmarking.rounds import Measured
from scripts.benchmarking.services import BASE, ONNXRUNTIME, ONNXRUNTIME_FAST, OPENVINO, OPENVINO_FAST

Figure: TypeAlias = Literal["pages/s", "CPU a page", "p50 of one client"]

FLATNESS = 0.10
"""How far the cost of a page may be from that of a document with one."""

TEXT_LAYER = 1 / 30
"""Of the latency of the same document as a scan, at most."""

OVER_BASE = {"PDFs with a text layer": 1.0, "e-invoices answered by their XML": 0.7}
"""Latency over that of the revision before, p50, at most."""

ON_BFLOAT16 = frozenset({OPENVINO, OPENVINO_FAST})
"""What is promised of these holds for processors that are fast in bfloat16, where OCR_ENGINE=auto takes OpenVINO."""

LOST = {ONNXRUNTIME: 0.002, OPENVINO: 0.005, ONNXRUNTIME_FAST: 0.005, OPENVINO_FAST: 0.005}
"""Micro recall that may be lost, at most."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A ratio that is promised: pages/s at least, all else at most."""

    figure: Figure
    ours: str
    theirs: str
    bound: float

    @property
    def what(self) -> str:
        """In words."""
        return f"{self.figure}: {self.ours} over {self.theirs}"


MARKS = (
    Mark("pages/s", ONNXRUNTIME, BARE, 0.95),
    Mark("pages/s", ONNXRUNTIME, FLOOR, 0.80),
    Mark("pages/s", ONNXRUNTIME, RAPIDOCR_LIBRARY, 2.1),
    Mark("pages/s", OPENVINO, RAPIDOCR_LIBRARY, 3.4),
    Mark("pages/s", ONNXRUNTIME, RAPIDOCR_PROCESSES, 1.6),
    Mark("pages/s", OPENVINO, RAPIDOCR_PROCESSES, 2.5),
    Mark("pages/s", ONNXRUNTIME, RAPIDOCR_SERVER, 2.0),
    Mark("CPU a page", ONNXRUNTIME, BASE, 0.87),
    Mark("CPU a page", OPENVINO, BASE, 0.55),
    Mark("CPU a page", OPENVINO_FAST, BASE, 0.48),
    Mark("p50 of one client", ONNXRUNTIME, BASE, 0.60),
    Mark("p50 of one client", OPENVINO, BASE, 0.60),
)

_VALUES: Mapping[Figure, Callable[[Measured], Sequence[float]]] = {
    "pages/s": lambda measured: measured.pages_per_s,
    "CPU a page": lambda measured: measured.cpu_s_per_page,
    "p50 of one client": lambda measured: measured.alone_s,
}


def targets(results: Results) -> list[Target]:
    """Every promise that this run can tell something about."""
    return [one for one in _judged(results) if isinstance(one, Target)]


def untold(results: Results) -> list[Untold]:
    """The others."""
    return [one for one in _judged(results) if isinstance(one, Untold)]


def _judged(results: Results) -> Iterator[Target | Untold]:
    yield from (_of_mark(mark, results) for mark in MARKS)
    yield from (_of_recall(ours, most, results) for ours, most in LOST.items())
    yield from _of_text_layers(results)
    if len(results.costs) > 1:
        flat = flatness(results)
        what = f"CPU a page, {results.costs[-1].pages} pages over one"
        yield Target(what, f"1 +- {FLATNESS:g}", flat, abs(flat.median - 1) <= FLATNESS)


def _of_mark(mark: Mark, results: Results) -> Target | Untold:
    if lack := _lacking(results, mark.ours, mark.theirs):
        return Untold(mark.what, lack)
    values = _VALUES[mark.figure]
    ratio = ratios(values(results.measured[mark.ours]), values(results.measured[mark.theirs]))
    if mark.figure == "pages/s":
        return Target(mark.what, f"at least {mark.bound:g}", ratio, ratio.median >= mark.bound)
    return _at_most(mark.what, mark.bound, ratio)


def _lacking(results: Results, *names: str) -> str | None:
    """Why contenders cannot be compared."""
    if ON_BFLOAT16.intersection(names) and results.default != OPENVINO:
        return "promised for processors that are fast in bfloat16, on which OCR_ENGINE=auto takes OpenVINO"
    lacking = [name for name in names if name not in results.measured]
    return f"not in this run: {', '.join(lacking)}" if lacking else None


def _of_recall(ours: str, most: float, results: Results) -> Target | Untold:
    """Fields right of the same pages; told where a single field is less than what may be lost."""
    than = BASE if BASE in results.measured or ours == ONNXRUNTIME else ONNXRUNTIME
    what = f"micro recall: {ours} less {than}"
    if lack := _lacking(results, ours, than):
        return Untold(what, lack)
    if ours not in results.fields or than not in results.fields:
        return Untold(what, "no page has a label")
    mine, theirs = results.fields[ours], results.fields[than]
    if theirs.labelled < round(1 / most):
        return Untold(what, f"needs {1 / most:.0f} labelled fields; these pages have {theirs.labelled}")
    lost = (theirs.right - mine.right) / theirs.labelled
    return Target(what, f"at least -{most:g}", spread([0.0 - lost]), lost <= most)


def _of_text_layers(results: Results) -> Iterator[Target | Untold]:
    found = results.text_layers
    if found.layer_ms:
        share = ratios(found.layer_ms, found.scan_ms)
        what, wanted = "latency of a PDF with a text layer over its scan, p50", f"at most {TEXT_LAYER:.3f} (1/30)"
        yield Target(what, wanted, share, share.median <= TEXT_LAYER)
    pairs = ((found.layer_ms, found.base_layer_ms), (found.xml_ms, found.base_xml_ms))
    for (kind, most), (ours, before) in zip(OVER_BASE.items(), pairs, strict=True):
        what = f"p50 of {kind}, one client, over {BASE}"
        if BASE not in results.measured:
            yield Untold(what, f"not in this run: {BASE}")
        elif ours and before:
            yield _at_most(what, most, ratios(ours, before))
        else:
            yield Untold(what, "there is no such file")


def _at_most(what: str, bound: float, ratio: Spread) -> Target:
    return Target(what, f"at most {bound:g}", ratio, ratio.median <= bound)


def flatness(results: Results) -> Spread:
    """CPU seconds a page of the longest document over those of a document with one page."""
    first, *_, last = results.costs
    return ratios(last.cpu_s, first.cpu_s) if len(first.cpu_s) == len(last.cpu_s) else spread([1.0])
