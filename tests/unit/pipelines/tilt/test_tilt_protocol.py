"""What the models of /tilt/generate accept and refuse."""

import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from lib.pipelines.tilt.protocol import (
    EXAMPLE_PAGE,
    MAX_PAGES,
    MAX_QUESTION_CHARS,
    MAX_QUESTIONS,
    MAX_WORD_CHARS,
    SINGLE_KEY,
    TiltAnswer,
    TiltAnswers,
    TiltRequest,
    TiltSingleAnswer,
    Wire,
    answer_body,
    explain,
)

ONE_PIXEL_PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 16).decode()


def request_json(**changes: Any) -> str:  # noqa: ANN401 - any JSON
    """A valid request of the extended form with members replaced."""
    body = {"questions": [{"key": "total", "text": "What is the total?"}], "pages": [EXAMPLE_PAGE]}
    return json.dumps(body | changes)


def page_json(*, image: str | None = None, **ocr: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """The example page with members of its `ocr` replaced."""
    return {"ocr": EXAMPLE_PAGE["ocr"] | ocr, "image": image}


def word_json(text: object, *bbox: object) -> dict[str, Any]:
    """One word."""
    return {"text": text, "bbox": list(bbox)}


def answer(*values: str, confidence: float = 0.9, finish_reason: Any = "stop") -> TiltAnswer:  # noqa: ANN401
    """An answer for `total`."""
    return TiltAnswer(key="total", values=values, confidence=confidence, finish_reason=finish_reason)


@pytest.mark.parametrize("model", [TiltRequest, TiltAnswers, TiltSingleAnswer])
def test_examples_of_a_model_are_valid_messages(model: type[Wire]) -> None:
    """What the docs show is what the server takes and gives."""
    extra = model.model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    examples = extra["examples"]
    assert isinstance(examples, list)

    parsed = [model.model_validate_json(json.dumps(example)) for example in examples]

    assert len(parsed) == len(examples) > 0


def test_request_with_one_question_asks_it_under_the_single_key() -> None:
    """The original form and the extended one are read through one property."""
    request = TiltRequest.model_validate_json(json.dumps({"question": "What is the total?", "pages": [EXAMPLE_PAGE]}))

    assert [(question.key, question.text) for question in request.asked] == [(SINGLE_KEY, "What is the total?")]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        pytest.param({"questions": None}, "either", id="no-question"),
        pytest.param({"question": "What?"}, "either", id="both-forms"),
        pytest.param({"questions": []}, "questions", id="empty-questions"),
        pytest.param({"questions": [{"key": "a", "text": "What?"}] * 2}, "different keys", id="equal-keys"),
        pytest.param(
            {"questions": [{"key": f"k{i}", "text": "What?"} for i in range(MAX_QUESTIONS + 1)]},
            "questions",
            id="too-many-questions",
        ),
        pytest.param({"questions": [{"key": "a", "text": " \n"}]}, "blank", id="blank-question"),
        pytest.param(
            {"questions": [{"key": "a", "text": "x" * (MAX_QUESTION_CHARS + 1)}]}, "text", id="endless-question"
        ),
        pytest.param({"questions": [{"key": "A b", "text": "What?"}]}, "key", id="odd-key"),
        pytest.param({"pages": []}, "pages", id="no-page"),
        pytest.param({"pages": [EXAMPLE_PAGE] * (MAX_PAGES + 1)}, "pages", id="too-many-pages"),
        pytest.param({"pages": [page_json(words=[])]}, "not blank", id="no-word"),
        pytest.param({"pages": [page_json(words=[word_json(" \t", 0, 0, 1, 1)])]}, "not blank", id="blank-words"),
        pytest.param({"pages": [page_json(width=0)]}, "width", id="width-zero"),
        pytest.param({"pages": [page_json(height=-5)]}, "height", id="height-negative"),
        pytest.param({"pages": [page_json(width="100")]}, "width", id="width-text"),
        pytest.param({"pages": [page_json(words=[word_json("a", 0, 0, 1)])]}, "bbox", id="three-coordinates"),
        pytest.param({"pages": [page_json(words=[word_json("a", 0, 0, 1, 1, 1)])]}, "bbox", id="five-coordinates"),
        pytest.param({"pages": [page_json(words=[word_json("a", 2, 0, 1, 1)])]}, "x0 <= x1", id="x-inverted"),
        pytest.param({"pages": [page_json(words=[word_json("a", 0, 2, 1, 1)])]}, "y0 <= y1", id="y-inverted"),
        pytest.param(
            {"pages": [page_json(words=[word_json("a", float("nan"), 0, 1, 1)])]}, "finite", id="coordinate-nan"
        ),
        pytest.param(
            {"pages": [page_json(words=[word_json("a", 0, 0, float("inf"), 1)])]}, "bbox", id="coordinate-infinite"
        ),
        pytest.param({"pages": [page_json(words=[word_json("a", 0, 0, 1e9, 1)])]}, "bbox", id="coordinate-huge"),
        pytest.param({"pages": [page_json(words=[word_json(7, 0, 0, 1, 1)])]}, "text", id="word-no-string"),
        pytest.param(
            {"pages": [page_json(words=[word_json("x" * (MAX_WORD_CHARS + 1), 0, 0, 1, 1)])]}, "text", id="word-endless"
        ),
        pytest.param({"pages": [page_json(image="%%%")]}, "base64", id="image-no-base64"),
        pytest.param({"pages": [page_json(image=base64.b64encode(b"GIF89a").decode())]}, "PNG", id="image-gif"),
        pytest.param({"temperature": float("nan")}, "temperature", id="temperature-nan"),
        pytest.param({"max_tokens": 0}, "max_tokens", id="no-tokens"),
        pytest.param({"max_tokens": 513}, "max_tokens", id="too-many-tokens"),
    ],
)
def test_request_that_could_end_the_engine_is_refused(changes: dict[str, Any], complaint: str) -> None:
    """What would kill the engine loop does not pass, and the message names the member."""
    with pytest.raises(ValidationError) as caught:
        TiltRequest.model_validate_json(request_json(**changes))

    assert complaint in explain(caught.value)


