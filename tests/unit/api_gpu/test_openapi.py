"""The OpenAPI document tells the truth, and the exported files are up to date."""

from typing import Any

import pytest
from pydantic import BaseModel

from apps.api_gpu.description import problem_example
from apps.api_gpu.errors import CODES_OF_OTHER_STATUSES, PROBLEM_JSON, STATUS
from apps.api_gpu.health_schemas import Health, Readiness
from apps.api_gpu.job_schemas import JobResponse
from apps.api_gpu.schemas import BatchResponse, ExtractResponse, ProblemBody
from lib.errors import ExtractionError
from scripts.export_openapi import DOCS, exported, openapi
from scripts.postman_collection import SCHEMA, to_collection

EXTRACT = {"200", "400", "401", "413", "415", "422", "429", "500", "502", "503", "504"}
JOBS = {"202", "401", "409", "413", "422", "429", "500", "501", "503", "504"}
JOB = {"200", "401", "404", "422", "500", "501", "503"}
JOB_OPERATIONS = {"create_job", "get_job", "cancel_job", "watch_job"}
BATCH = {"200", "401", "413", "422", "429", "500", "503", "504"}
"""What a file of a batch fails with stands in its own result; the upload as a whole may come too slowly."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The service's own."""
    return openapi()


@pytest.mark.parametrize("name", ["openapi.json", "postman.json"])
def test_exported_file_is_up_to_date(name: str) -> None:
    """`make docs` was run after the last change."""
    assert (DOCS / name).read_text(encoding="utf-8") == exported()[name]


PROBLEMS = (EXTRACT | JOBS | JOB) - {"200", "202"}


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("post", "/v1/extract", EXTRACT),
        ("post", "/v1/extract-batch", BATCH),
        ("post", "/v1/jobs", JOBS),
        ("get", "/v1/jobs/{job_id}", JOB),
        ("delete", "/v1/jobs/{job_id}", JOB),
        ("get", "/v1/jobs/{job_id}/events", JOB),
    ],
)
def test_every_status_is_described_as_a_problem_with_an_example(
    document: dict[str, Any], method: str, path: str, expected: set[str]
) -> None:
    """Each non-2xx is application/problem+json and nothing else."""
    responses = document["paths"][path][method]["responses"]

    assert responses.keys() == expected
    for status in expected - {"200", "202"}:
        assert list(responses[status]["content"]) == [PROBLEM_JSON]
        assert responses[status]["content"][PROBLEM_JSON]["example"]["status"] == int(status)
    for status in expected & {"429", "503"}:
        assert "Retry-After" in responses[status]["headers"]
    assert all("X-Request-ID" in response["headers"] for response in responses.values())


def test_problem_examples_are_problems_of_the_service() -> None:
    """Status and code of an example belong together."""
    known = {(int(status), error.code) for error, status in STATUS.items()}
    known |= {(int(status), code) for status, code in CODES_OF_OTHER_STATUSES.items()}
    shown = [problem_example(int(status)) for status in PROBLEMS]

    assert {(problem["status"], problem["code"]) for problem in shown} <= known
    assert all(ProblemBody.model_validate(problem) for problem in shown)


def test_every_status_of_an_error_is_described() -> None:
    """An error that gets a new status must be described with it."""
    assert issubclass(next(iter(STATUS)), ExtractionError)
    assert {str(int(status)) for status in STATUS.values()} <= PROBLEMS


@pytest.mark.parametrize(
    "model",
    [
        ExtractResponse,
        BatchResponse,
        Health,
        Readiness,
        ProblemBody,
        JobResponse,
    ],
    ids=lambda model: model.__name__,
)
def test_example_of_a_model_is_one_of_it(model: type[BaseModel]) -> None:
    """Examples have the model's members, no more and no others."""
    extra = model.model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    examples = extra["examples"]
    assert isinstance(examples, list)

    for example in examples:
        assert model.model_validate(example).model_dump(mode="json", exclude_unset=True) == example


def test_operations_have_short_names(document: dict[str, Any]) -> None:
    """Generated clients get methods that one can type."""
    names = {operation["operationId"] for methods in document["paths"].values() for operation in methods.values()}

    assert names == {"extract", "extract_batch", "health", "live", "ready", "metrics", *JOB_OPERATIONS}


def test_key_is_described_as_optional(document: dict[str, Any]) -> None:
    """A service without API_KEYS is open."""
    assert {} in document["paths"]["/v1/extract"]["post"]["security"]


def test_collection_has_every_operation_with_its_answers(document: dict[str, Any]) -> None:
    """Postman shows what the OpenAPI document describes."""
    collection = to_collection(document)
    requests = {
        (item["request"]["method"].lower(), item["request"]["url"]["raw"].removeprefix("{{base_url}}")): item
        for item in collection["item"]
    }
    described = {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }

    assert collection["info"]["schema"] == SCHEMA
    assert requests.keys() == {(method, path.replace("{", "{{").replace("}", "}}")) for method, path in described}
    described = {(method, path.replace("{", "{{").replace("}", "}}")): op for (method, path), op in described.items()}
    for key, item in requests.items():
        assert {str(answer["code"]) for answer in item["response"]} == described[key]["responses"].keys()


def test_collection_sends_files_and_keys_as_the_service_takes_them(document: dict[str, Any]) -> None:
    """The form's field, the key where one is asked for, and none on probes."""
    items = {item["request"]["url"]["raw"]: item["request"] for item in to_collection(document)["item"]}

    assert items["{{base_url}}/v1/extract"]["body"]["formdata"][0] | {"description": ""} == {
        "key": "file",
        "type": "file",
        "src": "",
        "description": "",
    }
    assert "auth" not in items["{{base_url}}/v1/extract"]
    assert items["{{base_url}}/readyz"]["auth"] == {"type": "noauth"}
