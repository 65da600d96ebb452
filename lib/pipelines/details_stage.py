"""The details of a document: what its pages say, and what the reader that answered the six fields says of them.

In: a document and what is known of it. Out: a `FoundDetails`. The embedded reader answers all; a reader behind a server
is asked for ASKED_DETAILS beside, in a request of its own, so that its answers to the six fields stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from lib.document import Field, OcrDocument, Question
from lib.extraction import Details
from lib.pipelines.long_documents import bare, compute_words
from lib.pipelines.readers import Readers, Reading
from lib.post.detail_answers import checked_details
from lib.post.postprocessing import CheckedFields


def details_of(document: OcrDocument, *, fields: Sequence[Field], extras: Sequence[Field]) -> Details:
    """See `read_details`, whose tables and expressions are not imported before details are looked for.

    Args:
        document: With its words in reading order.
        fields: Of the six fields.
        extras: Of those beyond.
    """
    from lib.details.reader import read_details  # noqa: PLC0415 - a tenth of a second that no start need wait for

    return read_details(document, fields=fields, extras=extras)


@dataclass(frozen=True, slots=True)
class FoundDetails:
    """The details and where they came from.

    Attributes:
        details: None where nobody asked for them.
        by_reader: Paths of the leaves that the reader behind a server answered.
        warnings: Codes about how it was asked.
        degraded: Whether the embedded reader stands in for one that is down.
    """

    details: Details | None = None
    by_reader: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    degraded: bool = False


class DetailsStage:
    """Finds the details of one document after another."""

    def __init__(self, readers: Readers, questions: Sequence[Question]) -> None:
        """Take who may be asked, and the questions for ASKED_DETAILS; none where nobody is to be asked."""
        self._readers = readers
        self._questions = questions

    async def find(self, document: OcrDocument, *, reading: Reading, checked: CheckedFields) -> FoundDetails:
        """What a document states beyond the six fields.

        Args:
            document: With its words in reading order.
            reading: Of the six fields.
            checked: What the rules made of it.

        Raises:
            DeadlineExceeded: The request's deadline came first.
        """
        pages = OcrDocument(bare(document.pages))
        read = partial(details_of, pages, fields=checked.fields, extras=checked.extras)
        details = await compute_words(document.pages, read)
        told = await self._readers.ask_further(document, self._questions, reading=reading)
        if not any(answer.text for answer in told.answers):
            return FoundDetails(details, warnings=told.warnings, degraded="tilt_unavailable" in told.warnings)
        check = partial(checked_details, details, told.answers, document=pages, fields=checked.fields)
        details, by_reader = await compute_words(document.pages, check)
        return FoundDetails(details, by_reader, told.warnings)
