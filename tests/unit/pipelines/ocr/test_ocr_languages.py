"""lib/pipelines/ocr/languages.py: which languages share models, and what is said of those that cannot be had."""

import gc
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import onnxruntime
import pytest

from lib.errors import OcrError, StartupError
from lib.pipelines.ocr.languages import ConfiguredLanguages, settings_of
from lib.pipelines.ocr.weights import find_weights
from lib.settings import OcrSettings, load_settings
from tests.conftest import ROOT

pytestmark = pytest.mark.xdist_group("ocr")


def _settings(**environ: str) -> OcrSettings:
    return load_settings(environ).ocr


@pytest.mark.parametrize(
    ("langs", "expected"),
    [
        pytest.param("", ("en",), id="the default alone"),
        pytest.param("de, fr", ("en", "de", "fr"), id="further ones"),
        pytest.param("en,de,de", ("en", "de"), id="named twice"),
    ],
)
def test_languages_of_settings_begin_with_the_default(langs: str, expected: tuple[str, ...]) -> None:
    """OCR_LANG need not be named again, and may be."""
    assert _settings(OCR_LANGS=langs).languages == expected


def test_languages_that_the_bundled_weights_read_share_their_engines() -> None:
    """German and Japanese take no more memory than English."""
    languages = ConfiguredLanguages(_settings(OCR_LANGS="de,fr,japan"))

    assert len({languages.models_of(lang) for lang in ("", "en", "de", "fr", "japan")}) == 1


def test_language_that_is_not_configured_is_refused_with_those_that_are() -> None:
    """A worker with other settings than the API's says what to do."""
    with pytest.raises(OcrError, match=r"reads en, de \(OCR_LANG, OCR_LANGS\).*the same OCR_LANGS"):
        ConfiguredLanguages(_settings(OCR_LANGS="de")).models_of("fr")


def test_further_language_that_nobody_knows_ends_the_start() -> None:
    """A misspelt code is found at the start, not by the first client that asks for it."""
    with pytest.raises(StartupError, match=r"OCR_LANGS=english is no language"):
        ConfiguredLanguages(_settings(OCR_LANGS="de,english"))


def test_language_that_tesseract_alone_reads_needs_its_data(tmp_path: Path) -> None:
    """PaddleOCR has no Hebrew; what to install is said at the start."""
    with pytest.raises(StartupError, match=r"language he .* install tesseract-ocr-heb, or set TESSDATA_PREFIX"):
        ConfiguredLanguages(_settings(OCR_LANGS="he", TESSDATA_PREFIX=str(tmp_path)))


def test_language_with_a_folder_of_its_own_has_the_models_in_it(tmp_path: Path) -> None:
    """OCR_MODEL_DIR/ru has Russian; the others go on with what they had, and no hub is asked."""
    find_weights(_settings(), tmp_path / "ru")
    languages = ConfiguredLanguages(_settings(OCR_LANGS="de,ru", OCR_MODEL_DIR=str(tmp_path)))

    assert languages.models_of("de") == languages.models_of("") == "bundled"
    assert languages.models_of("ru") == str(tmp_path / "ru")


def test_further_language_whose_folder_is_broken_ends_the_start(tmp_path: Path) -> None:
    """It is looked at before anybody waits for it."""
    (tmp_path / "ru").mkdir()

    with pytest.raises(StartupError, match=r"OCR_MODEL_DIR: .*ru/det/inference\.yml cannot be read"):
        ConfiguredLanguages(_settings(OCR_LANGS="ru", OCR_MODEL_DIR=str(tmp_path)))


def test_model_folder_without_languages_is_that_of_the_default(tmp_path: Path) -> None:
    """What stood in OCR_MODEL_DIR before there were further languages still is OCR_LANG's."""
    settings = _settings(OCR_LANGS="de", OCR_MODEL_DIR=str(tmp_path))

    assert settings_of("en", settings=settings).model_dir == str(tmp_path)
    assert settings_of("de", settings=settings).model_dir == ""


