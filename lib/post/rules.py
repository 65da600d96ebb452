"""Rules: a reader's answers as normalized fields.

In: answers (raw text, as the document has it) and the document. Out: one `Field` for each of the six keys. A text that
cannot be read as its field's type is a null with a problem, never a guess. Pure.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from lib.document import AMOUNT_KEYS, FIELD_KEYS, Answer, Field, FieldKey, OcrDocument
from lib.grammar.amounts import infer_style, parse_amount
from lib.grammar.currencies import find_currencies
from lib.grammar.dates import find_dates, infer_order, parse_date
from lib.grammar.numbers import NumberStyle

RULESET_VERSION = "2026.11.22"

UNPARSABLE = "unparsable"


def normalize(answers: Sequence[Answer], *, document: OcrDocument) -> tuple[Field, ...]:
    """The six fields, typed in the document's own number style and date order."""
    lines = _lines(document)
    style = infer_style(lines)
    order = infer_order(match for line in lines for match in find_dates(line))
    given = {answer.key: answer for answer in answers}
    return tuple(_field(key, given.get(key), style=style, order=order) for key in FIELD_KEYS)


def as_typed(answers: Sequence[Answer]) -> tuple[Field, ...]:
    """The six fields for RULES_ENABLED=0: typed where the text itself is a number or an ISO date, not normalized."""
    given = {answer.key: answer for answer in answers}
    return tuple(_typed(key, given.get(key)) for key in FIELD_KEYS)


def warnings_of(fields: Iterable[Field]) -> tuple[str, ...]:
    """Codes for `meta.warnings`, sorted."""
    codes = {f"missing_{field.key}" for field in fields if field.value is None and field.key == "total"}
    return tuple(sorted(codes))


def _lines(document: OcrDocument) -> list[str]:
    return [" ".join(word.text for word in page.words) for page in document.pages]


def _field(key: FieldKey, answer: Answer | None, *, style: NumberStyle, order: str | None) -> Field:
    if answer is None or answer.text is None:
        return _absent(key, answer)
    value: str | Decimal | date | None
    if key in AMOUNT_KEYS:
        value = parse_amount(answer.text, style=style)
    elif key == "date":
        value = parse_date(answer.text, order=order)  # type: ignore[arg-type]
    elif key == "currency":
        value = next((match.code for match in find_currencies(answer.text)), None)
    else:
        value = answer.text.strip() or None
    return _filled(key, answer, value)


def _typed(key: FieldKey, answer: Answer | None) -> Field:
    if answer is None or answer.text is None:
        return _absent(key, answer)
    value: str | Decimal | date | None = answer.text
    if key in AMOUNT_KEYS:
        value = parse_amount(answer.text, style=NumberStyle(decimal="."))
    elif key == "date":
        try:
            value = date.fromisoformat(answer.text)
        except ValueError:
            value = None
    return _filled(key, answer, value)


def _filled(key: FieldKey, answer: Answer, value: str | Decimal | date | None) -> Field:
    problem = UNPARSABLE if value is None else None
    return Field(key, value, answer.text, answer.confidence, answer.page_index, answer.bbox, problem)


def _absent(key: FieldKey, answer: Answer | None) -> Field:
    if answer is None:
        return Field(key, None, None, 0.0, problem="not_found")
    return Field(key, None, None, answer.confidence, problem=answer.reason or "not_found")
