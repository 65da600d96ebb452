"""The two protocols of a TILT server: what is sent for a document, and how its answer is read.

In: a document and questions, or the bytes of an answer. Out: the bytes to send, or answers. Every answer that is not
exactly the protocol ends as TiltProtocolError. The third protocol, of general models, is lib/pipelines/llm/.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

from pydantic import ValidationError

from lib.computing import compute
from lib.document import FIELD_KEYS, Answer, Consultation, OcrDocument, Question
from lib.errors import TiltProtocolError
from lib.pipelines.llm.exchange import LlmExchange, Server
from lib.pipelines.tilt.chat_amounts import as_text
from lib.pipelines.tilt.chat_protocol import CHAT_PATH, MODELS_PATH, ChatCompletion, ChatContent, ChatValue, ModelList
from lib.pipelines.tilt.protocol import GENERATE_PATH, NO_ANSWER, TiltAnswers, explain
from lib.pipelines.tilt_prep import to_chat_request, to_request
from lib.settings import TiltSettings

CONFIDENCE_UNKNOWN = 0.5
"""Of an answer whose server says nothing about it."""


STOCK_SERVER = "A stock OpenAI-compatible server (vLLM, SGLang, Ollama ...) is asked with TILT_PROTOCOL=openai."
"""The remedy where the server is of another kind than the protocol."""


class Exchange(Protocol):
    """One way to ask for the answers about a document.

    Attributes:
        name: As in `meta.reader`.
        latin_only: Whether documents in other scripts are not worth asking about.
    """

    name: ClassVar[str]
    latin_only: ClassVar[bool]

    def __init__(self, settings: TiltSettings) -> None:
        """Take what every request has in common."""

    @property
    def model_version(self) -> str:
        """As in `meta.model_version`."""

    def can_ask(self, key: str) -> bool:
        """Whether a question of this key can be sent."""

    async def served_model(self, server: Server) -> str:
        """The name of the model that answers.

        Raises:
            TiltError: The server lists none.
        """

    async def consult(self, document: OcrDocument, questions: Sequence[Question], server: Server) -> Consultation:
        """The answers, over as many requests as it takes.

        Raises:
            TiltError: There is no usable answer.
        """


class _SingleRequest(ABC):
    """What the two protocols of a TILT server share: one request a document.

    Attributes:
        path: Below VLLM_BASE_URL.
    """

    name: ClassVar[str] = "tilt"
    latin_only: ClassVar[bool] = True
    path: ClassVar[str]

    def __init__(self, settings: TiltSettings) -> None:
        """Take what every request has in common."""
        self._model = settings.model
        self._max_tokens = settings.max_tokens
        self._with_images = settings.images != "never"

    @property
    def model_version(self) -> str:
        """The model's name without its owner, in lower case."""
        return self._model.rsplit("/", 1)[-1].lower()

    async def served_model(self, server: Server) -> str:
        """The first that is listed."""
        try:
            return ModelList.model_validate_json(await server.get(MODELS_PATH)).data[0].id
        except ValidationError as exc:
            raise TiltProtocolError(f"The TILT server lists no models: {explain(exc)}.") from exc

    async def consult(self, document: OcrDocument, questions: Sequence[Question], server: Server) -> Consultation:
        """Encode, ask, decode."""
        body = await compute(self.encode, document, questions)
        return Consultation(self.decode(await server.post(self.path, body), questions))

    @abstractmethod
    def encode(self, document: OcrDocument, questions: Sequence[Question]) -> bytes:
        """The request's body.

        Raises:
            TiltProtocolError: The document or the questions cannot be sent at all.
        """

    @abstractmethod
    def decode(self, content: bytes, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """The answers in a response's body, one for each question in order.

        Raises:
            TiltProtocolError: It is anything else.
        """


class TiltExchange(_SingleRequest):
    """POST {base}/tilt/generate."""

    path: ClassVar[str] = GENERATE_PATH

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


class ChatExchange(_SingleRequest):
    """POST {base}/chat/completions with an `input_ocr_document` part."""

    path: ClassVar[str] = CHAT_PATH

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
            raise TiltProtocolError(f"The TILT server answered something else: {explain(exc)}. {STOCK_SERVER}") from exc
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


EXCHANGES: Mapping[str, type[Exchange]] = {"tilt": TiltExchange, "chat": ChatExchange, "openai": LlmExchange}
"""By TILT_PROTOCOL."""
