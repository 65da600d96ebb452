"""docs/api.md says what is true; tests/e2e/test_api_page.py runs its commands."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.api_gpu.health_schemas import TiltState
from apps.api_gpu.questions import MAX_QUESTIONS, MAX_TEXT_CHARS
from apps.api_gpu.routes import INCLUDES
from apps.api_gpu.schema_parts import FieldDetail
from apps.api_gpu.schemas import Meta
from apps.api_gpu.service import VERSION
from lib.document import EXTRA_KEYS, FIELD_KEYS
from lib.pipelines.tilt import chat_protocol
from lib.pipelines.tilt import protocol as tilt_protocol
from lib.pipelines.tilt.connection import MAX_ANSWER_BYTES
from lib.pipelines.tilt.exchange import CONFIDENCE_UNKNOWN
from lib.post.review import NO_REASON, REASON_OF, UNLIKELY_TAX
from lib.post.rules import LOW_CONFIDENCE
from scripts.export_openapi import openapi
from tests.conftest import ROOT
from tests.integration.test_tilt import REFUSED
from tests.markdown import Block, blocks, page, rows, section

PAGE = "api.md"
WIRE = [block for block in blocks(PAGE) if block.language == "json" and re.fullmatch(r"\w+ \d", block.label)]

CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")
WHERE_CODES_ARE = (
    *sorted((ROOT / "lib" / "details").rglob("*.py")),
    *(path for path in sorted((ROOT / "lib" / "post").rglob("*.py")) if path.name != "review.py"),
    *sorted((ROOT / "lib" / "layout_reader").rglob("*.py")),
    *sorted((ROOT / "lib" / "pipelines").rglob("*.py")),
)


def constants(tree: ast.Module) -> Iterator[str]:
    """Module-level NAME = "code" (or NAME: Final = "code")."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            if isinstance(target, ast.Name) and target.id.isupper():
                yield str(node.value.value)


def given(tree: ast.Module) -> Iterator[str]:
    """Strings inside of problem=..., reason=..., warnings=... and of codes.add(...)."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        carriers = [keyword.value for keyword in node.keywords if keyword.arg in {"problem", "reason", "warnings"}]
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func) in {"codes.add", "warnings.add"}:
            carriers += node.args
        for carrier in carriers:
            yield from (str(part.value) for part in ast.walk(carrier) if isinstance(part, ast.Constant))


def codes_of(path: Path) -> set[str]:
    """The codes of problems and warnings that a module gives."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = constants(tree) if path.parent.name in {"post", "einvoice"} else ()
    return {text for text in (*named, *given(tree)) if CODE.fullmatch(text)}


def test_every_problem_and_warning_of_the_code_is_explained() -> None:
    """A client looks a code up; no row is left of a code that is gone."""
    explained = {row[0].strip("`") for row in rows(section(PAGE, "### Problems and warnings"))}

    assert explained == set().union(*(codes_of(path) for path in WHERE_CODES_ARE))


def test_every_warning_asks_for_a_review_or_is_said_not_to() -> None:
    """A new warning needs a decision."""
    warnings = {row[0].strip("`") for row in rows(section(PAGE, "### Problems and warnings")) if "warning" in row[1]}

    assert warnings == {*REASON_OF, *NO_REASON}


def test_every_reason_of_a_review_is_explained() -> None:
    """And no other."""
    explained = {code for row in rows(section(PAGE, "### Reviews")) for code in re.findall(r"`(\w+)`", row[0])}

    assert explained == {*REASON_OF.values(), UNLIKELY_TAX}


@pytest.mark.parametrize("block", WIRE, ids=lambda block: block.label)
def test_wire_example_is_the_models_own(block: Block) -> None:
    """What is shown is what the models are tested with."""
    name, index = block.label.split()
    model = vars(tilt_protocol).get(name) or vars(chat_protocol)[name]

    assert json.loads(block.text) == model.model_config["json_schema_extra"]["examples"][int(index)]


def test_every_example_of_the_wire_is_shown() -> None:
    """Both shapes of the request, the chat protocol, and what is answered."""
    models: list[Any] = [
        value
        for module in (tilt_protocol, chat_protocol)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, tilt_protocol.Wire)
    ]
    existing = {
        f"{model.__name__} {index}"
        for model in models
        for index, _ in enumerate(model.model_config.get("json_schema_extra", {}).get("examples", []))
    }

    assert {block.label for block in WIRE} == existing


def test_endpoints_are_those_of_the_service() -> None:
    """Each of them, whether it asks for a key, and no other."""
    described = {
        (f"{method.upper()} {path}", "yes" if "security" in operation else "no")
        for path, methods in openapi()["paths"].items()
        for method, operation in methods.items()
    }
    table = rows(page(PAGE).split("\n## ", 1)[0])

    assert {(row[0].strip("`"), row[2]) for row in table} == described


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        pytest.param("### meta", Meta.model_fields, id="meta"),
        pytest.param("### ?include=fields", FieldDetail.model_fields, id="fields"),
        pytest.param("### Four fields more", dict.fromkeys(EXTRA_KEYS), id="extras"),
        pytest.param("## Health and probes", TiltState.model_fields, id="tilt"),
    ],
)
def test_keys_are_those_of_the_model(heading: str, keys: dict[str, Any]) -> None:
    """Each member of the JSON is explained, in its order."""
    assert [row[0].strip("`") for row in rows(section(PAGE, heading))] == list(keys)


def test_failures_of_the_tilt_server_are_answered_as_the_table_says() -> None:
    """The table is the one that tests/integration/test_tilt.py holds the service to."""
    table = {row[1].strip("`"): row for row in rows(section(PAGE, "## When the TILT server is down, slow or wrong"))}

    assert table.keys() == REFUSED.keys()
    for misbehavior, expected in REFUSED.items():
        shown = f"{expected.status} `{expected.code}`"
        backed = "200, degraded" if expected.status == 503 else shown
        assert table[misbehavior][2:] == [shown, backed]


def test_numbers_and_names_are_those_of_the_code() -> None:
    """What stands in sentences."""
    text = page(PAGE)

    assert f"below {LOW_CONFIDENCE} bring the warning" in text.replace("\n", " ")
    assert f"and {CONFIDENCE_UNKNOWN} is assumed" in text
    assert f"more than {MAX_ANSWER_BYTES // 2**20} MB" in text
    assert {f"### ?include={part}" in text for part in INCLUDES} == {True}
    assert f'"version": "{VERSION}"' in text
    assert len(FIELD_KEYS) == 6
    assert f"a JSON list of up to {MAX_QUESTIONS} objects" in text
    assert f"a `text` of up to {MAX_TEXT_CHARS} characters" in text
