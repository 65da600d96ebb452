"""A chat completion as servers write it -> what the model said.

In: the bytes of a 200. Out: a `Said`: the text, why it ended, how many tokens the server read. Pure. Liberal: content
may be a text, a list of parts or an object already; reasoning may stand in fields or parts of its own; `usage` may be
anything. What is no completion at all is an error that names what came instead.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lib.errors import TiltProtocolError

_REASONING_PARTS: Final = frozenset({"thinking", "reasoning", "redacted_thinking", "reasoning_text"})
_REASONING_FIELDS: Final = ("reasoning_content", "reasoning")


class ErrorAnswer(Exception):
    """The server answered 200 with an error inside.

    Attributes:
        body: The answer.
    """

    def __init__(self, body: bytes) -> None:
        super().__init__("an error with status 200")
        self.body = body


@dataclass(frozen=True, slots=True)
class Said:
    """What a model said.

    Attributes:
        text: Its answer; empty where it has none.
        reasoning: What it thought before, where the server tells that apart.
        is_cut: Whether max_tokens ended it.
        is_refused: Whether it declined to answer.
        prompt_tokens: That the server says to have read; None where it does not say.
    """

    text: str
    reasoning: str = ""
    is_cut: bool = False
    is_refused: bool = False
    prompt_tokens: int | None = None


def read_completion(content: bytes) -> Said:
    """What the first choice says.

    Raises:
        ErrorAnswer: It is an error body.
        TiltProtocolError: It is no chat completion; says what it is instead.
    """
    tree = _object(content)
    if tree.get("error") or tree.get("object") == "error":
        raise ErrorAnswer(content)
    choices = tree.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        raise TiltProtocolError("The model's server answered JSON without `choices`: it is no chat completion.")
    message = choice.get("message")
    if not isinstance(message, dict):
        message = {"content": choice.get("text")}
    text, reasoning = _content(message.get("content"))
    return Said(
        text=text or _tool_arguments(message.get("tool_calls")),
        reasoning=reasoning or next((m for name in _REASONING_FIELDS if isinstance(m := message.get(name), str)), ""),
        is_cut=choice.get("finish_reason") == "length",
        is_refused=choice.get("finish_reason") == "content_filter" or bool(message.get("refusal")),
        prompt_tokens=_prompt_tokens(tree.get("usage")),
    )


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise TiltProtocolError(f"The model's server answered {_kind(content)} instead of JSON.") from exc
    if not isinstance(tree, dict):
        raise TiltProtocolError("The model's server answered JSON that is no object: it is no chat completion.")
    return tree


def _kind(content: bytes) -> str:
    start = content[:200].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<")):
        return "an HTML page"
    if start.startswith((b"data:", b"event:", b":")):
        return "a stream of events, which was not asked for,"
    if start.startswith(b"{"):
        return "half of a JSON object"
    return "something else" if start else "nothing"


def _content(content: Any) -> tuple[str, str]:  # noqa: ANN401 - any JSON
    """The text of a message's content, and the reasoning among its parts."""
    if isinstance(content, str):
        return content, ""
    if isinstance(content, dict):
        return json.dumps(content), ""
    parts = content if isinstance(content, list) else []
    texts = [part for part in parts if isinstance(part, str)]
    said = [part for part in parts if isinstance(part, dict)]
    texts += [_part_text(part) for part in said if part.get("type") not in _REASONING_PARTS]
    thought = [_part_text(part) for part in said if part.get("type") in _REASONING_PARTS]
    return "".join(texts), "".join(thought)


def _part_text(part: Mapping[str, Any]) -> str:
    found = next((part[name] for name in ("text", "content", "thinking", "reasoning") if name in part), "")
    return found if isinstance(found, str) else ""


def _tool_arguments(calls: Any) -> str:  # noqa: ANN401 - any JSON
    """The arguments of the first tool call: some servers put JSON there, whatever was asked for."""
    call = calls[0] if isinstance(calls, list) and calls else None
    function = call.get("function") if isinstance(call, dict) else None
    arguments = function.get("arguments") if isinstance(function, dict) else None
    if isinstance(arguments, dict):
        return json.dumps(arguments)
    return arguments if isinstance(arguments, str) else ""


def _prompt_tokens(usage: Any) -> int | None:  # noqa: ANN401 - any JSON
    count = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) else None
