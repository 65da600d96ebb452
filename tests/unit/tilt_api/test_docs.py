"""docs/tilt-server.md says what is true."""

import json
import re

import pytest
from fastapi.routing import APIRoute

from apps.tilt_api import engine, launch
from apps.tilt_api.fork import REQUIRED_BUILD
from apps.tilt_api.routes import router
from lib.pipelines.tilt.chat_protocol import ErrorBody
from lib.pipelines.tilt.protocol import MAX_PAGES, MAX_REQUEST_BYTES, TiltAnswers, TiltRequest, Wire
from lib.settings import Settings, TiltServerSettings
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "tilt-server.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    section = TEXT.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines[2:]]


@pytest.mark.parametrize(
    ("position", "model", "example"),
    [
        pytest.param(0, TiltRequest, 1, id="request"),
        pytest.param(1, TiltAnswers, 0, id="answers"),
        pytest.param(2, ErrorBody, 0, id="error"),
    ],
)
def test_example_is_the_wire_models_own(position: int, model: type[Wire], example: int) -> None:
    """What is shown is what the models are tested with."""
    shown = json.loads(re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)[position])
    extra = model.model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    examples = extra["examples"]
    assert isinstance(examples, list)

    assert shown == examples[example]


def test_endpoints_are_those_of_the_server() -> None:
    """Each of them, and no other."""
    served = {
        f"{method} {route.path}"
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }

    assert {row[0] for row in rows("Endpoints")} == served


def test_exit_codes_are_those_of_the_process() -> None:
    """The watchdog of the container is written by this table."""
    codes = {value for module in (engine, launch) for name, value in vars(module).items() if name.startswith("EXIT_")}

    assert {int(row[0]) for row in rows("Exit codes")} == codes


def test_settings_are_those_of_the_server_with_their_defaults(settings: Settings) -> None:
    """Each of them, and no other."""
    defaults = {
        str(field.json_schema_extra["env"][0]): str(getattr(settings.tilt_server, name))  # type: ignore[index]
        for name, field in TiltServerSettings.model_fields.items()
    }

    assert {row[0]: row[1] for row in rows("Settings")} == defaults


def test_statuses_are_those_of_the_refusals() -> None:
    """Every refusal that has a status of its own has a row."""
    refusals = [value for value in vars(engine).values() if isinstance(value, type)]
    statuses = {refusal.status for refusal in refusals if issubclass(refusal, engine.ServingError)}

    assert statuses | {401, 415} == {int(row[0]) for row in rows("Refusals")}


def test_limits_are_those_of_the_protocol() -> None:
    """Numbers in the text."""
    assert f"more than {MAX_PAGES} pages" in TEXT
    assert f"more than {MAX_REQUEST_BYTES // 2**20} MiB" in TEXT
    assert f"**{REQUIRED_BUILD}**" in TEXT
