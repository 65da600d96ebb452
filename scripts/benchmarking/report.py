"""A run as Markdown. In: `Results`. Out: the generated section of docs/performance.md."""

from collections.abc import Iterator

from lib.evaluation.tables import markdown_table
from scripts.benchmarking.figures import ratios, spread
from scripts.benchmarking.results import Results
from scripts.benchmarking.rounds import Measured
from scripts.benchmarking.targets import targets, untold

NOTHING = "-"


def as_markdown(results: Results) -> str:
    """Everything that was measured."""
    return "\n\n".join(_parts(results))


def _parts(results: Results) -> Iterator[str]:
    yield (
        f"{results.machine} {results.pages} OCR_CONCURRENCY={results.concurrency}, a thread an engine; "
        f"the run took {results.seconds / 60:.0f} minutes. Each figure is the median of the rounds, with the least and "
        "the most; each ratio is taken within a round."
    )
    yield target_table(results)
    yield from untold_lines(results)
    yield contender_table(results)
    yield from (f"Not measured: {name}: {why}." for name, why in results.missing.items())
    yield "How each is run:\n\n" + "\n".join(f"* {name}: {one.how}" for name, one in results.measured.items())
    yield f"By number of clients, {results.default}:"
    yield load_table(results)
    if len(results.costs) > 1:
        yield f"By number of pages, {results.default}:"
        yield costs_table(results)


def target_table(results: Results) -> str:
    """What is promised, and what came of it."""
    rows = [(one.what, one.wanted, one.measured.written(3), "yes" if one.kept else "no") for one in targets(results)]
    return markdown_table(("target", "wanted", "measured", "kept"), rows)


def untold_lines(results: Results) -> Iterator[str]:
    """The promises that this run cannot tell anything about, by what it lacks."""
    by_reason: dict[str, list[str]] = {}
    for one in untold(results):
        by_reason.setdefault(one.why, []).append(one.what)
    yield from (f"Not told ({why}): {'; '.join(whats)}." for why, whats in by_reason.items())


def contender_table(results: Results) -> str:
    """Everybody's speed, what it costs, and whether it is paid for with wrong fields."""
    rows = [(name, *_figures(name, one, results)) for name, one in results.measured.items()]
    header = (
        "contender",
        "pages/s",
        f"{results.default} over it",
        "CPU s a page",
        "p50 s, one client",
        "fields right",
    )
    return markdown_table(header, rows)


def _figures(name: str, one: Measured, results: Results) -> Iterator[str]:
    yield spread(one.pages_per_s).written()
    yield ratios(results.measured[results.default].pages_per_s, one.pages_per_s).written()
    yield spread(one.cpu_s_per_page).written()
    yield spread(one.alone_s).written()
    yield results.fields[name].written if name in results.fields else NOTHING


def load_table(results: Results) -> str:
    """The service under a number of clients."""
    rows = [
        (
            str(clients),
            spread([load.documents_per_s for load in loads]).written(),
            *(f"{spread([load.latency_s(share) for load in loads]).median:.2f}" for share in (0.5, 0.95)),
        )
        for clients, loads in results.loads.items()
    ]
    return markdown_table(("clients", "documents/s", "p50 s", "p95 s"), rows)


def costs_table(results: Results) -> str:
    """What a page costs in documents of several."""
    rows = [(str(one.pages), spread(one.cpu_s).written(3), spread(one.seconds).written(3)) for one in results.costs]
    return markdown_table(("pages of the document", "CPU s a page", "s a page, one client"), rows)
