"""scripts/fetch_models.py as an operator or an image build runs it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

MODEL = "eslav_PP-OCRv5_mobile_rec_onnx"


@pytest.fixture
def silent_host() -> Iterator[str]:
    """The address of a proxy that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def run(*langs: str, proxy: str, cache: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run it where no hub is in reach."""
    command = [sys.executable, "-m", "scripts.fetch_models", *langs]
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("OCR_", "PADDLE_"))}
    proxies = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "PADDLE_PDX_CACHE_HOME": str(cache)}
    return subprocess.run(
        command, cwd=ROOT, env=outer | proxies | environ, capture_output=True, text=True, check=False, timeout=60
    )


def test_fetch_models_without_a_hub_ends_with_one_sentence(silent_host: str, tmp_path: Path) -> None:
    """An image build fails with a reason, and the cache has no trace of a model."""
    done = run("ru", "uk", proxy=silent_host, cache=tmp_path)

    assert done.returncode == 69
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"No model hub answers, so {MODEL} cannot be fetched" in done.stderr
    assert not (tmp_path / "official_models").exists()


def test_fetch_models_of_what_is_there_asks_no_hub(silent_host: str, tmp_path: Path) -> None:
    """A second build, and languages from the settings."""
    (tmp_path / "official_models" / MODEL).mkdir(parents=True)

    done = run(proxy=silent_host, cache=tmp_path, OCR_LANG="de", OCR_LANGS="ru")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f"{MODEL}  was there\n")


def test_fetch_models_of_unknown_language_is_a_wrong_setting(silent_host: str, tmp_path: Path) -> None:
    """The known ones are listed."""
    done = run("russian", proxy=silent_host, cache=tmp_path)

    assert done.returncode == 64
    assert "russian is no language" in done.stderr
