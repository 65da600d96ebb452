"""From settings to a running pipeline: which parts there are, made and ended in one place.

In: settings, and parts to use instead of the configured ones. Out: a `Pipeline`. The API, the worker and the scripts
all get theirs here.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio.to_thread

from lib.layout_reader.reader import LayoutReader
from lib.pipelines.extract import Extractor, OcrStage
from lib.pipelines.ocr import OcrPool
from lib.pipelines.readers import Reader, Readers
from lib.questions import load_questions
from lib.settings import Settings


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The running parts."""

    extractor: Extractor
    ocr: OcrStage
    readers: Readers


@asynccontextmanager
async def running_pipeline(
    settings: Settings, *, ocr: OcrStage | None = None, reader: Reader | None = None
) -> AsyncIterator[Pipeline]:
    """Load the engines and readers that the settings ask for, and end them afterwards.

    Args:
        settings: All of them; each part is given its own section.
        ocr: The OCR stage to use; None: PaddleOCR's engines.
        reader: The embedded reader to use; None: the layout reader.

    Raises:
        StartupError: An engine cannot be loaded; the message says what to install or set.
    """
    stage = await anyio.to_thread.run_sync(OcrPool.load, settings.ocr) if ocr is None else ocr
    readers = Readers(layout=reader or LayoutReader())
    extractor = Extractor(
        upload=settings.upload,
        normalizer=settings.normalizer,
        questions=load_questions(),
        ocr=stage,
        readers=readers,
    )
    yield Pipeline(extractor, stage, readers)
