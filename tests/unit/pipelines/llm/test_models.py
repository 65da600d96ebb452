"""Which model is asked."""

import json

import pytest

from lib.errors import TiltProtocolError
from lib.pipelines.llm.models import ARCTIC_TILT, chosen_model, listed_models, only_model
from lib.settings import Settings


def test_default_of_the_setting_means_that_nobody_chose(settings: Settings) -> None:
    """The name in configs/default.yaml is TILT's."""
    assert settings.tilt.model == ARCTIC_TILT
    assert chosen_model(settings.tilt.model) is None
    assert chosen_model("qwen2.5vl:7b") == "qwen2.5vl:7b"


@pytest.mark.parametrize(
    ("tree", "names"),
    [
        ({"object": "list", "data": [{"id": "a"}, {"id": "b", "permission": None}]}, ("a", "b")),
        ({"models": [{"name": "a"}, {"name": "a"}]}, ("a",)),
        (["a", {"id": 5}, None, ""], ("a",)),
        ({"data": []}, ()),
    ],
)
def test_names_are_read_from_any_list(tree: object, names: tuple[str, ...]) -> None:
    """Of OpenAI's shape or Ollama's own."""
    assert listed_models(json.dumps(tree).encode()) == names


@pytest.mark.parametrize("content", [b"<html>", b"{}", b'{"data": 5}', b"[" * 100_000])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    """With a text that says where it was looked for."""
    with pytest.raises(TiltProtocolError, match="/models"):
        listed_models(content)


def test_several_models_are_named_in_the_error() -> None:
    """So that one of them can be copied."""
    with pytest.raises(TiltProtocolError, match="TILT_MODEL to one of a, b"):
        only_model(["a", "b"])


def test_only_model_is_taken() -> None:
    """Nobody has to name it."""
    assert only_model(["a"]) == "a"
