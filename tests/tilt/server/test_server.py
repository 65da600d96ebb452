"""The server process as its clients meet it."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.tilt.cases import Case, every_case, request_body
from tests.tilt.server.conftest import KEY, MODEL, RunningTilt

pytestmark = pytest.mark.anyio


@every_case
async def test_answers_over_http_are_those_recorded(case: Case, tilt: RunningTilt) -> None:
    """Text and confidence of every question; the recorded ones are those of Snowflake's fork."""
    async with tilt.client() as client:
        response = await client.post("/tilt/generate", json=request_body(case))

    assert response.status_code == 200, response.text
    for answer, recorded in zip(response.json()["answers"], case["answers"], strict=True):
        assert recorded["agrees_with_fork"]
        assert answer["values"] == [part.strip() for part in recorded["text"].split("|")]
        assert answer["confidence"] == pytest.approx(recorded["confidence"], abs=1e-5)


async def test_models_and_log_name_the_engine(tilt: RunningTilt) -> None:
    """Whoever looks knows which of the two answers."""
    async with tilt.client() as client:
        card = (await client.get("/models")).json()["data"][0]

    assert (card["id"], card["owned_by"]) == (MODEL, "torch")
    assert f"ready: {MODEL} on torch" in tilt.log.read_text()


def test_server_keeps_the_contract(tilt: RunningTilt) -> None:
    """Everything that the mock and the server over vLLM are held to."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/contract"]
    options = [f"--tilt-url={tilt.base_url}", f"--tilt-key={KEY}"]

    held = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)

    assert held.returncode == 0, held.stdout[-4000:]
    assert " skipped" not in held.stdout


def test_extraction_goes_through_every_stage(tilt: RunningTilt) -> None:
    """`make extract` with the server behind it: its answers are nonsense, so that none may end up as a value."""
    environ = os.environ | {
        "VLLM_BASE_URL": tilt.base_url,
        "VLLM_API_KEY": KEY,
        "TILT_MODEL": MODEL,
        "TILT_TIMEOUT_S": "300",
        "REQUEST_TIMEOUT_S": "600",
    }
    command = ["make", "--no-print-directory", "extract", "FILE=tests/samples/receipt-usd.jpg"]

    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=600, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout)
    assert answer["meta"]["reader"] == "tilt"
    assert set(answer["data"]) == {"merchant", "date", "currency", "subtotal", "tax_amount", "total"}
    assert "POST /v1/tilt/generate 200" in tilt.log.read_text()
