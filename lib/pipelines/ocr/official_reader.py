"""PaddleOCR's official recognizers as second ones: of the scripts whose weights are at hand.

In: strips of pixels. Out: `Reading`s. Weights are at hand in OCR_MODEL_DIR, in the folder of a language that is written
in the script, or in PaddleX's cache, where `make fetch-models` puts them; no hub is asked. A recognizer is loaded when
the first page needs it. Imports paddleocr inside a function.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lib.document import PageImage
from lib.pipelines.ocr.descriptions import Model
from lib.pipelines.ocr.official import cached_folder
from lib.pipelines.ocr.readings import Reading
from lib.pipelines.ocr.scripts import SCRIPTS, Script
from lib.pipelines.ocr.weights import backend_of, own_model, own_session
from lib.settings import OcrSettings


class OfficialReader:
    """Reads strips in the scripts whose official recognizer is here. Threads may share it; one reads at a time."""

    def __init__(self, settings: OcrSettings) -> None:
        """Look for weights; none are loaded yet."""
        self._settings = settings
        found = ((script.name, _find(script, settings)) for script in SCRIPTS)
        self._models = {name: model for name, model in found if model}
        self._loaded: dict[str, Any] = {}
        self._lock = threading.Lock()

    def can_read(self, script: Script) -> bool:
        """Whether its weights are here."""
        return script.name in self._models

    def read(self, script: Script, strips: Sequence[PageImage]) -> list[Reading]:
        """What each strip says."""
        with self._lock:
            lines = self._recognizer(script.name).predict([*strips], batch_size=self._settings.batch)
        return [Reading(str(line["rec_text"]), float(line["rec_score"])) for line in lines]

    def _recognizer(self, script: str) -> Any:  # noqa: ANN401 - PaddleOCR has no types
        if script not in self._loaded:
            from paddleocr import TextRecognition

            model, backend = self._models[script], backend_of(self._settings)
            # It is shared as it is, so that its own session runs it, by onnxruntime where the models are ONNX files.
            options = own_session(self._settings) if backend.runs_onnx else backend.options(self._settings)
            self._loaded[script] = TextRecognition(
                model_name=model.name,
                model_dir=str(model.folder),
                device=self._settings.device,
                **options,
            )
        return self._loaded[script]


def _find(script: Script, settings: OcrSettings) -> Model | None:
    if settings.model_dir:
        for lang in script.langs:
            folder = Path(settings.model_dir, lang, "rec")
            if folder.is_dir():
                return own_model(folder)
    for name in script.official:
        if (folder := cached_folder(name, settings)).is_dir():
            return Model(name, folder)
    return None
