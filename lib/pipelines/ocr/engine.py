"""PaddleOCR behind one verb.

In: BGR pixels, the `ocr` section of the settings. Out: `Recognition`. The only importer of paddleocr in lib, inside
functions only; with OCR_ENGINE=onnxruntime and openvino paddle itself is never imported.
"""

import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from lib.document import OcrSpeed, PageImage, Polygon, Recognition, Rotation
from lib.errors import ExtractionError, OcrError, StartupError, TooManyPixels
from lib.memory import give_back_freed, share_heaps
from lib.pipelines.ocr.cascade import Cascade, EightBitCascade
from lib.pipelines.ocr.descriptions import Model
from lib.pipelines.ocr.latin_head import WholeHead
from lib.pipelines.ocr.lean_import import import_paddleocr
from lib.pipelines.ocr.official import require_official, with_orientation
from lib.pipelines.ocr.official_reader import OfficialReader
from lib.pipelines.ocr.onnx_session import OnnxSession, onnx_models
from lib.pipelines.ocr.openvino_session import OpenVinoSession, openvino_models
from lib.pipelines.ocr.page import Found, recognize_any_way_up, recognize_as_it_stands
from lib.pipelines.ocr.page_budget import PageBudget
from lib.pipelines.ocr.readings import LineSpeed, Reading, SecondReads
from lib.pipelines.ocr.recognizer import LatinRecognizer, LineRecognizer, PaddleRecognizer
from lib.pipelines.ocr.scripts import scripts_of
from lib.pipelines.ocr.search_size import search_size
from lib.pipelines.ocr.second_reading import SecondReader
from lib.pipelines.ocr.shared_lines import GROUP, Helpers, SharedLines
from lib.pipelines.ocr.shared_models import SharedModels
from lib.pipelines.ocr.tesseract import tesseract_in
from lib.pipelines.ocr.tiny import with_tiny
from lib.pipelines.ocr.vnni import with_eight_bits
from lib.pipelines.ocr.weights import Weights, backend_of, find_weights
from lib.settings import OcrSettings, prepare_environment_for_ocr

MAX_PAGE_SIDE = 32_767
"""Pixels: PaddleOCR keeps the corners of lines as 16-bit integers, which turn negative beyond."""

ROTATIONS: Mapping[str, Rotation] = {"0": 0, "90": 270, "180": 180, "270": 90}
"""What the labels of the orientation model ask for: they count counterclockwise. Source: PaddleX's doc_preprocessor."""


class OcrEngine(Protocol):
    """Reads the text of a page. One thread at a time may use it."""

    def recognize(self, image: PageImage, /) -> Recognition:
        """Turn a page upright, find its lines and read them.

        Args:
            image: (height, width, 3), uint8, BGR.

        Returns:
            The lines from top to bottom, polygons in pixels of the turned page; none for a page without text.

        Raises:
            OcrError: The engine failed on this page; it can be used for the next.
            TooManyPixels: A side is too long for the engine.
            OcrTooLong: It has more lines than an engine reads in OCR_PAGE_TIMEOUT_S.
            DeadlineExceeded: The request's deadline passed.
        """
        ...


@runtime_checkable
class LineEngine(OcrEngine, Protocol):
    """An engine that reads line by line, so that others like it can read some lines of its page."""

    def recognize(
        self, image: PageImage, /, *, helpers: Helpers | None = None, speed: OcrSpeed = "exact"
    ) -> Recognition:
        """See `OcrEngine.recognize`.

        Args:
            image: (height, width, 3), uint8, BGR.
            helpers: Called to the lines of the page; None: the engine reads them all.
            speed: Whether lines that a smaller recognizer is sure of may stay as that read them, where there is one.
        """
        ...

    def read_strips(self, strips: Sequence[PageImage], /, *, speed: LineSpeed = "exact") -> list[Reading]:
        """What lines of another engine's page say, (h, w, 3) of any size; may raise what its models raise."""
        ...


@runtime_checkable
class FrugalEngine(OcrEngine, Protocol):
    """An engine that can do with less memory between two pages."""

    def give_back_memory(self) -> None:
        """Give back what nothing uses. Any thread may call it, whether or not another reads a page."""
        ...


