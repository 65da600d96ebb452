"""What the models of vLLM's own endpoints accept and refuse."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from lib.document import FIELD_KEYS
from lib.pipelines.tilt.chat_protocol import (
    AMOUNT_KEYS,
    SYSTEM_PROMPT,
    ChatCompletion,
    ChatContent,
    ChatRequest,
    ErrorBody,
    ModelCard,
    ModelList,
)
from lib.pipelines.tilt.protocol import EXAMPLE_PAGE, TiltAnswer, TiltQuestion, Wire

QUESTIONS = [TiltQuestion(key=key, text=f"What is the {key}?") for key in FIELD_KEYS]


def chat_json(*parts: dict[str, Any]) -> str:
    """A chat request whose user message has `parts`."""
    messages = [{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": list(parts)}]
    return json.dumps({"model": "m", "messages": messages})


def document_part(**page: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """The example page as a content part, with members replaced."""
    return {"type": "input_ocr_document", "document": {"pages": [EXAMPLE_PAGE["ocr"] | page]}}


@pytest.mark.parametrize("model", [ChatRequest, ChatCompletion, ModelList, ErrorBody])
def test_examples_of_a_model_are_valid_messages(model: type[Wire]) -> None:
    """What the docs show is what the server takes and gives."""
    extra = model.model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    examples = extra["examples"]
    assert isinstance(examples, list)

    parsed = [model.model_validate_json(json.dumps(example)) for example in examples]

    assert len(parsed) == len(examples) > 0


def test_chat_request_becomes_the_same_document_with_questions() -> None:
    """The chat protocol is an adapter over the questions."""
    request = ChatRequest.model_validate_json(chat_json({"type": "text", "text": "Please."}, document_part()))

    tilt = request.as_tilt(QUESTIONS)

    assert tilt.asked == tuple(QUESTIONS)
    assert [word.text for word in tilt.pages[0].ocr.words] == ["Total", "56", "VAT", "20%"]


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([], id="no-document"),
        pytest.param([document_part(), document_part()], id="two-documents"),
        pytest.param([{"type": "image_url", "image_url": {"url": "x"}}, document_part()], id="unknown-part"),
        pytest.param([document_part(width=0)], id="bad-page"),
    ],
)
def test_chat_request_without_exactly_one_document_is_refused(parts: list[dict[str, Any]]) -> None:
    """TILT reads one document a request."""
    with pytest.raises(ValidationError):
        ChatRequest.model_validate_json(chat_json(*parts))


@pytest.mark.parametrize("page", [{"words": []}, {"image": "R0lGODlh"}], ids=["no-word", "gif"])
def test_chat_document_that_tilt_cannot_read_is_refused_on_the_way_to_it(page: dict[str, Any]) -> None:
    """The whole validation of /tilt/generate holds for chat too."""
    request = ChatRequest.model_validate_json(chat_json(document_part(**page)))

    with pytest.raises(ValidationError):
        request.as_tilt(QUESTIONS)


def test_completion_of_answers_is_strict_json_of_the_six_keys() -> None:
    """The message's content has every key, in order, null where there is no answer."""
    said = dict.fromkeys(FIELD_KEYS, "Ä 1") | dict.fromkeys(AMOUNT_KEYS, "1") | {"date": "None"}
    answers = [TiltAnswer(key=key, values=(said[key],), confidence=0.5, finish_reason="stop") for key in FIELD_KEYS]

    completion = ChatCompletion.of(answers, read_amount=float, answer_id="7", model="m", created=1)

    content = completion.choices[0].message.content
    assert list(json.loads(content)) == list(FIELD_KEYS)
    assert ChatContent.model_validate_json(content).date is None
    assert ChatContent.model_validate_json(content).merchant == "Ä 1"
    assert json.loads(content)["total"] == 1.0
    assert completion.confidences == dict.fromkeys(FIELD_KEYS, 0.5)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"iban": "x"}, id="extra-key"),
        pytest.param({"total": True}, id="boolean"),
        pytest.param({"total": ["1"]}, id="list"),
        pytest.param({"total": float("nan")}, id="nan"),
        pytest.param({"total": float("inf")}, id="infinite"),
    ],
)
def test_content_of_other_shape_is_refused(change: dict[str, Any]) -> None:
    """Exactly the six keys, each text, number or null."""
    body = dict.fromkeys(FIELD_KEYS, "1") | change

    with pytest.raises(ValidationError):
        ChatContent.model_validate_json(json.dumps(body))


def test_content_with_a_key_missing_is_refused() -> None:
    """A missing key is no null."""
    with pytest.raises(ValidationError):
        ChatContent.model_validate_json(json.dumps(dict.fromkeys(FIELD_KEYS[1:], "1")))


def test_error_body_has_the_flat_members_of_vllm() -> None:
    """Clients of vLLM find what they expect."""
    assert ErrorBody.of(400, "No.").model_dump() == {
        "object": "error",
        "message": "No.",
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }


def test_model_list_has_the_members_of_vllm() -> None:
    """GET /v1/models of vLLM 0.8.3 has exactly these."""
    (card,) = ModelList(data=(ModelCard(id="m"),)).model_dump()["data"]

    assert sorted(card) == ["created", "id", "max_model_len", "object", "owned_by", "parent", "permission", "root"]
    assert len(card["permission"][0]) == 12
