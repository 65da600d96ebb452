"""PaddleOCR behind one verb.

In: BGR pixels, the `ocr` section of the settings. Out: spans. The only importer of paddleocr and cv2 in lib, inside
functions only; with OCR_ENGINE=onnxruntime paddle itself is never imported.
"""

import logging
import math
import queue
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from lib.document import PageImage, Polygon, Span
from lib.errors import OcrError, StartupError, TooManyPixels
from lib.pipelines.ocr.weights import Weights, find_weights
from lib.settings import OcrSettings, export_openmp_threads

MAX_PAGE_SIDE = 32_767
"""Pixels: PaddleOCR keeps the corners of lines as 16-bit integers, which turn negative beyond."""

MAX_MAGNIFICATION = 3.0
"""A page is not made larger than this for detection: the letters of a snippet would outgrow what the detector knows."""

MAX_SIDE = 4000
"""Pixels of the longer side in detection, PaddleOCR's own limit (`max_side_limit`)."""

HUB_TIMEOUT_S = 10.0
"""Seconds for the first model hub to answer. PaddleX gives each a second, but name resolution as long as it takes."""


class OcrEngine(Protocol):
    """Reads the text of a page. One thread at a time may use it."""

    def recognize(self, image: PageImage, /) -> tuple[Span, ...]:
        """Find and read the lines of a page.

        Args:
            image: (height, width, 3), uint8, BGR.

        Returns:
            The lines from top to bottom, polygons in pixels of `image`; none for a page without text.

        Raises:
            OcrError: The engine failed on this page; it can be used for the next.
            TooManyPixels: A side is too long for the engine.
        """
        ...


class PaddleEngine:
    """One PaddleOCR pipeline: its own detector and recognizer, not to be shared between threads (PaddleOCR #18268)."""

    def __init__(self, settings: OcrSettings, weights: Weights) -> None:
        from paddleocr import PaddleOCR

        self._side = settings.detection_side
        self._pipeline = PaddleOCR(
            text_detection_model_name=weights.detection.name,
            text_detection_model_dir=weights.detection.folder and str(weights.detection.folder),
            text_recognition_model_name=weights.recognition.name,
            text_recognition_model_dir=weights.recognition.folder and str(weights.recognition.folder),
            text_recognition_batch_size=settings.batch,
            text_det_thresh=settings.detection_threshold,
            text_det_box_thresh=settings.box_threshold,
            text_det_unclip_ratio=settings.unclip_ratio,
            # Their weights come with no package; which way a page is up is decided from the lines found.
            use_doc_orientation_classify=False,
            use_doc_unwarping=False,
            use_textline_orientation=False,
            device=settings.device,
            **_engine_options(settings),
        )

    def recognize(self, image: PageImage, /) -> tuple[Span, ...]:
        """See `OcrEngine.recognize`."""
        height, width = image.shape[:2]
        if max(height, width) > MAX_PAGE_SIDE:
            raise TooManyPixels(
                f"A page of {width} x {height} pixels has a side over {MAX_PAGE_SIDE}; send it smaller."
            )
        longer_side = detection_size(width, height, side=self._side)
        try:
            found = self._pipeline.predict(
                image, text_det_limit_side_len=longer_side, text_det_limit_type="resize_long"
            )
        except Exception as exc:
            raise OcrError(f"The OCR engine failed on a page of {width} x {height} pixels.") from exc
        return tuple(span for result in found for span in _spans(result))


def detection_size(width: int, height: int, *, side: int) -> int:
    """How large a page is when its lines are looked for: as many pixels as a square of `side` has, whatever its shape.

    A limit on the longer side alone starves long receipts (960 leaves 240 pixels for the width of one that is four
    times as long) and leaves photos of 338 x 450 pixels as they are, whose letters are too small for the detector.
    The number of pixels, and so the time, is the same for every page. Lines are read from the original pixels
    either way. Measured on 346 receipts with labelled boxes: of 3,839 amounts 96.1 % are read exactly with side 960,
    95.2 % with a limit of 960 on the longer side, 96.0 % with the longer side at 1280, 96.2 % at 1600.

    Args:
        width: Pixels of the page.
        height: Pixels of the page.
        side: OCR_DETECTION_SIDE, pixels.

    Returns:
        The page's longer side in detection, pixels.
    """
    longer, shorter = max(width, height), min(width, height)
    return round(min(side * math.sqrt(longer / shorter), longer * MAX_MAGNIFICATION, MAX_SIDE))


