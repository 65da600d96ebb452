"""The conversation with an OpenAI-compatible server about one document.

In: a document, questions, and a way to the server. Out: answers and warnings. What the server takes is found out with
the first document and remembered here; what one document costs is not: a document that is longer than the context is
asked in parts, first and last page first, until everything is answered or everything has been read.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import ClassVar, Final, Protocol

from lib.computing import compute
from lib.document import Answer, Consultation, OcrDocument, Question
from lib.errors import TiltError, TiltProtocolError
from lib.pipelines.llm.answers import read_answers
from lib.pipelines.llm.completion import ErrorAnswer, Said, read_completion
from lib.pipelines.llm.dialect import Dialect, next_dialect
from lib.pipelines.llm.images import images_of
from lib.pipelines.llm.models import chosen_model, listed_models, only_model, shown
from lib.pipelines.llm.page_text import lay_out
from lib.pipelines.llm.parts import Part, in_parts
from lib.pipelines.llm.prompt import Asked, PageText, system_text, user_text
from lib.pipelines.llm.refusals import Refusal, refusal_of
from lib.pipelines.llm.request import CHAT_PATH, MODELS_PATH, chat_request
from lib.settings import TiltSettings

MOST_TRIES: Final = 8
"""Requests until a server has taken one: more than a dialect has things to leave out."""
TOKENS_OF_A_CHAR: Final = 0.5
"""Where the server does not say how many tokens it counts: more than vocabularies need for Latin text."""
MARGIN_TOKENS: Final = 48
"""Of the chat template around the messages."""
FEWEST_CHARS: Final = 300
"""Of document in one request; with less the context is too short for any."""
LONG_CHARS: Final = 4_000
"""Of document, from which a refusal without a reason may mean its length: two pages."""
NOT_TOO_LONG: Final = frozenset({200, 404, 405})
CUT_SHARE: Final = 0.8
"""Of its words, that a prompt has in tokens at least; a server that counts fewer has cut it off (Ollama does)."""
CUT_FROM_TOKENS: Final = 1_000
"""What is shorter may be a count without what the server had in its cache."""


class Server(Protocol):
    """The way to a server: slots, time, retries and breaker are its matter."""

    async def post(self, path: str, body: bytes) -> bytes:
        """The body of a 200.

        Raises:
            TiltError: There is no answer; where the server refused, the error has its status and what it said.
        """

    async def get(self, path: str) -> bytes:
        """As `post`."""


class _TooLong(Exception):
    """The part does not fit into the context.

    Attributes:
        most_chars: Of document that will.
    """

    def __init__(self, most_chars: int) -> None:
        super().__init__(f"{most_chars} characters fit")
        self.most_chars = most_chars


class LlmExchange:
    """Asks one server; knows which model, and what the server takes."""

    name: ClassVar[str] = "llm"
    latin_only: ClassVar[bool] = False

    def __init__(self, settings: TiltSettings) -> None:
        """Take what every request has in common; nothing is asked yet."""
        self._chosen = chosen_model(settings.model)
        self._model = self._chosen
        self._dialect = Dialect()
        self._context: int | None = None
        self._answer_tokens = settings.max_tokens
        self._with_images = settings.images != "never"

    @property
    def model_version(self) -> str:
        """The model's name; `unknown` until the server has told it."""
        return self._model or "unknown"

    def can_ask(self, key: str) -> bool:
        """Whatever is asked is sent."""
        del key
        return True

    async def served_model(self, server: Server) -> str:
        """The model that is asked; by its list, so that a model that was replaced is noticed.

        Raises:
            TiltError: The server is not there, or nobody knows which model is meant.
        """
        try:
            names = listed_models(await server.get(MODELS_PATH))
        except TiltProtocolError:
            if self._chosen is None:
                raise
            return self._chosen
        if self._chosen is None and self._model not in names:
            self._model = only_model(names)
        return self._model or only_model(names)

    async def consult(self, document: OcrDocument, questions: Sequence[Question], server: Server) -> Consultation:
        """Ask everything about a document, in one request where it fits.

        Raises:
            TiltError: The server gave no usable answer.
        """
        pages = await compute(_page_texts, document)
        most_chars = self._likely_room(len(questions))
        if most_chars is None or sum(page.chars for page in pages) <= most_chars:
            try:
                return Consultation(await self._ask(pages, document, questions, server, images=self._with_images))
            except _TooLong as exc:
                most_chars = exc.most_chars
        answers = await self._ask_parts(in_parts(pages, most_chars), document, questions, server)
        return Consultation(answers, warnings=("too_long_for_llm",))

    def _likely_room(self, questions: int) -> int | None:
        """Characters beyond which a document is not even tried whole."""
        if self._context is None:
            return None
        return max(FEWEST_CHARS, round((self._context - self._max_tokens(questions)) / TOKENS_OF_A_CHAR * 2))

    def _max_tokens(self, questions: int) -> int:
        """Of an answer: TILT_MAX_TOKENS for each value, and JSON around them; at most a third of a known context."""
        wanted = self._answer_tokens * (questions + 2)
        return wanted if self._context is None else max(1, min(wanted, self._context // 3))

    async def _ask_parts(
        self, waiting: list[Part], document: OcrDocument, questions: Sequence[Question], server: Server
    ) -> tuple[Answer, ...]:
        """The first answer to each question, over the parts in their order, images left out."""
        answers = {question.key: Answer(question.key, None, 0.0, reason="not_found") for question in questions}
        while waiting:
            still_open = [question for question in questions if answers[question.key].text is None]
            if not still_open:
                break
            part = waiting.pop(0)
            try:
                found = await self._ask(part, document, still_open, server, images=False)
            except _TooLong as exc:
                waiting = [piece for longer in (part, *waiting) for piece in in_parts(longer, exc.most_chars)]
            else:
                answers |= {answer.key: answer for answer in found}
        return tuple(answers[question.key] for question in questions)

    async def _ask(
        self, part: Part, document: OcrDocument, questions: Sequence[Question], server: Server, *, images: bool
    ) -> tuple[Answer, ...]:
        """Ask about some pages in one request, which is put more simply as often as the server refuses it.

        Raises:
            _TooLong: It does not fit into the context.
            TiltError: There is no usable answer.
        """
        asked = [Asked.of(question) for question in questions]
        text = user_text(part, asked, page_count=len(document.pages))
        started = dialect = self._dialect
        for _ in range(MOST_TRIES):
            model = self._model or await self._find_model(server)
            shown_pages = images_of(document, dialect.most_images) if images else []
            max_tokens = self._max_tokens(len(questions))
            body = await compute(
                partial(chat_request, asked, text, shown_pages, model=model, dialect=dialect, max_tokens=max_tokens)
            )
            outcome = await _said_or_refused(server, body)
            if isinstance(outcome, Said):
                self._learn(started, dialect)
                self._refuse_what_was_cut(outcome, part, asked, text)
                return await compute(read_answers, outcome, questions)
            if outcome.cause == "context":
                raise self._too_long(outcome, part, asked, text)
            if outcome.cause == "model" and await self._has_other_model(model, server):
                continue
            changed = next_dialect(dialect, outcome, images=len(shown_pages))
            if changed is None:
                raise self._given_up(outcome, part, asked, text)
            dialect = changed
        raise TiltProtocolError("The model's server refuses the request in whatever form it comes.")

    def _given_up(self, refusal: Refusal, part: Part, asked: Sequence[Asked], text: str) -> Exception:
        """What to raise where nothing can be left out any more: without a word it may be the length."""
        is_long = sum(page.chars for page in part) > LONG_CHARS
        if refusal.cause == "other" and refusal.status not in NOT_TOO_LONG and is_long:
            return self._too_long(refusal, part, asked, text)
        return TiltProtocolError(_complaint(refusal))

    def _learn(self, started: Dialect, dialect: Dialect) -> None:
        """Remember what had to be left out for this request, beside what others found out meanwhile."""
        before, now = asdict(started), asdict(dialect)
        self._dialect = replace(self._dialect, **{name: now[name] for name in now if now[name] != before[name]})

    async def _find_model(self, server: Server) -> str:
        try:
            names = listed_models(await server.get(MODELS_PATH))
        except TiltProtocolError as exc:
            if exc.status is None:
                raise
            raise TiltProtocolError(
                f"The model's server answers {exc.status} to {MODELS_PATH}: VLLM_BASE_URL must lead to its OpenAI"
                " endpoints (it usually ends in /v1); where it lists no models, name one in TILT_MODEL."
            ) from exc
        self._model = only_model(names)
        return self._model

    async def _has_other_model(self, refused: str, server: Server) -> bool:
        """Whether the server serves another model by now, and nobody named the one that it lacks.

        Raises:
            TiltProtocolError: Somebody did, or it lists the very model; names what there is.
        """
        if self._chosen is None:
            self._model = None
            if await self._find_model(server) != refused:
                return True
        try:
            there = f" It has {shown(listed_models(await server.get(MODELS_PATH)))}."
        except TiltProtocolError:
            there = ""
        raise TiltProtocolError(f"The model's server has no model {refused} (TILT_MODEL).{there}")

    def _refuse_what_was_cut(self, said: Said, part: Part, asked: Sequence[Asked], text: str) -> None:
        """See to it that the server read all that it was sent.

        Raises:
            _TooLong: It did not.
        """
        tokens, words = said.prompt_tokens, len(text.split())
        if tokens is not None and CUT_FROM_TOKENS <= tokens < CUT_SHARE * words:
            raise self._too_long(
                Refusal(200, "context", limit=tokens + self._max_tokens(len(asked))), part, asked, text
            )

    def _too_long(self, refusal: Refusal, part: Part, asked: Sequence[Asked], text: str) -> _TooLong:
        """What fits, by the server's numbers where it gave any, else half.

        Raises:
            TiltProtocolError: Next to nothing does.
        """
        chars = sum(page.chars for page in part)
        most_chars = chars // 2
        if refusal.limit is not None:
            self._context = refusal.limit
            sent = len(system_text(asked)) + len(text)
            density = refusal.prompt_tokens / sent if refusal.prompt_tokens else TOKENS_OF_A_CHAR
            room = refusal.limit - self._max_tokens(len(asked)) - MARGIN_TOKENS
            most_chars = min(math.floor(room / max(density, 0.05)) - (sent - chars), chars * 4 // 5)
        if most_chars < FEWEST_CHARS:
            context = f"{self._context} tokens" if self._context else "the context"
            raise TiltProtocolError(
                f"The model's context is too short ({context}) for any page: start its server with 8192 tokens or more."
            )
        return _TooLong(most_chars)


def _page_texts(document: OcrDocument) -> Part:
    return tuple(PageText(page.page_index + 1, lay_out(page)) for page in document.pages)


async def _said_or_refused(server: Server, body: bytes) -> Said | Refusal:
    try:
        return read_completion(await server.post(CHAT_PATH, body))
    except ErrorAnswer as exc:
        return refusal_of(200, exc.body)
    except TiltError as exc:
        if exc.status is None:
            raise
        return refusal_of(exc.status, exc.body)


def _complaint(refusal: Refusal) -> str:
    """Why there is no answer, and what to do."""
    if refusal.cause == "key":
        return f"The model's server refuses the key (status {refusal.status}): VLLM_API_KEY must be one of its keys."
    if refusal.status in {404, 405}:
        return (
            f"The model's server answers {refusal.status} to {CHAT_PATH}: VLLM_BASE_URL must lead to its OpenAI"
            " endpoints; it usually ends in /v1."
        )
    named = "" if refusal.cause == "other" else f"; its error is about {refusal.cause.replace('_', ' ')}"
    return f"The model's server refuses the request (status {refusal.status}) in whatever form it comes{named}."
