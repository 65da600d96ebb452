"""The numbers of docs/sla.md are those of the settings and of the code."""

import re
from typing import Any

import pytest
import yaml

from apps.api_gpu.errors import CODES_OF_OTHER_STATUSES, REFUSED_AS_HTTP, RETRY_AFTER_S, STATUS
from apps.api_gpu.http_protocol import Limits
from apps.api_gpu.tilt_watch import INTERVAL_S
from lib.fair_queue import LONGEST_RETRY_S, SHORTEST_RETRY_S
from lib.pipelines.pages import LONGEST_SIDE
from lib.pipelines.tilt_client import LONGEST_WAIT_S
from lib.pipelines.worker_process import GUEST_PROCESSES, MOST_PROCESSES
from lib.settings import DEFAULTS, Settings, environment_names
from tests.markdown import page, rows

TEXT = page("sla.md")
SENTENCES = " ".join(TEXT.split())
MOVED = [row for row in rows(TEXT) if re.fullmatch(r"`[A-Z_]+`", row[1])]
"""Rows with a setting and its default."""


def default_of(variable: str) -> Any:  # noqa: ANN401 - any setting
    """What configs/default.yaml says."""
    section, name = environment_names()[variable].split(".")
    return yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))[section][name]


@pytest.mark.parametrize("row", MOVED, ids=lambda row: row[1].strip("`"))
def test_default_is_that_of_the_settings(row: list[str]) -> None:
    """The page does not lie when a default changes."""
    default = default_of(row[1].strip("`"))

    assert row[2] == (f"{default:g}" if isinstance(default, float) else str(default))


def test_every_setting_that_bounds_or_times_requests_is_on_the_page() -> None:
    """Limits, times and queues, of which none is forgotten."""
    bounding = re.compile(
        r"TILT_(RETR|BREAKER|FALLBACK|CONCURR|QUEUE|MAX_IN)|\w+_TIMEOUT_S|DRAIN_S|MAX_|BATCH_|OCR_(QUEUE|CONC)|PDF_|JOB_(MAX|SHARE|INLINE|RETR)|RESULT_|CALLBACK_ATT"
    )

    assert {row[1].strip("`") for row in MOVED} == {name for name in environment_names() if bounding.match(name)}


def test_statuses_and_codes_belong_together() -> None:
    """`503 overloaded` is what the service answers."""
    known = {(str(int(status)), error.code) for error, status in STATUS.items()}
    known |= {(str(int(status)), code) for status, code in (CODES_OF_OTHER_STATUSES | REFUSED_AS_HTTP).items()}
    named = set(re.findall(r"\b(\d{3}) `(\w+)`", TEXT))

    assert len(named) > 8
    assert named <= known


def test_numbers_in_sentences_are_those_of_defaults_and_constants(settings: Settings) -> None:
    """What follows from several numbers is computed here."""
    tilt = settings.tilt
    waits_s = sum(min(tilt.retry_wait_s * 2**attempt, LONGEST_WAIT_S) for attempt in range(tilt.retries))
    unreachable_s = waits_s + (1 + tilt.retries) * tilt.connect_timeout_s

    assert f"from {SHORTEST_RETRY_S:g} to {LONGEST_RETRY_S:g} s; {RETRY_AFTER_S} where nothing is known" in SENTENCES
    assert f"and {GUEST_PROCESSES} more for keys that have none at work" in SENTENCES
    assert f"a side of more than {LONGEST_SIDE:,}" in SENTENCES
    assert "30 s for the headers of a request" in SENTENCES
    assert (Limits().head, Limits().stall, Limits().linger) == (30, 30, 5)
    assert f"doubles with each, {LONGEST_WAIT_S:g} at most" in SENTENCES
    assert f"fails after at most {waits_s:g} s of waits" in SENTENCES
    assert f"fails after at most {unreachable_s:g} s." in SENTENCES
    assert f"fails after {tilt.timeout_s:g} s, with 503 `tilt_timeout`" in SENTENCES
    assert (
        f"After {tilt.breaker_failures} failed documents the breaker opens: for {tilt.breaker_reset_s:g} s" in SENTENCES
    )
    assert f"for another {tilt.breaker_reset_s:g} s" in SENTENCES
    assert f"within {INTERVAL_S:g} s plus `TILT_CONNECT_TIMEOUT_S`" in SENTENCES
    assert f"At most {MOST_PROCESSES} worker processes" in SENTENCES
    assert f"terminationGracePeriodSeconds: {settings.api.drain_s + 5:g}" in SENTENCES
