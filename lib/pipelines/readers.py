"""Who answers the questions: the embedded reader, the TILT server, or both.

In: an OCR document and questions. Out: a `Reading`: the answers, who gave them, and what a client should be warned of.
Knows the readers by their protocol only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lib.document import Answer, OcrDocument, Question


class Reader(Protocol):
    """One way of answering."""

    name: str
    model_version: str

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """One answer to each question, in their order."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A reader's answers and who gave them."""

    answers: tuple[Answer, ...]
    reader: str
    model_version: str
    degraded: bool = False
    warnings: tuple[str, ...] = ()


class Readers:
    """Chooses the reader of each document."""

    def __init__(self, *, layout: Reader) -> None:
        """Take the readers that are there."""
        self._layout = layout

    @property
    def name(self) -> str:
        """The reader that answers first."""
        return self._layout.name

    @property
    def model_version(self) -> str:
        """Of the reader that answers first."""
        return self._layout.model_version

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> Reading:
        """Answer the questions about a document; one without words is answered by nobody."""
        if not document.has_words:
            answers = tuple(Answer(key=q.key, text=None, confidence=1.0, reason="no_text") for q in questions)
            return Reading(answers, self.name, self.model_version, warnings=("no_text",))
        answers = await self._layout.read(document, questions)
        return Reading(answers, self._layout.name, self._layout.model_version)
