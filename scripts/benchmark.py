"""How fast the service is beside its models and its peers: `make benchmark [DOCS=folder]`.

    python -m scripts.benchmark [FOLDER]           # 15 to 20 minutes on two cores; writes docs/performance.md
    python -m scripts.benchmark --quick --no-write # a minute, few pages, no peers; figures to stdout

Exit codes: 0 done, 2 there is nothing to measure.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

from loguru import logger
from rich.console import Console

from lib.evaluation.tables import update_section
from lib.extraction import Extraction
from lib.settings import Settings, load_settings
from scripts.benchmarking import peers as others
from scripts.benchmarking import service_runs
from scripts.benchmarking.documents import Material, NothingToRead, Sample, load_material
from scripts.benchmarking.environments import PeerMissing
from scripts.benchmarking.inside import PIPELINE, InProcess, bare, floor, in_process
from scripts.benchmarking.plots import draw
from scripts.benchmarking.report import as_markdown
from scripts.benchmarking.results import Results
from scripts.benchmarking.rounds import Contender, run_rounds
from scripts.benchmarking.served import BY_OPENVINO, SERVICE, our_service
from scripts.benchmarking.totals import Totals, document_of, score_totals

PAGE = Path("docs/performance.md")
PICTURES = Path("docs/performance")
SECTION = "benchmark"
ONNXRUNTIME, OPENVINO = {"OCR_ENGINE": "onnxruntime"}, {"OCR_ENGINE": "openvino"}
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
    except NothingToRead as exc:
        SAY.print(f"[red]Nothing measured:[/red] {exc}")
        return 2
    print(as_markdown(results))
    if not args.no_write:
        update_section(PAGE, section=SECTION, content=f"{as_markdown(results)}\n\n{SHOWN}")
        draw(results, PICTURES)
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("tests/samples"), help="default: tests/samples")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3; loads have two")
    parser.add_argument("--limit", type=int, help="only the first so many files")
    parser.add_argument("--concurrency", type=int, default=os.cpu_count() or 1, help="engines, default: one a core")
    parser.add_argument("--no-peers", action="store_true", help="measure nobody else's engines")
    parser.add_argument("--no-write", action="store_true", help="leave docs/ as it is")
    parser.add_argument("--quick", action="store_true", help="one round, four files, no peers: does it run at all?")
    args = parser.parse_args(argv)
    if args.quick:
        args.rounds, args.limit, args.no_peers = 1, 4, True
    return args


def measure(args: argparse.Namespace) -> Results:
    """Everything, in one run.

    Raises:
        NothingToRead: The folder has no image.
    """
    start, environ = time.monotonic(), dict(os.environ)
    settings = _settings(args.concurrency)
    material = load_material(args.folder, settings=settings.upload, limit=args.limit)
    ladder, lengths = ((1, 4), (1, 3)) if args.quick else (service_runs.LADDER, service_runs.PAGES)
    with ExitStack() as stack:
        ours = stack.enter_context(in_process(settings))
        service = stack.enter_context(our_service(concurrency=args.concurrency, environ=ONNXRUNTIME))
        contenders: list[Contender] = [
            stack.enter_context(floor(settings.ocr, material.images)),
            stack.enter_context(bare(settings.ocr)),
            ours,
            service,
            stack.enter_context(our_service(concurrency=args.concurrency, environ=OPENVINO, name=BY_OPENVINO)),
        ]
        peers, missing = _peers(stack, args, settings, material, environ)
        measured = run_rounds([*contenders, *peers], material.images, rounds=args.rounds, say=SAY.print)
        totals = _totals(ours, peers, material.images)
        twice = min(2, args.rounds)  # 150 requests a round, which is a third of the run.
        loads = service_runs.loads(service, material.images, ladder=ladder, rounds=twice, say=SAY.print)
        layers = service_runs.text_layer_rounds(
            service, material.text_layers, settings=settings.upload, rounds=args.rounds, say=SAY.print
        )
        pages = service_runs.page_costs(service, material.images[0], pages=lengths, rounds=args.rounds, say=SAY.print)
    return Results(
        machine=service_runs.machine(),
        images=len(material.images),
        concurrency=args.concurrency,
        measured=measured,
        totals=totals,
        missing=missing,
        loads=loads,
        cores=service_runs.by_cores(material.images, rounds=args.rounds, say=SAY.print),
        stages_ms=_stages(ours.timings_ms),
        text_layer_ms=[one.text_layer_ms for one in layers],
        scan_ms=[one.scan_ms for one in layers],
        pages=pages,
        seconds=time.monotonic() - start,
    )


def _settings(concurrency: int) -> Settings:
    """The service's settings with one thread an engine, as the service under measurement has them."""
    changed = {"OCR_CONCURRENCY": str(concurrency), "OMP_NUM_THREADS": "1", "VLLM_BASE_URL": ""}
    return load_settings(os.environ | changed | ONNXRUNTIME)


def _peers(
    stack: ExitStack, args: argparse.Namespace, settings: Settings, material: Material, environ: Mapping[str, str]
) -> tuple[list[others.Peer], dict[str, str]]:
    """Everybody else who can be had here, running; and why others cannot."""
    if args.no_peers:
        return [], {}
    paths = stack.enter_context(others.files_of(material.images))
    clients = 2 * args.concurrency
    candidates: dict[str, Callable[[], AbstractContextManager[others.Peer]]] = {
        others.RAPIDOCR_LIBRARY: partial(others.rapidocr_library, paths, environ=environ),
        others.RAPIDOCR_PROCESSES: partial(others.rapidocr_library, paths, environ=environ, processes=args.concurrency),
        "RapidOCR, API server": partial(others.rapidocr_server, clients=clients, environ=environ),
        "PaddleX, serving": partial(others.paddlex_server, clients=clients, settings=settings.ocr, environ=environ),
        "Tesseract": partial(_as_context, partial(others.tesseract, paths, at_once=args.concurrency)),
    }
    running: list[others.Peer] = []
    missing: dict[str, str] = {}
    for name, start in candidates.items():
        try:
            running.append(stack.enter_context(start()))
        except PeerMissing as exc:
            SAY.print(f"[yellow]{name} is left out:[/yellow] {exc}")
            missing[name] = str(exc)
    return running, missing


@contextmanager
def _as_context(make: Callable[[], others.Peer]) -> Iterator[others.Peer]:
    yield make()


def _totals(ours: InProcess, peers: Sequence[others.Peer], samples: Sequence[Sample]) -> dict[str, Totals]:
    """Right totals of the pipeline, and of the same reader on each peer's words."""

    def extract(sample: Sample) -> Extraction:
        return ours.portal.call(ours.extractor.extract, sample.content)

    def from_words(peer: others.Peer, sample: Sample) -> Extraction:
        return ours.portal.call(ours.extractor.answer, document_of(sample, peer.spans(sample)))

    if not any(sample.label for sample in samples):
        return {}
    own = score_totals(samples, extract)
    return {PIPELINE: own, SERVICE: own} | {
        peer.name: score_totals(samples, partial(from_words, peer)) for peer in peers
    }


def _stages(timings_ms: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for each in timings_ms for name in each)
    return {name: statistics.mean(each.get(name, 0.0) for each in timings_ms) for name in names}


if __name__ == "__main__":
    sys.exit(main())
