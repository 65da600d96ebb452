"""PaddleOCR's official models: whether they are at hand, or to be had.

In: names of models. Out: nothing, or a StartupError that says what to do. Asks PaddleX for its cache and its hubs.
"""

import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lib.errors import StartupError
from lib.pipelines.ocr.descriptions import Model
from lib.pipelines.ocr.lean_import import import_paddleocr
from lib.pipelines.ocr.weights import Weights, backend_of
from lib.settings import OcrSettings

HUB_TIMEOUT_S = 10.0
"""Seconds for the first model hub to answer. PaddleX gives each a second, but name resolution as long as it takes."""


ORIENTATION = "PP-LCNet_x1_0_doc_ori"
"""Says which way a page is up. No package carries it and no engine needs it: the lines nearly always tell."""


def with_orientation(weights: Weights, settings: OcrSettings) -> Weights:
    """The weights with the model that says which way is up, where PaddleX's cache has it."""
    folder = cached_folder(ORIENTATION, settings)
    if weights.orientation or not folder.is_dir():
        return weights
    return replace(weights, orientation=Model(ORIENTATION, folder))


def require_official(settings: OcrSettings, weights: Weights) -> None:
    """Make sure that the official models are in PaddleX's cache or that a hub which has them answers.

    Raises:
        StartupError: Neither is so.
    """
    missing = [folder for name in weights.official if not (folder := cached_folder(name, settings)).is_dir()]
    if missing and not _hub_answers():
        raise StartupError(
            f"The language {settings.lang} (OCR_LANG, OCR_LANGS) with OCR_ENGINE={settings.engine} needs PaddleOCR's "
            f"official models {', '.join(folder.name for folder in missing)}, and no model hub answers: put them into "
            f"{missing[0].parent} (`python -m scripts.fetch_models {settings.lang}` does, where a hub does answer), or "
            "set OCR_MODEL_DIR to a folder that holds det/ and rec/."
        )


def cached_folder(name: str, settings: OcrSettings) -> Path:
    """Where PaddleX's cache has an official model, or would have it."""
    import_paddleocr()  # With paddlex, which would bring more along by itself.
    from paddlex.utils.cache import CACHE_DIR

    return Path(CACHE_DIR, "official_models", f"{name}{backend_of(settings).cache_suffix}")


def _hub_answers() -> bool:
    """Whether one of PaddleX's model hubs answers within HUB_TIMEOUT_S."""
    return any(hub for hub, answers in _asked_hubs() if answers)


def answering_hubs() -> list[Any]:
    """PaddleX's model hubs that answer within HUB_TIMEOUT_S, in PaddleX's order."""
    from paddlex.inference.utils.official_models import official_models

    answering = {hub for hub, answers in _asked_hubs() if answers}
    return [hub for hub in official_models.hoster_candidates if hub in answering]


def _asked_hubs() -> Iterator[tuple[Any, bool]]:
    """PaddleX's model hubs as they answer, whether they are there.

    PaddleX asks them too, but one after the other and without an end where names do not resolve. Its switch against
    asking (PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK) is no way out: it tries to download from each, for half a minute.
    """
    from paddlex.inference.utils.official_models import official_models
    from paddlex.utils.flags import DISABLE_MODEL_SOURCE_CHECK

    hubs = official_models.hoster_candidates
    if DISABLE_MODEL_SOURCE_CHECK:  # The operator says that one is there.
        yield from ((hub, True) for hub in hubs)
        return
    answers: queue.SimpleQueue[tuple[Any, bool]] = queue.SimpleQueue()
    for hub in hubs:
        threading.Thread(
            target=lambda asked: answers.put((asked, asked.is_available())), args=(hub,), daemon=True
        ).start()
    end = time.monotonic() + HUB_TIMEOUT_S
    try:
        for _ in hubs:
            yield answers.get(timeout=max(0.0, end - time.monotonic()))
    except queue.Empty:
        return
