"""How fast the service is beside its models and its peers: `make benchmark [EVAL_DATA="folder ..."] [BASE=checkout]`.

    python -m scripts.benchmark [FOLDER ...]        # about 20 minutes on two cores; writes docs/performance.md
    python -m scripts.benchmark --base ../before    # beside the service of another checkout, with the same packages
    python -m scripts.benchmark --quick --no-write  # two minutes, few pages, no peers; figures to stdout

Of labelled folders a random sample is read, one page of each source in turn. Exit codes: 0 done, 2 there is nothing to
measure.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from loguru import logger
from rich.console import Console

from lib.evaluation.dataset import LabelledFolderError
from lib.evaluation.tables import update_section
from lib.settings import Settings, load_settings
from scripts.benchmarking import service_runs
from scripts.benchmarking.documents import SEED, Material, NothingToRead, load_material
from scripts.benchmarking.environments import PeerMissing
from scripts.benchmarking.fields import FieldsRight, score_fields
from scripts.benchmarking.inside import InProcess, bare, floor, in_process
from scripts.benchmarking.peers import start_peers
from scripts.benchmarking.plots import draw
from scripts.benchmarking.report import as_markdown
from scripts.benchmarking.results import Results
from scripts.benchmarking.rounds import Contender, Measured, run_rounds
from scripts.benchmarking.services import BASE, BY_ONNXRUNTIME, start_services
from scripts.local_service import NotStarted

PAGE = Path("docs/performance.md")
PICTURES = Path("docs/performance")
SECTION = "benchmark"
SAMPLES = Path("tests/samples")

ALONE = 6
"""Of a round's pages, those that are sent by one client, too."""

SHOWN = (
    "![Latency and throughput by clients](performance/load.png)\n"
    "![Pages a second by cores](performance/cores.png)\n"
    "![Milliseconds by stage](performance/stages.png)"
)
SAY = Console(stderr=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script."""
    args = _arguments(argv)
    logger.remove()  # What the pipeline logs of a document is no result.
    try:
        results = measure(args)
    except (LabelledFolderError, NothingToRead, NotStarted, PeerMissing) as exc:
        SAY.print(f"[red]Nothing measured:[/red] {exc}")
        return 2
    print(as_markdown(results))
    if not args.no_write:
        update_section(PAGE, section=SECTION, content=f"{as_markdown(results)}\n\n{SHOWN}")
        draw(results, PICTURES)
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="*", default=[SAMPLES], help="default: tests/samples")
    parser.add_argument("--base", type=Path, help="checkout of another revision, to be measured beside")
    parser.add_argument("--pages", type=int, default=10, help="read by everybody in each round, default: 10")
    parser.add_argument("--scored", type=int, default=44, help="pages whose fields are scored, default: 44")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the sample, default: {SEED}")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3; loads have two")
    parser.add_argument("--concurrency", type=int, default=os.cpu_count() or 1, help="engines, default: one a core")
    parser.add_argument("--no-peers", action="store_true", help="measure nobody else's engines")
    parser.add_argument("--no-write", action="store_true", help="leave docs/ as it is")
    parser.add_argument("--quick", action="store_true", help="one round, few pages, no peers: does it run at all?")
    args = parser.parse_args(argv)
    if args.quick:
        args.rounds, args.pages, args.scored, args.no_peers = 1, 3, 4, True
    args.scored = max(args.scored, args.pages)
    return args


def measure(args: argparse.Namespace) -> Results:
    """Everything, in one run.

    Raises:
        LabelledFolderError: A manifest cannot be read.
        NothingToRead: No folder has an image.
        NotStarted: The service, or that of the other revision, does not come up.
        PeerMissing: The other revision needs a package that cannot be installed.
    """
    start, environ = time.monotonic(), dict(os.environ)
    settings = _settings(args.concurrency)
    material = load_material(args.folders, settings=settings.upload, images=args.scored, seed=args.seed)
    pages, further = material.images[: args.pages], material.images[args.pages :]
    ladder, lengths = ((1, 4), (1, 3)) if args.quick else (service_runs.LADDER, service_runs.PAGES)
    with ExitStack() as stack:
        ours = stack.enter_context(in_process(settings))
        services = start_services(stack, concurrency=args.concurrency, base=args.base, say=SAY.print)
        contenders: list[Contender] = [
            stack.enter_context(floor(settings.ocr, pages)),
            stack.enter_context(bare(settings.ocr)),
            ours,
            *services.running.values(),
        ]
        missing = services.missing
        if not args.no_peers:
            peers, why = start_peers(stack, material.images, settings=settings.ocr, environ=environ, say=SAY.print)
            contenders, missing = [*contenders, *peers], missing | why
        measured = run_rounds(contenders, pages, rounds=args.rounds, alone=ALONE, further=further, say=SAY.print)
        fields = _fields(ours, measured, material)
        default, base = services.default, services.running.get(BASE)
        twice = min(2, args.rounds)  # A hundred requests a round.
        loads = service_runs.loads(default, pages, ladder=ladder, rounds=twice, say=SAY.print)
        layers = service_runs.text_layer_rounds(
            default, base, material.text_layers, settings=settings.upload, rounds=args.rounds, say=SAY.print
        )
        costs = service_runs.page_costs(default, pages[0], pages=lengths, rounds=args.rounds, say=SAY.print)
    return Results(
        machine=service_runs.machine(),
        pages=_pages(material, read=len(pages), seed=args.seed),
        concurrency=args.concurrency,
        default=default.name,
        measured=measured,
        fields=fields,
        missing=missing,
        loads=loads,
        cores=service_runs.by_cores(pages, rounds=args.rounds, say=SAY.print),
        stages_ms=_stages(ours.timings_ms),
        text_layers=layers,
        costs=costs,
        seconds=time.monotonic() - start,
    )


def _settings(concurrency: int) -> Settings:
    """The service's settings with one thread an engine, as the service under measurement has them."""
    changed = {"OCR_CONCURRENCY": str(concurrency), "OMP_NUM_THREADS": "1", "VLLM_BASE_URL": ""}
    return load_settings({**os.environ, **changed, **BY_ONNXRUNTIME})


def _pages(material: Material, *, read: int, seed: int) -> str:
    """What was read, a sentence."""
    scored = len(material.images)
    return (
        f"{read} pages a round; fields are scored on {scored}, one of each of {material.sources} sources in turn "
        f"(seed {seed}); {min(ALONE, read)} of a round's pages are sent by one client, too."
    )


def _fields(ours: InProcess, measured: Mapping[str, Measured], material: Material) -> dict[str, FieldsRight]:
    """Fields right of everybody who told what was read; of peers, as our reader finds them in their words."""
    found: dict[str, FieldsRight] = {}
    for name, one in measured.items():
        fields = score_fields(material.images[: len(one.readings)], one.readings, ours.answer)
        if fields:
            found[name] = fields
    return found


def _stages(timings_ms: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for each in timings_ms for name in each)
    return {name: statistics.mean(each.get(name, 0.0) for each in timings_ms) for name in names}


if __name__ == "__main__":
    sys.exit(main())
