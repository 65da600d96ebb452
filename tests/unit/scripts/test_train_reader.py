"""What training keeps between runs."""

import json
import shutil
from pathlib import Path

import pytest

from scripts.reader_training.keeping import keep_ocr
from scripts.reader_training.labelled import load
from tests.conftest import ROOT

SAMPLES = ROOT / "tests" / "samples"
ROWS = [json.loads(line) for line in (SAMPLES / "manifest.jsonl").read_text().splitlines()]


def labelled_folder(folder: Path, *, mime: str) -> str:
    """A labelled folder with the first sample of a type; the sample's id."""
    row = next(row for row in ROWS if row["mime"] == mime)
    folder.mkdir()
    shutil.copy(SAMPLES / row["path"], folder)
    (folder / "manifest.jsonl").write_text(json.dumps(row) + "\n")
    return str(row["id"])


@pytest.mark.parametrize(
    ("mime", "scans"),
    [
        pytest.param("image/jpeg", False, id="picture"),
        pytest.param("application/pdf", True, id="PDF as a scan"),
    ],
)
def test_keep_ocr_of_a_document_gives_training_its_words(tmp_path: Path, mime: str, scans: bool) -> None:
    """They are read by the real engine, once, and come back as words on a page."""
    name = labelled_folder(tmp_path / "data", mime=mime)
    kept = tmp_path / "kept"

    keep_ocr(tmp_path / "data", kept, scans=scans)
    (found,) = load(tmp_path / "data", ocr_cache=kept, kept_only=True)

    assert [path.name for path in kept.iterdir()] == [f"{name}.json"]
    assert len(found.document.pages[0].words) > 20
    assert found.document.source == "ocr"


def test_keep_ocr_of_what_is_kept_reads_nothing_again(tmp_path: Path) -> None:
    """A run that was interrupted goes on where it ended."""
    name = labelled_folder(tmp_path / "data", mime="image/jpeg")
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / f"{name}.json").write_text("as it was")

    keep_ocr(tmp_path / "data", kept)

    assert (kept / f"{name}.json").read_text() == "as it was"
