"""The running service against schemathesis: requests made from its own OpenAPI document, right and wrong ones.

No answer may be a server error, and none may be one that the document does not describe. A Redis is there, so that jobs
are taken, too, and a key, so that requests without it are refused. All of schemathesis' checks run but EXCLUDED.
"""

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from scripts.local_service import API, local_server
from tests.redis_server import redis_server

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "200"))
"""Of each operation and phase; all of them take a minute or two."""
PATIENCE_S = 400

KEY = "fuzz"
ENVIRONMENT = {"OCR_CONCURRENCY": "1", "PDF_TIMEOUT_S": "5", "REQUEST_TIMEOUT_S": "30", "LOG_LEVEL": "ERROR"}
ENVIRONMENT |= {"API_KEYS": KEY}

CONFIGURATION = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 404, 409, 413, 415, 422]
"""
"""Bytes that the schema allows are no document yet: most are refused with 400, 413 or 415, as they should be, languages
and questions that this service has not with 422, ids that were made up with 404."""

EXCLUDED = "use_after_free"
"""DELETE cancels a job, which can be looked at until it expires."""

EVENTS = r"/events$"
"""Told until the job ends, and no worker ends any here: ids that were made are not asked for."""


@pytest.mark.slow
@pytest.mark.fuzz
def test_service_answers_whatever_it_is_sent_as_its_document_says(tmp_path: Path) -> None:
    """Statuses, bodies, headers and methods are those that clients are generated from."""
    program = str(Path(sysconfig.get_path("scripts"), "schemathesis"))
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION, encoding="utf-8")
    options = ["--checks", "all", "--exclude-checks", EXCLUDED, "--max-examples", str(EXAMPLES)]
    options += ["--header", f"Authorization: Bearer {KEY}"]
    runs: tuple[list[str], ...] = (
        ["--exclude-path-regex", EVENTS],
        ["--include-path-regex", EVENTS, "--phases", "examples,coverage"],
    )
    with redis_server(tmp_path) as redis, local_server(API, environ=ENVIRONMENT | {"REDIS_URL": redis.url}) as server:
        command = [program, "run", f"{server.url}/openapi.json", "--continue-on-failure", *options]
        ended = [
            subprocess.run([*command, *selected], cwd=tmp_path, timeout=PATIENCE_S, check=False).returncode
            for selected in runs
        ]

    assert ended == [0, 0]
