"""Who answers the questions: the embedded reader, the TILT server, or one for the other.

In: an OCR document and questions. Out: a `Reading`: the answers, who gave them, the other reader's answers to check
them by, and what a client should be warned of. Knows the readers by their protocol only.

| the document / the TILT server          | who answers | warning              |
|-----------------------------------------|-------------|----------------------|
| has no words                            | nobody      | `no_text`            |
| is in a script that OCR cannot read     | nobody      | `unreadable_script`  |
| no TILT server is configured            | layout      |                      |
| is in a script that TILT cannot read    | layout      | `unsupported_script` |
| has more words than TILT takes          | layout      | `too_long_for_tilt`  |
| TILT answers                            | tilt        |                      |
| a general model answers                 | llm         |                      |
| a general model is asked in parts       | llm         | `too_long_for_llm`   |
| TILT is down, TILT_FALLBACK=layout      | layout      | `tilt_unavailable`   |
| TILT is down, TILT_FALLBACK=off         | an error    |                      |

A page that would need OCR cannot be known to be empty or foreign: while TILT is left alone it is refused before OCR.

A client's own questions are TILT's alone: where it does not answer, each is a null whose reason is the warning.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import anyio
from loguru import logger

from lib.computing import kept
from lib.document import Answer, Consultation, OcrDocument, Question
from lib.errors import TiltError, TiltTimeout, TiltUnavailable
from lib.pipelines.tilt.protocol import MAX_WORDS

FOREIGN_SHARE = 0.3
"""From this share of letters outside the Latin script on, a document is not one for TILT, whose vocabulary is Latin."""


class Reader(Protocol):
    """One way of answering."""

    @property
    def name(self) -> str:
        """As in `meta.reader`."""

    @property
    def model_version(self) -> str:
        """As in `meta.model_version`."""

    def can_answer(self, key: str) -> bool:
        """Whether it looks for answers to a question of this key."""

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """One answer to each question, in their order; it can answer each of them.

        Raises:
            TiltError: Only by a reader behind the TILT server.
        """


class RemoteReader(Reader, Protocol):
    """A way of answering that may know beforehand that it will not."""

    @property
    def refusal(self) -> TiltError | None:
        """What `read` would raise now without having asked anybody; None where it would ask."""

    @property
    def latin_only(self) -> bool:
        """Whether it cannot read other scripts than Latin."""

    async def consult(self, document: OcrDocument, questions: Sequence[Question]) -> Consultation:
        """As `read`, with warnings about how it was asked."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A reader's answers and who gave them.

    Attributes:
        answers: One to each question.
        reader: Who gave them.
        model_version: Of that reader.
        second_opinion: The other reader's answers, where both were asked.
        degraded: Whether the reader stands in for the configured one.
        warnings: Codes for `meta.warnings`.
    """

    answers: tuple[Answer, ...]
    reader: str
    model_version: str
    second_opinion: tuple[Answer, ...] = ()
    degraded: bool = False
    warnings: tuple[str, ...] = ()


class Readers:
    """Chooses the reader of each document."""

    def __init__(self, *, layout: Reader, tilt: RemoteReader | None = None, fallback: bool = False) -> None:
        """Take the readers that are there; `fallback` lets `layout` answer while `tilt` is down."""
        self._layout = layout
        self._tilt = tilt
        self._fallback = fallback

    @property
    def name(self) -> str:
        """The reader that is configured."""
        return (self._tilt or self._layout).name

    @property
    def model_version(self) -> str:
        """Of the reader that is configured."""
        return (self._tilt or self._layout).model_version

    @property
    def is_embedded_alone(self) -> bool:
        """Whether no server ever gets a document's words."""
        return self._tilt is None

    def require_reader(self) -> None:
        """Refuse a document before work is put into it that would be in vain, as nobody would read it now.

        Raises:
            TiltError: The TILT server is left alone for the moment, and nobody stands in.
        """
        refusal = None if self._tilt is None or self._fallback else self._tilt.refusal
        if refusal is not None:
            raise refusal

    def can_answer(self, key: str) -> bool:
        """Whether the reader that is configured looks for answers to a question of this key."""
        return (self._tilt or self._layout).can_answer(key)

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> Reading:
        """Answer the questions about a document.

        Raises:
            TiltError: The TILT server is configured, failed, and nobody stands in.
        """
        if not document.has_words:
            reason = "unreadable_script" if any(page.unreadable for page in document.pages) else "no_text"
            answers = tuple(Answer(key=q.key, text=None, confidence=1.0, reason=reason) for q in questions)
            return Reading(answers, self.name, self.model_version, warnings=(reason,))
        if self._tilt is None:
            return await self._by_layout(document, questions)
        if self._tilt.latin_only and foreign_share(document) >= FOREIGN_SHARE:
            return await self._by_layout(document, questions, warnings=("unsupported_script",))
        if sum(len(page.words) for page in document.pages) > MAX_WORDS:
            return await self._by_layout(document, questions, warnings=("too_long_for_tilt",))
        return await self._by_tilt(self._tilt, document, questions)

    async def ask_further(
        self, document: OcrDocument, questions: Sequence[Question], *, reading: Reading
    ) -> Consultation:
        """More answers of the reader behind a server, where it gave the first ones; none where it did not.

        A server that fails now takes nothing from what is known: there are no answers, and the warning says why.
        """
        tilt = self._tilt
        mine = [question for question in questions if tilt and tilt.can_answer(question.key)]
        if tilt is None or not mine or not document.has_words or reading.reader != tilt.name:
            return Consultation(())
        try:
            return await tilt.consult(document, mine)
        except TiltError as exc:
            logger.warning("the details are the embedded reader's, as the TILT server failed ({})", exc.code)
            return Consultation((), warnings=("tilt_unavailable",))

    async def _by_layout(
        self,
        document: OcrDocument,
        questions: Sequence[Question],
        *,
        degraded: bool = False,
        warnings: tuple[str, ...] = (),
    ) -> Reading:
        """The embedded reader's answers, and none, with the reason, to what it does not look for."""
        known = [question for question in questions if self._layout.can_answer(question.key)]
        found = await self._layout.read(document, known) if known else ()
        others = [question for question in questions if not self._layout.can_answer(question.key)]
        none = (Answer(q.key, None, 0.0, reason=next(iter(warnings), "questions_unsupported")) for q in others)
        answers = _in_order_of(questions, (*found, *none))
        return Reading(answers, self._layout.name, self._layout.model_version, degraded=degraded, warnings=warnings)

    async def _by_tilt(self, tilt: RemoteReader, document: OcrDocument, questions: Sequence[Question]) -> Reading:
        """Ask TILT; the embedded reader, for a second opinion or to stand in, works while the answer is awaited."""
        mine = [question for question in questions if tilt.can_answer(question.key)]
        outcome: list[Consultation | Exception] = []

        async def ask() -> None:
            outcome.append(await kept(tilt.consult(document, mine)))

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            layout = await kept(self._by_layout(document, questions, degraded=True, warnings=("tilt_unavailable",)))
        (told,) = outcome
        if isinstance(layout, Exception):
            raise layout
        if not isinstance(told, Exception):
            others = (answer for answer in layout.answers if not tilt.can_answer(answer.key))
            merged = _in_order_of(questions, (*told.answers, *others))
            version = tilt.model_version
            return Reading(merged, tilt.name, version, second_opinion=layout.answers, warnings=told.warnings)
        if not (self._fallback and isinstance(told, TiltUnavailable | TiltTimeout)):
            raise told
        logger.warning("the TILT server is down ({}); the embedded reader answers", told.code)
        return layout


def _in_order_of(questions: Sequence[Question], answers: Iterable[Answer]) -> tuple[Answer, ...]:
    by_key = {answer.key: answer for answer in answers}
    return tuple(by_key[question.key] for question in questions)


def foreign_share(document: OcrDocument) -> float:
    """The share of the document's letters that are of another script than Latin, 0..1."""
    counts = Counter(
        _is_latin(character)
        for page in document.pages
        for word in page.words
        for character in word.text
        if character.isalpha()
    )
    return counts[False] / max(1, counts.total())


@cache
def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")
