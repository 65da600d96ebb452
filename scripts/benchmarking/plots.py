"""Pictures of a run. In: `Results`, `Soaked`. Out: PNG files. Imports matplotlib when something is drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.benchmarking.figures import spread
from scripts.benchmarking.results import Results

OURS, THEIRS, INK = "#2f7de1", "#9aa5b1", "#1f2933"
DPI = 120
SIZE = (7, 4)


def draw(results: Results, folder: Path) -> None:
    """Latency against load, throughput against cores, and where a document's time goes.

    Args:
        results: A run.
        folder: Where load.png, cores.png and stages.png go.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draw_load(results, folder / "load.png")
    draw_cores(results, folder / "cores.png")
    draw_stages(results, folder / "stages.png")


def draw_load(results: Results, path: Path) -> None:
    """Latency and throughput by clients."""
    figure, axes = _axes("clients at once", "seconds until the answer")
    clients = list(results.loads)
    for share, color in ((0.5, OURS), (0.95, THEIRS)):
        latencies = [spread([load.latency_s(share) for load in results.loads[count]]).median for count in clients]
        axes.plot(clients, latencies, marker="o", color=color, label=f"p{share * 100:.0f}")
    throughput = axes.twinx()
    rates = [spread([load.documents_per_s for load in results.loads[count]]).median for count in clients]
    throughput.plot(clients, rates, linestyle=":", color=INK, label="documents/s")
    throughput.set_ylabel("documents/s (dotted)")
    throughput.set_ylim(bottom=0)
    axes.set_xscale("log", base=2)
    axes.set_xticks(clients, [str(count) for count in clients])
    axes.legend(frameon=False)
    figure.savefig(path, dpi=DPI)


def draw_cores(results: Results, path: Path) -> None:
    """Pages a second by cores."""
    figure, axes = _axes("cores, with as many engines", "pages/s")
    cores = list(results.cores)
    rates = [spread(results.cores[count]) for count in cores]
    axes.plot(cores, [rate.median for rate in rates], marker="o", color=OURS, label="service")
    axes.fill_between(cores, [rate.low for rate in rates], [rate.high for rate in rates], color=OURS, alpha=0.2)
    straight = [rates[0].median / cores[0] * count for count in cores]
    axes.plot(cores, straight, linestyle="--", color=THEIRS, label="as many times one core")
    axes.set_xticks(cores)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=DPI)


def draw_stages(results: Results, path: Path) -> None:
    """Milliseconds of each stage of a document."""
    figure, axes = _axes("milliseconds a document, in process", "")
    stages = {name: value for name, value in results.stages_ms.items() if name != "total"}
    bars = axes.barh(list(stages)[::-1], list(stages.values())[::-1], color=OURS)
    axes.bar_label(bars, fmt="%.0f", padding=3)
    figure.savefig(path, dpi=DPI)


def draw_soak(looks: Mapping[str, tuple[Sequence[int], Sequence[float]]], path: Path) -> None:
    """Memory by documents.

    Args:
        looks: Documents and megabytes of each engine.
        path: Of the picture.
    """
    figure, axes = _axes("documents", "MB of the service's processes (PSS)")
    for (engine, (documents, pss_mb)), color in zip(looks.items(), (OURS, INK, THEIRS), strict=False):
        axes.plot(documents, pss_mb, color=color, label=engine)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=DPI)


def _axes(x: str, y: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415 - heavy, and a tool of development

    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top"]].set_visible(False)
    return figure, axes
