"""The two protocols of a TILT server: what is sent for a document, and how its answer is read.

In: a document and questions, or the bytes of an answer. Out: the bytes to send, or answers. Pure. Every answer that is
not exactly the protocol ends as TiltProtocolError.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

from pydantic import ValidationError

from lib.document import FIELD_KEYS, Answer, OcrDocument, Question
from lib.errors import TiltProtocolError
from lib.pipelines.chat_amounts import as_text
from lib.pipelines.chat_protocol import CHAT_PATH, ChatCompletion, ChatContent, ChatValue
from lib.pipelines.tilt_prep import to_chat_request, to_request
from lib.pipelines.tilt_protocol import GENERATE_PATH, NO_ANSWER, TiltAnswers, explain
from lib.settings import TiltSettings

CONFIDENCE_UNKNOWN = 0.5
"""Of an answer whose server says nothing about it."""


class Exchange(Protocol):
    """One way to ask for all answers about a document in one request."""

    path: ClassVar[str]

    def __init__(self, settings: TiltSettings) -> None:
        """Take what every request has in common."""

    def can_ask(self, key: str) -> bool:
        """Whether a question of this key can be sent."""

    def encode(self, document: OcrDocument, questions: Sequence[Question]) -> bytes:
        """The request's body.

        Raises:
            TiltProtocolError: The document or the questions cannot be sent at all.
        """

    def decode(self, content: bytes, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """The answers in a response's body, one for each question in order.

        Raises:
            TiltProtocolError: It is anything else.
        """


class TiltExchange:
    """POST {base}/tilt/generate."""

    path: ClassVar[str] = GENERATE_PATH

    def __init__(self, settings: TiltSettings) -> None:
        """Take what every request has in common."""
        self._max_tokens = settings.max_tokens
        self._with_images = settings.images != "never"

    def can_ask(self, key: str) -> bool:
        """Whatever is asked is sent."""
        del key
        return True

    def encode(self, document: OcrDocument, questions: Sequence[Question]) -> bytes:
        """The document and all questions."""
        try:
            request = to_request(document, questions, max_tokens=self._max_tokens, with_images=self._with_images)
        except ValidationError as exc:
            raise TiltProtocolError(f"The document cannot be sent to the TILT server: {explain(exc)}.") from exc
        return request.model_dump_json(exclude_none=True).encode()

    def decode(self, content: bytes, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Each answer's one value."""
        try:
            answers = TiltAnswers.model_validate_json(content).answers
        except ValidationError as exc:
            raise TiltProtocolError(f"The TILT server answered something else: {explain(exc)}.") from exc
        if [answer.key for answer in answers] != [question.key for question in questions]:
            raise TiltProtocolError("The TILT server answered other questions than it was asked.")
        return tuple(_answer(answer.key, *answer.settle(), cut=answer.finish_reason == "length") for answer in answers)


class ChatExchange:
    """POST {base}/chat/completions with an `input_ocr_document` part."""

    path: ClassVar[str] = CHAT_PATH

    def __init__(self, settings: TiltSettings) -> None:
        """Take what every request has in common."""
        self._model = settings.model
        self._max_tokens = settings.max_tokens
        self._with_images = settings.images != "never"

    def can_ask(self, key: str) -> bool:
        """The six fields have their place in the prompt and in the answer, and nothing else has."""
        return key in FIELD_KEYS

    def encode(self, document: OcrDocument, questions: Sequence[Question]) -> bytes:
        """The system prompt and the document; the server asks its own questions for the six keys."""
        if not all(self.can_ask(question.key) for question in questions):
            raise TiltProtocolError(f"The chat protocol asks for {', '.join(FIELD_KEYS)} only.")
        try:
            request = to_chat_request(
                document, model=self._model, max_tokens=self._max_tokens, with_images=self._with_images
            )
        except ValidationError as exc:
            raise TiltProtocolError(f"The document cannot be sent to the TILT server: {explain(exc)}.") from exc
        return request.model_dump_json(exclude_none=True).encode()

    def decode(self, content: bytes, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """The fields of the message's JSON."""
        try:
            completion = ChatCompletion.model_validate_json(content)
            (choice,) = completion.choices
            fields = ChatContent.model_validate_json(choice.message.content)
        except ValidationError as exc:
            raise TiltProtocolError(f"The TILT server answered something else: {explain(exc)}.") from exc
        confidences = completion.confidences or {}
        return tuple(
            _answer(
                question.key,
                _text(getattr(fields, question.key)),
                confidences.get(question.key, CONFIDENCE_UNKNOWN),
                cut=choice.finish_reason == "length",
            )
            for question in questions
        )


def _text(value: ChatValue) -> str | None:
    """A field of the message as text."""
    if isinstance(value, float):
        return as_text(value)
    return None if value is None or value.strip().casefold() in NO_ANSWER else value.strip()


def _answer(key: str, text: str | None, confidence: float, *, cut: bool) -> Answer:
    if text is not None:
        return Answer(key, text, confidence)
    return Answer(key, None, confidence, reason="truncated" if cut else "not_found")


EXCHANGES: Mapping[str, type[Exchange]] = {"tilt": TiltExchange, "chat": ChatExchange}
"""By TILT_PROTOCOL."""
