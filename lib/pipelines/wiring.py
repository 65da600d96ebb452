"""From settings to a running pipeline: which parts there are, made and ended in one place.

In: settings, and parts to use instead of the configured ones. Out: a `Pipeline`. The API, the worker and the scripts
all get theirs here.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import httpx
from anyio import to_thread
from loguru import logger

from lib.computing import collecting_no_garbage, compute, kept
from lib.document import EXTRA_KEYS, BBox, OcrDocument, Page, Question, Word
from lib.layout_reader.reader import LayoutReader
from lib.pipelines.details_stage import details_of
from lib.pipelines.extract import Extractor
from lib.pipelines.ocr import OcrPool
from lib.pipelines.page_reader import OcrStage
from lib.pipelines.parallel_reader import ParallelReader, start_processes
from lib.pipelines.readers import Reader, Readers
from lib.pipelines.tilt_client import TiltReader
from lib.pipelines.upload_types import require_readable
from lib.pipelines.workplace import require_workplace
from lib.post.rules import normalize
from lib.questions import load_detail_questions, load_questions
from lib.settings import OcrSettings, Settings
from lib.telemetry import Metrics

Result = TypeVar("Result")


def _document(label: str) -> OcrDocument:
    words = (Word(label, BBox(0, 0, 9, 9)), Word("1.00", BBox(20, 0, 30, 9)))
    return OcrDocument((Page(0, 100, 100, "ocr", words=words),))


WARM_UP, WARM_UP_BESIDES = _document("Total"), _document("Итого")
"""Documents that nobody waits for."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The running parts; `tilt` only where a TILT server is configured."""

    extractor: Extractor
    ocr: OcrStage
    readers: Readers
    tilt: TiltReader | None


@asynccontextmanager
async def running_pipeline(
    settings: Settings,
    *,
    metrics: Metrics | None = None,
    ocr: OcrStage | None = None,
    layout: Reader | None = None,
    tilt_transport: httpx.AsyncBaseTransport | None = None,
    reader_processes: int = 0,
) -> AsyncIterator[Pipeline]:
    """Load the engines and readers that the settings ask for, and end them afterwards.

    Args:
        settings: All of them; each part is given its own section.
        metrics: Where the TILT client counts; None: nowhere.
        ocr: The OCR stage to use; None: PaddleOCR's engines.
        layout: The embedded reader to use; None: the layout reader.
        tilt_transport: How the TILT server is reached; None: by sockets.
        reader_processes: Worker processes to have ready for documents that come together; 0: the embedded reader reads
            them in this process, one after the other, if they are not long.

    Raises:
        StartupError: An engine cannot be loaded, or a setting asks for what no stage can do; the message says what to
            install or set.
    """
    require_readable(settings.upload)
    require_workplace()
    questions = load_questions()
    reader = layout or ParallelReader(LayoutReader(), company=reader_processes > 0)
    with collecting_no_garbage():
        async with start_processes(reader_processes, WARM_UP, questions):
            loaded, warmed = await asyncio.gather(kept(_loaded(ocr, settings.ocr)), kept(_warm_up(reader, questions)))
    stage, _ = _raised_or(loaded), _raised_or(warmed)
    tilt = TiltReader(settings.tilt, metrics=metrics, transport=tilt_transport) if settings.tilt.base_url else None
    readers = Readers(layout=reader, tilt=tilt, fallback=settings.tilt.fallback == "layout")
    extractor = Extractor(
        upload=settings.upload,
        normalizer=settings.normalizer,
        review=settings.review,
        questions=questions,
        extra_questions=load_questions(keys=EXTRA_KEYS),
        detail_questions=load_detail_questions(),
        ocr=stage,
        readers=readers,
        images=settings.tilt.images if tilt else "never",
        pages_in_memory=settings.ocr.concurrency + 1,
        speed=settings.ocr.speed,
    )
    try:
        yield Pipeline(extractor, stage, readers, tilt)
    finally:
        if tilt:
            await tilt.aclose()


async def _loaded(ocr: OcrStage | None, settings: OcrSettings) -> OcrStage:
    """The stage to use, or PaddleOCR's engines."""
    return await to_thread.run_sync(OcrPool.load, settings) if ocr is None else ocr


def _raised_or(outcome: Result | Exception) -> Result:
    """What was loaded; raises what came instead, outside of the block that would wrap it."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def _warm_up(reader: Reader, questions: Sequence[Question]) -> None:
    """Have the tables of reader and rules loaded before somebody waits for them; it takes half a second."""
    answers = await reader.read(WARM_UP, questions)
    await compute(partial(normalize, answers, document=WARM_UP))


async def load_the_rest() -> None:
    """Load the tables that few documents need: those of details, and of words in other scripts than Latin.

    It takes half a second, for which neither the start nor the first client who asks need wait. Where they cannot be
    loaded, as a file of words is broken, the log says so: nothing else needs them.
    """
    try:
        await compute(partial(details_of, WARM_UP_BESIDES, fields=(), extras=()))
    except Exception as exc:  # noqa: BLE001 - it would end whatever runs beside
        logger.error("the tables of details cannot be loaded, so ?include=details will fail: {!r}", exc)
