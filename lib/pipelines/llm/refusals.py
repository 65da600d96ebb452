"""Why a server refuses a request, told by its status and what its error says.

In: an HTTP status and the body of the error. Out: a `Refusal`: the cause, and the numbers of tokens where it names
them. Pure. Nothing of the body leaves this module but numbers and names of ours: servers repeat what they were sent.

Source of the wordings: vLLM, SGLang, Ollama, llama.cpp's server and LM Studio; OpenAI's own API where they follow it.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Cause = Literal[
    "key", "model", "context", "response_format", "images", "system_role", "tokens_field", "temperature", "other"
]

MOST_CHARS: Final = 20_000
"""Of a body that are looked at."""

_CAUSES: Final[Sequence[tuple[Cause, str]]] = (
    ("context", r"context[ _]?(?:length|size|window|overflow)|exceed_context|context the overflows|max_model_len"),
    (
        "context",
        r"(?:prompt|input|request)[^.]{0,40} too (?:long|large|many tokens)|too many tokens|maximum[^.]{0,20}tokens",
    ),
    (
        "context",
        r"longer than the (?:model|maximum)|exceeds? the (?:model|available|maximum)[^.]{0,30}(?:token|context|length)",
    ),
    ("context", r"(?:prompt|input|tokens?)[^.]{0,30}exceed"),
    ("tokens_field", r"max_completion_tokens"),
    ("response_format", r"response[_ ]format|json[_ ]?schema|json_object|grammar|guided|structured[_ ]output|xgrammar"),
    ("images", r"image|vision|multi-?modal|mmproj|picture|content[^.]{0,30}(?:must be|should be)[^.]{0,20}string"),
    ("system_role", r"system[^.]{0,20}(?:role|message|prompt)|roles? must alternate|role[^.]{0,20}system"),
    ("temperature", r"temperature"),
    ("model", r"model.{0,200}?(?:not (?:exist|found|loaded|available)|does not exist|unknown|pull)|model_not_found"),
    ("model", r"(?:no|unknown|invalid|unavailable) models?\b"),
)
"""The first that the error's text matches."""

_LIMITS: Final = (
    r"context (?:length|size|window)[^0-9]{0,60}(\d{3,8})",
    r"(\d{3,8})[ -]?token[s]? (?:context|limit)",
    r"n_ctx\W{1,6}(\d{3,8})",
    r"max(?:imum)?[ _](?:model_len|input|context|number of tokens|tokens)[^0-9]{0,40}(\d{3,8})",
)
_PROMPTS: Final = (
    r"n_prompt_tokens\W{1,6}(\d{2,8})",
    r"(\d{2,8}) (?:tokens )?in the (?:messages|prompt)",
    r"(\d{2,8}) (?:input|prompt) tokens",
    r"(?:input|prompt|request)[^0-9.]{0,40}\((\d{2,8})(?: tokens)?\)",
    r"keep the first (\d{2,8}) tokens",
)

_NAMED: Final = (400, 404, 405, 413, 422, 500, 501)
_NOT_AUTHORIZED: Final = frozenset({401, 403})
_TOO_LARGE: Final = 413


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request was refused.

    Attributes:
        status: HTTP's; 200 where the error came as an answer.
        cause: As far as the error tells.
        limit: Tokens that prompt and answer may have together, where it says so.
        prompt_tokens: Tokens that the prompt had, where it says so.
    """

    status: int
    cause: Cause
    limit: int | None = None
    prompt_tokens: int | None = None


def refusal_of(status: int, body: bytes) -> Refusal:
    """The refusal that an error body tells of."""
    if status in _NOT_AUTHORIZED:
        return Refusal(status, "key")
    text = _said(body)
    cause = next((cause for cause, pattern in _CAUSES if re.search(pattern, text)), None)
    if cause is None:
        cause = "context" if status == _TOO_LARGE else "other"
    if cause != "context":
        return Refusal(status, cause)
    return Refusal(status, cause, _number(_LIMITS, text), _number(_PROMPTS, text))


def tells_why(status: int, body: bytes) -> bool:
    """Whether an error with a status of the server's own fault (500, 501) tells what of the request it cannot take."""
    return status in _NAMED and refusal_of(status, body).cause not in {"other", "model"}


def _said(body: bytes) -> str:
    """The error's text in lower case: its JSON texts and numbers where it is JSON, else all of it."""
    plain = body[:MOST_CHARS].decode("utf-8", "replace")
    try:
        tree = json.loads(plain)
    except (ValueError, RecursionError):
        return plain.casefold()
    error = tree.get("error", tree) if isinstance(tree, dict) else tree
    return " ".join(_texts(error, depth=0)).casefold()


def _texts(node: Any, *, depth: int) -> list[str]:  # noqa: ANN401 - any JSON
    """Texts and `name: number` pairs of an error; `input` is what we sent ourselves, as pydantic's errors repeat it."""
    if depth > 6:  # noqa: PLR2004 - deeper than any error body
        return []
    if isinstance(node, dict):
        items = [(str(key), value) for key, value in node.items() if key not in {"input", "ctx", "url"}]
        return [text for key, value in items for text in _pair(key, value, depth)]
    if isinstance(node, list):
        return [text for value in node for text in _texts(value, depth=depth + 1)]
    return [node] if isinstance(node, str) else []


def _pair(key: str, value: Any, depth: int) -> list[str]:  # noqa: ANN401 - any JSON
    if isinstance(value, int | float):
        return [f"{key}: {value}"]
    if key == "loc" and isinstance(value, list):
        return [".".join(str(step) for step in value)]
    return _texts(value, depth=depth + 1)


def _number(patterns: Sequence[str], text: str) -> int | None:
    found = next((match for pattern in patterns if (match := re.search(pattern, text))), None)
    return int(found[1]) if found else None
