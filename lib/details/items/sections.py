"""What a row of a document is to a list of items: a sum, a tax, a discount, a payment, a carried sum, or none of these.

In: lines. Out: a `Role` for each. A word counts where the row says little else: "Total" before an amount names a sum,
the first word of "Total Care Shampoo" does not. Pure.
"""

import re
from collections.abc import Sequence, Set
from typing import Final, Literal, TypeAlias

from lib.computing import in_time
from lib.details.items.words import find_row_words
from lib.details.rows import Line
from lib.grammar.folding import letters_of
from lib.grammar.recall import remembered

_MOST_BEHIND: Final = 40
"""Characters that are looked at behind the last word of a row."""

_ENDS: Final = re.compile(r"[\W\d_]*(?:%|von|of|di|sur|de|on)?[\W\d_]*(?:[A-Z]{3})?[\W\d_]*")
"""What may stand behind the word for a tax in a row of a tax: a rate, amounts, a currency."""

Role: TypeAlias = Literal["sum", "charge", "fee", "doubtful", "discount", "carried", "other"]
"""sum: a total or a subtotal; charge: a tax or a rounding: no item, and yet a part of some sum; fee: a tip or a service
charge, which a table may list among its items; doubtful: named by words that goods are rarely named by, such as
payments and numbers; other: may be an item."""

_SUMS: Final = frozenset({"total", "subtotal"})
_CHARGES: Final = frozenset({"tax", "tax_summary", "rounding"})
_FEES: Final = frozenset({"tip", "service"})
_DOUBTFUL: Final = frozenset(
    {
        *(
            "date",
            "due_date",
            "order_date",
            "delivery_date",
            "invoice_number",
            "cash",
            "change",
            "total_noise",
            "tax_id",
        ),
        *("contact", "payment", "customer", "seller", "quantity"),
    }
)
_PRICES: Final = frozenset({"unit_price"})
"""Doubtful too where the row has one number alone: the price of a liter, the price before a discount."""

_SAYING: Final = _SUMS | _CHARGES | _FEES | _DOUBTFUL | _PRICES | {"discount"}

_LEAST_SAID: Final = 0.5
"""Share of a row's letters that words of one role have at least."""

_LEAST_SAID_BEFORE_NUMBER: Final = 0.35
"""The same where the words begin the row."""


@remembered
def role_of(line: Line) -> Role:
    """What a row is to a list of items; the label right before its one number counts like the whole row."""
    role = _role(line, 0, len(line.text))
    if role != "other":
        return role
    money = [number for number in line.numbers if number.kind == "money"]
    if len(money) == 1 and money[0].column > 1:
        label = line.starts[money[0].column - 1]
        return _role(line, label, money[0].start)
    return "other"


def _role(line: Line, first: int, last: int) -> Role:
    """What a part of a row's text says about it."""
    text = line.text[first:last]
    letters = max(sum(map(str.isalpha, text)), 1)
    own = find_row_words(text)
    if own and _said(text, [(match.start, match.end) for match in own]) >= _LEAST_SAID * letters:
        return "carried" if own[0].kind == "carried" else "other"
    saying = _SAYING if len(line.numbers) == 1 else _SAYING - _PRICES
    words = [(start - first, end - first, kind) for start, end, kind in line.keywords if first <= start and end <= last]
    words = [word for word in words if word[2] in saying]
    if not words:
        return "other"
    if words[-1][2] == "tax" and _ENDS.fullmatch(text[words[-1][1] :][:_MOST_BEHIND]):
        return "charge"
    leads = not letters_of(text[: words[0][0]])
    said = _said(text, [(start, end) for start, end, _ in words])
    is_said = said >= (_LEAST_SAID_BEFORE_NUMBER if leads else _LEAST_SAID) * letters
    return _role_of_kinds({kind for _, _, kind in words}) if is_said else "other"


def _role_of_kinds(kinds: Set[str]) -> Role:
    """What a row is whose words are of these kinds."""
    if kinds & _SUMS:
        return "sum"
    if "discount" in kinds and "tip" not in kinds:
        return "discount"
    return "charge" if kinds & _CHARGES else "fee" if kinds & _FEES else "doubtful"


def roles_of(lines: Sequence[Line]) -> list[Role]:
    """What each row is; numbers alone below a row that only names sums are these sums."""
    roles: list[Role] = []
    heads_sums = False
    for line in in_time(lines):
        role = role_of(line)
        if heads_sums and line.numbers and not any(map(str.isalpha, line.text)):
            role = "sum"
        roles.append(role)
        heads_sums = role == "sum" and (not line.numbers or heads_sums)
    return roles


def _said(text: str, spans: list[tuple[int, int]]) -> int:
    """Letters inside spans, each counted once."""
    return sum(sum(map(str.isalpha, text[start:end])) for start, end in set(spans))
