"""scripts/fetch_scripts.py: data from packages, or one line that says what is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.pipelines.ocr.scripts import SCRIPTS
from scripts import fetch_scripts
from tests.conftest import ROOT

STAND_INS = {
    "apt-get": 'test -e "$PACKAGES" || exit 100; case "$*" in *update*) exit 100;; esac\n'
    'shift; for name; do touch "${name}_1_all.deb"; done',
    "dpkg-deb": 'mkdir -p "$3/usr"; name=$(basename "$2"); touch "$3/usr/${name%%_*}.traineddata"',
}
"""What apt-get and dpkg-deb do, as far as it matters here: a package has a file of its own name."""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of stand-ins for Debian's tools, alone on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, script in STAND_INS.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("PACKAGES", str(folder))
    return folder


def test_packages_are_unpacked_into_the_folder_of_the_environment(tools: Path, tmp_path: Path) -> None:
    """No root is needed, and nothing but the data is kept."""
    assert tools.is_dir()

    fetch_scripts.fetch(["tesseract-ocr-ell", "tesseract-ocr-heb"], tmp_path / "share" / "tessdata")

    names = {path.name for path in (tmp_path / "share" / "tessdata").iterdir()}
    assert names == {"tesseract-ocr-ell.traineddata", "tesseract-ocr-heb.traineddata"}


def test_machine_where_apt_does_not_answer_is_left_as_it_was(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lists, no network, no disk space."""
    monkeypatch.setenv("PACKAGES", str(tools / "none"))

    fetch_scripts.fetch(["tesseract-ocr-ell"], tmp_path / "share")

    assert not (tmp_path / "share").exists()


@pytest.mark.parametrize(("options", "code"), [((), 69), (("--quietly",), 0)])
def test_what_is_missing_is_said_in_one_line(
    options: tuple[str, ...],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On a machine without apt; `make extract` goes on."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fetch_scripts, "FOLDERS", (str(tmp_path),))

    assert fetch_scripts.main(options) == code

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert all(script.name in said and script.package in said for script in SCRIPTS)


def test_what_is_here_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked of apt where all data is at hand, installed or fetched before."""
    for script in SCRIPTS:
        (tmp_path / f"{script.data[0]}.traineddata").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fetch_scripts, "FOLDERS", (str(tmp_path),))

    assert fetch_scripts.main([]) == 0


def test_script_runs_as_make_calls_it() -> None:
    """By its name, from the root of a clone."""
    command = [sys.executable, "-m", "scripts.fetch_scripts", "--help"]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.dev"])
def test_images_install_what_every_script_needs(name: str) -> None:
    """Their users are not to see `unreadable_script`."""
    content = (ROOT / name).read_text(encoding="utf-8")

    assert [package for package in fetch_scripts.packages_of(SCRIPTS) if package not in content] == []
