"""The amount rule: which value an answer means.

In: an answer's text and the document's evidence. Out: an `Outcome`. The document's own style says what the separators
mean. A minus or CR makes the amount negative; brackets do so on a credit note only, since receipts put amounts that are
included in others into brackets.
"""

import re
from decimal import Decimal
from typing import Final

from lib.grammar.amounts import AmountMatch, find_amounts
from lib.grammar.folding import folded
from lib.post.evidence import Evidence
from lib.post.outcome import FAILED, Outcome

_SEVERAL: Final = 0.8
"""What stays of the confidence where an answer holds several amounts and the last one is taken."""

_CREDIT_NOTE = re.compile(
    r"credit (?:note|memo)|gutschrift|storno|rechnungskorrektur|\bavoir\b|nota de credito|abono|nota di credito|"
    r"creditnota|creditfactuur|kreditnota|kreditfaktura|faktura koryg|dobropis|refund|возврат|повернення|hyvityslasku"
)


def read_amount(text: str, evidence: Evidence) -> Outcome:
    """The amount in `text`; of several, the last one."""
    matches = [match for match in find_amounts(text, style=evidence.style) if match.may_be_money]
    money = [match for match in matches if match.kind == "money"] or matches
    if not money:
        return FAILED
    value = _signed(money[-1], evidence)
    return Outcome(value, 1.0 if len({abs(match.value) for match in money}) == 1 else _SEVERAL)


def _signed(match: AmountMatch, evidence: Evidence) -> Decimal:
    """The value with the sign that it has in this document."""
    bracketed = match.text.startswith("(")
    return abs(match.value) if bracketed and not is_credit_note(evidence) else match.value


def is_credit_note(evidence: Evidence) -> bool:
    """Whether the document says that it gives money back."""
    return any(_CREDIT_NOTE.search(folded(line.text)) for line in evidence.lines)
