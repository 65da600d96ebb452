"""A client's own questions: what is taken, and what is refused before anything is read."""

import json

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st

from apps.api_gpu.questions import MAX_QUESTIONS, MAX_TEXT_CHARS, inquiry_of, read_questions
from lib.document import EXTRA_KEYS, FIELD_KEYS, Question
from lib.errors import QuestionsUnsupported
from lib.layout_reader.reader import LayoutReader
from lib.pipelines.readers import Readers
from lib.pipelines.tilt.protocol import MAX_QUESTIONS as MOST_ON_THE_WIRE
from lib.pipelines.tilt.protocol import TiltQuestion
from lib.pipelines.tilt_client import TiltReader
from lib.settings import load_settings


def asked(*questions: dict[str, str]) -> list[str]:
    """The form's field."""
    return [json.dumps(questions)]


def readers(**environ: str) -> Readers:
    """Those of a service with these settings."""
    settings = load_settings(environ)
    tilt = TiltReader(settings.tilt) if settings.tilt.base_url else None
    return Readers(layout=LayoutReader(), tilt=tilt)


def test_questions_come_in_the_order_of_the_form() -> None:
    """With single spaces."""
    texts = asked({"key": "po_number", "text": " What is the\n order number? "}, {"key": "b", "text": "Who?"})

    assert read_questions(texts) == (Question("po_number", "What is the order number?"), Question("b", "Who?"))


@pytest.mark.parametrize("texts", [pytest.param([], id="no field"), pytest.param(["[]"], id="empty list")])
def test_form_without_questions_asks_none(texts: list[str]) -> None:
    """The field is no must."""
    assert read_questions(texts) == ()


def test_as_many_questions_as_are_taken_fit_the_wire_beside_the_standard_ones() -> None:
    """TILT is asked everything at once."""
    texts = asked(*({"key": f"k{index}", "text": "w " * (MAX_TEXT_CHARS // 2)} for index in range(MAX_QUESTIONS)))

    questions = read_questions(texts)

    assert len(questions) + len(FIELD_KEYS) + len(EXTRA_KEYS) <= MOST_ON_THE_WIRE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "Invalid JSON", id="blank"),
        pytest.param("what?", "Invalid JSON", id="no JSON"),
        pytest.param('{"key": "a", "text": "b"}', "valid array", id="no list"),
        pytest.param('["What?"]', "0: ", id="text alone"),
        pytest.param('[{"key": "a"}]', "0.text: Field required", id="no text"),
        pytest.param('[{"key": "a", "text": 7}]', "0.text: ", id="number"),
        pytest.param('[{"key": "a", "text": "b", "type": "int"}]', "0.type: Extra", id="unknown member"),
        pytest.param('[{"key": "A b", "text": "b"}]', "0.key: ", id="no key"),
        pytest.param('[{"key": "total", "text": "b"}]', "standard field", id="one of the six"),
        pytest.param('[{"key": "iban", "text": "b"}]', "standard field", id="one of the extras"),
        pytest.param('[{"key": "a", "text": " "}]', "must not be blank", id="blank text"),
        pytest.param('[{"key": "a", "text": "b\\u0000c"}]', "must be printable", id="control character"),
        pytest.param('[{"key": "a", "text": "b\\u202ec"}]', "must be printable", id="turned writing"),
        pytest.param('[{"key": "a", "text": "b\\ud800c"}]', "questions", id="lone surrogate"),
        pytest.param('[{"key": "a", "text": "b"}, {"key": "a", "text": "c"}]', "a key of its own", id="same key"),
        pytest.param(json.dumps([{"key": "a", "text": "b" * (MAX_TEXT_CHARS + 1)}]), "0.text: ", id="too long"),
        pytest.param(json.dumps([{"key": "a", "text": "\ufdfa" * 20}]), "0.text: ", id="too long when spelled out"),
        pytest.param(
            json.dumps([{"key": f"k{i}", "text": "b"} for i in range(MAX_QUESTIONS + 1)]), "at most", id="too many"
        ),
        pytest.param("[" * 100_000, "Invalid JSON", id="deep"),
    ],
)
def test_questions_of_another_form_are_refused(text: str, words: str) -> None:
    """The answer says which one is wrong and why."""
    with pytest.raises(RequestValidationError) as raised:
        read_questions([text])

    (error,) = raised.value.errors()
    assert words in f"{error['loc']} {error['msg']}"


def test_questions_in_two_fields_are_refused() -> None:
    """Nobody could tell which one counts."""
    with pytest.raises(RequestValidationError):
        read_questions(["[]", "[]"])


@given(st.text(max_size=80))
def test_question_that_is_taken_can_be_sent(text: str) -> None:
    """Whatever the client writes: it is refused, or the TILT server's protocol takes it."""
    try:
        (question,) = read_questions(asked({"key": "own", "text": text}))
    except RequestValidationError:
        return
    assert TiltQuestion(key=question.key, text=question.text).model_dump_json()


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({}, id="no TILT server"),
        pytest.param({"VLLM_BASE_URL": "http://tilt/v1", "TILT_PROTOCOL": "chat"}, id="chat protocol"),
    ],
)
def test_questions_are_refused_where_nobody_takes_them(environ: dict[str, str]) -> None:
    """The embedded reader and the chat protocol know the standard fields only; without questions all is as ever."""
    question = Question("po_number", "What is the order number?")

    with pytest.raises(QuestionsUnsupported, match="VLLM_BASE_URL"):
        inquiry_of(readers(**environ), include=frozenset(), questions=(question,))
    assert inquiry_of(readers(**environ), include=frozenset({"fields"}), questions=()).extras


def test_questions_are_taken_where_a_tilt_server_is_configured() -> None:
    """Whether it is up is seen when it is asked."""
    question = Question("po_number", "What is the order number?")

    inquiry = inquiry_of(readers(VLLM_BASE_URL="http://tilt/v1"), include=frozenset(), questions=(question,))

    assert (inquiry.extras, inquiry.questions) == (False, (question,))
