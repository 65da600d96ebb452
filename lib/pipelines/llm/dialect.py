"""What a server takes: found out by asking, remembered by whoever asks.

In: a dialect and the refusal that a request in it met. Out: the next dialect to try, or None. Pure.

A request begins with everything that helps the model, in OpenAI's standard fields only, and leaves out, one after the
other, what a server says that it does not take. A server that says nothing is asked in the order of `_UNNAMED`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from lib.pipelines.llm.refusals import Cause, Refusal

ResponseFormat = Literal["json_schema", "json_object", "none"]
MOST_IMAGES: Final = 8
"""Page images of one request."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one server is spoken to.

    Attributes:
        response_format: How the answer's form is asked for, beside the words.
        most_images: Page images that a request may carry.
        has_system_role: Whether the rules are a message of their own.
        has_temperature: Whether the temperature is sent.
        tokens_field: The name of the answer's limit.
        most_chars: Characters of document that fit into the context beside rules and answer; None: not known.
    """

    response_format: ResponseFormat = "json_schema"
    most_images: int = MOST_IMAGES
    has_system_role: bool = True
    has_temperature: bool = True
    tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    most_chars: int | None = None


def next_dialect(dialect: Dialect, refusal: Refusal, *, images: int) -> Dialect | None:
    """What to try after a refusal; None where there is nothing left that a server might take.

    Args:
        dialect: That the request was made in.
        refusal: What came back.
        images: That it carried.
    """
    if refusal.cause in _NOT_NEGOTIABLE or (refusal.cause == "other" and refusal.status in _WRONG_ADDRESS):
        return None
    if named := _LESS.get(refusal.cause):
        changed = named(dialect, images)
        if changed is not None:
            return changed
    return next((changed for less in _UNNAMED if (changed := less(dialect, images)) is not None), None)


def _less_format(dialect: Dialect, _images: int) -> Dialect | None:
    lower: Mapping[ResponseFormat, ResponseFormat] = {"json_schema": "json_object", "json_object": "none"}
    found = lower.get(dialect.response_format)
    return replace(dialect, response_format=found) if found else None


def _less_images(dialect: Dialect, images: int) -> Dialect | None:
    """One image where there were several, as vLLM takes unless told otherwise; then none."""
    return replace(dialect, most_images=1 if images > 1 else 0) if images else None


def _no_system_role(dialect: Dialect, _images: int) -> Dialect | None:
    return replace(dialect, has_system_role=False) if dialect.has_system_role else None


def _no_temperature(dialect: Dialect, _images: int) -> Dialect | None:
    return replace(dialect, has_temperature=False) if dialect.has_temperature else None


def _other_tokens_field(dialect: Dialect, _images: int) -> Dialect | None:
    if dialect.tokens_field == "max_completion_tokens":
        return None
    return replace(dialect, tokens_field="max_completion_tokens")


Less = Callable[[Dialect, int], Dialect | None]

_NOT_NEGOTIABLE: Final = frozenset({"key", "model", "context"})
_WRONG_ADDRESS: Final = frozenset({404, 405})
_LESS: Final[Mapping[Cause, Less]] = {
    "response_format": _less_format,
    "images": _less_images,
    "system_role": _no_system_role,
    "temperature": _no_temperature,
    "tokens_field": _other_tokens_field,
}
_UNNAMED: Final[tuple[Less, ...]] = (_less_format, _less_images, _no_system_role, _no_temperature)