class PaddleEngine:
    """PaddleOCR's detector and recognizer, not to be shared between threads (PaddleOCR #18268)."""

    def __init__(
        self,
        settings: OcrSettings,
        weights: Weights,
        *,
        second: SecondReads | None = None,
        models: SharedModels | None = None,
    ) -> None:
        from paddleocr import DocImgOrientationClassification, TextDetection, TextRecognition

        self._settings = settings
        self._sessions: list[OnnxSession | OpenVinoSession] = []
        self._budget = self._new_budget()
        self._helpers: Helpers | None = None
        self._second = second
        self._detector = TextDetection(
            **_model(weights.detection, settings),
            thresh=settings.detection_threshold,
            box_thresh=settings.box_threshold,
            unclip_ratio=settings.unclip_ratio,
        )
        recognizer = TextRecognition(**_model(weights.recognition, settings))
        tiny = TextRecognition(**_model(weights.tiny, settings)) if weights.tiny else None
        in_8_bits = TextRecognition(**_model(weights.eight_bits, settings)) if weights.eight_bits else None
        turns = weights.orientation if settings.orientation else None
        self._classifier = DocImgOrientationClassification(**_model(turns, settings)) if turns else None
        if models is not None:
            recognizers, others = (recognizer, tiny, in_8_bits), (self._detector, self._classifier)
            self._sessions += [_run_by(models, model, reads_lines=True) for model in recognizers if model is not None]
            self._sessions += [_run_by(models, model, reads_lines=False) for model in others if model is not None]
        whole = weights.whole and WholeHead.of(weights.whole)
        exact: LineRecognizer = LatinRecognizer(recognizer, whole) if whole else PaddleRecognizer(recognizer)
        careful = EightBitCascade(LatinRecognizer(in_8_bits, whole), exact) if in_8_bits and whole else exact
        fast = Cascade(tiny, careful) if tiny else careful
        self._recognizers: Mapping[LineSpeed, LineRecognizer] = {"exact": exact, "careful": careful, "fast": fast}

    def recognize(
        self, image: PageImage, /, *, helpers: Helpers | None = None, speed: OcrSpeed = "exact"
    ) -> Recognition:
        """See `OcrEngine.recognize` and `LineEngine.recognize`."""
        height, width = image.shape[:2]
        if max(height, width) > MAX_PAGE_SIDE:
            raise TooManyPixels(
                f"A page of {width} x {height} pixels has a side over {MAX_PAGE_SIDE}; send it smaller."
            )
        self._budget, self._helpers = self._new_budget(), helpers
        try:
            if not self._settings.orientation:
                return recognize_as_it_stands(image, models=self, second=self._second, speed=speed)
            return recognize_any_way_up(
                image, models=self, second_opinion=self.rotation_of, second=self._second, speed=speed
            )
        except ExtractionError:
            raise
        except Exception as exc:
            raise OcrError(f"The OCR engine failed on a page of {width} x {height} pixels.") from exc

    def _new_budget(self) -> PageBudget:
        """The time of another page."""
        elsewhere = partial(_elsewhere_s, self._sessions)
        return PageBudget(self._settings.page_timeout_s, elsewhere_s=elsewhere)

    def find(self, image: PageImage, /) -> Found:
        """See `Models.find`."""
        longer_side = search_size(image, side=self._settings.detection_side)
        (found,) = self._detector.predict(image, limit_side_len=longer_side, limit_type="resize_long")
        lines = sorted((_polygon(corners) for corners in found["dt_polys"]), key=lambda line: line[0][::-1])
        return Found(tuple(lines), scale=longer_side / max(image.shape[:2]))

    def rotation_of(self, image: PageImage, /) -> Rotation | None:
        """How the official orientation model would turn a page; None where its weights are not at hand."""
        if self._classifier is None:
            return None
        (found,) = self._classifier.predict(image)
        return ROTATIONS[found["label_names"][0]]

    def read(self, strips: Sequence[PageImage], /, *, speed: LineSpeed = "exact") -> list[Reading]:
        """See `Models.read`; engines that stand idle read some of the strips, where they are many."""
        lines = SharedLines(strips, group=GROUP * self._settings.batch, speed=speed)
        if self._helpers and lines.groups_left > 1:
            self._helpers.call(lines)
        return lines.read(partial(self.read_strips, speed=speed), before_each=self._budget.check)

    def read_strips(self, strips: Sequence[PageImage], /, *, speed: LineSpeed = "exact") -> list[Reading]:
        """See `LineEngine.read_strips`."""
        return self._recognizers[speed].read(strips, batch=self._settings.batch)

    def give_back_memory(self) -> None:
        """See `FrugalEngine.give_back_memory`."""
        for session in self._sessions:
            session.give_back_memory()
        give_back_freed()


