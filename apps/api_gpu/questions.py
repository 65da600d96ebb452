"""A client's own questions, as a form brings them.

In: the texts of the form's fields `questions`. Out: `Question`s, or a refusal that says which one is wrong and why.
What passes here fits the TILT server's protocol beside the standard questions.
"""

import unicodedata
from collections.abc import Sequence
from typing import Annotated

from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from lib.document import EXTRA_KEYS, FIELD_KEYS, Inquiry, Question
from lib.errors import QuestionsUnsupported
from lib.pipelines.readers import Readers

MAX_QUESTIONS = 16
"""The TILT server takes 32 at once, and the standard fields have ten."""

MAX_TEXT_CHARS = 200
"""TILT reads 256 tokens of a question, and no character of a text in its compatible form has more than one."""

KEY_PATTERN = "^[a-z][a-z0-9_]{0,63}$"
STANDARD = frozenset({*FIELD_KEYS, *EXTRA_KEYS})


def _refuse_standard(key: str) -> str:
    if key in STANDARD:
        raise ValueError("is the key of a standard field; take another one")
    return key


def _plain(text: str) -> str:
    """The question with single spaces, in the compatible form (NFKC) that the model's tokenizer makes of it.

    Raises:
        ValueError: It is blank or too long, or has characters that nobody can see.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if not plain:
        raise ValueError("must not be blank")
    if not plain.isprintable():
        raise ValueError("must be printable")
    if len(plain) > MAX_TEXT_CHARS:
        raise ValueError(f"must have at most {MAX_TEXT_CHARS} characters, those counted that one sign stands for")
    return plain


class _Asked(BaseModel):
    """One question of the form."""

    model_config = ConfigDict(extra="forbid", strict=True)

    key: Annotated[str, Field(pattern=KEY_PATTERN), AfterValidator(_refuse_standard)]
    text: Annotated[str, Field(max_length=MAX_TEXT_CHARS), AfterValidator(_plain)]


_LIST = TypeAdapter(Annotated[list[_Asked], Field(max_length=MAX_QUESTIONS)])


def read_questions(texts: Sequence[str]) -> tuple[Question, ...]:
    """The questions of a form; none where it has no such field.

    Args:
        texts: Of its fields `questions`: at most one, a JSON list of {"key", "text"}.

    Raises:
        RequestValidationError: There are several such fields, or the list is not what is taken here.
    """
    if len(texts) > 1:
        raise _wrong("expected one JSON list of all questions")
    if not texts:
        return ()
    try:
        asked = _LIST.validate_json(texts[0])
    except ValidationError as exc:
        raise _wrong(_explained(exc)) from exc
    keys = [question.key for question in asked]
    if len(set(keys)) < len(keys):
        raise _wrong("every question needs a key of its own")
    return tuple(Question(question.key, question.text) for question in asked)


def inquiry_of(
    readers: Readers, *, include: frozenset[str], questions: tuple[Question, ...], lang: str = ""
) -> Inquiry:
    """What a request asks beyond the six fields.

    Args:
        readers: Who would answer.
        include: The parts of the answer that were asked for.
        questions: The client's own.
        lang: The language of scanned pages; empty: OCR_LANG.

    Raises:
        QuestionsUnsupported: No reader that is configured takes questions of a client's own.
    """
    if not all(readers.can_answer(question.key) for question in questions):
        raise QuestionsUnsupported(
            "This service takes no questions: they need a TILT server (VLLM_BASE_URL) that is asked by"
            " TILT_PROTOCOL=tilt, or a general model (openai)."
            " Leave `questions` out; ?include=fields has the standard fields."
        )
    return Inquiry.of_parts(include, questions=questions, lang=lang)


def _explained(exc: ValidationError) -> str:
    """What is wrong and where, on one line, without the values."""
    problems = exc.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'list'}: {item['msg']}" for item in problems[:4])


def _wrong(message: str) -> RequestValidationError:
    return RequestValidationError([{"type": "form", "loc": ("body", "questions"), "msg": message, "input": None}])
