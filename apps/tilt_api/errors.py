"""Errors on the wire, in the flat shapes of vLLM's own server.

In: exceptions. Out: responses. Source: vllm/entrypoints/openai/api_server.py of vLLM 0.8.3; 413 and 503 have no body
there and get one of the same shape.
"""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from loguru import logger

from apps.tilt_api.engine import ServingError
from lib.pipelines.tilt.chat_protocol import ErrorBody

CLIENT_GONE = 499
"""For the log and the metrics; nobody is there to read it. Source: nginx."""


async def on_serving_error(_: Request, exc: Exception) -> JSONResponse:
    """A refusal or failure that the server has a sentence for."""
    assert isinstance(exc, ServingError)  # noqa: S101 - registered for this class only
    if exc.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.warning("{}", exc)
    headers = None if exc.retry_after_s is None else {"Retry-After": str(exc.retry_after_s)}
    return JSONResponse(
        ErrorBody.of(exc.status, str(exc), kind=exc.kind).model_dump(), status_code=exc.status, headers=headers
    )


def unexpected() -> Response:
    """A defect of ours; nothing of it leaves the process."""
    return PlainTextResponse("Internal Server Error", status_code=HTTPStatus.INTERNAL_SERVER_ERROR)


def install(app: FastAPI) -> None:
    """Register the handler."""
    app.add_exception_handler(ServingError, on_serving_error)
