"""Whether memory stays flat: `make soak [EVAL_DATA="folder ..."] [ENGINE=openvino] [DOCUMENTS=2000]`.

    python -m scripts.soak                          # a quarter of an hour for each engine; writes docs/performance.md
    python -m scripts.soak FOLDER ... --engine openvino

Every second document is a scan or photo that has to be recognized, the others are PDFs with a text layer, all of them
from the folders in turn. A picture that comes again comes in another shape, because that is what engines keep memory
for. Memory is that of the API's processes (PSS), looked at after every 25 documents, when nothing runs, and once a
second meanwhile. Exit codes: 0 flat, 1 a target is missed, 2 not run.
"""

import argparse
import csv
import io
import os
import random
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path

from loguru import logger
from PIL import Image, ImageOps
from rich.console import Console

from lib.evaluation.dataset import LabelledFolderError
from lib.evaluation.tables import markdown_table, update_section
from lib.settings import load_settings
from scripts.benchmarking.documents import SEED, Material, NothingToRead, Sample, load_material
from scripts.benchmarking.memory import pss_mb_of_tree
from scripts.benchmarking.plots import draw_soak
from scripts.benchmarking.served import Served, our_service
from scripts.benchmarking.service_runs import machine
from scripts.benchmarking.services import unavailable
from scripts.local_service import NotStarted

PAGE = Path("docs/performance.md")
FOLDER = Path("docs/performance")
SECTION = "soak"
SAMPLES = Path("tests/samples")
CHUNK = 25
SETTLED = 500
"""Documents after which the engines have met most kinds of pages. As many are looked at together, because memory goes
up until what is free is given back, again and again."""

MOST_MB = {"onnxruntime": 1.0 * 1024, "openvino": 1.3 * 1024}
"""In the last SETTLED documents, with two engines."""

MOST_GROWTH = 0.03
"""From the documents behind the first SETTLED to the last ones."""

LEAST_SIDE = 0.75
"""Of a picture's width and height, each drawn anew, when it comes again."""

QUALITY = 90
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

    def between(self, first: int, last: int) -> float:
        """Megabytes once more than `first` and up to `last` documents were answered: the mean of these looks."""
        looks = [mb for count, mb in zip(self.documents, self.pss_mb, strict=True) if first < count <= last]
        return sum(looks) / len(looks)

    @property
    def settled_mb(self) -> float:
        """In the SETTLED documents behind the first ones, or in all where there were fewer."""
        return self.between(SETTLED if self.documents[-1] > SETTLED else 0, 2 * SETTLED)

    @property
    def end_mb(self) -> float:
        """In the last SETTLED documents."""
        return self.between(self.documents[-1] - SETTLED, self.documents[-1])

    @property
    def growth(self) -> float:
        """Since the first SETTLED documents: 0.03 is three percent more."""
        return self.end_mb / self.settled_mb - 1

    def keeps(self, most_mb: float) -> bool:
        """Whether both targets are kept."""
        return self.end_mb <= most_mb and self.growth < MOST_GROWTH


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script."""
    args = _arguments(argv)
    logger.remove()
    try:
        soaked = soak_engines(args)
    except (LabelledFolderError, NothingToRead, NotStarted) as exc:
        SAY.print(f"[red]Not run:[/red] {exc}")
        return 2
    if not soaked:
        return 2
    print(as_markdown(soaked, concurrency=args.concurrency))
    if not args.no_write:
        write(soaked, concurrency=args.concurrency)
    return 0 if all(one.keeps(MOST_MB[engine]) for engine, one in soaked.items()) else 1


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.soak", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="*", default=[SAMPLES], help="default: tests/samples")
    parser.add_argument("--engine", choices=list(MOST_MB), help="default: both, one after the other")
    parser.add_argument("--documents", type=int, default=2000, help="default: 2000")
    parser.add_argument("--concurrency", type=int, default=min(2, os.cpu_count() or 1), help="engines, default: 2")
    parser.add_argument("--no-write", action="store_true", help="leave docs/ as it is")
    return parser.parse_args(argv)


def soak_engines(args: argparse.Namespace) -> dict[str, Soaked]:
    """Each engine that can be had here, one after the other, with the same documents.

    Raises:
        LabelledFolderError: A manifest cannot be read.
        NothingToRead: There is no image, or no PDF with a text layer.
        NotStarted: A service does not come up.
    """
    material = load_material(args.folders, settings=load_settings().upload, images=args.documents)
    if not material.text_layers:
        raise NothingToRead(f"{', '.join(map(str, args.folders))}: no PDF with a text layer.")
    found: dict[str, Soaked] = {}
    for engine in [args.engine] if args.engine else MOST_MB:
        environ = {"OCR_ENGINE": engine}
        if why := unavailable(environ):
            SAY.print(f"[yellow]{engine} is left out:[/yellow] {why}")
            continue
        with our_service(concurrency=args.concurrency, environ=environ, name=engine) as service:
            found[engine] = soak(service, mixed(material, args.documents), clients=2 * args.concurrency)
    return found


def mixed(material: Material, documents: int) -> Iterator[Sample]:
    """A picture, a PDF with a text layer, a picture, and so on; pictures that come again have another shape."""
    chance, layers = random.Random(SEED), cycle(material.text_layers)  # noqa: S311 - sizes, no secret
    for number in range(documents):
        turn, place = divmod(number // 2, len(material.images))
        if number % 2:
            yield next(layers)
        elif turn:
            yield reshaped(material.images[place], chance)
        else:
            yield material.images[place]


def reshaped(sample: Sample, chance: random.Random) -> Sample:
    """A picture of another width and height."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(sample.content)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    width, height = (max(1, round(side * chance.uniform(LEAST_SIDE, 1))) for side in upright.size)
    upright.resize((width, height)).save(out, "JPEG", quality=QUALITY)
    return replace(sample, content=out.getvalue(), media_type="image/jpeg")


