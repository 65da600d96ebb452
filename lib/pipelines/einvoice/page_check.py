"""Whether the pages show the total that the XML states: a hybrid invoice can tell machines and people different things.

In: the invoice and the pages with the spans of their text layers. Out: yes or no. Pure and cheap: nothing is rendered
or recognized for it, so pages without a text layer leave the question open.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, get_args

from lib.document import Page
from lib.grammar.amounts import find_amounts, infer_style
from lib.grammar.numbers import DecimalMark, NumberStyle
from lib.pipelines.einvoice.invoice import EInvoice

DISAGREES = "einvoice_disagrees_with_page"

_STYLES: Final = tuple(infer_style((), decimal_hint=mark) for mark in get_args(DecimalMark))
"""Both decimal marks, whatever the document's own style is: a total in any reading is shown."""


def disagrees_with_pages(invoice: EInvoice, pages: Sequence[Page]) -> bool:
    """Whether the XML's total is nowhere on the pages, its sign aside.

    Args:
        invoice: What the XML states.
        pages: All of the upload; the question stays open, and the answer no, if one has yet to be recognized.
    """
    if invoice.total is None or not pages or any(page.source != "text_layer" for page in pages):
        return False
    lines = [span.text for page in pages for span in page.spans]
    return not _is_shown(lines, abs(invoice.total), invoice.currency)


def leaves_no_doubt(total: Decimal | None, page: Page) -> bool:
    """Whether a page alone makes `disagrees_with_pages` say no, whatever the others have.

    Args:
        total: What the XML states.
        page: Any of the upload.
    """
    if total is None or page.source != "text_layer":
        return True
    return _is_likely_shown([span.text for span in page.spans], abs(total))


def _is_shown(lines: Sequence[str], total: Decimal, currency: str | None) -> bool:
    """Whether a total, without its sign, is among the amounts, in any of the ways in which the document may mean them.

    Few lines are looked at first, as one of them nearly always shows it.
    """
    return (
        _is_likely_shown(lines, total)
        or total in _amounts_shown(lines, infer_style(lines, currency=currency))
        or _show(lines, total)
    )


def _is_likely_shown(lines: Sequence[str], total: Decimal) -> bool:
    """Whether one of the lines that have its digits shows it."""
    return _show([line for line in lines if str(int(total)) in _digits_of(line)], total)


def _show(lines: Sequence[str], total: Decimal) -> bool:
    return any(total in _amounts_shown(lines, style) for style in _STYLES)


def _digits_of(line: str) -> str:
    return "".join(filter(str.isdigit, line))


def _amounts_shown(lines: Iterable[str], style: NumberStyle) -> set[Decimal]:
    """Every amount, without its sign."""
    amounts = (amount for line in lines for amount in find_amounts(line, style=style))
    return {abs(amount.value) for amount in amounts if amount.may_be_money}
