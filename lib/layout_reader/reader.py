"""The embedded reader: answers the questions for the standard fields from words and boxes alone.

In: an OCR document (words and page sizes; never its spans, so that words sent over a wire give the same answers) and
questions. Out: one answer for each question, its text as the document has it. No I/O but its own model file.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from lib.computing import compute
from lib.document import EXTRA_KEYS, FIELD_KEYS, Answer, OcrDocument, Question
from lib.layout_reader.amounts import find_amounts
from lib.layout_reader.amounts.features import amount_names
from lib.layout_reader.currency import find_currency
from lib.layout_reader.dates import find_date
from lib.layout_reader.dates.features import date_names
from lib.layout_reader.identifiers import find_extra_fields
from lib.layout_reader.merchant import find_merchant
from lib.layout_reader.merchant.features import merchant_names
from lib.layout_reader.page import parse_document
from lib.layout_reader.page.context import Context
from lib.layout_reader.page.parsing import ParsedDocument
from lib.layout_reader.ranking import load_model
from lib.layout_reader.ranking.ranker import Ranker, Role

MODEL_VERSION: Final = "layout-3"

NAMES: Final[Mapping[Role, tuple[str, ...]]] = {
    "merchant": merchant_names(),
    "date": date_names(),
    "subtotal": amount_names(),
    "tax_amount": amount_names(),
    "total": amount_names(),
}
"""The columns of each role's feature matrix."""


class LayoutReader:
    """Ranks what may be an answer by how it looks and where it stands, then chooses what fits together."""

    name: Final = "layout"
    model_version: Final = MODEL_VERSION

    def __init__(self, ranker: Ranker | None = None) -> None:
        """Read with `ranker`, by default the learned model, which is loaded here."""
        self._ranker = ranker or load_model(NAMES)

    def can_answer(self, key: str) -> bool:
        """Whether it looks for this field; it understands no question, only keys."""
        return key in FIELD_KEYS or key in EXTRA_KEYS

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """One answer for each question, in their order, computed in a worker thread."""
        return await compute(self.answer, document, questions)

    def answer(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """One answer for each question, in their order; a key it does not know has no answer."""
        seen = parse_document(document)
        answers = self._answers(seen) if seen.rows else {}
        answers |= find_extra_fields(seen, [question.key for question in questions])
        return tuple(answers.get(question.key) or self._none(question.key) for question in questions)

    def _none(self, key: str) -> Answer:
        """No answer: for certain where it was looked for, and nobody knows where it was not."""
        return Answer(key, None, 1.0 if self.can_answer(key) else 0.0, reason="not_found")

    def _answers(self, seen: ParsedDocument) -> dict[str, Answer]:
        context = Context(seen)
        amounts = find_amounts(seen, context=context, ranker=self._ranker)
        answers = amounts.answers | {
            "merchant": find_merchant(seen, ranker=self._ranker),
            "date": find_date(seen, context=context, ranker=self._ranker),
        }
        currency = find_currency(seen, total=amounts.total_places, ranker=self._ranker)
        return answers | ({"currency": currency} if currency else {})