def soak(service: Served, samples: Iterable[Sample], *, clients: int) -> Soaked:
    """Have every sample read, and watch memory.

    Raises:
        httpx.HTTPStatusError: The service refused one.
    """
    soaked, start, left, done = Soaked(), time.monotonic(), iter(samples), 0
    with _peak_of(service.pid, soaked):
        while chunk := list(islice(left, CHUNK)):
            service.load(chunk, clients=clients)
            done += len(chunk)
            soaked.documents.append(done)
            soaked.pss_mb.append(pss_mb_of_tree(service.pid))
            SAY.print(f"{service.name}: {done} documents, {soaked.pss_mb[-1]:.0f} MB")
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


def as_markdown(soaked: Mapping[str, Soaked], *, concurrency: int) -> str:
    """The figures of a run."""
    documents = next(iter(soaked.values())).documents[-1]
    minutes = " and ".join(f"{one.seconds / 60:.0f}" for one in soaked.values())
    how = (
        f"{machine()} {documents} documents in {minutes} minutes, every second one a scan or photo, in another shape "
        f"when it comes again, the others PDFs with a text layer; OCR_CONCURRENCY={concurrency}, {2 * concurrency} "
        "clients. MB of the API's processes (PSS)."
    )
    header = (
        "engine",
        f"behind the first {SETTLED}",
        f"in the last {SETTLED}",
        "wanted",
        "growth",
        "wanted",
        "most meanwhile",
        "kept",
    )
    return f"{how}\n\n{markdown_table(header, [_row(engine, one) for engine, one in soaked.items()])}"


def _row(engine: str, soaked: Soaked) -> tuple[str, ...]:
    most = MOST_MB[engine]
    return (
        engine,
        f"{soaked.settled_mb:.0f}",
        f"{soaked.end_mb:.0f}",
        f"at most {most:.0f}",
        f"{soaked.growth:+.1%}",
        f"under {MOST_GROWTH:.0%}",
        f"{soaked.peak_mb:.0f}",
        "yes" if soaked.keeps(most) else "no",
    )


def write(soaked: Mapping[str, Soaked], *, concurrency: int) -> None:
    """Put a run into docs/: table, picture and every look."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "soak.csv").open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(("engine", "documents", "pss_mb"))
        for engine, one in soaked.items():
            looks = zip(one.documents, one.pss_mb, strict=True)
            rows.writerows((engine, count, f"{mb:.1f}") for count, mb in looks)
    draw_soak({engine: (one.documents, one.pss_mb) for engine, one in soaked.items()}, FOLDER / "soak.png")
    update_section(PAGE, section=SECTION, content=f"{as_markdown(soaked, concurrency=concurrency)}\n\n{SHOWN}")


if __name__ == "__main__":
    sys.exit(main())
