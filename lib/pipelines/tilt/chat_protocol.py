"""The shapes of vLLM 0.8.3's OpenAI server: chat completions with an OCR document, models, errors.

In: JSON. Out: validated, frozen models. Shared by the client, the TILT server and the mock; imports pydantic only.
The `input_ocr_document` content part and `confidences` are ours: vLLM itself has no chat part for OCR. Unlike OpenAI's,
vLLM's error bodies are flat.
"""

import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from lib.document import FIELD_KEYS
from lib.pipelines.tilt.protocol import (
    EXAMPLE_PAGE,
    MAX_PAGES,
    MAX_TOKENS,
    MAX_VALUE_CHARS,
    Confidence,
    FinishReason,
    Key,
    TiltAnswer,
    TiltOcr,
    TiltPage,
    TiltQuestion,
    TiltRequest,
    Wire,
    example,
)

CHAT_PATH = "/chat/completions"
MODELS_PATH = "/models"
"""Both below VLLM_BASE_URL, which ends in /v1."""

AMOUNT_KEYS = ("subtotal", "tax_amount", "total")
"""Whose values are numbers on this protocol."""

SYSTEM_PROMPT = (
    "Extract merchant, date (YYYY-MM-DD), currency (ISO 4217), subtotal, tax_amount, total from the OCR document. "
    "Return strict valid JSON with exactly these keys and numeric values as floats. "
    "If a value is missing, set it to null."
)
"""Source: the project document, section 12."""

MAX_MESSAGES = 16
MAX_TEXT_CHARS = 20_000

ERROR_TYPES = {
    400: "BadRequestError",
    404: "NotFoundError",
    413: "RequestEntityTooLargeError",
    500: "InternalServerError",
    503: "ServiceUnavailableError",
}
"""The first two are vLLM's names; the others it has no body for."""

DOCUMENT_REFUSED = "document_refused"
"""The error's type where the request is right and the model or the engine cannot take its document."""

UNAUTHORIZED = {"error": "Unauthorized"}
"""vLLM's whole body of a 401."""

_EXAMPLE_COMPLETION = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_795_000_000, "model": "tilt"}
_EXAMPLE_MESSAGE = {"role": "assistant", "content": json.dumps(dict.fromkeys(FIELD_KEYS) | {"total": 56.0})}
_EXAMPLE_CHOICE = {"index": 0, "message": _EXAMPLE_MESSAGE, "finish_reason": "stop"}

ChatValue = (
    Annotated[str, Field(strict=True, max_length=MAX_VALUE_CHARS)]
    | Annotated[float, Field(strict=True, allow_inf_nan=False)]
    | None
)
"""A field as a chat model writes it: the document's text, a JSON number, or null."""


class ChatPage(TiltOcr):
    """One page of an `input_ocr_document`: its size, its words (or spans) and perhaps its image as base64."""

    image: str | None = None

    def as_page(self) -> TiltPage:
        """The page as /tilt/generate takes it; validates the image."""
        return TiltPage(ocr=TiltOcr(width=self.width, height=self.height, words=self.words), image=self.image)


class ChatDocument(Wire):
    """The OCR document inside a chat message."""

    pages: Annotated[tuple[ChatPage, ...], Field(min_length=1, max_length=MAX_PAGES)]


class TextPart(Wire):
    """Plain text in a message; TILT does not read it."""

    type: Literal["text"] = "text"
    text: Annotated[str, Field(max_length=MAX_TEXT_CHARS)]


class OcrDocumentPart(Wire):
    """The document of a chat request."""

    type: Literal["input_ocr_document"] = "input_ocr_document"
    document: ChatDocument


Part = Annotated[TextPart | OcrDocumentPart, Field(discriminator="type")]


class ChatMessage(Wire):
    """One message of a chat request."""

    role: Literal["system", "user"]
    content: Annotated[str, Field(max_length=MAX_TEXT_CHARS)] | tuple[Part, ...]

    @property
    def documents(self) -> tuple[ChatDocument, ...]:
        """The documents that the message carries."""
        parts = () if isinstance(self.content, str) else self.content
        return tuple(part.document for part in parts if isinstance(part, OcrDocumentPart))


class ChatRequest(Wire):
    """POST {base}/chat/completions: a system prompt and one user message with the document."""

    model_config = example(
        {
            "model": "Snowflake/snowflake-arctic-tilt-v1.3",
            "messages": [
                {"role": "system", "content": SYSTEM_PROMPT},
                {
                    "role": "user",
                    "content": [{"type": "input_ocr_document", "document": {"pages": [EXAMPLE_PAGE["ocr"]]}}],
                },
            ],
            "temperature": 0.0,
            "max_tokens": 64,
        }
    )

    model: str | None = None
    messages: Annotated[tuple[ChatMessage, ...], Field(min_length=1, max_length=MAX_MESSAGES)]
    temperature: Annotated[float, Field(allow_inf_nan=False, ge=0, le=2)] = 0.0
    max_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] = MAX_TOKENS
    stream: Literal[False] = False

    @model_validator(mode="after")
    def _refuse_other_than_one_document(self) -> Self:
        if sum(len(message.documents) for message in self.messages) != 1:
            raise ValueError("the messages must have exactly one input_ocr_document part")
        return self

    def as_tilt(self, questions: Sequence[TiltQuestion]) -> TiltRequest:
        """The same document asked `questions`, which is how TILT can be asked for several fields.

        Raises:
            ValidationError: The document as a whole is not one that TILT can read.
        """
        (document,) = (document for message in self.messages for document in message.documents)
        pages = tuple(page.as_page() for page in document.pages)
        return TiltRequest(
            questions=tuple(questions), pages=pages, temperature=self.temperature, max_tokens=self.max_tokens
        )


