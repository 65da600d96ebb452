"""The languages that a service reads: which models each takes, and how an engine of each is loaded.

In: OCR_LANG, OCR_LANGS, OCR_MODEL_DIR. Out: names of models, engines. Languages that one set of models reads share its
engines: en, de and fr are the same to the bundled weights.
"""

import gc
import tempfile
import threading
from pathlib import Path
from typing import Protocol

from loguru import logger

from lib.errors import OcrError, StartupError
from lib.pipelines.ocr.engine import OcrEngine, load_engines
from lib.pipelines.ocr.fetching import NotFetched, fetch
from lib.pipelines.ocr.official import cached_folder, require_official
from lib.pipelines.ocr.scripts import scripts_of
from lib.pipelines.ocr.tesseract import tesseract_in
from lib.pipelines.ocr.weights import OFFICIAL_RECOGNIZERS, backend_of, find_weights, models_of, require_known
from lib.settings import OcrSettings


class Languages(Protocol):
    """What engines there can be."""

    def models_of(self, lang: str, /) -> str:
        """The name of the models that read a language; empty: the default one.

        Raises:
            OcrError: It is not one of these.
        """
        ...

    def load(self, models: str, /) -> OcrEngine:
        """An engine of these models. Takes a second; runs in any thread.

        Raises:
            OcrError: There is none to be had.
        """
        ...


class OneLanguage:
    """Engines that are all there already."""

    def models_of(self, lang: str, /) -> str:
        """See `Languages.models_of`."""
        if lang:
            raise OcrError("The OCR engines read their one language only.")
        return ""

    def load(self, models: str, /) -> OcrEngine:
        """See `Languages.load`."""
        raise OcrError(f"There are no further OCR engines{models}.")


class ConfiguredLanguages:
    """The languages of the settings."""

    def __init__(self, settings: OcrSettings) -> None:
        """Make sure of each language; no engine is loaded yet.

        Raises:
            StartupError: A language is unknown, or its weights are neither at hand nor to be had.
        """
        for lang in settings.langs:
            require_known(lang, setting="OCR_LANGS")
        self._settings = {
            lang: at_hand(settings_of(lang, settings=settings), settings=settings) for lang in settings.languages
        }
        self._default = settings.lang
        self._loading = threading.Lock()
        by_models = {models_of(own): own for own in self._settings.values()}
        for models, own in by_models.items():
            if models != self.models_of(self._default):
                _require_weights(own)

    def models_of(self, lang: str, /) -> str:
        """See `Languages.models_of`."""
        if lang and lang not in self._settings:
            raise OcrError(
                f"This process reads {', '.join(self._settings)} (OCR_LANG, OCR_LANGS), and another language was asked"
                " for. Give the API and its workers the same OCR_LANGS."
            )
        return models_of(self._settings[lang or self._default])

    def load(self, models: str, /) -> OcrEngine:
        """See `Languages.load`."""
        own = next(settings for settings in self._settings.values() if models_of(settings) == models)
        try:
            with self._loading:  # PaddleX's registries and the warnings filter are one for all threads.
                gc.collect()  # An engine that was given up refers to itself: only this frees its memory.
                return load_engines(own)[0]
        except StartupError as exc:
            logger.error("no OCR engine for {}: {}", own.lang, exc)
            raise OcrError(f"The OCR engine for {own.lang} could not be loaded. The server's log says why.") from exc


def settings_of(lang: str, *, settings: OcrSettings) -> OcrSettings:
    """The settings as if `lang` were the only language.

    In OCR_MODEL_DIR a folder of the language's code has its models; what stands there without one is OCR_LANG's.
    """
    root = Path(settings.model_dir)
    folder = ""
    if settings.model_dir and (root / lang).is_dir():
        folder = str(root / lang)
    elif lang == settings.lang and ((root / "det").is_dir() or not _has_any(root, settings)):
        folder = settings.model_dir
    return settings.model_copy(update={"lang": lang, "langs": (), "model_dir": folder})


def at_hand(own: OcrSettings, *, settings: OcrSettings) -> OcrSettings:
    """The settings of one language, or those of the bundled models where they and Tesseract read its pages.

    Args:
        own: Of `settings_of`.
        settings: All languages, each of which says what to expect on a page that the bundled models cannot read.

    Raises:
        StartupError: It is a language that only Tesseract reads, whose data is not here.
    """
    hinted = own.model_copy(update={"langs": settings.languages})
    if own.model_dir or own.lang in backend_of(own).bundled_langs:
        return hinted
    official = OFFICIAL_RECOGNIZERS.get(own.lang)
    if official and cached_folder(official, own).is_dir():
        return own
    script = next(iter(scripts_of([own.lang])), None)
    if settings.scripts and script and tesseract_in(settings.tessdata).can_read(script):
        return hinted.model_copy(update={"lang": "en"})
    if script and not official:
        raise StartupError(
            f"The language {own.lang} (OCR_LANG, OCR_LANGS) is read by Tesseract alone, whose data is not here: install"
            f" {script.package}, or set TESSDATA_PREFIX."
        )
    return own


def _has_any(root: Path, settings: OcrSettings) -> bool:
    """Whether the folder has models by language."""
    return any((root / lang).is_dir() for lang in settings.languages)


def _require_weights(settings: OcrSettings) -> None:
    """Have the weights of a further language at hand, so that no request waits for a download.

    Raises:
        StartupError: They are neither at hand nor to be had.
    """
    with tempfile.TemporaryDirectory(prefix="ocrlty-models-") as folder:
        weights = find_weights(settings, Path(folder))
    require_official(settings, weights)
    try:
        fetch(cached_folder(name, settings) for name in weights.official)
    except (NotFetched, OSError) as exc:
        raise StartupError(f"The models of {settings.lang} (OCR_LANGS) are not to be had: {exc}") from exc
