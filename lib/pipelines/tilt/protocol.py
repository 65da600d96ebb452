"""What POST /v1/tilt/generate takes and answers: shared by the client, the server and the mock.

In: JSON. Out: validated, frozen models, each with an example that the docs show. Imports pydantic and the nouns only.
A request is checked here so far that nothing in it can end the engine behind the server (one exception other than
ValueError inside vLLM's loop ends it for every client). What needs the tokenizer (a question of at most 256 tokens)
or pixels (an image's size) the server checks itself.

Source: the request with one `question` is the project document's; `questions`, `image` and the answers extend it.
The chat protocol and the shapes of vLLM's own server are in chat_protocol.py.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

GENERATE_PATH = "/tilt/generate"
"""Below VLLM_BASE_URL, which ends in /v1."""

MAX_PAGES = 250
"""TILT's image_limit: the engine dies on a page beyond it."""
MAX_WORDS = 125_000
"""TILT's max_seq_length in tokens; a word has at least one, and the fork drops what is beyond without a word."""
MAX_WORD_CHARS = 2_000
MAX_QUESTIONS = 32
MAX_QUESTION_CHARS = 1_000
MAX_TOKENS = 512
"""TILT's max_output_length."""
MAX_VALUES = MAX_TOKENS
MAX_VALUE_CHARS = 10_000
"""Far beyond what 512 tokens can say."""
MAX_COORDINATE = 1_000_000.0
"""Pixels; far beyond any page, and exact in the model's 32-bit floats."""
MAX_IMAGE_CHARS = 8 * 2**20
"""Characters of one page's base64; a page of 768 pixels' width takes some 0.3 million."""
MAX_REQUEST_BYTES = 64 * 2**20

SINGLE_KEY = "answer"
"""The key that the one question of the original form is asked under."""

NO_ANSWER = ("", "none")
"""What the model writes, in lower case, where the document has no answer. Source: the DUE benchmark's baselines."""

IMAGE_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""How a PNG and a JPEG begin."""

EXAMPLE_PAGE: dict[str, Any] = {
    "ocr": {
        "width": 1000,
        "height": 1400,
        "words": [
            {"text": "Total", "bbox": [100, 200, 220, 230]},
            {"text": "56", "bbox": [230, 200, 340, 230]},
            {"text": "VAT", "bbox": [100, 260, 170, 290]},
            {"text": "20%", "bbox": [180, 260, 230, 290]},
        ],
    }
}
_EXAMPLE_ANSWER: dict[str, Any] = {"key": "total", "values": ["56"], "confidence": 0.97, "finish_reason": "stop"}


def example(*examples: dict[str, Any]) -> ConfigDict:
    """A model's configuration with examples for its JSON schema."""
    return ConfigDict(json_schema_extra={"examples": list(examples)})


def _refuse_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _refuse_disorder(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box
    if x0 > x1 or y0 > y1:
        raise ValueError("must be [x0, y0, x1, y1] with x0 <= x1 and y0 <= y1")
    return box


Coordinate = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-MAX_COORDINATE, le=MAX_COORDINATE)]
Side = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=1, le=MAX_COORDINATE)]
Confidence = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]
Box = Annotated[tuple[Coordinate, Coordinate, Coordinate, Coordinate], AfterValidator(_refuse_disorder)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
QuestionText = Annotated[str, Field(max_length=MAX_QUESTION_CHARS), AfterValidator(_refuse_blank)]
FinishReason = Literal["stop", "length"]


class Wire(BaseModel):
    """Unknown members are ignored, as vLLM's own server does."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class TiltWord(Wire):
    """A word and its box, `[x0, y0, x1, y1]` in the unit of its page's width and height."""

    text: Annotated[str, Field(max_length=MAX_WORD_CHARS)]
    bbox: Box


class TiltOcr(Wire):
    """One page's size and words in reading order; `spans` (whole lines) is taken for `words`."""

    width: Side
    height: Side
    words: tuple[TiltWord, ...] = Field(max_length=MAX_WORDS, validation_alias=AliasChoices("words", "spans"))


class TiltPage(Wire):
    """One page; its image, if any, shows exactly the area that width and height span.

    Attributes:
        ocr: Size and words.
        image: PNG or JPEG as standard base64; None: a white page stands in.
    """

    ocr: TiltOcr
    image: Annotated[str, Field(max_length=MAX_IMAGE_CHARS)] | None = None

    @field_validator("image")
    @classmethod
    def _refuse_other_images(cls, image: str | None) -> str | None:
        if image is not None and not _decode(image).startswith(IMAGE_MAGIC):
            raise ValueError("must be a PNG or JPEG")
        return image

    @property
    def image_bytes(self) -> bytes | None:
        """The image file's bytes."""
        return None if self.image is None else _decode(self.image)


def _decode(image: str) -> bytes:
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ValueError("must be standard base64") from exc


class TiltQuestion(Wire):
    """A plain-English question about one value, and the key that its answer comes back under."""

    key: Key
    text: QuestionText


class TiltRequest(Wire):
    """POST {base}/tilt/generate: one document and either one `question` or several `questions` about it."""

    model_config = example(
        {
            "question": "What is the total amount on this document? Answer only the number.",
            "temperature": 0.0,
            "max_tokens": 8,
            "pages": [EXAMPLE_PAGE],
        },
        {
            "questions": [
                {"key": "merchant", "text": "What is the name of the seller?"},
                {"key": "total", "text": "What is the total amount to pay?"},
            ],
            "temperature": 0.0,
            "max_tokens": 64,
            "pages": [EXAMPLE_PAGE],
        },
    )

    question: QuestionText | None = None
    questions: Annotated[tuple[TiltQuestion, ...], Field(min_length=1, max_length=MAX_QUESTIONS)] | None = None
    temperature: Annotated[float, Field(allow_inf_nan=False, ge=0, le=2)] = 0.0
    max_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] = MAX_TOKENS
    pages: Annotated[tuple[TiltPage, ...], Field(min_length=1, max_length=MAX_PAGES)]

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if (self.question is None) == (self.questions is None):
            raise ValueError("give either question or questions")
        keys = [question.key for question in self.asked]
        if len(set(keys)) < len(keys):
            raise ValueError("questions must have different keys")
        if sum(len(page.ocr.words) for page in self.pages) > MAX_WORDS:
            raise ValueError(f"the pages must have at most {MAX_WORDS} words together")
        if not any(word.text.strip() for page in self.pages for word in page.ocr.words):
            raise ValueError("the pages must have at least one word that is not blank")
        return self

    @property
    def asked(self) -> tuple[TiltQuestion, ...]:
        """The questions of either form, in order."""
        if self.questions is not None:
            return self.questions
        return (TiltQuestion(key=SINGLE_KEY, text=self.question or ""),)


