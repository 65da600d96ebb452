"""Which amounts of a document are its subtotal, its tax and its total.

In: a `ParsedDocument`, what stands around its places, and a ranker. Out: an answer each, chosen together.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.document import Answer
from lib.grammar.folding import folded
from lib.layout_reader.amounts.candidates import AmountCandidate, AmountPlace, amount_candidates
from lib.layout_reader.amounts.features import amount_features, columns_of, most_of
from lib.layout_reader.amounts.sums import NAMED_ROUNDING
from lib.layout_reader.amounts.support import LEAST_OF_NAMED, overlooked_total, unnamed_taxes, unsupported_totals
from lib.layout_reader.amounts.totals import AMOUNT_ROLES, choose_totals
from lib.layout_reader.page.context import Context
from lib.layout_reader.page.parsing import ParsedDocument
from lib.layout_reader.page.places import Place
from lib.layout_reader.ranking.answers import answer_at, ranked_answer
from lib.layout_reader.ranking.ranker import Ranker, Role

_NAMED: Final = 0.5
"""A keyword this near names its amount."""

_LIKELY_SUBTOTAL: Final = 0.6
"""From this probability on, an amount may be subtotal and total at once though nothing says so."""

_CALLED: Final = 0.5
_HINTED: Final = 0.3
"""What keywords of such a nearness and more call an amount, and what hints at it."""

_LIKELY_TOTAL: Final = 0.6
"""Probability of the total that is left of another one after a discount, at least."""

_EARLY: Final = re.compile(
    r"skont[oi]|early payment|prompt payment|if paid (?:by|within|before)|escompte|betalingskorting"
)

_TOTAL, _NET, _DISCOUNT, _UNROUNDED = columns_of(("left_total", "left_subtotal", "left_discount", "is_unrounded"))
_OTHER_THAN_TAX: Final = columns_of(
    f"left_{kind}" for kind in ("change", "cash", "discount", "rounding", "tip", "service")
)
_TAX: Final = columns_of(f"{side}_tax" for side in ("left", "above", "before", "right"))
_SUBTOTAL: Final = columns_of(f"{side}_subtotal" for side in ("left", "above", "before"))
_EXTRA: Final = columns_of(f"left_{kind}" for kind in ("tip", "service", "discount", "rounding"))
"""Columns of features."""

_KIND_OF: Final[Mapping[Role, str]] = {"subtotal": "subtotal", "tax_amount": "tax", "total": "total"}


@dataclass(frozen=True, slots=True)
class FoundAmounts:
    """What was found.

    Attributes:
        answers: By key, one for each of AMOUNT_ROLES.
        total_places: Everywhere the total's value stands; none where there is no total.
    """

    answers: dict[str, Answer]
    total_places: Sequence[Place]


def find_amounts(parsed: ParsedDocument, *, context: Context, ranker: Ranker) -> FoundAmounts:
    """The amounts that fit together best."""
    amounts = amount_candidates(parsed)
    features = amount_features(parsed, amounts, context=context)
    likely = {role: ranker.probabilities(role, features) for role in AMOUNT_ROLES}
    replaced = _discounted_away(amounts, features)
    for left in replaced.values():
        likely["total"][left] = max(likely["total"][left], _LIKELY_TOTAL)
        likely["subtotal"][left] = 0.0
    superseded = [*_rounded_away(features), *replaced, *unsupported_totals(features, likely["total"])]
    totals = choose_totals(
        amounts,
        likely,
        extras=_extras(amounts, features),
        superseded=superseded,
        other_than_tax=[*_other_than_tax(features), *unnamed_taxes(features, likely["tax_amount"])],
        possible_subtotals=_possible_subtotals(features, likely["subtotal"]),
    )
    answers: dict[str, Answer] = {}
    for role in AMOUNT_ROLES:
        index = totals.of(role)
        place = None if index is None else _best_place(amounts[index], context, kind=_KIND_OF[role])
        answers[role] = ranked_answer(role, place, likely[role], index, ranker=ranker, agreement=totals.agreement)
    total = totals.total
    if total is None and amounts:
        total = overlooked_total(amounts, features, superseded=superseded)
        if total is not None:
            answers["total"] = answer_at("total", _best_place(amounts[total], context, kind="total"), LEAST_OF_NAMED)
    return FoundAmounts(answers, () if total is None else amounts[total].places)


def _best_place(candidate: AmountCandidate, context: Context, *, kind: str) -> AmountPlace:
    """Where the value stands closest to a keyword of its kind, the last of equals."""

    def closeness(place: AmountPlace) -> float:
        around = context.around(place)
        return max(around.left.get(kind, 0.0), 0.8 * around.above.get(kind, 0.0), 0.8 * around.before.get(kind, 0.0))

    return max(reversed(candidate.places), key=closeness)


def _rounded_away(features: NDArray[np.float32]) -> list[int]:
    """Candidates that another amount is the rounding of, by a difference that the document states."""
    return [int(index) for index in np.flatnonzero(features[:, _UNROUNDED] >= NAMED_ROUNDING)]


def _discounted_away(candidates: Sequence[AmountCandidate], features: NDArray[np.float32]) -> dict[int, int]:
    """Totals that a discount takes down to a later one, and that one: "Total 61.17, discount 3.00, to pay 58.17".

    The later one may be called net; the rebate of who pays early leaves the total as it is.
    """
    total, net, discount = (features[:, column] for column in (_TOTAL, _NET, _DISCOUNT))
    off = [candidates[i] for i in map(int, np.flatnonzero(discount >= _CALLED)) if not _is_for_early(candidates[i])]
    if not off:
        return {}
    named = {candidates[index].value: index for index in map(int, np.flatnonzero(total >= _NAMED))}
    later = {candidates[index].value: index for index in map(int, np.flatnonzero(np.maximum(total, net) >= _NAMED))}
    left = [(index, later.get(value - each.value, -1)) for value, index in named.items() for each in off]
    return {index: last for index, last in left if last > index}


def _is_for_early(discount: AmountCandidate) -> bool:
    """Whether it is only for who pays early."""
    return all(_EARLY.search(folded(place.cell.text)) for place in discount.places)


def _other_than_tax(features: NDArray[np.float32]) -> list[int]:
    """Candidates that the document calls change, a payment, a charge or a discount, and nowhere a tax."""
    other, tax = most_of(features, _OTHER_THAN_TAX), most_of(features, _TAX)
    return [int(index) for index in np.flatnonzero((other >= _CALLED) & (tax < _HINTED))]


def _possible_subtotals(features: NDArray[np.float32], likely: NDArray[np.float64]) -> list[int]:
    """Candidates with a keyword for subtotals at some place of theirs, or likely ones without it."""
    named = most_of(features, _SUBTOTAL) >= _NAMED
    return [int(index) for index in np.flatnonzero(named | (likely >= _LIKELY_SUBTOTAL))]


def _extras(candidates: Sequence[AmountCandidate], features: NDArray[np.float32]) -> list[Decimal]:
    """Amounts said to be a tip, a charge, a discount or a rounding."""
    called = most_of(features, _EXTRA) >= _CALLED
    return [candidates[index].value for index in map(int, np.flatnonzero(called))]
