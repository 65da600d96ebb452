"""What the OpenAPI document says beyond the models: forms, headers, and each endpoint's problems with an example.

In: nothing. Out: the dictionaries that routes.py hands to FastAPI. A test holds them against the running service.
"""

from http import HTTPStatus
from typing import Any

from apps.api_gpu.errors import PROBLEM_JSON
from apps.api_gpu.questions import MAX_QUESTIONS

_PROBLEMS: dict[int, tuple[str, str, str]] = {
    400: (
        "The document is empty, truncated, corrupt, encrypted or has no pages.",
        "unreadable_document",
        "The PDF is damaged and cannot be opened. Save or print it anew.",
    ),
    401: (
        "`API_KEYS` is set, and the request has none of them.",
        "unauthorized",
        "This service needs a key: send Authorization: Bearer <key>.",
    ),
    404: (
        "There is no such job, not any more, or it was made with another key.",
        "job_not_found",
        "There is no such job, or not any more (RESULT_TTL_S), or it was made with another key.",
    ),
    409: (
        "The `Idempotency-Key` was sent before, with other files or options.",
        "idempotency_conflict",
        "This Idempotency-Key was sent before with other files or options. Take a new key for a new job.",
    ),
    413: (
        "More bytes, pages, pixels or words than allowed.",
        "too_many_pages",
        "The document has 21 pages, the limit is 20; split it, or raise MAX_PAGES on the server.",
    ),
    415: (
        "The content is of no accepted type, whatever its name or header say.",
        "unsupported_media_type",
        "The file's content looks like text/plain; accepted are application/pdf, image/jpeg, image/png"
        " (ALLOWED_CONTENT_TYPES). Its name and declared type do not matter.",
    ),
    422: (
        "The form or the query is wrong: no file, too many, an unknown `include` or `lang`, wrong questions.",
        "invalid_request",
        "body.file: expected one file in the form field `file`, found 0 there",
    ),
    429: (
        "The key has its share of the service under way already; try again after `Retry-After`.",
        "too_many_requests",
        "100 requests of your key are under way already (MAX_REQUESTS_PER_KEY); send this one again later.",
    ),
    500: (
        "A defect of the service, or its OCR engine failed.",
        "internal_error",
        "The service failed on this request; its log has the place under the request id.",
    ),
    501: (
        "The service has no queue: `REDIS_URL` is not set.",
        "jobs_disabled",
        "This service has no queue. Set REDIS_URL and start workers (python -m apps.worker) to use /v1/jobs;"
        " /v1/extract and /v1/extract-batch work without.",
    ),
    502: (
        "The TILT server answered something that is not its protocol, or refused the request.",
        "tilt_protocol_error",
        "The TILT server refused the request (status 401). VLLM_API_KEY must be the same here and there.",
    ),
    503: (
        "Nothing is free, the instance is shutting down, or the TILT server is down; try again after `Retry-After`.",
        "overloaded",
        "32 documents are waiting for OCR already (OCR_QUEUE); send this one again later.",
    ),
    504: (
        "The request's deadline passed.",
        "deadline_exceeded",
        "The request's deadline passed; send fewer pages, or raise REQUEST_TIMEOUT_S on the server.",
    ),
}
"""By status: when it is answered, and the code and detail of its example."""

EXAMPLE_ID = "6f9f1c0b9d5a4c1e8f5f0f4c7f0c6a55"


def _header(description: str, **schema: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON schema
    return {"description": description, "schema": {"type": "string", **schema}}


_REQUEST_ID = {"X-Request-ID": _header("The request's id: the client's own, or one that was made.")}
_MORE_HEADERS = {
    401: {"WWW-Authenticate": _header("`Bearer`")},
    429: {"Retry-After": _header("Seconds to wait before the next attempt.", type="integer", minimum=1)},
    503: {"Retry-After": _header("Seconds to wait before the next attempt.", type="integer", minimum=1)},
}

_FROM_CLIENT = {
    "name": "X-Request-ID",
    "in": "header",
    "required": False,
    "description": "An id of the client's, taken over if it has up to 64 letters, digits, `.`, `_` or `-`.",
    "schema": {"type": "string"},
}

SUCCESS: dict[int | str, dict[str, Any]] = {200: {"headers": _REQUEST_ID}}
ACCEPTED: dict[int | str, dict[str, Any]] = {202: {"headers": _REQUEST_ID | {"Location": _header("The job's path.")}}}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: SUCCESS[200] | {"content": {"text/event-stream": {}}, "description": "Events `progress`, `file` and `end`."}
}
TRACED: dict[str, Any] = {"parameters": [_FROM_CLIENT]}
"""Of every endpoint."""
OPEN: dict[str, Any] = {"security": [{}]}
"""Beside the key, which FastAPI says: nothing, as a service without API_KEYS is open."""


def problem_example(status: int) -> dict[str, Any]:
    """A problem body as the service writes it."""
    _, code, detail = _PROBLEMS[status]
    return {
        "type": f"urn:ocrlty:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": EXAMPLE_ID,
    }


def answers(*problems: int, accepted: bool = False) -> dict[int | str, dict[str, Any]]:
    """The success, of work done or accepted, and these problems, as FastAPI's `responses`."""
    return (ACCEPTED if accepted else SUCCESS) | {status: _problem(status) for status in problems}


def _problem(status: int) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/ProblemBody"}, "example": problem_example(status)}
    return {
        "description": _PROBLEMS[status][0],
        "headers": _REQUEST_ID | _MORE_HEADERS.get(status, {}),
        "content": {PROBLEM_JSON: content},
    }


_FILE = {"type": "string", "format": "binary", "description": "PDF, JPG or PNG"}


def _form(name: str, schema: dict[str, Any], **more: dict[str, Any]) -> dict[str, Any]:
    """The form of an endpoint, which reads it as it streams in, and so FastAPI knows nothing of."""
    form = {"type": "object", "required": [name], "properties": {name: schema, **more}}
    return TRACED | OPEN | {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}


_QUESTIONS = {
    "type": "string",
    "contentMediaType": "application/json",
    "description": "Your own questions, answered under `fields` where a TILT server is configured: a JSON list of up to"
    f" {MAX_QUESTIONS}"
    ' objects {"key", "text"}.',
    "example": '[{"key": "po_number", "text": "What is the purchase order number?"}]',
}
ONE_FILE = _form("file", _FILE, questions=_QUESTIONS)
_CALLBACK = {
    "type": "string",
    "description": "Told by a signed POST that the job ended; its host must be among the server's CALLBACK_HOSTS.",
}
_FILES = {"type": "array", "items": _FILE, "minItems": 1}
JOB_FILES = _form("files", _FILES, questions=_QUESTIONS, callback_url=_CALLBACK)
MANY_FILES = _form("files", _FILES, questions=_QUESTIONS)

LANG_MEANING = "The language of scanned pages: one of the server's OCR_LANG and OCR_LANGS; left out: OCR_LANG."
INCLUDE: dict[str, Any] = {"items": {"type": "string", "pattern": "^((fields|details|ocr)(,(fields|details|ocr))*)?$"}}
INCLUDE_MEANING = (
    "`fields`: value, text, confidence, page, box and problem of each field, and of four more; `details`: "
    "items, taxes, parties, references, payment and amounts, each value as one of `fields`; `ocr`: all text with its "
    "boxes. Several as `include=fields,ocr` or repeated."
)
