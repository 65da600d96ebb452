"""The families of OpenAI-compatible servers that the mock can be: what each takes, and what it says where it does not.

In: a profile's name. Out: a `Profile`. The wordings are those of the families' own errors, as of 2026; what is answered
is no matter of the profile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

FORMATS = frozenset({"text", "json_object", "json_schema"})
Error = tuple[int, dict[str, Any]]
"""A status and its body."""


def _flat(status: int, message: str) -> Error:
    kind = "NotFoundError" if status == 404 else "BadRequestError"  # noqa: PLR2004 - not found
    return status, {"object": "error", "message": message, "type": kind, "param": None, "code": status}


def _nested(status: int, message: str, **more: Any) -> Error:  # noqa: ANN401 - any JSON
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return status, {"error": error | more}


def _plain(status: int, message: str) -> Error:
    return status, {"error": message}


def _detail(status: int, message: str) -> Error:
    return status, {"detail": [{"type": "value_error", "loc": ["body"], "msg": message, "input": {"messages": "..."}}]}


@dataclass(frozen=True, slots=True)
class Profile:
    """One family.

    Attributes:
        context: Tokens of prompt and answer together.
        error: Status and message to the family's error.
        too_long: Its error for a prompt of so many tokens; None: it cuts the prompt and says nothing.
        most_images: Images of one request; 0: its model does not see.
        no_images: Status and text of the refusal of an image too many.
        formats: `response_format` types that it takes.
        is_strict: Whether unknown fields are refused.
        lists_others: Whether /v1/models has more than one model.
        checks_model: Whether a model that it does not have is refused.
    """

    context: int
    error: Callable[[int, str], Error]
    too_long: Callable[[int, int, int], Error] | None
    most_images: int = 16
    no_images: tuple[int, str] = (400, "At most 1 image(s) may be provided in one request.")
    formats: frozenset[str] = FORMATS
    is_strict: bool = False
    lists_others: bool = False
    checks_model: bool = True


def _vllm_too_long(context: int, prompt: int, answer: int) -> Error:
    return _flat(
        400,
        f"This model's maximum context length is {context} tokens. However, you requested {prompt + answer} tokens"
        f" ({prompt} in the messages, {answer} in the completion). Please reduce the length of the messages.",
    )


def _sglang_too_long(context: int, prompt: int, _answer: int) -> Error:
    return _flat(400, f"The input ({prompt} tokens) is longer than the model's context length ({context} tokens).")


def _llama_cpp_too_long(context: int, prompt: int, _answer: int) -> Error:
    message = f"the request exceeds the available context size ({context} tokens), try increasing it"
    error = {"code": 400, "message": message, "type": "exceed_context_size_error"}
    return 400, {"error": error | {"n_prompt_tokens": prompt, "n_ctx": context}}


def _lmstudio_too_long(context: int, prompt: int, _answer: int) -> Error:
    return _plain(
        400,
        f"Trying to keep the first {prompt} tokens when context the overflows. However, the model is loaded with"
        f" context length of only {context} tokens, which is not enough. Try to load the model with a larger context"
        " length, or provide a shorter input",
    )


def _strict_too_long(context: int, _prompt: int, _answer: int) -> Error:
    return _detail(422, f"prompt and max_tokens exceed the context window of {context} tokens")


PROFILES: Mapping[str, Profile] = {
    "vllm": Profile(context=8192, error=_flat, too_long=_vllm_too_long, most_images=1),
    "sglang": Profile(context=8192, error=_flat, too_long=_sglang_too_long, checks_model=False),
    "ollama": Profile(
        context=4096,
        error=_nested,
        too_long=None,
        most_images=0,
        no_images=(500, "this model is missing data required for image input"),
        lists_others=True,
    ),
    "llama.cpp": Profile(
        context=8192,
        error=_nested,
        too_long=_llama_cpp_too_long,
        most_images=0,
        no_images=(500, "image input is not supported - hint: you may need to provide the mmproj"),
        checks_model=False,
    ),
    "lmstudio": Profile(
        context=8192,
        error=_plain,
        too_long=_lmstudio_too_long,
        most_images=0,
        no_images=(400, "Model does not support images. Please use a model that does."),
        formats=frozenset({"text", "json_schema"}),
        lists_others=True,
    ),
    "strict-4k": Profile(
        context=4096,
        error=_detail,
        too_long=_strict_too_long,
        most_images=0,
        no_images=(400, "messages.content: Input should be a valid string"),
        formats=frozenset({"text", "json_object"}),
        is_strict=True,
    ),
}
