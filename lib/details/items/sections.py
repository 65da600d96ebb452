"""What a row of a document is to a list of items: a sum, a tax, a discount, a payment, a carried sum, or none of these.

In: lines. Out: one `Role` a line. A word counts where the row says little else: "Total" over a column of amounts is one,
the first word of "Total Care Shampoo" is none. Pure.
"""

from typing import Final, Literal, TypeAlias

from lib.details.items.rows import Line
from lib.details.items.words import says_carried
from lib.grammar.folding import letters_of

Role: TypeAlias = Literal["sum", "no_item", "discount", "carried", "other"]
"""sum: a total or a subtotal; no_item: a tax, a payment, a number of something; other: may be an item."""

_SUMS: Final = frozenset({"total", "subtotal"})
_NO_ITEMS: Final = frozenset(
    {
        *("tax", "tax_summary", "date", "due_date", "order_date", "delivery_date", "invoice_number", "cash", "change"),
        *("rounding", "total_noise", "tax_id", "contact", "payment", "customer", "seller", "tip", "quantity"),
    }
)

_LEAST_SAID: Final = 0.5
"""Share of a row's letters that words of one role have at least."""

_LEAST_SAID_BEFORE_NUMBER: Final = 0.35
"""The same where the words begin the row."""


def role_of(line: Line) -> Role:
    """What a row is to a list of items."""
    words = [(start, end, kind) for start, end, kind in line.keywords if kind in _SUMS | _NO_ITEMS | {"discount"}]
    if not words:
        return "carried" if says_carried(line.text) else "other"
    if says_carried(line.text):
        return "carried"
    letters = sum(map(str.isalpha, line.text))
    said = sum(sum(map(str.isalpha, line.text[start:end])) for start, end in {(start, end) for start, end, _ in words})
    leads = not letters_of(line.text[: words[0][0]])
    least = _LEAST_SAID_BEFORE_NUMBER if leads else _LEAST_SAID
    if said < least * max(letters, 1):
        return "other"
    kinds = {kind for _, _, kind in words}
    if "discount" in kinds and not kinds & _SUMS:
        return "discount"
    return "sum" if kinds & _SUMS else "no_item"
