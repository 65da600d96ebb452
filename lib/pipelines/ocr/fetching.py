"""Fetches PaddleOCR's official models into PaddleX's cache: each wholly or not at all.

In: names of models, model hubs. Out: folders where `official` and PaddleOCR itself look for them. The downloads are
PaddleX's own; here is what they lack: a look at what came, and a cache that never holds half a model.
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from lib.pipelines.ocr.official import ORIENTATION, answering_hubs, cached_folder
from lib.pipelines.ocr.weights import find_weights
from lib.settings import OcrSettings, prepare_environment_for_ocr

DESCRIPTION = "inference.yml"
WEIGHTS = ("inference.onnx", "inference.pdiparams")
"""What a model's folder must hold: its description, and weights in one of these formats."""


class Hub(Protocol):
    """One of PaddleX's model hubs, made for a folder."""

    def supports_model(self, model_name: str, /) -> bool:
        """Whether it might have a model."""

    def get_model(self, model_name: str, /) -> Any:  # noqa: ANN401 - PaddleX says nothing about it
        """Download a model into a folder of its name."""


Hubs: TypeAlias = Sequence[Callable[[Path], Hub]]


class NotFetched(Exception):
    """A model could not be had; the message is one sentence for the operator."""


def models_for(langs: Iterable[str], *, settings: OcrSettings, orientation: bool = False) -> tuple[Path, ...]:
    """Where the official models belong that these languages need: none for those that the bundled weights read.

    Args:
        langs: Codes of languages.
        settings: For which engine; OCR_MODEL_DIR does not count.
        orientation: Also the model that says which way is up.

    Raises:
        StartupError: A language is unknown.
    """
    prepare_environment_for_ocr(settings)
    names = {ORIENTATION} if orientation else set()
    for lang in langs:
        own = settings.model_copy(update={"lang": lang, "langs": (), "model_dir": ""})
        with tempfile.TemporaryDirectory(prefix="ocrlty-models-") as folder:
            names.update(find_weights(own, Path(folder)).official)
    return tuple(cached_folder(name, settings) for name in sorted(names))


def fetch(folders: Iterable[Path], *, hubs: Callable[[], Hubs] = answering_hubs) -> tuple[Path, ...]:
    """Fetch what is missing; what is there stays as it is, and no hub is asked where nothing is missing.

    Args:
        folders: Of `models_for`.
        hubs: Finds those that answer.

    Returns:
        The models that are new.

    Raises:
        NotFetched: No hub answers, or none gives a whole model; what was fetched before that one stays.
        OSError: The folder cannot be written, or the disk is full.
    """
    missing = tuple(folder for folder in folders if not folder.is_dir())
    if not missing:
        return ()
    answering = hubs()
    if not answering:
        raise NotFetched(
            f"No model hub answers, so {', '.join(folder.name for folder in missing)} cannot be fetched: try again"
            f" where one is in reach, or copy the models from elsewhere into {missing[0].parent}."
        )
    for folder in missing:
        _fetch_one(folder, answering)
    return missing


def _fetch_one(folder: Path, hubs: Hubs) -> None:
    """Try one hub after the other, each in a folder beside the target, which is renamed once it is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for hub in hubs:
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder.parent) as scratch:
            failure = _download(hub(Path(scratch)), folder.name)
            if failure is None and _is_whole(Path(scratch, folder.name)):
                Path(scratch, folder.name).replace(folder)
                return
            failures.append(failure or "half a model")
    raise NotFetched(f"{folder.name} could not be fetched: {'; '.join(failures)}. Try again later.")


def _download(hub: Hub, name: str) -> str | None:
    """What went wrong; None where nothing did."""
    if not hub.supports_model(name):
        return f"{_name_of(hub)} does not have it"
    try:
        hub.get_model(name)
    except Exception as exc:  # Hubs raise what their libraries raise, and the next one may have the model.
        if isinstance(exc, OSError) and exc.errno and exc.filename:  # The disk's doing, not the hub's.
            raise
        return f"{_name_of(hub)} failed ({type(exc).__name__})"
    return None


def _name_of(hub: Hub) -> str:
    return str(getattr(hub, "alias", "") or type(hub).__name__)


def _is_whole(folder: Path) -> bool:
    files = [folder / name for name in WEIGHTS if (folder / name).is_file()]
    return (folder / DESCRIPTION).is_file() and any(file.stat().st_size for file in files)
