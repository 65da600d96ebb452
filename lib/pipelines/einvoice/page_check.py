"""Whether the pages show the total that the XML states: a hybrid invoice can tell machines and people different things.

In: the invoice and the pages with the spans of their text layers. Out: yes or no. Pure and cheap: nothing is rendered
or recognized for it, so pages without a text layer leave the question open.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from lib.document import Page
from lib.grammar.amounts import find_amounts, infer_style
from lib.grammar.numbers import NumberStyle
from lib.pipelines.einvoice.invoice import EInvoice

DISAGREES = "einvoice_disagrees_with_page"

_NO_AMOUNTS = frozenset({"percent", "quantity", "identifier"})


def disagrees_with_pages(invoice: EInvoice, pages: Sequence[Page]) -> bool:
    """Whether the XML's total is nowhere on the pages, its sign aside.

    Args:
        invoice: What the XML states.
        pages: All of the upload; the question stays open, and the answer no, if one has yet to be recognized.
    """
    if invoice.total is None or not pages or any(page.source != "text_layer" for page in pages):
        return False
    lines = [span.text for page in pages for span in page.spans]
    return abs(invoice.total) not in _amounts_shown(lines, invoice.currency)


def _amounts_shown(lines: Sequence[str], currency: str | None) -> set[Decimal]:
    """Every amount, without its sign, in every way in which the document may mean it."""
    return {abs(value) for style in _styles(lines, currency) for value in _values(lines, style)}


def _styles(lines: Sequence[str], currency: str | None) -> set[NumberStyle]:
    """The document's own style, and both decimal marks: a total in any reading is shown."""
    own = infer_style(lines, currency=currency)
    return {own, infer_style((), decimal_hint=","), infer_style((), decimal_hint=".")}


def _values(lines: Iterable[str], style: NumberStyle) -> Iterator[Decimal]:
    for line in lines:
        yield from (amount.value for amount in find_amounts(line, style=style) if amount.kind not in _NO_AMOUNTS)
