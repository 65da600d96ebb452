"""Totals with and without a tax: "Total amount (excl. VAT)" is a subtotal, "Rechnungssumme inkl. 19 % USt" is no tax.

In: a line of text and the phrases found in it. Out: the phrases, each pair of a sum and the tax it is said to have, or
not to have, as what they mean together. Phrases that a locale lists as a whole come as one already. Pure.
"""

import re
from collections.abc import Sequence
from typing import Final

from lib.grammar.folding import folded
from lib.grammar.keywords import KeywordMatch

_WITHOUT: Final = (
    r"ohne|o|exkl(?:usive)?|excl(?:uding|usive(?: of)?)?|exc|ex|before|without|hors|sans|zonder|exclusief|senza|"
    r"escl(?:us[ao])?|sin|sem|bez|fara|uten|utan|eks(?:kl(?:\.|usive)?)?|ilman|без|chua(?: bao)?(?: gom)?|chua co|tanpa"
)
_WITH: Final = (
    r"inkl(?:usive)?|incl(?:uding|usive(?: of)?)?|inc|with|y compris|avec|met|inclusief|con|compres[ao]|com|incluindo|"
    r"incluid[ao]|s|vc(?:etne)?|z|med|sis(?:altaen)?|bao gom|da bao gom|termasuk|с|cu"
)
_BEHIND: Final = r"exclu(?:ded|e|id[ao]s?)|escl(?:us[ao])?|haric|nelkul|non comprise?|no incluid[ao]s?"
_RATE: Final = r"(?:\d{1,2}(?:[.,]\d{1,3})? ?% ?)?"

_FRONT: Final = re.compile(
    rf"(?<![^\W_])(?:(?P<without>{_WITHOUT})|(?P<with>{_WITH}))[.: ]{{0,2}}"
    rf"(?:(?:der|the|la|le|l'|all|any|gesetzl\.) ?)?{_RATE}$"
)
_BACK: Final = re.compile(rf" ?(?:{_BEHIND})(?![^\W_])")
_INCLUDED: Final = re.compile(rf"(?:{_WITH})(?![^\W_])")
"""How a phrase for a tax begins that says itself that it is included."""

_REACH: Final = 32
"""Characters in front of a tax in which "without" stands, with a rate behind it."""

_NEAR: Final = 24
"""Characters between a sum and the words about its tax: brackets, a currency."""

_SUMS: Final = frozenset({"total", "subtotal"})
_PRICES: Final = frozenset({"unit_price", "item"})


def with_clauses_settled(text: str, matches: Sequence[KeywordMatch]) -> tuple[KeywordMatch, ...]:
    """The phrases of one line, from left to right.

    Args:
        text: The line.
        matches: What `KeywordIndex.find` found in it.
    """
    if "tax" not in [match.kind for match in matches]:
        return tuple(matches)
    return tuple(sorted(_settled(folded(text), matches), key=lambda match: match.start))


def _settled(line: str, matches: Sequence[KeywordMatch]) -> list[KeywordMatch]:
    kept: list[KeywordMatch] = []
    for match in matches:
        kept.append(match)
        clause = _clause(line, match) if match.kind == "tax" else None
        if clause:
            nearest = _first_near(kept, clause[0] - _NEAR)
            kept[nearest:] = _with_clause(line, kept[nearest:], match, clause)
    return kept


def _first_near(kept: Sequence[KeywordMatch], reach: int) -> int:
    """From which of the phrases on they end behind `reach`; no phrase ends before one in front of it."""
    first = len(kept)
    while first and kept[first - 1].end >= reach:
        first -= 1
    return first


def _with_clause(
    line: str, near: Sequence[KeywordMatch], tax: KeywordMatch, clause: tuple[int, bool]
) -> list[KeywordMatch]:
    """The phrases near a tax, itself the last one, with what they mean together."""
    start, is_without = clause
    before = [match for match in near if match.start < start and _is_near(line, match, start, tax)]
    sums = [match for match in before if match.kind in _SUMS]
    prices = [match for match in before if match.kind in _PRICES]
    if is_without and not prices:
        others = [match for match in near if match is not tax and match not in sums]
        return [*others, tax._replace(kind="subtotal", start=min([start, *(match.start for match in sums)]))]
    return [match for match in near if match is not tax] if sums or prices else list(near)


def _clause(line: str, tax: KeywordMatch) -> tuple[int, bool] | None:
    """Where the words begin that say how a tax belongs to a sum, and whether they leave it out; None: no such words."""
    front = _FRONT.search(line[max(0, tax.start - _REACH) : tax.start])
    start = tax.start - len(front[0]) if front else tax.start
    if (front and front["without"]) or _BACK.match(line, tax.end):
        return start, True
    return (start, False) if front or _INCLUDED.match(line, tax.start) else None


def _is_near(line: str, match: KeywordMatch, start: int, tax: KeywordMatch) -> bool:
    """Whether a phrase in front belongs to the words about the tax."""
    between = line[match.end : start]
    return match.end <= tax.start and len(between) <= _NEAR and not any(map(str.isdigit, between))
