"""The endpoints: what each takes and answers, no logic.

In: HTTP requests. Out: the wire models of lib/pipelines. Bodies are read and checked by hand and not by the framework:
within bounds, off the event loop, and with vLLM's status 400 for one that does not fit.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

import anyio.to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from apps.tilt_api.engine import BadRequest, EngineDead, UnknownModel
from apps.tilt_api.errors import CLIENT_GONE
from apps.tilt_api.reception import ClientGone, read_body, unless_gone
from apps.tilt_api.state import Serving
from lib.pipelines.tilt.chat_amounts import amount_reader
from lib.pipelines.tilt.chat_protocol import CHAT_PATH, MODELS_PATH, ChatCompletion, ChatRequest, ModelList
from lib.pipelines.tilt.protocol import GENERATE_PATH, TiltRequest, Wire, answer_body, explain
from lib.telemetry import current_request

router = APIRouter()

W = TypeVar("W", bound=Wire)


@router.post(f"/v1{GENERATE_PATH}")
async def generate(request: Request) -> Response:
    """One document and its questions -> one answer for each."""
    serving: Serving = request.app.state.serving

    async def answer(body: bytes) -> Wire:
        asked = await _parse(TiltRequest.model_validate_json, body)
        _note(request, asked)
        answers = await serving.service.answer(asked)
        return answer_body(asked, answers, answer_id=current_request().request_id, model=serving.model)

    return await _respond(request, answer)


@router.post(f"/v1{CHAT_PATH}")
async def chat(request: Request) -> Response:
    """One document as an `input_ocr_document` part -> the six fields as the JSON text of one message."""
    serving: Serving = request.app.state.serving

    async def answer(body: bytes) -> Wire:
        chat_request = await _parse(ChatRequest.model_validate_json, body)
        if chat_request.model not in {None, serving.model}:
            raise UnknownModel(f"The model `{str(chat_request.model)[:200]}` does not exist.")
        asked = await _parse(chat_request.as_tilt, serving.questions)
        _note(request, asked)
        answers = await serving.service.answer(asked)
        read_amount = await anyio.to_thread.run_sync(amount_reader, asked.pages)
        return ChatCompletion.of(
            answers,
            read_amount=read_amount,
            answer_id=current_request().request_id,
            model=serving.model,
            created=serving.created,
        )

    return await _respond(request, answer)


@router.get(f"/v1{MODELS_PATH}")
async def models(request: Request) -> ModelList:
    """The one model; 200 only while it can answer."""
    serving: Serving = request.app.state.serving
    serving.service.refuse_if_ending()
    return serving.model_list()


@router.get("/health")
async def health(request: Request) -> Response:
    """200 while the engine runs, 500 when it has ended; no body, as in vLLM."""
    serving: Serving = request.app.state.serving
    try:
        serving.service.refuse_if_ending()
        await serving.service.engine.check()
    except EngineDead:
        return Response(status_code=HTTPStatus.INTERNAL_SERVER_ERROR)
    return Response()


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """For Prometheus."""
    serving: Serving = request.app.state.serving
    return Response(serving.metrics.exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _respond(request: Request, answer: Callable[[bytes], Awaitable[Wire]]) -> Response:
    """Let the request in, read it, answer it, and stop when its client leaves."""
    serving: Serving = request.app.state.serving
    serving.service.refuse_if_ending()
    try:
        with serving.service.gate.admission():
            body = await read_body(request)
            answered = await unless_gone(request, lambda: answer(body))
    except (ClientDisconnect, ClientGone):
        serving.metrics.clients_gone.inc()
        return Response(status_code=CLIENT_GONE)
    return Response(answered.model_dump_json(), media_type="application/json")


async def _parse(read: Callable[..., W], *arguments: object) -> W:
    """What `read` makes of its arguments, in a thread: a large body takes a second of CPU time.

    Raises:
        BadRequest: It does not fit; says what and where, and quotes nothing.
    """
    try:
        return await anyio.to_thread.run_sync(read, *arguments)
    except ValidationError as exc:
        raise BadRequest(explain(exc)) from exc


def _note(request: Request, asked: TiltRequest) -> None:
    """Figures for the request's log line; nothing of what the document says."""
    request.state.facts = {
        "pages": len(asked.pages),
        "words": sum(len(page.ocr.words) for page in asked.pages),
        "images": sum(page.image is not None for page in asked.pages),
        "questions": len(asked.asked),
    }
