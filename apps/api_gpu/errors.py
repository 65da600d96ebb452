"""Errors on the wire: one table (error class -> status), one body (RFC 9457), the handlers that apply them.

In: exceptions. Out: `application/problem+json`. Nothing of an unexpected exception but its class reaches the log, and
nothing of it the client: its message may quote the document.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from loguru import logger
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from lib import errors
from lib.telemetry import class_and_place, current_request

STATUS: Mapping[type[errors.ExtractionError], HTTPStatus] = {
    errors.EmptyUpload: HTTPStatus.BAD_REQUEST,
    errors.UnreadableDocument: HTTPStatus.BAD_REQUEST,
    errors.EncryptedDocument: HTTPStatus.BAD_REQUEST,
    errors.UploadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooManyPages: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooManyWords: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooManyPixels: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.OcrTooLong: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.QuestionsUnsupported: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.OcrError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.TiltProtocolError: HTTPStatus.BAD_GATEWAY,
    errors.DocumentRefused: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TiltUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TiltTimeout: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Draining: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.StorageFull: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DeadlineExceeded: HTTPStatus.GATEWAY_TIMEOUT,
    errors.JobsDisabled: HTTPStatus.NOT_IMPLEMENTED,
    errors.QueueUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.JobNotFound: HTTPStatus.NOT_FOUND,
    errors.IdempotencyConflict: HTTPStatus.CONFLICT,
    errors.CallbackRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.WorkerLost: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Every leaf of the tree in lib/errors.py; a test walks the tree and fails on one without a row."""

LATER = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS})
"""With a `Retry-After`."""

RETRY_AFTER_S = 5
"""Seconds a client is told to wait after a 503 that knows no better: longer than one page takes on one core."""

PROBLEM_JSON = "application/problem+json"
CODES_OF_OTHER_STATUSES = {
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.UNPROCESSABLE_ENTITY: "invalid_request",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal_error",
}
DETAILS_OF_OTHER_STATUSES = {
    HTTPStatus.NOT_FOUND: "There is no such endpoint; docs/api.md lists them, and so does /docs where API_DOCS is on.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The endpoint takes another method; the Allow header names it.",
}
"""What to do, where the framework only repeats the status."""

REFUSED_AS_HTTP = {
    HTTPStatus.BAD_REQUEST: "malformed_request",
    HTTPStatus.NOT_IMPLEMENTED: "malformed_request",
    HTTPStatus.REQUEST_TIMEOUT: "request_timeout",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "request_head_too_large",
}
"""The codes of what http_protocol.py refuses before the application sees it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is answered for an exception."""

    status: HTTPStatus
    code: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The JSON body.

        Source: RFC 9457, section 3; `code` and `request_id` are our extension members.
        """
        return {
            "type": f"urn:ocrlty:problem:{self.code}",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            "code": self.code,
            "request_id": current_request().request_id,
        }


def problem_of(exc: Exception) -> Problem:
    """The answer to an exception: of the pipeline, of a form or query, of the framework, or a defect of ours."""
    if isinstance(exc, errors.ExtractionError):
        status = STATUS[type(exc)]
        wait_s = math.ceil(exc.retry_after_s or RETRY_AFTER_S)
        headers = {"Retry-After": str(wait_s)} if status in LATER else {}
        return Problem(status, exc.code, str(exc), headers)
    if isinstance(exc, RequestValidationError):  # What is wrong and where, never the value itself.
        detail = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in exc.errors())
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail)
    if isinstance(exc, HTTPException):
        return _of_framework(exc)
    return _of_defect(exc)


def problem_of_failure(code: str, detail: str) -> Problem:
    """The problem of a file that failed in a worker, which told no more than code and detail."""
    status = {error.code: status for error, status in STATUS.items()}.get(code, HTTPStatus.INTERNAL_SERVER_ERROR)
    return Problem(status, code, detail)


def _of_framework(exc: HTTPException) -> Problem:
    """What the framework refuses by itself: unknown route, wrong method, a form it cannot parse."""
    status = HTTPStatus(exc.status_code)
    if status == HTTPStatus.BAD_REQUEST:  # Starlette's word for a broken form; ours is 422 (see docs/errors.md).
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = CODES_OF_OTHER_STATUSES.get(status, status.name.lower())
    said = str(exc.detail)
    detail = DETAILS_OF_OTHER_STATUSES.get(status, said) if said == status.phrase else said
    return Problem(status, code, detail, exc.headers or {})


def _of_defect(exc: Exception) -> Problem:
    """A defect of ours: logged by class and place, answered without either."""
    logger.error("{}", class_and_place(exc))
    detail = "The service failed on this request; its log has the place under the request id."
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail)


def respond(request: Request, exc: Exception) -> JSONResponse:
    """The error answer to a request; its code is left for the log line and the metrics."""
    problem = problem_of(exc)
    request.state.code = problem.code
    return JSONResponse(
        problem.body(), status_code=problem.status, headers=dict(problem.headers), media_type=PROBLEM_JSON
    )


async def _handle(request: Request, exc: Exception) -> JSONResponse:
    return respond(request, exc)


async def _handle_framework(routes: Sequence[BaseRoute], request: Request, exc: Exception) -> JSONResponse:
    """As `_handle`; the framework says of a path with several routes what the first of them allows."""
    answer = respond(request, exc)
    if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        matching = [route for route in routes if route.matches(request.scope)[0] != Match.NONE]
        methods = {method for route in matching for method in getattr(route, "methods", ())}
        answer.headers["Allow"] = ", ".join(sorted(methods))
    return answer


def install(app: FastAPI, *, routes: Sequence[BaseRoute]) -> None:
    """Register the handlers; what they do not catch ends in observation.py.

    Args:
        app: Which answers.
        routes: Of the service, to tell the methods that a path has.
    """
    app.add_exception_handler(errors.ExtractionError, _handle)
    app.add_exception_handler(RequestValidationError, _handle)
    app.add_exception_handler(HTTPException, partial(_handle_framework, routes))
