"""A TILT server without a GPU: `uvicorn scripts.mock_vllm:app --port 8001`.

In: the requests of lib/pipelines/tilt/protocol.py and chat_protocol.py. Out: answers of the embedded reader in the TILT
server's words, or fixed ones for load tests (MOCK_ANSWERS=canned), after MOCK_DELAY_S. It checks VLLM_API_KEY and fails
in vLLM's shapes. It misbehaves as MOCK_MISBEHAVIOR, or a request's X-Mock-Misbehavior, says: see mock_misbehavior.py.

With MOCK_PROFILE it is a stock OpenAI-compatible server of that family instead (mock_openai/). Without, it answers chat
requests that have a document as text in them as vLLM would.
"""

import functools
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from typing import Any, Protocol
from uuid import uuid4

import anyio
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import RootModel, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.document import EXTRA_KEYS, FIELD_KEYS, Answer, OcrDocument, Question
from lib.layout_reader.reader import LayoutReader
from lib.pipelines.llm.models import chosen_model
from lib.pipelines.tilt.chat_amounts import amount_reader
from lib.pipelines.tilt.chat_protocol import UNAUTHORIZED, ChatCompletion, ChatRequest, ErrorBody, ModelCard, ModelList
from lib.pipelines.tilt.protocol import (
    MAX_REQUEST_BYTES,
    TiltAnswer,
    TiltQuestion,
    TiltRequest,
    Wire,
    answer_body,
    explain,
)
from lib.pipelines.tilt_prep import to_document
from lib.questions import load_detail_questions, load_questions
from lib.settings import Misbehavior, Settings, load_settings
from scripts import mock_misbehavior as misbehaving
from scripts.mock_openai.chat import StockChat, Values
from scripts.mock_openai.profiles import PROFILES
from scripts.mock_openai.reading import brings_document
from scripts.mock_openai.refused import Refused
from scripts.mock_openai.shapes import SHAPES, as_events

CANNED_CONFIDENCE = 0.9
CANNED: Mapping[str, str] = {
    "merchant": "Example Store",
    "date": "2026-01-31",
    "currency": "EUR",
    "subtotal": "100.00",
    "tax_amount": "19.00",
    "total": "119.00",
}

STOCK_MODEL = "example/general-7b"
"""What a stock profile serves where TILT_MODEL names nothing else."""

UNKNOWN = "unknown"
MEANT: Sequence[tuple[str, str]] = (
    ("iban", r"\biban\b"),
    (UNKNOWN, r"\b(?:buyer|customer|client|recipient|order|deliver|ship|address|phone|e-?mail|account|discount|pages)"),
    ("due_date", r"\bdue\b|\bby which\b"),
    ("tax_id", r"\b(?:tax|vat|gst) (?:\w+ )?(?:number|no|id)\b"),
    ("invoice_number", r"\b(?:invoice|receipt) (?:number|no|id)\b|\bnumber of the (?:invoice|receipt)"),
    ("subtotal", r"\bnet\b|sub-?total|before tax"),
    ("total", r"to pay|grand total|including tax|total amount on"),
    ("tax_amount", r"\btax|\bvat\b"),
    ("date", r"\bdate|\bwhen\b"),
    ("currency", r"\bcurrency"),
    ("merchant", r"\bseller|\bsells|\bmerchant|\bstore|\bcompany|\bvendor|\bissuer"),
    ("total", r"\btotal|\bamount"),
)
"""Which field a question of somebody else's is about; the first that fits. What is about none has no answer."""


class Reader(Protocol):
    """Who knows the answers."""

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """One answer to each question, in their order."""