def test_request_with_blank_words_beside_others_is_accepted() -> None:
    """Blank words and empty pages are harmless as long as one word is not blank."""
    page = page_json(words=[word_json(" ", 0, 0, 1, 1), word_json("56", 0, 0, 1, 1)])

    request = TiltRequest.model_validate_json(request_json(pages=[page_json(words=[]), page]))

    assert [len(page.ocr.words) for page in request.pages] == [0, 2]


def test_page_with_spans_has_them_as_words() -> None:
    """The OCR document of the project document calls them spans."""
    page = {"ocr": {"width": 10, "height": 10, "spans": [word_json("Total 56", 0, 0, 10, 1)]}}

    request = TiltRequest.model_validate_json(request_json(pages=[page]))

    assert request.pages[0].ocr.words[0].text == "Total 56"


def test_page_image_comes_back_as_bytes() -> None:
    """The server reads the file's bytes, not its base64."""
    request = TiltRequest.model_validate_json(request_json(pages=[page_json(image=ONE_PIXEL_PNG)]))

    assert request.pages[0].image_bytes == base64.b64decode(ONE_PIXEL_PNG)


def test_explanation_of_a_bad_request_quotes_nothing_of_the_document() -> None:
    """Messages reach logs, and logs never say what a document says."""
    with pytest.raises(ValidationError) as caught:
        TiltRequest.model_validate_json(request_json(pages=[page_json(words=[word_json("Secret Ltd", 9, 0, 1, 1)])]))

    assert "Secret" not in explain(caught.value)
    assert "pages.0.ocr.words.0.bbox" in explain(caught.value)


@pytest.mark.parametrize(
    ("given", "text", "confidence"),
    [
        pytest.param(answer("56"), "56", 0.9, id="one-value"),
        pytest.param(answer(" 56 "), "56", 0.9, id="padded"),
        pytest.param(answer("56", "12"), "56", 0.45, id="two-values"),
        pytest.param(answer("56", "56"), "56", 0.9, id="one-value-twice"),
        pytest.param(answer("None", "56"), "56", 0.9, id="none-and-a-value"),
        pytest.param(answer("None"), None, 0.9, id="none"),
        pytest.param(answer("NONE"), None, 0.9, id="none-in-capitals"),
        pytest.param(answer(""), None, 0.9, id="empty"),
        pytest.param(answer(), None, 0.9, id="no-values"),
        pytest.param(answer(confidence=0.0, finish_reason="length"), None, 0.0, id="ignored-by-the-engine"),
        pytest.param(answer("1,23", finish_reason="length"), None, 0.0, id="cut-off"),
        pytest.param(answer("56", "1,2", finish_reason="length"), "56", 0.9, id="second-cut-off"),
    ],
)
def test_answer_settles_on_one_value(given: TiltAnswer, text: str | None, confidence: float) -> None:
    """The first whole value counts, "" and None are no answer, and doubt lowers the confidence."""
    settled_text, settled_confidence = given.settle()

    assert settled_text == text
    assert settled_confidence == pytest.approx(confidence)


@pytest.mark.parametrize("confidence", [float("nan"), float("inf"), -0.1, 1.1])
def test_answer_with_an_impossible_confidence_is_refused(confidence: float) -> None:
    """A confidence is a finite share."""
    body = {"id": "1", "model": "m", "answers": [{"key": "a", "values": [], "finish_reason": "stop"}]}
    body["answers"][0]["confidence"] = confidence  # type: ignore[index]

    with pytest.raises(ValidationError):
        TiltAnswers.model_validate_json(json.dumps(body))


def test_answer_body_takes_the_form_of_the_request() -> None:
    """One question is answered with one settled text, several with a list."""
    single = TiltRequest.model_validate_json(json.dumps({"question": "What?", "pages": [EXAMPLE_PAGE]}))
    several = TiltRequest.model_validate_json(request_json())

    one = answer_body(single, [answer("56")], answer_id="1", model="m")
    many = answer_body(several, [answer("56")], answer_id="1", model="m")

    assert isinstance(one, TiltSingleAnswer)
    assert one.answer == "56"
    assert isinstance(many, TiltAnswers)
    assert many.answers[0].values == ("56",)
