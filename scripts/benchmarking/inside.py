"""Contenders in this process: the models alone, PaddleOCR's own pipeline, and ours.

Each has as many engines and threads as OCR_CONCURRENCY says, one CPU thread to each.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from lib.document import OcrDocument, PageImage
from lib.evaluation.prediction import Prediction, from_extraction
from lib.extraction import Extraction
from lib.pipelines.extract import Extractor
from lib.pipelines.ocr.engine import OcrEngine, load_engines
from lib.pipelines.ocr.search_size import search_size
from lib.pipelines.ocr.weights import find_weights
from lib.pipelines.wiring import running_pipeline
from lib.settings import OcrSettings, Settings, prepare_environment_for_ocr
from scripts.benchmarking.documents import Sample, decoded
from scripts.benchmarking.memory import cpu_s_of_tree
from scripts.benchmarking.rounds import timed
from scripts.benchmarking.sessions import Call, Watched, replay, watched_sessions

FLOOR = "models alone"
BARE = "PaddleOCR.predict"
PIPELINE = "OCRlty, in process"


def whole_alphabet(settings: OcrSettings) -> OcrSettings:
    """The settings with which the bundled recognizer is as PaddleOCR publishes it, which is what its users run."""
    return settings.model_copy(update={"lang": "ch"})


class Predicting(Protocol):
    """PaddleOCR, as far as it is called here."""

    def predict(self, image: PageImage, /, **options: object) -> object:
        """What is on an image."""


@dataclass(slots=True)
class Lent:
    """Reads pages with engines that are lent to one thread at a time.

    Attributes:
        engines: Whatever `read` needs one of.
        read: Reads one page with it.
    """

    name: str
    how: str
    engines: SimpleQueue[Any]
    threads: ThreadPoolExecutor
    read: Callable[[Any, Sample], object]

    def read_all(self, samples: Sequence[Sample]) -> Sequence[None]:
        """See `Contender`; it tells nothing of what it reads."""
        return list(self.threads.map(self._read_one, samples))

    def latencies_s(self, samples: Sequence[Sample]) -> Sequence[float]:
        """See `Contender`."""
        return timed(self._read_one, samples)

    def _read_one(self, sample: Sample) -> None:
        engine = self.engines.get()
        try:
            self.read(engine, sample)
        finally:
            self.engines.put(engine)

    def cpu_s(self) -> float:
        """See `Contender`."""
        return time.process_time()


@contextmanager
def _lent(
    name: str, how: str, engines: Sequence[Any], read: Callable[[Any, Sample], object], settings: OcrSettings
) -> Iterator[Lent]:
    idle: SimpleQueue[Any] = SimpleQueue()
    for engine in engines:
        idle.put(engine)
    with ThreadPoolExecutor(settings.concurrency) as threads:
        yield Lent(name, how, idle, threads, read)


@contextmanager
def floor(settings: OcrSettings, samples: Sequence[Sample]) -> Iterator[Lent]:
    """The onnxruntime sessions on what our engine feeds them, cut and scaled beforehand."""
    with watched_sessions() as watched:
        (engine,) = load_engines(settings)
    tapes = {sample.name: _tape(engine, watched, sample) for sample in samples}

    def read(sessions: Sequence[Any], sample: Sample) -> None:
        replay(tapes[sample.name], sessions)

    how = "the onnxruntime sessions on inputs that were cut beforehand: nothing is decoded, scaled, cut or spelled"
    with _lent(FLOOR, how, [watched.sessions] * settings.concurrency, read, settings) as contender:  # As engines do.
        yield contender


def _tape(engine: OcrEngine, watched: Watched, sample: Sample) -> Sequence[Call]:
    watched.tape = []
    engine.recognize(decoded(sample))
    return watched.recorded()


@contextmanager
def bare(settings: OcrSettings) -> Iterator[Lent]:
    """PaddleOCR as a library, with our settings, weights and threads."""
    engines = load_bare(settings)
    how = "`PaddleOCR.predict` on the file, with the service's weights, batch and detection size, an engine a thread"
    with _lent(BARE, how, engines, partial(predict, settings=settings), settings) as contender:
        yield contender


def load_bare(settings: OcrSettings) -> list[Predicting]:
    """PaddleOCR objects, as many as OCR_CONCURRENCY says."""
    from paddleocr import PaddleOCR  # noqa: PLC0415 - heavy

    prepare_environment_for_ocr(settings)
    with tempfile.TemporaryDirectory() as folder:
        weights = find_weights(whole_alphabet(settings), Path(folder))
        options = {
            "text_detection_model_name": weights.detection.name,
            "text_detection_model_dir": weights.detection.folder and str(weights.detection.folder),
            "text_recognition_model_name": weights.recognition.name,
            "text_recognition_model_dir": weights.recognition.folder and str(weights.recognition.folder),
            "text_recognition_batch_size": settings.batch,
            "text_det_thresh": settings.detection_threshold,
            "text_det_box_thresh": settings.box_threshold,
            "text_det_unclip_ratio": settings.unclip_ratio,
            "use_doc_orientation_classify": False,
            "use_doc_unwarping": False,
            "use_textline_orientation": False,
            "engine": "onnxruntime",
            "engine_config": {"intra_op_num_threads": settings.threads, "inter_op_num_threads": 1},
            "device": "cpu",
        }
        return [PaddleOCR(**options) for _ in range(settings.concurrency)]


def predict(engine: Predicting, sample: Sample, *, settings: OcrSettings) -> object:
    """What PaddleOCR makes of one file, searched for lines at the size at which our engine does."""
    image = decoded(sample)
    side = search_size(image, side=settings.detection_side)
    return engine.predict(image, text_det_limit_side_len=side, text_det_limit_type="resize_long")


@dataclass(slots=True)
class InProcess:
    """Our pipeline without HTTP, in an event loop of its own."""

    portal: BlockingPortal
    extractor: Extractor
    at_once: int
    name: str = PIPELINE
    how: str = "upload to fields without HTTP: decoding, OCR, the embedded reader and the rules"
    timings_ms: list[dict[str, float]] = field(default_factory=list)

    def read_all(self, samples: Sequence[Sample]) -> Sequence[Prediction]:
        """See `Contender`."""
        return self.portal.call(self._read_all, samples)

    def latencies_s(self, samples: Sequence[Sample]) -> Sequence[float]:
        """See `Contender`."""
        return timed(lambda sample: self.read_all([sample]), samples)

    def answer(self, document: OcrDocument) -> Extraction:
        """The fields of a document that somebody else read."""
        return self.portal.call(self.extractor.answer, document)

    async def _read_all(self, samples: Sequence[Sample]) -> list[Prediction]:
        limiter = anyio.CapacityLimiter(self.at_once)
        found: dict[str, Prediction] = {}

        async def one(sample: Sample) -> None:
            async with limiter:
                extraction = await self.extractor.extract(sample.content)
            self.timings_ms.append(dict(extraction.timings_ms))
            found[sample.name] = from_extraction(sample.name, extraction, seconds=0.0)

        async with anyio.create_task_group() as tasks:
            for sample in samples:
                tasks.start_soon(one, sample)
        return [found[sample.name] for sample in samples]

    def cpu_s(self) -> float:
        """See `Contender`."""
        return cpu_s_of_tree()


@contextmanager
def in_process(settings: Settings) -> Iterator[InProcess]:
    """Our pipeline; one document more than there are engines is under way, as with the service."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(running_pipeline(settings)) as pipeline,
    ):
        yield InProcess(portal, pipeline.extractor, settings.ocr.concurrency + 1)
