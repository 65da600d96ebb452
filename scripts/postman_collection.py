"""An OpenAPI document as a Postman collection: one request for each operation, with its answers as examples.

In: the OpenAPI document. Out: the collection. Pure; knows as much of OpenAPI as our own document uses.

Source: the collection format v2.1.0 (schema.getpostman.com).
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

VARIABLES = [
    {"key": "base_url", "value": "http://localhost:8000"},
    {"key": "api_key", "value": ""},
    {"key": "job_id", "value": ""},
]
"""What a user sets once for all requests."""

Json = dict[str, Any]


def to_collection(openapi: Json) -> Json:
    """The collection."""
    return {
        "info": {
            "name": openapi["info"]["title"],
            "description": openapi["info"]["description"],
            "version": openapi["info"]["version"],
            "schema": SCHEMA,
        },
        "variable": VARIABLES,
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{api_key}}", "type": "string"}]},
        "item": [_item(openapi, path, method, operation) for path, method, operation in _operations(openapi)],
    }


def _operations(openapi: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _item(openapi: Json, path: str, method: str, operation: Json) -> Json:
    request = _request(path, method, operation)
    answers = [_answer(openapi, request, int(status), response) for status, response in operation["responses"].items()]
    return {"name": operation["summary"], "request": request, "response": answers}


def _request(path: str, method: str, operation: Json) -> Json:
    path = path.replace("{", "{{").replace("}", "}}")  # A parameter of the path is a variable of the collection.
    request: Json = {
        "method": method,
        "header": [_parameter(parameter) for parameter in _parameters(operation, "header")],
        "url": {
            "raw": f"{{{{base_url}}}}{path}",
            "host": ["{{base_url}}"],
            "path": path.strip("/").split("/"),
            "query": [_parameter(parameter) for parameter in _parameters(operation, "query")],
        },
        "description": operation["description"],
    }
    if "security" not in operation:
        request["auth"] = {"type": "noauth"}
    if "requestBody" in operation:
        form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
        request["body"] = {
            "mode": "formdata",
            "formdata": [_form_field(*field) for field in form["properties"].items()],
        }
    return request


def _parameters(operation: Json, place: str) -> list[Json]:
    return [parameter for parameter in operation.get("parameters", []) if parameter["in"] == place]


def _parameter(parameter: Json) -> Json:
    """A header or query parameter, switched off: all of ours may be left out."""
    values = parameter["schema"].get("items", {}).get("enum", [])
    return {
        "key": parameter["name"],
        "value": ",".join(values),
        "description": parameter["description"],
        "disabled": True,
    }


def _form_field(name: str, schema: Json) -> Json:
    if "items" not in schema and schema.get("format") != "binary":
        return {"key": name, "type": "text", "value": "", "description": schema["description"], "disabled": True}
    several = schema["type"] == "array"
    description = schema["items"]["description"] if several else schema["description"]
    return {"key": name, "type": "file", "src": [] if several else "", "description": description}


def _answer(openapi: Json, request: Json, status: int, response: Json) -> Json:
    """A saved example of one status; without a body where the document shows none."""
    contents: dict[str, Json] = response.get("content", {})
    media_type = next(iter(contents), "")
    content = contents.get(media_type, {})
    example = content.get("example", _schema_example(openapi, content.get("schema", {})))
    return {
        "name": f"{status} {response['description']}",
        "originalRequest": request,
        "status": HTTPStatus(status).phrase,
        "code": status,
        "header": [{"key": "Content-Type", "value": media_type}] if media_type else [],
        "body": "" if example is None else json.dumps(example, indent=2, ensure_ascii=False),
    }


def _schema_example(openapi: Json, schema: Json) -> Json | None:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    examples: list[Json] = openapi["components"]["schemas"].get(name, {}).get("examples", [])
    return examples[0] if examples else None
