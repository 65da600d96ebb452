"""Why servers refuse, in the words of their families."""

import json
from typing import Any

import pytest

from lib.pipelines.llm.refusals import Cause, refusal_of, tells_why

VLLM = (
    "This model's maximum context length is 4096 tokens. However, you requested 5120 tokens (4608 in the messages,"
    " 512 in the completion). Please reduce the length of the messages or completion."
)
VLLM_NEWER = (
    "'max_tokens' or 'max_completion_tokens' is too large: 512. This model's maximum context length is 4096 tokens and"
    " your request has 3700 input tokens (512 > 4096 - 3700)."
)
SGLANG = "The input (5120 tokens) is longer than the model's context length (4096 tokens)."
LM_STUDIO = (
    "Trying to keep the first 5120 tokens when context the overflows. However, the model is loaded with context length"
    " of only 4096 tokens, which is not enough."
)
LLAMA_CPP = {
    "code": 400,
    "message": "the request exceeds the available context size, try increasing it",
    "type": "exceed_context_size_error",
    "n_prompt_tokens": 5120,
    "n_ctx": 4096,
}


@pytest.mark.parametrize(
    ("body", "numbers"),
    [
        pytest.param({"object": "error", "message": VLLM, "code": 400}, (4096, 4608), id="vllm"),
        pytest.param({"error": {"message": VLLM_NEWER}}, (4096, 3700), id="vllm, newer"),
        pytest.param({"message": SGLANG}, (4096, 5120), id="sglang"),
        pytest.param({"error": LLAMA_CPP}, (4096, 5120), id="llama.cpp"),
        pytest.param({"error": LM_STUDIO}, (4096, 5120), id="lmstudio"),
        pytest.param({"error": "prompt is too long"}, (None, None), id="without numbers"),
        pytest.param({"detail": [{"msg": "exceeds the context window of 4096 tokens"}]}, (4096, None), id="fastapi"),
    ],
)
def test_error_about_the_context_gives_its_numbers(body: Any, numbers: tuple[int | None, int | None]) -> None:  # noqa: ANN401
    """From them follows what will fit."""
    refusal = refusal_of(400, json.dumps(body).encode())

    assert refusal.cause == "context"
    assert (refusal.limit, refusal.prompt_tokens) == numbers


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (401, "", "key"),
        (413, "Request Entity Too Large", "context"),
        (400, "", "other"),
        (400, "[" * 5000, "other"),
        (404, {"error": {"message": 'model "Qwen/Qwen2.5-7B" not found, try pulling it first'}}, "model"),
        (404, {"message": "The model `Qwen/Qwen2.5-7B` does not exist."}, "model"),
        (404, {"detail": "Not Found"}, "other"),
        (400, {"error": "'response_format.type' must be 'json_schema' or 'text'"}, "response_format"),
        (
            422,
            {"detail": [{"loc": ["body", "response_format"], "msg": "Extra inputs are not permitted"}]},
            "response_format",
        ),
        (400, {"message": "At most 1 image(s) may be provided in one request."}, "images"),
        (
            500,
            {"error": {"message": "image input is not supported - hint: you may need to provide the mmproj"}},
            "images",
        ),
        (400, {"message": "google/gemma is not a multimodal model"}, "images"),
        (400, {"error": {"message": "System role not supported"}}, "system_role"),
        (
            400,
            {"error": {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'"}},
            "tokens_field",
        ),
        (400, {"error": {"message": "'temperature' does not support 0 with this model"}}, "temperature"),
    ],
)
def test_cause_is_read_from_what_the_error_says(status: int, body: Any, cause: Cause) -> None:  # noqa: ANN401
    """Text, JSON of any shape, or nothing."""
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()

    assert refusal_of(status, content).cause == cause


def test_what_we_sent_is_no_cause() -> None:
    """Pydantic's errors repeat the input, whose words mean nothing."""
    body = {"detail": [{"loc": ["body", "messages"], "msg": "invalid", "input": "context length image"}]}

    assert refusal_of(422, json.dumps(body).encode()).cause == "other"


@pytest.mark.parametrize(("status", "told"), [(500, True), (503, False), (502, False)])
def test_own_fault_of_the_server_may_tell_what_it_cannot_take(status: int, *, told: bool) -> None:
    """Ollama and llama.cpp answer 500 to an image that their model cannot see; 503 is a server that does not work."""
    assert tells_why(status, b'{"error": "image input is not supported"}') is told


def test_crash_tells_nothing() -> None:
    """A plain 500 is a server that does not work."""
    assert not tells_why(500, b"Internal Server Error")
