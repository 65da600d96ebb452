"""Amounts as the chat protocol carries them: JSON numbers, as its prompt asks, and back to text.

In: an answer's text and the words of its document, or a number. Out: a number, or text. Pure.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from lib.grammar.amounts import infer_style, parse_amount
from lib.pipelines.tilt.protocol import TiltPage

_AMBIGUOUS_DECIMALS = 3
"""So many digits behind a point are a thousands group in half of the world."""


def amount_reader(pages: Iterable[TiltPage]) -> Callable[[str], float | str]:
    """What makes a number of an amount's text in a document.

    "1.234" is 1234 or 1.234, which the document's other numbers tell. Text that is not one plain amount ("10.00 or
    12.00", words, or an amount in brackets, whose sign depends on the kind of document) stays text: nothing is guessed,
    and nothing is lost.
    """
    style = infer_style([word.text for page in pages for word in page.ocr.words])

    def read_amount(text: str) -> float | str:
        value = None if "(" in text else parse_amount(text, style=style)
        return text if value is None else float(value)

    return read_amount


def as_text(number: float) -> str:
    """The number as a document could have printed it: without an exponent, and never with three decimals."""
    text = f"{Decimal(repr(number)):f}"
    return f"{text}0" if len(text.partition(".")[2]) == _AMBIGUOUS_DECIMALS else text
