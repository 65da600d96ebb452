"""Errors on the wire: one table (error class -> status), one body (RFC 9457), the handlers that apply them.

In: exceptions. Out: `application/problem+json`. Nothing of an unexpected exception but its class reaches the log, and
nothing of it the client: its message may quote the document.
"""

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from loguru import logger
from starlette.exceptions import HTTPException

from lib import errors
from lib.telemetry import current_request

STATUS: Mapping[type[errors.ExtractionError], HTTPStatus] = {
    errors.EmptyUpload: HTTPStatus.BAD_REQUEST,
    errors.UnreadableDocument: HTTPStatus.BAD_REQUEST,
    errors.EncryptedDocument: HTTPStatus.BAD_REQUEST,
    errors.UploadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooManyPages: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooManyPixels: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.OcrError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.TiltProtocolError: HTTPStatus.BAD_GATEWAY,
    errors.TiltUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TiltTimeout: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Draining: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DeadlineExceeded: HTTPStatus.GATEWAY_TIMEOUT,
}
"""Every leaf of the tree in lib/errors.py; a test walks the tree and fails on one without a row."""

RETRY_AFTER_S = 5
"""Seconds a client is told to wait after a 503: longer than one page takes on one core."""

PROBLEM_JSON = "application/problem+json"
CODES_OF_OTHER_STATUSES = {
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.UNPROCESSABLE_ENTITY: "invalid_request",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal_error",
}


def problem(status: HTTPStatus, *, code: str, detail: str) -> dict[str, Any]:
    """The body of an error answer.

    Source: RFC 9457, section 3; `code` and `request_id` are our extension members.
    """
    return {
        "type": f"urn:ocrlty:problem:{code}",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
        "request_id": current_request().request_id,
    }


def problem_response(
    status: HTTPStatus, *, code: str, detail: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An error answer; `code` is kept for the request's log line and metrics."""
    body = problem(status, code=code, detail=detail)
    return JSONResponse(body, status_code=status, headers=dict(headers or {}), media_type=PROBLEM_JSON)


async def on_extraction_error(_: Request, exc: Exception) -> JSONResponse:
    """An error of the pipeline, with the status of its row."""
    assert isinstance(exc, errors.ExtractionError)  # noqa: S101 - registered for this class only
    status = STATUS[type(exc)]
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return problem_response(status, code=exc.code, detail=str(exc), headers=headers)


async def on_invalid_request(_: Request, exc: Exception) -> JSONResponse:
    """A form or query that does not fit: what is wrong and where, never the value itself."""
    assert isinstance(exc, RequestValidationError)  # noqa: S101 - registered for this class only
    detail = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in exc.errors())
    return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, code="invalid_request", detail=detail)


async def on_http_error(_: Request, exc: Exception) -> JSONResponse:
    """What the framework refuses by itself: unknown route, wrong method, a form it cannot parse."""
    assert isinstance(exc, HTTPException)  # noqa: S101 - registered for this class only
    status = HTTPStatus(exc.status_code)
    if status == HTTPStatus.BAD_REQUEST:  # Starlette's word for a broken form; ours is 422 (see docs/errors.md).
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = CODES_OF_OTHER_STATUSES.get(status, status.name.lower())
    return problem_response(status, code=code, detail=str(exc.detail), headers=exc.headers)


def on_unexpected_error(exc: Exception) -> JSONResponse:
    """A defect of ours: logged by class and place, answered without either."""
    frames = traceback.extract_tb(exc.__traceback__)
    logger.error(
        "unexpected {} at {}", type(exc).__name__, " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames))
    )
    return problem_response(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code="internal_error",
        detail="The service failed on this request; its log has the place under the request id.",
    )


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(errors.ExtractionError, on_extraction_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_error)