def test_load_whose_models_have_gone_since_the_start_blames_the_engine(tmp_path: Path) -> None:
    """A folder that was there at the start and is not any more fails the page, with a code of ours."""
    find_weights(_settings(), tmp_path / "ru")
    languages = ConfiguredLanguages(_settings(OCR_LANGS="ru", OCR_MODEL_DIR=str(tmp_path)))
    (tmp_path / "ru" / "det" / "inference.yml").unlink()

    with pytest.raises(OcrError, match="engine for ru could not be loaded"):
        languages.load(str(tmp_path / "ru"))


def _sessions() -> int:
    """Models in memory."""
    return sum(isinstance(thing, onnxruntime.InferenceSession) for thing in gc.get_objects())


@pytest.mark.slow
def test_load_frees_the_memory_of_engines_that_were_given_up() -> None:
    """PaddleOCR's objects refer to each other, so that they outlive their last user until somebody collects them."""
    languages = ConfiguredLanguages(_settings())
    gc.collect()
    gc.disable()
    try:
        first = languages.load("bundled")
        before = _sessions()
        del first
        second = languages.load("bundled")
        after = _sessions()
    finally:
        gc.enable()

    assert second
    assert after == before


POOL = (
    "import sys; import anyio, numpy; from lib.errors import StartupError; from lib.pipelines.ocr import OcrPool\n"
    "from lib.settings import load_settings\n"
    "async def read():\n"
    "    pool = OcrPool.load(load_settings().ocr)\n"
    "    await pool.recognize(numpy.full((64, 64, 3), 255, numpy.uint8), lang='ru')\n"
    "    print(pool.stock.count)\n"
    "try: anyio.run(read)\n"
    "except StartupError as exc: sys.exit(str(exc))\n"
)
"""A start of the service that reads Russian beside English, and a page that asks for it."""


def _pool(proxy: str, cache: Path, *, tessdata: str = "/nowhere") -> "subprocess.CompletedProcess[str]":
    environ = {"OCR_LANGS": "ru", "OCR_CONCURRENCY": "1", "HTTPS_PROXY": proxy, "PADDLE_PDX_CACHE_HOME": str(cache)}
    environ["TESSDATA_PREFIX"] = tessdata
    command = [sys.executable, "-c", POOL]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def silent_host() -> Iterator[str]:
    """The address of a proxy that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.slow
def test_pool_with_official_models_of_a_further_language_reads_it_without_a_hub(
    silent_host: str, tmp_path: Path
) -> None:
    """What scripts/fetch_models.py has put into the cache is used when it is asked for."""
    bundled = find_weights(_settings(), tmp_path / "bundled").recognition.folder
    assert bundled is not None
    cached = tmp_path / "official_models" / "eslav_PP-OCRv5_mobile_rec_onnx"
    shutil.copytree(bundled, cached)
    description = (cached / "inference.yml").read_text(encoding="utf-8")
    renamed = description.replace("PP-OCRv6_small_rec", "eslav_PP-OCRv5_mobile_rec")
    (cached / "inference.yml").write_text(renamed, encoding="utf-8")

    done = _pool(silent_host, tmp_path)

    assert (done.returncode, done.stderr, done.stdout) == (0, "", "2\n")


@pytest.mark.slow
def test_pool_with_tesseract_data_of_a_further_language_reads_it_without_a_hub(
    silent_host: str, tmp_path: Path
) -> None:
    """The bundled models and Tesseract are one engine for both languages, and nobody is asked for models."""
    (tmp_path / "Cyrillic.traineddata").touch()

    done = _pool(silent_host, tmp_path, tessdata=str(tmp_path))

    assert (done.returncode, done.stderr, done.stdout) == (0, "", "1\n")


@pytest.mark.slow
def test_pool_without_the_models_of_a_further_language_does_not_start(silent_host: str, tmp_path: Path) -> None:
    """One sentence that says how they are fetched, before any request is taken."""
    done = _pool(silent_host, tmp_path)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "python -m scripts.fetch_models ru" in done.stderr
