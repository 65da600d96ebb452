"""What the currency marks of a document say together, and which lines say nothing of prices.

In: lines of text. Out: the currency that most of its marks stand for; whether a line tells a rate of exchange.
"""

import re
from collections.abc import Iterable
from typing import Final

from lib.grammar.currencies import find_currencies
from lib.grammar.folding import folded
from lib.grammar.recall import remembered

_BESIDE_NUMBER: Final = 4
"""What a mark beside a number counts for, against one in a heading."""

_RATE: Final = re.compile(
    r"tipo de cambio|exchange rate|conversion rate|rate of exchange|wechselkurs|umrechnungskurs|taux de change|"
    r"cambio del dia|tasso di cambio|taxa de cambio|wisselkoers|kurs walut|doviz kuru|vaxelkurs|valutakurs|"
    r"\b1(?:[.,]0+)? ?[a-z$€£]{1,3} ?= ?\d"
)


def usual_currency(texts: Iterable[str]) -> str | None:
    """The currency that most unambiguous marks stand for: it says how many decimals prices have. None without any.

    Args:
        texts: Lines of a document. A mark beside a number counts for several in headings.
    """
    votes: dict[str, int] = {}
    for text in texts:
        for mark in find_currencies(text):
            if not mark.is_ambiguous:
                votes[mark.code] = votes.get(mark.code, 0) + (_BESIDE_NUMBER if mark.beside_number else 1)
    return max(sorted(votes), key=lambda code: votes[code], default=None)


@remembered
def tells_rate(text: str) -> bool:
    """Whether a line tells what one currency is worth in another ("Tipo de Cambio: U$S 1 = 3.00"): no price."""
    return _RATE.search(folded(text)) is not None
