"""What is read out of a TILT server's answers."""

import json
from typing import Any

import pytest

from lib.document import FIELD_KEYS, Answer, BBox, OcrDocument, Page, Question, Word
from lib.errors import TiltProtocolError
from lib.pipelines.tilt.exchange import CONFIDENCE_UNKNOWN, ChatExchange, TiltExchange
from lib.settings import load_settings

TILT = TiltExchange(load_settings({}).tilt)
CHAT = ChatExchange(load_settings({}).tilt)
QUESTIONS = (Question("date", "When?"), Question("total", "How much?"))
DOCUMENT = OcrDocument((Page(0, 100, 100, "ocr", words=(Word("56", BBox(0, 0, 1, 1)),)),))


def tilt_body(*answers: dict[str, Any]) -> bytes:
    """A body of /tilt/generate."""
    return json.dumps({"id": "1", "object": "tilt.answers", "model": "m", "answers": answers}).encode()


def tilt_answer(key: str, *values: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """One answer in it."""
    return {"key": key, "values": values, "confidence": 0.8, "finish_reason": "stop"} | changes


def chat_body(content: str, **changes: Any) -> bytes:  # noqa: ANN401 - any JSON
    """A body of /chat/completions."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    return json.dumps({"id": "1", "created": 1, "model": "m", "choices": [choice]} | changes).encode()


def chat_content(**changes: object) -> str:
    """The JSON in its message."""
    return json.dumps(dict.fromkeys(FIELD_KEYS) | changes)


def test_tilt_answers_are_read_in_order() -> None:
    """A value, and a reasoned nothing."""
    answers = TILT.decode(tilt_body(tilt_answer("date", "None"), tilt_answer("total", "56")), QUESTIONS)

    assert answers == (Answer("date", None, 0.8, reason="not_found"), Answer("total", "56", 0.8))


def test_tilt_answer_that_was_cut_off_is_none() -> None:
    """Half an amount is a wrong amount."""
    body = tilt_body(tilt_answer("date"), tilt_answer("total", "1,2", finish_reason="length"))

    assert TILT.decode(body, QUESTIONS)[1] == Answer("total", None, 0.0, reason="truncated")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<!doctype html>", id="html"),
        pytest.param(tilt_body(tilt_answer("date"), tilt_answer("total"))[:-9], id="half-json"),
        pytest.param(b"\xff\xfe{}", id="no-utf8"),
        pytest.param(b"[]", id="list"),
        pytest.param(b'{"object":"error","message":"no","type":"BadRequestError","code":400}', id="error-body"),
        pytest.param(tilt_body(tilt_answer("date")), id="answer-missing"),
        pytest.param(tilt_body(tilt_answer("total"), tilt_answer("date")), id="other-order"),
        pytest.param(tilt_body(tilt_answer("date"), tilt_answer("totally")), id="other-key"),
        pytest.param(tilt_body(tilt_answer("date"), tilt_answer("total", confidence=float("nan"))), id="nan"),
        pytest.param(tilt_body(tilt_answer("date"), tilt_answer("total", confidence=float("inf"))), id="infinite"),
        pytest.param(tilt_body(tilt_answer("date"), tilt_answer("total", confidence=1.01)), id="over-one"),
        pytest.param(tilt_body(tilt_answer("date"), tilt_answer("total", confidence="0.9")), id="text-confidence"),
        pytest.param(tilt_body(tilt_answer("date"), tilt_answer("total", values=[56])), id="number-value"),
        pytest.param(tilt_body(tilt_answer("date"), tilt_answer("total", values="56")), id="values-no-list"),
        pytest.param(tilt_body(tilt_answer("date"), tilt_answer("total", finish_reason="abort")), id="odd-reason"),
        pytest.param(tilt_body(tilt_answer("date"), tilt_answer("total", "9" * 10_001)), id="endless-value"),
    ],
)
def test_tilt_body_of_another_shape_is_a_protocol_error(body: bytes) -> None:
    """Nothing is guessed out of what is not the protocol."""
    with pytest.raises(TiltProtocolError):
        TILT.decode(body, QUESTIONS)


def test_tilt_protocol_error_quotes_nothing_of_the_answer() -> None:
    """Answers are what documents say, and messages are logged."""
    with pytest.raises(TiltProtocolError) as caught:
        TILT.decode(tilt_body(tilt_answer("date", "Secret", confidence="Secret")), QUESTIONS)

    assert "Secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("1.234,56", "1.234,56", id="text"),
        pytest.param(" 56 ", "56", id="padded"),
        pytest.param(12.1, "12.1", id="number"),
        pytest.param(56, "56.0", id="whole-number"),
        pytest.param(1e22, "10000000000000000000000", id="large-number"),
        pytest.param("none", None, id="none-as-text"),
        pytest.param("", None, id="empty-text"),
        pytest.param(None, None, id="null"),
    ],
)
def test_chat_value_becomes_text(value: object, text: str | None) -> None:
    """The model may write JSON numbers or text."""
    answers = CHAT.decode(chat_body(chat_content(total=value), confidences={"total": 0.7}), QUESTIONS)

    assert answers[1] == Answer("total", text, 0.7, reason=None if text else "not_found")
    assert answers[0].confidence == CONFIDENCE_UNKNOWN


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(chat_body("The total is 56."), id="prose"),
        pytest.param(chat_body("```json\n" + chat_content() + "\n```"), id="fenced"),
        pytest.param(chat_body(chat_content()[:-5]), id="half-json"),
        pytest.param(chat_body(chat_content(iban="1")), id="extra-key"),
        pytest.param(chat_body("{}"), id="no-keys"),
        pytest.param(chat_body(chat_content(total=float("nan"))), id="nan"),
        pytest.param(chat_body(chat_content(), choices=[]), id="no-choice"),
        pytest.param(chat_body(chat_content(), confidences={"total": float("nan")}), id="nan-confidence"),
        pytest.param(b'{"object":"error","message":"no","type":"BadRequestError","code":400}', id="error-body"),
    ],
)
def test_chat_body_of_another_shape_is_a_protocol_error(body: bytes) -> None:
    """Strict JSON of the six keys, or nothing."""
    with pytest.raises(TiltProtocolError):
        CHAT.decode(body, QUESTIONS)


def test_chat_cannot_ask_for_other_fields() -> None:
    """The system prompt names six keys."""
    with pytest.raises(TiltProtocolError, match="merchant"):
        CHAT.encode(DOCUMENT, [Question("iban", "Which account?")])


def test_tilt_question_that_the_wire_refuses_is_a_protocol_error() -> None:
    """What the server would refuse is not sent."""
    with pytest.raises(TiltProtocolError, match="questions"):
        TILT.encode(DOCUMENT, [Question("total", " ")])