def create_app(settings: Settings, *, reader: Reader | None = None) -> FastAPI:
    """The mock server.

    Args:
        settings: Its `mock` section, and the `tilt` section's model, key and protocol limits.
        reader: Who answers; None: the embedded reader, or fixed answers where the settings say so.
    """
    knows = reader or (CannedReader() if settings.mock.answers == "canned" else LayoutReader())
    mock = MockServer(settings, knows)
    app = FastAPI(title="Mock TILT server", openapi_url=None)
    app.add_exception_handler(Refused, _on_refused)
    app.add_middleware(KeyCheck, key=settings.tilt.api_key.get_secret_value())
    app.add_api_route("/health", mock.health, methods=["GET"], response_model=None)
    app.add_api_route("/v1/models", mock.models, methods=["GET"], response_model=None)
    app.add_api_route("/v1/tilt/generate", mock.generate, methods=["POST"], response_model=None)
    app.add_api_route("/v1/chat/completions", mock.chat, methods=["POST"], response_model=None)
    return app


def __getattr__(name: str) -> FastAPI:
    """`app`, made when uvicorn asks for it and not when a test imports this module."""
    if name == "app":
        return create_app(load_settings())
    raise AttributeError(name)


class KeyCheck:
    """The key on every path below /v1, as vLLM does it."""

    def __init__(self, app: ASGIApp, *, key: str) -> None:
        self._app = app
        self._expected = f"Bearer {key}" if key else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or pass on."""
        guarded = scope["type"] == "http" and scope["path"].startswith("/v1") and scope["method"] != "OPTIONS"
        if guarded and self._expected and Request(scope).headers.get("Authorization") != self._expected:
            await JSONResponse(UNAUTHORIZED, status_code=401)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class CannedReader:
    """Answers the same to everything, at no cost."""

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """The fixed answers, whatever the document says."""
        del document
        return tuple(Answer(question.key, CANNED.get(question.key), CANNED_CONFIDENCE) for question in questions)


async def _on_refused(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, Refused)  # noqa: S101 - registered for this class only
    return exc.response


def _error(status: int, message: str) -> Refused:
    return Refused(JSONResponse(ErrorBody.of(status, message).model_dump(), status_code=status))


class Completion(RootModel[dict[str, Any]]):
    """A stock server's answer, in whatever shape."""


Answering = Callable[[bytes, Misbehavior], Awaitable[Wire | Completion]]