class AssistantMessage(Wire):
    """The message that answers: `content` is strict JSON of the six keys."""

    role: Literal["assistant"] = "assistant"
    reasoning_content: None = None
    content: str
    tool_calls: tuple[Any, ...] = ()


class ChatChoice(Wire):
    """The only choice."""

    index: Literal[0] = 0
    message: AssistantMessage
    logprobs: None = None
    finish_reason: FinishReason
    stop_reason: None = None


class ChatUsage(Wire):
    """Tokens, as far as the server counts them."""

    prompt_tokens: int = 0
    total_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: None = None


class ChatCompletion(Wire):
    """The answer of /chat/completions, in vLLM's shape.

    Attributes:
        confidences: 0..1 by key, ours; a server without them answers none.
    """

    model_config = example(_EXAMPLE_COMPLETION | {"choices": [_EXAMPLE_CHOICE], "confidences": {"total": 0.97}})

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: Annotated[tuple[ChatChoice, ...], Field(min_length=1, max_length=1)]
    usage: ChatUsage = ChatUsage()
    prompt_logprobs: None = None
    confidences: dict[Key, Confidence] | None = None

    @classmethod
    def of(
        cls,
        answers: Sequence[TiltAnswer],
        *,
        read_amount: Callable[[str], float | str],
        answer_id: str,
        model: str,
        created: int,
    ) -> Self:
        """The answers as one message of strict JSON: amounts as numbers, everything else as the document has it.

        Args:
            answers: One for each of FIELD_KEYS.
            read_amount: Makes a number of an amount's text, or leaves it; see chat_amounts.py.
            answer_id: Becomes the id, after `chatcmpl-`.
            model: The served model's name.
            created: Unix time in seconds.
        """
        settled = {answer.key: answer.settle() for answer in answers}
        values: dict[str, float | str | None] = {key: settled[key][0] for key in FIELD_KEYS}
        values |= {key: read_amount(text) for key in AMOUNT_KEYS if isinstance(text := values[key], str)}
        content = json.dumps(values, ensure_ascii=False)
        cut = any(answer.finish_reason == "length" for answer in answers)
        choice = ChatChoice(message=AssistantMessage(content=content), finish_reason="length" if cut else "stop")
        return cls(
            id=f"chatcmpl-{answer_id}",
            created=created,
            model=model,
            choices=(choice,),
            confidences={key: confidence for key, (_, confidence) in settled.items()},
        )


class ChatContent(Wire):
    """The JSON inside the answering message: exactly the six keys."""

    model_config = ConfigDict(extra="forbid")

    merchant: ChatValue
    date: ChatValue
    currency: ChatValue
    subtotal: ChatValue
    tax_amount: ChatValue
    total: ChatValue


class ModelPermission(Wire):
    """vLLM's constant block; its members are its own defaults."""

    id: str = "modelperm-tilt"
    object: Literal["model_permission"] = "model_permission"
    created: int = 0
    allow_create_engine: bool = False
    allow_sampling: bool = True
    allow_logprobs: bool = True
    allow_search_indices: bool = False
    allow_view: bool = True
    allow_fine_tuning: bool = False
    organization: str = "*"
    group: str | None = None
    is_blocking: bool = False


class ModelCard(Wire):
    """A served model."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "vllm"
    root: str | None = None
    parent: str | None = None
    max_model_len: int | None = None
    permission: tuple[ModelPermission, ...] = (ModelPermission(),)


class ModelList(Wire):
    """GET {base}/models."""

    model_config = example({"object": "list", "data": [{"id": "Snowflake/snowflake-arctic-tilt-v1.3"}]})

    object: Literal["list"] = "list"
    data: Annotated[tuple[ModelCard, ...], Field(min_length=1)]


class ErrorBody(Wire):
    """vLLM's flat error; on a 200 too, where the model does not serve an endpoint."""

    model_config = example(
        {"object": "error", "message": "pages: Field required", "type": "BadRequestError", "param": None, "code": 400}
    )

    object: Literal["error"] = "error"
    message: str
    type: str
    param: str | None = None
    code: int

    @classmethod
    def of(cls, status: int, message: str, *, kind: str | None = None) -> Self:
        """The body of an answer with `status`, one of ERROR_TYPES; its type is `kind` or the status' own."""
        return cls(message=message, type=kind or ERROR_TYPES[status], code=status)
