"""The body of POST {base}/chat/completions.

In: the model's name, the server's dialect, messages' texts and images. Out: bytes. Pure. Standard fields only, no
`stream`, and plain texts as content where no image goes along: this is what every server takes.
"""

import json
from collections.abc import Sequence
from typing import Any

from lib.document import PageImage
from lib.pipelines.llm.dialect import Dialect
from lib.pipelines.llm.images import image_part
from lib.pipelines.llm.prompt import Asked, answer_schema, system_text

CHAT_PATH = "/chat/completions"
MODELS_PATH = "/models"
"""Both below VLLM_BASE_URL, which ends in /v1."""

SCHEMA_NAME = "document_fields"


def chat_request(
    asked: Sequence[Asked],
    text: str,
    images: Sequence[PageImage],
    *,
    model: str,
    dialect: Dialect,
    max_tokens: int,
) -> bytes:
    """The request for all that is asked about some pages.

    Args:
        asked: The keys of the answer.
        text: The user's message.
        images: Of the pages, in their order.
        model: The name that the server knows it by.
        dialect: What the server takes.
        max_tokens: Of the answer.
    """
    rules = system_text(asked)
    if dialect.has_system_role:
        messages = [{"role": "system", "content": rules}, _user(text, images)]
    else:
        messages = [_user(f"{rules}\n\n{text}", images)]
    body: dict[str, Any] = {"model": model, "messages": messages, dialect.tokens_field: max_tokens}
    if dialect.has_temperature:
        body["temperature"] = 0
    if dialect.response_format == "json_schema":
        schema = {"name": SCHEMA_NAME, "strict": True, "schema": answer_schema(asked)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif dialect.response_format == "json_object":
        body["response_format"] = {"type": "json_object"}
    return json.dumps(body, ensure_ascii=False).encode(errors="replace")


def _user(text: str, images: Sequence[PageImage]) -> dict[str, Any]:
    if not images:
        return {"role": "user", "content": text}
    parts = [image_part(image) for image in images]
    return {"role": "user", "content": [{"type": "text", "text": text}, *parts]}