def load_engines(settings: OcrSettings, *, count: int = 1) -> tuple[PaddleEngine, ...]:
    """Load engines that read the language of the settings.

    Args:
        settings: The `ocr` section.
        count: How many; they share the weights in memory, but for those that paddle runs.

    Raises:
        StartupError: The language is unknown, or its weights are neither at hand nor to be had.
    """
    prepare_environment_for_ocr(settings)
    share_heaps()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ocrlty-models-"))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # Paddle misses ccache, which nothing here needs.
        weights = with_tiny(find_weights(settings, Path(folder)), settings, Path(folder))
        weights = with_eight_bits(weights, settings, Path(folder))
        models = stack.enter_context(_shared_models(settings, weights, count))
        _prepare_libraries(settings)
        require_official(settings, weights)
        weights = with_orientation(weights, settings)
        second = second_reader(settings) if weights.is_bundled and settings.scripts else None
        try:
            return tuple(PaddleEngine(settings, weights, second=second, models=models) for _ in range(count))
        except StartupError:
            raise
        except Exception as exc:
            where = f" with OCR_MODEL_DIR={settings.model_dir}" if settings.model_dir else ""
            raise StartupError(f"The OCR engine {settings.engine} did not start{where}: {exc}") from exc


@contextmanager
def _shared_models(settings: OcrSettings, weights: Weights, count: int) -> Iterator[SharedModels | None]:
    """The models for all engines, those that are at hand being loaded already; None where paddle runs them."""
    backend = backend_of(settings)
    if not backend.runs_onnx:
        yield None
        return
    threads = settings.threads
    models = openvino_models(threads=threads, engines=count) if backend.is_openvino else onnx_models(threads=threads)
    with closing(models):
        for model in (weights.recognition, weights.detection, weights.tiny, weights.eight_bits):
            if model and model.folder:
                models.begin(model.folder / "inference.onnx", reads_lines=model is not weights.detection)
        yield models


def second_reader(settings: OcrSettings) -> SecondReader:
    """Who reads the pages that the bundled recognizer has no letters for, with what is at hand here."""
    readers = OfficialReader(settings), tesseract_in(settings.tessdata)
    return SecondReader(readers, likely=scripts_of(settings.languages))


def _prepare_libraries(settings: OcrSettings) -> None:
    """Give OpenCV OMP_NUM_THREADS threads, too, and let PaddleX report by exceptions only."""
    import cv2

    import_paddleocr()  # It adds the log handler that is taken away below.
    cv2.setNumThreads(settings.threads)
    log = logging.getLogger("paddlex")
    log.handlers.clear()
    log.propagate = True
    log.setLevel(logging.CRITICAL)


def _model(model: Model, settings: OcrSettings) -> dict[str, Any]:
    folder, options = model.folder and str(model.folder), backend_of(settings).options(settings)
    return {"model_name": model.name, "model_dir": folder, "device": settings.device, **options}


def _run_by(models: SharedModels, model: Any, *, reads_lines: bool) -> Any:  # noqa: ANN401 - PaddleOCR has no types
    """Put a shared session in the place of a model's own, and tell which."""
    runner = model.paddlex_predictor.runner
    path = Path(runner.model_dir, f"{runner.model_file_prefix}.onnx")
    runner.session = models.session(path, reads_lines=reads_lines)
    return runner.session


def _elsewhere_s(sessions: Sequence[OnnxSession | OpenVinoSession]) -> float:
    return sum(session.elsewhere_s for session in sessions)


def _polygon(corners: NDArray[np.generic]) -> Polygon:
    top_left, top_right, bottom_right, bottom_left = ((float(x), float(y)) for x, y in corners)
    return top_left, top_right, bottom_right, bottom_left
