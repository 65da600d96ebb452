"""Evaluate over a folder of labelled documents: figures, a report with charts, pictures of what went worst.

    python -m scripts.evaluate FOLDER                       # the pipeline of this process
    python -m scripts.evaluate FOLDER --url http://...      # a running service, as a user would call it
    python -m scripts.evaluate FOLDER --predictions FILE    # answers that are there already, such as out-of-fold ones

Figures go to stdout, the report to reports/NAME.md. Exit codes: 0 done, 1 done but some documents failed, 2 not done.
"""

import argparse
import functools
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
from loguru import logger
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lib.errors import StartupError, UploadError
from lib.evaluation import tables
from lib.evaluation.assurance import assure
from lib.evaluation.calibration import calibrate
from lib.evaluation.dataset import Kept, LabelledDocument, LabelledFolderError, load_folder, select
from lib.evaluation.page_images import as_scan, page_views
from lib.evaluation.pictures import PageView, blank_views
from lib.evaluation.prediction import Prediction, as_line
from lib.evaluation.report import write_report
from lib.evaluation.running import Predict, in_process, over_http, read_predictions, run, with_boxes
from lib.evaluation.scoring import Judged, as_json, judge, summarize
from lib.pipelines.wiring import running_pipeline
from lib.settings import UploadSettings, load_settings

REPORTS = Path("reports")
SOURCES = "sources"
"""What sections are called that say where the documents are from; nothing is evaluated for them."""

SAY = Console(stderr=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script."""
    args = _arguments(argv)
    logger.remove()  # The report says what happened; log lines would tear the progress bar.
    try:
        return anyio.run(_evaluate, args)
    except (LabelledFolderError, StartupError, ValueError, OSError) as exc:
        SAY.print(f"[red]Not evaluated:[/red] {exc}")
        return 2


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.evaluate", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="has manifest.jsonl, or SROIE's img/, box/ and key/ or entities/")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--url", help="of a running service; default: the pipeline in this process")
    who.add_argument("--predictions", type=Path, help="a JSON object a line: id, data and, for calibration, fields")
    parser.add_argument("--api-key", help="for the service, where it asks for one")
    parser.add_argument("--name", default="evaluation", help="of the report, default: evaluation")
    parser.add_argument("--scan", action="store_true", help="make image-only PDFs (200 dpi) of PDFs first")
    parser.add_argument(
        "--only", choices=["file", "boxes"], help="documents with a file, or those with word boxes alone"
    )
    parser.add_argument("--source", action="append", default=[], help="only this collection; may be given again")
    parser.add_argument("--limit", type=int, help="only the first so many documents")
    parser.add_argument("--workers", type=int, default=2, help="documents worked on at once, default: 2")
    parser.add_argument("--worst", type=int, default=12, help="documents to draw, default: 12")
    parser.add_argument("--json", type=Path, dest="json_path", help="write the figures here as JSON")
    parser.add_argument("--predictions-out", type=Path, help="write the answers here, a JSON object a line")
    parser.add_argument(
        "--update", type=Path, help="a Markdown file whose tables are to be written anew, with --section"
    )
    parser.add_argument(
        "--section", help=f"NAME in <!-- table:NAME --> of that file; {SOURCES}...: where the documents are from"
    )
    args = parser.parse_args(argv)
    if bool(args.update) != bool(args.section):
        parser.error("--update and --section go together")
    return args


async def _evaluate(args: argparse.Namespace) -> int:
    settings = load_settings()
    only: Kept | None = "file" if args.url else args.only
    documents = select(load_folder(args.folder), sources=args.source, only=only, limit=args.limit)
    if args.section and args.section.startswith(SOURCES):
        tables.update_section(args.update, section=args.section, content=tables.source_table(documents))
        return 0
    predictions = await _predictions(args, documents)
    judged = judge(documents, predictions)
    report = await write_report(
        REPORTS,
        name=args.name,
        judged=judged,
        how=_how(args, documents),
        worst=args.worst,
        views=functools.partial(_views, settings=settings.upload),
    )
    _write_files(args, judged)
    _say(judged, report)
    return 1 if any(one.prediction.error is not None for one in judged) else 0


async def _predictions(args: argparse.Namespace, documents: Sequence[LabelledDocument]) -> dict[str, Prediction]:
    if args.predictions:
        return with_boxes(read_predictions(args.predictions), documents)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with _predict(args) as predict:
        with Progress(*columns, console=SAY) as progress:
            task = progress.add_task("documents", total=len(documents))
            return await run(documents, predict=predict, workers=args.workers, on_done=lambda _: progress.advance(task))


@asynccontextmanager
async def _predict(args: argparse.Namespace) -> AsyncIterator[Predict]:
    settings = load_settings()
    prepare = functools.partial(as_scan, settings=settings.upload) if args.scan else None
    if args.url:
        headers = {"Authorization": f"Bearer {args.api_key}"} if args.api_key else {}
        async with httpx.AsyncClient(base_url=args.url, headers=headers) as client:
            yield over_http(client, prepare=prepare)
    else:
        async with running_pipeline(settings) as pipeline:
            yield in_process(pipeline.extractor, prepare=prepare)


async def _views(judged: Judged, *, settings: UploadSettings) -> tuple[PageView, ...]:
    """A document's pages to draw on: its file's, or else its words on white paper."""
    if judged.document.path is not None:
        try:
            content = await anyio.Path(judged.document.path).read_bytes()
            return await page_views(content, settings=settings, document=judged.prediction.document)
        except UploadError:
            return ()
    return blank_views(judged.prediction.document) if judged.prediction.document else ()


def _how(args: argparse.Namespace, documents: Sequence[LabelledDocument]) -> str:
    by = (
        "a predictions file" if args.predictions else "the service over HTTP" if args.url else "the pipeline in process"
    )
    from_boxes = sum(document.path is None for document in documents)
    sentence = f"{len(documents)} documents, answered by {by}"
    sentence += f", {from_boxes} of them from word boxes that came with the labels" if from_boxes else ""
    return f"{sentence}{', PDFs as image-only scans' if args.scan else ''}."


def _write_files(args: argparse.Namespace, judged: Sequence[Judged]) -> None:
    if args.json_path:
        calibration = calibrate(outcome for one in judged for outcome in one.outcomes)
        shares = _shares(judged) | {"expected_calibration_error": calibration.expected_error}
        args.json_path.write_text(json.dumps(shares, indent=1) + "\n", encoding="utf-8")
    if args.predictions_out:
        lines = [as_line(one.prediction) for one in judged]
        args.predictions_out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if args.update:
        tables.update_section(args.update, section=args.section, content=tables.figures(judged))


def _shares(judged: Sequence[Judged]) -> dict[str, object]:
    return as_json(summarize(judged)) | assure(judged).as_json()


def _say(judged: Sequence[Judged], report: Path) -> None:
    summary = summarize(judged)
    print(json.dumps(_shares(judged), indent=1))
    for table in tables.group_tables(judged):
        SAY.print(table, highlight=False)
    SAY.print(f"The report is {report}.")
    if summary.failed:
        SAY.print(f"[red]{summary.failed} documents failed[/red]; the report names them.")


if __name__ == "__main__":
    sys.exit(main())
