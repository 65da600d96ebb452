"""Answers held against the document: what does not stand there is no answer.

In: answers of a reader that may invent, and the document. Out: the same answers, without those that the document does
not bear out. Pure.
"""

from collections.abc import Sequence
from dataclasses import replace

from lib.document import AMOUNT_KEYS, Answer, OcrDocument
from lib.grammar.amounts import find_amounts, infer_style, parse_amount
from lib.grammar.dates import find_dates

UNGROUNDED = "ungrounded"


def ground(answers: Sequence[Answer], *, document: OcrDocument) -> tuple[Answer, ...]:
    """The answers, those that the document does not state emptied, with reason `ungrounded`."""
    text = " ".join(word.text for page in document.pages for word in page.words)
    style = infer_style([text])
    amounts = {abs(match.value) for match in find_amounts(text, style=style)}
    dates = {reading for match in find_dates(text) for reading in match.readings}

    def stands(answer: Answer) -> bool:
        if answer.text is None:
            return True
        if answer.key in AMOUNT_KEYS:
            value = parse_amount(answer.text, style=style)
            return value is not None and abs(value) in amounts
        if answer.key == "date":
            return any(reading in dates for match in find_dates(answer.text) for reading in match.readings)
        return all(word.casefold() in text.casefold() for word in answer.text.split())

    return tuple(a if stands(a) else replace(a, text=None, reason=UNGROUNDED) for a in answers)
