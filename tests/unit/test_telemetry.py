"""Log lines, stage clocks and metrics."""

import io
import json
import logging
from pathlib import Path

import pytest
from loguru import logger
from PIL import ExifTags, Image
from prometheus_client import generate_latest

from lib.pipelines.images.decoding import read_sizes
from lib.settings import LogSettings
from lib.telemetry import (
    Metrics,
    RequestContext,
    StageClock,
    class_and_place,
    configure_logging,
    current_request,
    request_context,
)

JSON = LogSettings(format="json", level="INFO")
TEXT = LogSettings(format="text", level="INFO")


def test_json_line_carries_facts_as_fields(capfd: pytest.CaptureFixture[str]) -> None:
    """A log store can filter by status or pages without parsing a message."""
    configure_logging(JSON)

    with request_context(RequestContext("order-17")):
        logger.bind(status=200, facts={"pages": 2, "warnings": ["low_confidence"]}).info("answered")

    line = json.loads(capfd.readouterr().err)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "INFO",
        "logger": __name__,
        "message": "answered",
        "request_id": "order-17",
        "status": 200,
        "pages": 2,
        "warnings": ["low_confidence"],
    }


def test_text_line_ends_with_the_facts(capfd: pytest.CaptureFixture[str]) -> None:
    """People read `name=value`; braces in a message are no format."""
    configure_logging(TEXT)

    logger.bind(facts={"pages": 2, "warnings": [], "codes": ["a", "b"]}).info("answered {}", "{x}")

    assert capfd.readouterr().err.endswith(" INFO    - answered {x} pages=2 warnings=- codes=a,b\n")


def test_json_line_of_an_exception_names_class_and_place_only(capfd: pytest.CaptureFixture[str]) -> None:
    """An exception's message may quote the document."""
    configure_logging(JSON)

    try:
        int("TOTAL 12.10")
    except ValueError:
        logging.getLogger("somebody").exception("it failed")

    text = capfd.readouterr().err
    line = json.loads(text)
    assert (line["message"], line["exception"]) == ("it failed", "ValueError")
    assert line["at"][0].startswith("test_json_line_of_an_exception")
    assert "TOTAL" not in text


def test_text_line_of_a_library_names_an_exception_by_class_and_place_only(capfd: pytest.CaptureFixture[str]) -> None:
    """The default format keeps the same silence."""
    configure_logging(TEXT)

    try:
        int("TOTAL 12.10")
    except ValueError:
        logging.getLogger("somebody").exception("it failed")

    text = capfd.readouterr().err
    assert "it failed exception=ValueError at=test_text_line_of_a_library" in text
    assert "TOTAL" not in text


def test_class_and_place_of_what_the_system_refused_has_its_word_for_it() -> None:
    """Whoever is called at night reads that the disk is full."""
    with pytest.raises(OSError, match="space") as failure:
        Path("/dev/full").write_text("TOTAL 12.10", encoding="utf-8")

    said = class_and_place(failure.value)

    assert said.startswith("unexpected OSError ENOSPC at write_text:")
    assert "TOTAL" not in said


def test_debug_level_is_for_our_own_lines(capfd: pytest.CaptureFixture[str]) -> None:
    """Pillow would write the whole EXIF data of an upload."""
    configure_logging(LogSettings(format="text", level="DEBUG"))
    photo, exif = io.BytesIO(), Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "TOTAL 12.10"
    Image.new("RGB", (8, 8)).save(photo, "JPEG", exif=exif)

    read_sizes(photo.getvalue(), "image/jpeg", most=1)
    logger.debug("probed")

    text = capfd.readouterr().err
    assert "probed" in text
    assert "TOTAL" not in text


def test_clock_adds_to_its_request_also_where_a_stage_fails() -> None:
    """The log line of a failed request tells where the time went."""
    with request_context(RequestContext()):
        first, second = StageClock(), StageClock()
        with first.stage("ocr"):
            pass
        with pytest.raises(KeyError), second.stage("ocr"):
            raise KeyError
        timings_ms = current_request().timings_ms

    assert timings_ms == {"ocr": pytest.approx(first.timings_ms["ocr"] + second.timings_ms["ocr"])}


def test_metrics_tell_memory_of_the_process_and_the_platform() -> None:
    """The process's memory is watched without an agent."""
    text = generate_latest(Metrics().registry).decode()

    memory = next(line for line in text.splitlines() if line.startswith("process_resident_memory_bytes "))
    assert float(memory.split()[1]) > 2**20
    assert "python_info{" in text