class TiltAnswer(Wire):
    """What the model generated for one question.

    Attributes:
        key: The question's.
        values: The generated text, split at "|" and stripped, as it is: "" and "None" are the model's ways to say that
            there is no answer. Empty where no token was generated.
        confidence: exp(least log-probability of a token) over the whole answer; 0 where no token was generated.
        finish_reason: `length` where max_tokens or the engine's memory ended the answer.
    """

    key: Key
    values: Annotated[tuple[Annotated[str, Field(max_length=MAX_VALUE_CHARS)], ...], Field(max_length=MAX_VALUES)]
    confidence: Confidence
    finish_reason: FinishReason

    def settle(self) -> tuple[str | None, float]:
        """The one value that is meant, and how sure the model is of it.

        Of several different values the first counts, at an equal share of the confidence: the questions ask for one
        value each, and the model's confidence is that of the list. A value cut off at `length` is no value.
        """
        cut = self.finish_reason == "length"
        whole = (value.strip() for value in (self.values[:-1] if cut else self.values))
        meant = list(dict.fromkeys(value for value in whole if value.casefold() not in NO_ANSWER))
        if not meant:
            return None, 0.0 if cut else self.confidence
        return meant[0], self.confidence / len(meant)


class TiltAnswers(Wire):
    """The answer to `questions`: one entry for each, in their order."""

    model_config = example(
        {"id": "tilt-1", "object": "tilt.answers", "model": "snowflake-arctic-tilt-v1.3", "answers": [_EXAMPLE_ANSWER]}
    )

    id: str
    object: Literal["tilt.answers"] = "tilt.answers"
    model: str
    answers: Annotated[tuple[TiltAnswer, ...], Field(max_length=MAX_QUESTIONS)]


class TiltSingleAnswer(Wire):
    """The answer to the original form's one `question`: the settled text, null where there is none, and its origin."""

    model_config = example(
        {
            "id": "tilt-1",
            "object": "tilt.answer",
            "model": "snowflake-arctic-tilt-v1.3",
            "answer": "56",
            "values": ["56"],
            "confidence": 0.97,
            "finish_reason": "stop",
        }
    )

    id: str
    object: Literal["tilt.answer"] = "tilt.answer"
    model: str
    answer: str | None
    values: tuple[str, ...]
    confidence: Confidence
    finish_reason: FinishReason


def answer_body(
    request: TiltRequest, answers: Sequence[TiltAnswer], *, answer_id: str, model: str
) -> TiltAnswers | TiltSingleAnswer:
    """The answers in the form that the request was asked in."""
    if request.questions is not None:
        return TiltAnswers(id=answer_id, model=model, answers=tuple(answers))
    (only,) = answers
    text, confidence = only.settle()
    return TiltSingleAnswer(
        id=answer_id,
        model=model,
        answer=text,
        values=only.values,
        confidence=confidence,
        finish_reason=only.finish_reason,
    )


def explain(error: ValidationError) -> str:
    """What is wrong with a message and where, on one line, without the values: they are what a document says."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'body'}: {item['msg']}" for item in problems[:8])