class MockServer:
    """The endpoints and how they misbehave."""

    def __init__(self, settings: Settings, reader: Reader) -> None:
        """Take the settings and who knows the answers."""
        self._model = settings.tilt.model
        self._is_stock = settings.mock.profile != "tilt"
        self._stock = StockChat(
            PROFILES[settings.mock.profile if self._is_stock else "vllm"],
            model=(chosen_model(self._model) or STOCK_MODEL) if self._is_stock else self._model,
        )
        self._settings = settings.mock
        self._reader = reader
        self._questions = tuple(TiltQuestion(key=question.key, text=question.text) for question in load_questions())
        self._turns = count(1)

    async def health(self) -> Response:
        """GET /health: 200 without a body."""
        return Response()

    async def models(self, request: Request) -> Response:
        """GET /v1/models."""
        if self._misbehavior(request) == "unavailable":
            raise _error(503, "The mock is unavailable.")
        names = self._stock.models if self._is_stock else (self._model,)
        return JSONResponse(ModelList(data=tuple(ModelCard(id=name) for name in names)).model_dump())

    async def generate(self, request: Request) -> Response:
        """POST /v1/tilt/generate, which stock servers do not have."""
        if self._is_stock:
            raise Refused(JSONResponse({"detail": "Not Found"}, status_code=404))
        return await self._served(request, self._generated)

    async def chat(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        return await self._served(request, self._chatted)

    def _misbehavior(self, request: Request) -> Misbehavior:
        try:
            return misbehaving.chosen(request, configured=self._settings.misbehavior)
        except ValueError as exc:
            raise _error(400, str(exc)) from exc

    async def _served(self, request: Request, answer: Answering) -> Response:
        start = anyio.current_time()
        misbehavior = self._misbehavior(request)
        response = await self._response(await _json_body(request), misbehavior, answer)
        delay_s = misbehaving.SLOW_S if misbehavior == "slow" else self._settings.delay_s
        await anyio.sleep_until(start + delay_s)
        return response

    async def _response(self, body: bytes, misbehavior: Misbehavior, answer: Answering) -> Response:
        if misbehavior == "unavailable" or (misbehavior == "flapping" and next(self._turns) % 2):
            raise _error(503, "The mock is unavailable.")
        if misbehavior in misbehaving.RESPONSES:
            return misbehaving.RESPONSES[misbehavior]()
        try:
            right = await answer(body, misbehavior)
        except ValidationError as exc:
            raise _error(400, explain(exc)) from exc
        distort = misbehaving.BODIES.get(misbehavior)
        text = distort(right.model_dump(mode="json")) if distort else right.model_dump_json()
        return Response(text, media_type="application/json")

    async def _generated(self, body: bytes, misbehavior: Misbehavior) -> Wire:
        request = TiltRequest.model_validate_json(body)
        answers = await self._answers(request, misbehavior)
        return answer_body(request, answers, answer_id=f"tilt-{uuid4().hex}", model=self._model)

    async def _chatted(self, body: bytes, misbehavior: Misbehavior) -> Wire | Completion:
        if self._is_stock or brings_document(body):
            return await self._stock_chatted(body, misbehavior)
        request = ChatRequest.model_validate_json(body)
        if request.model not in {None, self._model}:
            raise _error(404, f"The model `{request.model}` does not exist.")
        asked = request.as_tilt(self._questions)
        answers = await self._answers(asked, misbehavior)
        return ChatCompletion.of(
            answers,
            read_amount=amount_reader(asked.pages),
            answer_id=uuid4().hex,
            model=self._model,
            created=int(time.time()),
        )

    async def _stock_chatted(self, body: bytes, misbehavior: Misbehavior) -> Completion:
        async def read(document: OcrDocument, questions: Sequence[Question]) -> Values:
            answers = await self._read(document, questions, misbehavior)
            return {answer.key: answer.settle()[0] for answer in answers}

        if misbehavior == "model_missing":
            raise _error(404, "The model does not exist.")
        completion = await self._stock.complete(body, read, obey=misbehavior == "obedient")
        if misbehavior == "stream":
            raise Refused(Response(as_events(completion), media_type="text/event-stream"))
        shape = SHAPES.get(misbehavior)
        return Completion(shape(completion) if shape else completion)

    async def _answers(self, request: TiltRequest, misbehavior: Misbehavior) -> list[TiltAnswer]:
        return await self._read(to_document(request.pages), request.asked, misbehavior)

    async def _read(
        self, document: OcrDocument, questions: Sequence[Question | TiltQuestion], misbehavior: Misbehavior
    ) -> list[TiltAnswer]:
        asked = [Question(field_meant(question), question.text) for question in questions]
        found = await self._reader.read(document, asked)
        answers = [_wire_answer(asked.key, answer) for asked, answer in zip(questions, found, strict=True)]
        distort = misbehaving.ANSWERS.get(misbehavior)
        return [distort(index, answer) for index, answer in enumerate(answers)] if distort else answers


@functools.cache
def _detail_keys() -> frozenset[str]:
    """The keys of the service's questions for details, which the embedded reader is not asked."""
    return frozenset(question.key for question in load_detail_questions())


def field_meant(question: Question | TiltQuestion) -> str:
    """The field that a question is about, by its key, or by its words where the key is somebody else's."""
    if question.key in FIELD_KEYS or question.key in EXTRA_KEYS:
        return question.key
    if question.key in _detail_keys():
        return UNKNOWN
    text = question.text.casefold()
    return next((key for key, pattern in MEANT if re.search(pattern, text)), question.key)


def _wire_answer(key: str, answer: Answer) -> TiltAnswer:
    values = () if answer.text is None else (answer.text,)
    return TiltAnswer(key=key, values=values, confidence=answer.confidence, finish_reason="stop")


async def _json_body(request: Request) -> bytes:
    """The request's body.

    Raises:
        Refused: It is not called JSON, or too long.
    """
    if request.headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/json":
        detail = "Unsupported Media Type: Only 'application/json' is allowed"
        raise Refused(JSONResponse({"detail": detail}, status_code=415))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_REQUEST_BYTES:
            raise _error(413, f"A request has at most {MAX_REQUEST_BYTES} bytes.")
    return bytes(body)