def load_engines(settings: OcrSettings, *, count: int = 1) -> tuple[PaddleEngine, ...]:
    """Load engines that read the language of the settings.

    Args:
        settings: The `ocr` section.
        count: How many; each has weights of its own in memory.

    Raises:
        StartupError: The language is unknown, or its weights are neither at hand nor to be had.
    """
    with tempfile.TemporaryDirectory(prefix="ocrlty-models-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Paddle misses ccache, which nothing here needs.
        weights = find_weights(settings, Path(folder))
        _prepare_libraries(settings)
        _require_official(settings, weights)
        try:
            return tuple(PaddleEngine(settings, weights) for _ in range(count))
        except Exception as exc:
            where = f" with OCR_MODEL_DIR={settings.model_dir}" if settings.model_dir else ""
            raise StartupError(f"The OCR engine {settings.engine} did not start{where}: {exc}") from exc


def _prepare_libraries(settings: OcrSettings) -> None:
    """Give the native libraries OMP_NUM_THREADS threads, and let PaddleX report by exceptions only."""
    export_openmp_threads(settings)
    import cv2
    import paddleocr  # noqa: F401 - adds the log handler that is taken away below

    cv2.setNumThreads(settings.threads)
    log = logging.getLogger("paddlex")
    log.handlers.clear()
    log.propagate = True
    log.setLevel(logging.CRITICAL)


def _engine_options(settings: OcrSettings) -> dict[str, Any]:
    if settings.engine == "onnxruntime":
        threads = {"intra_op_num_threads": settings.threads, "inter_op_num_threads": 1}
        return {"engine": "onnxruntime", "engine_config": threads}
    return {"engine": "paddle", "cpu_threads": settings.threads}


def _require_official(settings: OcrSettings, weights: Weights) -> None:
    """Make sure that the official models are in PaddleX's cache or that a hub which has them answers.

    Raises:
        StartupError: Neither is so.
    """
    from paddlex.utils.cache import CACHE_DIR

    suffix = "_onnx" if settings.engine == "onnxruntime" else ""
    cache = Path(CACHE_DIR, "official_models")
    missing = [f"{name}{suffix}" for name in weights.official if not (cache / f"{name}{suffix}").is_dir()]
    if missing and not _hub_answers():
        raise StartupError(
            f"OCR_LANG={settings.lang} with OCR_ENGINE={settings.engine} needs PaddleOCR's official models "
            f"{', '.join(missing)}, and no model hub answers: put them into {cache}, or set OCR_MODEL_DIR to a folder "
            "that holds det/ and rec/."
        )


def _hub_answers() -> bool:
    """Whether one of PaddleX's model hubs answers within HUB_TIMEOUT_S.

    PaddleX asks them too, but one after the other and without an end where names do not resolve. Its switch against
    asking (PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK) is no way out: it tries to download from each, for half a minute.
    """
    from paddlex.inference.utils.official_models import official_models
    from paddlex.utils.flags import DISABLE_MODEL_SOURCE_CHECK

    if DISABLE_MODEL_SOURCE_CHECK:  # The operator says that one is there.
        return True
    answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
    for hub in official_models.hoster_candidates:
        threading.Thread(target=lambda ask: answers.put(ask()), args=(hub.is_available,), daemon=True).start()
    end = time.monotonic() + HUB_TIMEOUT_S
    try:
        return any(answers.get(timeout=max(0.0, end - time.monotonic())) for _ in official_models.hoster_candidates)
    except queue.Empty:
        return False


def _spans(result: Any) -> tuple[Span, ...]:  # noqa: ANN401 - a dict of PaddleX without types
    lines = zip(result["rec_texts"], result["rec_scores"], result["rec_polys"], strict=True)
    return tuple(
        Span(" ".join(text.split()), _polygon(corners), float(confidence))
        for text, confidence, corners in lines
        if text.strip()
    )


def _polygon(corners: np.ndarray[Any, Any]) -> Polygon:
    top_left, top_right, bottom_right, bottom_left = ((float(x), float(y)) for x, y in corners)
    return top_left, top_right, bottom_right, bottom_left
