"""The promises about speed, and whether a run kept them. Pure."""

from collections.abc import Iterator

from scripts.benchmarking.figures import Spread, ratios, spread
from scripts.benchmarking.inside import BARE, FLOOR
from scripts.benchmarking.results import Results, Target
from scripts.benchmarking.served import SERVICE

FLATNESS = 0.10
"""How far the cost of a page may be from that of a document with one."""

RATES = {
    BARE: 0.95,
    FLOOR: 0.80,
    "RapidOCR, library": 2.0,
    "RapidOCR, API server": 2.0,
    "RapidOCR, a process a core": 1.6,
}
"""Pages a second of the service over theirs, at least."""

TEXT_LAYER = 1 / 30
"""Of the latency of the same document as a scan, at most."""


def targets(results: Results) -> Iterator[Target]:
    """Every promise that this run can tell something about."""
    ours = results.measured[SERVICE]
    for name, least in RATES.items():
        if name in results.measured:
            rate = ratios(ours.pages_per_s, results.measured[name].pages_per_s)
            yield Target(f"pages/s of the service over {name}", f"at least {least:g}", rate, rate.median >= least)
    if results.text_layer_ms:
        share = ratios(results.text_layer_ms, results.scan_ms)
        wanted = f"at most {TEXT_LAYER:.3f} (1/30)"
        yield Target("latency of a PDF with a text layer over its scan, p50", wanted, share, share.median <= TEXT_LAYER)
    if len(results.pages) > 1:
        flat = flatness(results)
        kept = abs(flat.median - 1) <= FLATNESS
        what = f"CPU a page, {results.pages[-1].pages} pages over one"
        yield Target(what, f"1 +- {FLATNESS:g}", flat, kept)


def flatness(results: Results) -> Spread:
    """CPU seconds a page of the longest document over those of a document with one page."""
    first, *_, last = results.pages
    return ratios(last.cpu_s, first.cpu_s) if len(first.cpu_s) == len(last.cpu_s) else spread([1.0])
