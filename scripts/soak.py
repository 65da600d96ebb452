"""Whether memory stays flat: `make soak [EVAL_DATA="folder ..."] [ENGINE=openvino] [DOCUMENTS=2000]`.

    python -m scripts.soak                          # a quarter of an hour for each engine; writes docs/performance.md
    python -m scripts.soak FOLDER ... --engine openvino

Every second document is a scan or photo that has to be recognized, the others are PDFs with a text layer, all of them
from the folders in turn. A picture that comes again comes in another shape, because that is what engines keep memory
for. Memory is that of the API's processes (PSS), looked at after every 25 documents, when nothing runs, and once a
second meanwhile. It goes up and down by hundreds of megabytes, because what is free is given back now and then: growth
is told at rest, which the service is given after every 500 documents. Exit codes: 0 flat, 1 a target is missed or not
told, 2 not run.
"""

import argparse
import csv
import io
import os
import random
import statistics
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
from lib.memory import IDLE_S
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
"""Documents after which the engines have met most kinds of pages, and after which they are looked at when they rest. As
many are looked at together under load, because memory goes up until what is free is given back, again and again."""

REST_S = IDLE_S + 5.0
"""Without a document, after which what engines give back when idle is given back."""

MOST_MB = {"onnxruntime": 1.0 * 1024, "openvino": 1.3 * 1024}
"""In the last SETTLED documents, with two engines."""

MOST_GROWTH = 0.03
"""From the first look at rest to the last one."""

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
        at_rest_mb: Megabytes once engines had given back what they could, by documents answered.
        peak_mb: The most while documents were under way.
        seconds: How long it took.
    """

    documents: list[int] = field(default_factory=list)
    pss_mb: list[float] = field(default_factory=list)
    at_rest_mb: dict[int, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    seconds: float = 0.0

    @property
    def end_mb(self) -> float:
        """In the last SETTLED documents: the mean of these looks."""
        first = self.documents[-1] - SETTLED
        return statistics.fmean(mb for count, mb in zip(self.documents, self.pss_mb, strict=True) if count > first)

    @property
    def growth(self) -> float | None:
        """At rest, from the first look to the last: 0.03 is three percent more. None: there were not two of them."""
        looks = [*self.at_rest_mb.values()]
        return looks[-1] / looks[0] - 1 if len(looks) > 1 else None

    def keeps(self, most_mb: float) -> bool:
        """Whether both targets are known to be kept."""
        return self.end_mb <= most_mb and self.growth is not None and self.growth < MOST_GROWTH


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


def soak(service: Served, samples: Iterable[Sample], *, clients: int, rest_s: float = REST_S) -> Soaked:
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
            if done % SETTLED == 0:
                time.sleep(rest_s)
                soaked.at_rest_mb[done] = pss_mb_of_tree(service.pid)
                SAY.print(f"{service.name}: {soaked.at_rest_mb[done]:.0f} MB at rest")
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
        f"in the last {SETTLED}",
        "wanted",
        "most meanwhile",
        f"at rest, after every {SETTLED}",
        "growth at rest",
        "wanted",
        "kept",
    )
    return f"{how}\n\n{markdown_table(header, [_row(engine, one) for engine, one in soaked.items()])}"


def _row(engine: str, soaked: Soaked) -> tuple[str, ...]:
    most = MOST_MB[engine]
    return (
        engine,
        f"{soaked.end_mb:.0f}",
        f"at most {most:.0f}",
        f"{soaked.peak_mb:.0f}",
        ", ".join(f"{mb:.0f}" for mb in soaked.at_rest_mb.values()),
        "not told" if soaked.growth is None else f"{soaked.growth:+.1%}",
        f"under {MOST_GROWTH:.0%}",
        "yes" if soaked.keeps(most) else "no",
    )


def _written(mb: float | None) -> str:
    return "" if mb is None else f"{mb:.1f}"


def write(soaked: Mapping[str, Soaked], *, concurrency: int) -> None:
    """Put a run into docs/: table, picture and every look."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "soak.csv").open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(("engine", "documents", "pss_mb", "at_rest_mb"))
        for engine, one in soaked.items():
            looks = zip(one.documents, one.pss_mb, strict=True)
            rows.writerows((engine, count, f"{mb:.1f}", _written(one.at_rest_mb.get(count))) for count, mb in looks)
    draw_soak({engine: (one.documents, one.pss_mb) for engine, one in soaked.items()}, FOLDER / "soak.png")
    update_section(PAGE, section=SECTION, content=f"{as_markdown(soaked, concurrency=concurrency)}\n\n{SHOWN}")


if __name__ == "__main__":
    sys.exit(main())
