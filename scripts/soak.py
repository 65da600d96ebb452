"""Whether memory stays flat: `make soak [DOCUMENTS=2000]`.

    python -m scripts.soak --documents 2000   # about ten minutes on two cores; writes docs/performance.md

Every second document is a scan or photo that has to be recognized, the others are PDFs with a text layer, all of them
from the samples in turn. Memory is that of the API's processes (PSS), looked at after every 25 documents, when nothing
runs, and once a second meanwhile. Exit codes: 0 flat, 1 a target is missed, 2 not run.
"""

import argparse
import csv
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

from loguru import logger
from rich.console import Console

from lib.evaluation.tables import markdown_table, update_section
from lib.settings import load_settings
from scripts.benchmarking.documents import Material, Sample, load_material
from scripts.benchmarking.memory import pss_mb_of_tree
from scripts.benchmarking.plots import draw_soak
from scripts.benchmarking.served import Served, our_service
from scripts.benchmarking.service_runs import machine

PAGE = Path("docs/performance.md")
FOLDER = Path("docs/performance")
SECTION = "soak"
CHUNK = 25
SETTLED = 500
"""Documents after which the engines have met every shape of page, as far as samples have them."""

MOST_MB = 1229.0
"""1.2 GB after SETTLED documents."""

MOST_GROWTH = 0.03
"""From there to the end."""

SHOWN = "![Memory by documents](performance/soak.png)\n\nEvery look: [performance/soak.csv](performance/soak.csv)."
SAY = Console(stderr=True)


@dataclass(slots=True)
class Soaked:
    """What memory did.

    Attributes:
        documents: Answered, at each look.
        pss_mb: Megabytes then, with nothing under way.
        peak_mb: The most while documents were under way.
        seconds: How long it took.
    """

    documents: list[int] = field(default_factory=list)
    pss_mb: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    seconds: float = 0.0

    def near(self, documents: int) -> float:
        """Megabytes after so many documents: the mean of the last four looks up to there."""
        until = [mb for count, mb in zip(self.documents, self.pss_mb, strict=True) if count <= documents]
        last = until[-4:] or self.pss_mb[:1]
        return sum(last) / len(last)

    @property
    def settled_mb(self) -> float:
        """After SETTLED documents, or at the end where there were fewer."""
        return self.near(SETTLED)

    @property
    def growth(self) -> float:
        """From there to the end: 0.03 is three per cent more."""
        return self.near(self.documents[-1]) / self.settled_mb - 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script."""
    args = _arguments(argv)
    logger.remove()
    material = load_material(args.folder, settings=load_settings().upload)
    if not material.text_layers:
        SAY.print(f"[red]Not run:[/red] {args.folder} has no PDF with a text layer.")
        return 2
    with our_service(concurrency=args.concurrency) as service:
        soaked = soak(service, mixed(material, args.documents), clients=2 * args.concurrency)
    print(as_markdown(soaked, concurrency=args.concurrency))
    if not args.no_write:
        write(soaked, concurrency=args.concurrency)
    return 0 if soaked.settled_mb <= MOST_MB and soaked.growth < MOST_GROWTH else 1


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.soak", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("tests/samples"), help="default: tests/samples")
    parser.add_argument("--documents", type=int, default=2000, help="default: 2000")
    parser.add_argument("--concurrency", type=int, default=min(2, os.cpu_count() or 1), help="engines, default: 2")
    parser.add_argument("--no-write", action="store_true", help="leave docs/ as it is")
    return parser.parse_args(argv)


def mixed(material: Material, documents: int) -> list[Sample]:
    """A scan, a PDF with a text layer, a scan, and so on."""
    pairs = zip(cycle(material.images), cycle(material.text_layers), strict=False)
    return list(islice((sample for pair in pairs for sample in pair), documents))


def soak(service: Served, samples: Sequence[Sample], *, clients: int) -> Soaked:
    """Have every sample read, and watch memory.

    Raises:
        httpx.HTTPStatusError: The service refused one.
    """
    soaked, start = Soaked(), time.monotonic()
    with _peak_of(service.pid, soaked):
        for begin in range(0, len(samples), CHUNK):
            chunk = samples[begin : begin + CHUNK]
            service.load(chunk, clients=clients)
            soaked.documents.append(begin + len(chunk))
            soaked.pss_mb.append(pss_mb_of_tree(service.pid))
            SAY.print(f"{soaked.documents[-1]} documents: {soaked.pss_mb[-1]:.0f} MB")
    soaked.seconds = time.monotonic() - start
    return soaked


@contextmanager
def _peak_of(pid: int, soaked: Soaked) -> Iterator[None]:
    """Look at memory once a second, from a thread."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(1.0):
            soaked.peak_mb = max(soaked.peak_mb, pss_mb_of_tree(pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def as_markdown(soaked: Soaked, *, concurrency: int) -> str:
    """The figures of a run."""
    settled = min(SETTLED, soaked.documents[-1])
    rows = [
        (f"PSS after {settled} documents", f"at most {MOST_MB:.0f} MB", f"{soaked.settled_mb:.0f} MB"),
        (f"growth from {settled} to {soaked.documents[-1]}", f"under {MOST_GROWTH:.0%}", f"{soaked.growth:+.1%}"),
        ("most while documents were under way", "-", f"{soaked.peak_mb:.0f} MB"),
    ]
    how = (
        f"{machine()} {soaked.documents[-1]} documents in {soaked.seconds / 60:.0f} minutes, every second one a scan, "
        f"the others PDFs with a text layer; OCR_CONCURRENCY={concurrency}, {2 * concurrency} clients."
    )
    return f"{how}\n\n{markdown_table(('memory of the API', 'wanted', 'measured'), rows)}"


def write(soaked: Soaked, *, concurrency: int) -> None:
    """Put a run into docs/: table, picture and every look."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "soak.csv").open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(("documents", "pss_mb"))
        rows.writerows((count, f"{mb:.1f}") for count, mb in zip(soaked.documents, soaked.pss_mb, strict=True))
    draw_soak(soaked.documents, soaked.pss_mb, FOLDER / "soak.png")
    update_section(PAGE, section=SECTION, content=f"{as_markdown(soaked, concurrency=concurrency)}\n\n{SHOWN}")


if __name__ == "__main__":
    sys.exit(main())
