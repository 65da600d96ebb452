"""One chat request to a stock server -> one completion.

In: the request's bytes and a profile. Out: the completion as the family writes it; a request that it does not take is
refused in its words. The model behind it reads with the embedded reader, from the text of the messages alone; it looks
at images only so far that they can be decoded. With `obey` it does what a document tells it to do.
"""

import base64
import binascii
import io
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from fastapi.responses import JSONResponse
from PIL import Image, UnidentifiedImageError

from lib.document import OcrDocument, Question
from scripts.mock_openai.profiles import Profile
from scripts.mock_openai.reading import asked_in, document_in
from scripts.mock_openai.refused import Refused

FIELDS = frozenset({"model", "messages", "temperature", "max_tokens", "max_completion_tokens", "response_format"})
"""What a strict server takes."""
ROLES = frozenset({"system", "user", "assistant"})
IMAGE_TOKENS = 700
ANSWER_TOKENS = 16
"""Where a request does not bound the answer."""

Values = Mapping[str, str | None]
Reading = Callable[[OcrDocument, Sequence[Question]], Awaitable[Values]]

_TOKEN = re.compile(r"\d|[^\W\d]{1,6}|[^\w\s]| {2,}|\n")
_ORDERED = re.compile(
    r"\b(total|subtotal|tax_amount|merchant|date|currency)\b\W{0,4}(?:is|=|:)?\s*\"?([^\s\",}]+)", re.IGNORECASE
)
_ORDER = re.compile(r"ignore|disregard|system|instruction|\{\s*\"", re.IGNORECASE)


class StockChat:
    """POST /v1/chat/completions of one family."""

    def __init__(self, profile: Profile, *, model: str) -> None:
        """Take the family and the served model's name."""
        self._profile = profile
        self._model = model

    @property
    def models(self) -> tuple[str, ...]:
        """The names at /v1/models."""
        return (self._model, "nomic-embed-text:latest") if self._profile.lists_others else (self._model,)

    async def complete(self, content: bytes, read: Reading, *, obey: bool = False) -> dict[str, Any]:
        """The completion.

        Args:
            content: The request's body.
            read: The model's eyes: words and questions to values.
            obey: Whether the model does what a document tells it.

        Raises:
            Refused: The family does not take the request.
        """
        body = self._checked(content)
        texts = [self._text(message) for message in body["messages"]]
        prompt = sum(len(_TOKEN.findall(text)) for text in texts) + IMAGE_TOKENS * len(_images(body))
        answer = body.get("max_tokens") or body.get("max_completion_tokens") or ANSWER_TOKENS
        text = texts[-1]
        if prompt + answer > self._profile.context:
            text = self._cut(text, prompt, answer)
            prompt = self._profile.context - answer
        questions = asked_in(texts)
        values = dict(await read(document_in(text), questions))
        if obey:
            values |= _ordered(text)
        return self._completion({q.key: values.get(q.key) for q in questions}, prompt)

    def _refuse(self, status: int, message: str) -> Refused:
        status, body = self._profile.error(status, message)
        return Refused(JSONResponse(body, status_code=status))

    def _checked(self, content: bytes) -> dict[str, Any]:
        try:
            body = json.loads(content)
        except ValueError as exc:
            raise self._refuse(400, "The body is not JSON.") from exc
        if not isinstance(body, dict) or not isinstance(body.get("messages"), list) or not body["messages"]:
            raise self._refuse(400, "messages: Field required")
        if self._profile.is_strict and (unknown := sorted(set(body) - FIELDS)):
            raise self._refuse(422, f"Extra inputs are not permitted: {unknown[0]}")
        if self._profile.checks_model and body.get("model") not in self.models:
            raise self._refuse(404, f"The model `{body.get('model')}` does not exist.")
        if body.get("stream"):
            raise self._refuse(400, "stream is not served here")
        self._check_format(body.get("response_format"))
        self._check_images(_images(body))
        return body

    def _check_format(self, response_format: Any) -> None:  # noqa: ANN401 - any JSON
        wanted: dict[str, Any] = response_format if isinstance(response_format, dict) else {"type": "text"}
        kind = wanted.get("type")
        if kind not in self._profile.formats:
            known = " or ".join(f"'{name}'" for name in sorted(self._profile.formats))
            raise self._refuse(400, f"'response_format.type' must be {known}")
        if kind == "json_schema" and not isinstance(wanted.get("json_schema", {}).get("schema"), dict):
            raise self._refuse(400, "response_format.json_schema.schema: Field required")

    def _check_images(self, urls: Sequence[str]) -> None:
        if len(urls) > self._profile.most_images:
            raise self._refuse(*self._profile.no_images)
        for url in urls:
            head, _, data = url.partition(";base64,")
            try:
                Image.open(io.BytesIO(base64.b64decode(data, validate=True))).load()
            except (binascii.Error, UnidentifiedImageError, OSError) as exc:
                raise self._refuse(400, f"cannot identify image of {head[:20]}") from exc

    def _text(self, message: Any) -> str:  # noqa: ANN401 - any JSON
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise self._refuse(400, "messages.role: Input should be 'system', 'user' or 'assistant'")
        if self._profile.is_strict and set(message) != {"role", "content"}:
            raise self._refuse(422, "Extra inputs are not permitted: messages")
        content = message.get("content")
        if isinstance(content, str):
            return content
        if self._profile.is_strict:
            raise self._refuse(422, "messages.content: Input should be a valid string")
        parts: list[Any] = content if isinstance(content, list) else [content]
        for part in parts:
            if not isinstance(part, dict) or part.get("type") not in {"text", "image_url"}:
                raise self._refuse(400, "messages.content.type: Input should be 'text' or 'image_url'")
        return "\n".join(part["text"] for part in parts if part["type"] == "text")

    def _cut(self, text: str, prompt: int, answer: int) -> str:
        """What is left of a text that is too long, where the family says nothing about it.

        Raises:
            Refused: It does.
        """
        if self._profile.too_long is not None:
            status, body = self._profile.too_long(self._profile.context, prompt, answer)
            raise Refused(JSONResponse(body, status_code=status))
        kept = len(text) * (self._profile.context - answer) // prompt
        return text[-kept:]

    def _completion(self, values: Values, prompt: int) -> dict[str, Any]:
        message = {"role": "assistant", "content": json.dumps(values, ensure_ascii=False)}
        written = len(_TOKEN.findall(str(message["content"])))
        return {
            "id": f"chatcmpl-{uuid4().hex}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": self._model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written},
        }


def _images(body: Mapping[str, Any]) -> list[str]:
    contents = [m.get("content") for m in body["messages"] if isinstance(m, dict)]
    parts = [part for content in contents if isinstance(content, list) for part in content if isinstance(part, dict)]
    images = [part.get("image_url") for part in parts if part.get("type") == "image_url"]
    return [str(image.get("url")) if isinstance(image, dict) else "" for image in images]


def _ordered(text: str) -> dict[str, str]:
    """What a document tells the model to answer, in lines that speak to it."""
    orders = [line for line in text.splitlines() if _ORDER.search(line)]
    return {key.lower(): value for line in orders for key, value in _ORDERED.findall(line)}
