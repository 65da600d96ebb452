"""lib/pipelines/ocr/tesseract.py with real processes, the real Tesseract, and the data that `make setup` fetched."""

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lib.document import PageImage
from lib.pipelines.ocr import tesseract
from lib.pipelines.ocr.scripts import SCRIPTS
from lib.pipelines.ocr.tesseract import FOLDERS, Tesseract
from scripts.samples.fonts import sized

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ocr")]

CYRILLIC, GREEK = SCRIPTS[:2]


def strip(text: str) -> PageImage:
    """A line of print."""
    image = Image.new("RGB", (30 + 20 * len(text), 52), "white")
    ImageDraw.Draw(image).text((12, 38), text, font=sized("sans", 30), fill="black", anchor="ls")
    return np.asarray(image)


def process_ids(reader: Tesseract) -> list[int]:
    """Of the idle processes."""
    return [process._process.pid for process in reader._idle._timers]


@pytest.fixture(scope="module")
def reader() -> Tesseract:
    """The data must be here: `make setup` fetches it, and these tests are not to be skipped in silence."""
    found = Tesseract(FOLDERS)
    assert found.can_read(CYRILLIC), "run `make fetch-scripts`, or install tesseract-ocr-script-cyrl"
    return found


def test_tesseract_reads_lines_of_a_script_it_has_data_for(reader: Tesseract) -> None:
    """Words of mixed lines come out right, and one process is kept for the next page."""
    texts = ["ИТОГО 1 456,80", "Рахунок № 118 від 2 липня", "Сайт www.example.com"]

    read = reader.read(CYRILLIC, [strip(text) for text in texts])

    assert [reading.text for reading in read] == texts
    assert all(reading.confidence > 0.85 for reading in read)
    assert len(process_ids(reader)) == 1


def test_process_that_is_killed_costs_its_lines_and_no_others(reader: Tesseract) -> None:
    """What it was given stays unread; the next call has a new one."""
    reader.read(CYRILLIC, [strip("ИТОГО")])
    (pid,) = process_ids(reader)
    os.kill(pid, signal.SIGSTOP)
    killing = threading.Timer(0.5, os.kill, (pid, signal.SIGKILL))
    killing.start()

    assert [tuple(reading) for reading in reader.read(CYRILLIC, [strip("ИТОГО")])] == [("", 0.0)]
    assert [reading.text for reading in reader.read(CYRILLIC, [strip("ИТОГО")])] == ["ИТОГО"]


def test_idle_process_that_is_killed_costs_nothing(reader: Tesseract) -> None:
    """The kernel may end one for its memory: the next lines have a new one, and nothing of the old one is left."""
    reader.read(CYRILLIC, [strip("ИТОГО")])
    (pid,) = process_ids(reader)
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    assert [reading.text for reading in reader.read(CYRILLIC, [strip("ИТОГО")])] == ["ИТОГО"]
    assert not Path(f"/proc/{pid}").exists()


def test_process_that_takes_too_long_is_ended(reader: Tesseract, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page waits for so long for a line, and then goes on without it; also where its pixels fill the socket."""
    reader.read(CYRILLIC, [strip("ИТОГО")])
    (pid,) = process_ids(reader)
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(tesseract, "START_S", 0.2)
    monkeypatch.setattr(tesseract, "LINE_S", 0.1)
    wide = np.zeros((48, 1500, 3), np.uint8)
    started = time.monotonic()

    assert reader.read(CYRILLIC, [wide] * 4)[0].text == ""
    assert time.monotonic() - started < 10
    assert not Path(f"/proc/{pid}").exists()


def test_process_that_has_grown_is_not_used_again(reader: Tesseract, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever leaks goes with it."""
    monkeypatch.setattr(tesseract, "MEMORY_KEPT_MB", 1)

    assert reader.read(CYRILLIC, [strip("ИТОГО")])[0].text == "ИТОГО"
    assert process_ids(reader) == []


def test_process_ends_when_it_was_idle_for_long(reader: Tesseract, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few pages need one, and it holds as much memory as an engine does; the next page starts another."""
    reader._idle.end()
    monkeypatch.setattr(tesseract, "IDLE_S", 0.5)
    reader.read(CYRILLIC, [strip("ИТОГО")])
    (pid,) = process_ids(reader)

    ended = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < ended
        time.sleep(0.1)

    assert process_ids(reader) == []
    assert reader.read(CYRILLIC, [strip("ИТОГО")])[0].text == "ИТОГО"


def test_process_that_is_at_work_does_not_end_as_idle(reader: Tesseract, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is over when somebody takes it, and begins anew when it has answered."""
    reader._idle.end()
    monkeypatch.setattr(tesseract, "IDLE_S", 0.5)
    reader.read(CYRILLIC, [strip("ИТОГО")])

    process = reader._idle.take()
    time.sleep(1)

    assert process
    assert process._process.poll() is None
    process.end()


def test_processes_end_with_their_owner() -> None:
    """An engine pool that is given up leaves none behind."""
    own = Tesseract(FOLDERS)
    own.read(CYRILLIC, [strip("ИТОГО")])
    (pid,) = process_ids(own)
    del own

    assert not Path(f"/proc/{pid}").exists()


def test_data_is_found_where_distributions_put_it(tmp_path: Path) -> None:
    """Of the folders that are looked into the first counts; Fedora has scripts in a folder of their own."""
    (tmp_path / "script").mkdir()
    (tmp_path / "script" / "Cyrillic.traineddata").touch()

    found = Tesseract([str(tmp_path / "none"), str(tmp_path)])

    assert found.can_read(CYRILLIC)
    assert not found.can_read(GREEK)


def test_data_that_is_broken_costs_the_lines_alone(tmp_path: Path) -> None:
    """Half a file on an operator's disk."""
    (tmp_path / "ell.traineddata").write_bytes(b"half")

    assert Tesseract([str(tmp_path)]).read(GREEK, [strip("ΣΥΝΟΛΟ")])[0].confidence == 0
