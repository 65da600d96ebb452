"""The embedded reader: answers the questions for the standard fields from words and boxes alone.

In: an OCR document (words and page sizes; never its spans, so that words sent over a wire give the same answers) and
questions. Out: one answer for each question, its text as the document has it. No I/O but its own model file.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from lib.computing import compute
from lib.document import EXTRA_KEYS, FIELD_KEYS, Answer, BBox, OcrDocument, Question
from lib.grammar.folding import folded
from lib.layout_reader.amount_features import amount_features, amount_names
from lib.layout_reader.amount_sums import NAMED_ROUNDING
from lib.layout_reader.brands import prefer_brand
from lib.layout_reader.candidates import (
    AmountCandidate,
    AmountPlace,
    amount_candidates,
    date_candidates,
    merchant_candidates,
)
from lib.layout_reader.context import Context
from lib.layout_reader.currency import choose_currency
from lib.layout_reader.date_features import date_features, date_names, overruled
from lib.layout_reader.merchant_features import merchant_features, merchant_names
from lib.layout_reader.model import load_model
from lib.layout_reader.other_dates import not_of_issue
from lib.layout_reader.parties import without_customers
from lib.layout_reader.ranking import Ranker, Role
from lib.layout_reader.spelling import as_printed
from lib.layout_reader.stated import find_stated
from lib.layout_reader.survey import Survey, survey
from lib.layout_reader.total_evidence import LEAST_OF_NAMED, overlooked_total, unnamed_taxes, unsupported_totals
from lib.layout_reader.totals import AMOUNT_ROLES, choose_totals

MODEL_VERSION: Final = "layout-2"

NAMES: Final[Mapping[Role, tuple[str, ...]]] = {
    "merchant": merchant_names(),
    "date": date_names(),
    "subtotal": amount_names(),
    "tax_amount": amount_names(),
    "total": amount_names(),
}
"""The columns of each role's feature matrix."""

_LEAST_MERCHANT: Final = 0.08
_LEAST_DATE: Final = 0.1
_NAMED: Final = 0.5
"""A keyword this near names its amount."""

_LIKELY_SUBTOTAL: Final = 0.6
"""From this probability on, an amount may be subtotal and total at once though nothing says so."""

_OTHER_THAN_TAX: Final = ("change", "cash", "discount", "rounding", "tip", "service")
_CALLED: Final = 0.5
_HINTED: Final = 0.3
"""What keywords of such a nearness and more call an amount, and what hints at it."""

_EARLY: Final = re.compile(r"skont[oi]|early payment|prompt payment|if paid (?:by|within|before)|escompte|betalingskorting")

_LIKELY_TOTAL: Final = 0.6
"""Probability of the total that is left of another one after a discount, at least."""

_KIND_OF: Final[Mapping[Role, str]] = {"subtotal": "subtotal", "tax_amount": "tax", "total": "total"}


class _Standing(Protocol):
    """A text of the document and where it stands."""

    @property
    def text(self) -> str: ...

    @property
    def bbox(self) -> BBox: ...

    @property
    def page_index(self) -> int: ...


class LayoutReader:
    """Ranks what may be an answer by how it looks and where it stands, then chooses what fits together."""

    name: Final = "layout"
    model_version: Final = MODEL_VERSION

    def __init__(self, ranker: Ranker | None = None) -> None:
        """Read with `ranker`, by default the learned model, which is loaded here."""
        self._ranker = ranker or load_model(NAMES)

    def can_answer(self, key: str) -> bool:
        """Whether it looks for this field; it understands no question, only keys."""
        return key in FIELD_KEYS or key in EXTRA_KEYS

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """One answer for each question, in their order, computed in a worker thread."""
        return await compute(self.answer, document, questions)

    def answer(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """One answer for each question, in their order; a key it does not know has no answer."""
        seen = survey(document)
        answers = self._answers(seen) if seen.rows else {}
        answers |= find_stated(seen, [question.key for question in questions])
        return tuple(answers.get(question.key) or self._none(question.key) for question in questions)

    def _none(self, key: str) -> Answer:
        """No answer: for certain where it was looked for, and nobody knows where it was not."""
        return Answer(key, None, 1.0 if self.can_answer(key) else 0.0, reason="not_found")

    def _answers(self, seen: Survey) -> dict[str, Answer]:
        context = Context(seen)
        amounts = amount_candidates(seen)
        features = amount_features(seen, amounts, context=context)
        likely = {role: self._ranker.probabilities(role, features) for role in AMOUNT_ROLES}
        replaced = _discounted_away(amounts, features)
        for last in replaced.values():
            likely["total"][last] = max(likely["total"][last], _LIKELY_TOTAL)
            likely["subtotal"][last] = 0.0
        superseded = [*_rounded_away(features), *replaced, *unsupported_totals(features, likely["total"])]
        totals = choose_totals(
            amounts,
            likely,
            extras=_extras(amounts, features),
            superseded=superseded,
            other_than_tax=[*_other_than_tax(features), *unnamed_taxes(features, likely["tax_amount"])],
            possible_subtotals=_possible_subtotals(features, likely["subtotal"]),
        )
        answers = {"merchant": self._merchant(seen), "date": self._date(seen, context)}
        for role in AMOUNT_ROLES:
            index = totals.of(role)
            place = None if index is None else _best_place(amounts[index], context, kind=_KIND_OF[role])
            answers[role] = self._answer(role, place, likely[role], index)
        total = totals.total
        if total is None and amounts:
            total = overlooked_total(amounts, features, superseded=superseded)
            if total is not None:
                place = _best_place(amounts[total], context, kind="total")
                answers["total"] = _answer("total", place, LEAST_OF_NAMED)
        mark = choose_currency(seen, None if total is None else amounts[total])
        if mark:
            answers["currency"] = _answer("currency", mark.place, self._ranker.confidence("currency", mark.confidence))
        return answers

    def _merchant(self, seen: Survey) -> Answer:
        candidates = merchant_candidates(seen)
        features = merchant_features(seen, candidates)
        likely = without_customers(features, self._ranker.probabilities("merchant", features))
        index = prefer_brand(seen, candidates, likely) if candidates else None
        places = [as_printed(each, candidates) if i == index else each for i, each in enumerate(candidates)]
        return self._likely("merchant", places, likely, index, least=_LEAST_MERCHANT)

    def _date(self, seen: Survey, context: Context) -> Answer:
        candidates = date_candidates(seen)
        features = date_features(seen, candidates, context=context)
        likely = self._ranker.probabilities("date", features)
        other = not_of_issue(seen, candidates, today=datetime.now(UTC).date())
        likely = np.where(overruled(features) | other, 0.0, likely)
        index = int(likely.argmax()) if candidates else None
        return self._likely("date", [candidate.places[0] for candidate in candidates], likely, index, least=_LEAST_DATE)

    def _likely(
        self, role: Role, places: Sequence[_Standing], likely: NDArray[np.float64], index: int | None, *, least: float
    ) -> Answer:
        """The chosen candidate, or none where it is not likely enough."""
        if index is None or float(likely[index]) < least:
            return self._answer(role, None, likely, None)
        return self._answer(role, places[index], likely, index)

    def _answer(self, role: Role, place: _Standing | None, likely: NDArray[np.float64], index: int | None) -> Answer:
        """The place as an answer; or none, sure of that where no candidate was likely."""
        if place is None or index is None:
            most = float(likely.max()) if likely.size else 0.0
            return Answer(role, None, round(1.0 - most, 4), reason="weak_evidence" if likely.size else "not_found")
        return _answer(role, place, self._ranker.confidence(role, float(likely[index])))


def _answer(key: str, place: _Standing, confidence: float) -> Answer:
    return Answer(key, place.text, round(confidence, 4), page_index=place.page_index, bbox=place.bbox)


def _best_place(candidate: AmountCandidate, context: Context, *, kind: str) -> AmountPlace:
    """Where the value stands closest to a keyword of its kind, the last of equals."""

    def closeness(place: AmountPlace) -> float:
        around = context.around(place)
        return max(around.left.get(kind, 0.0), 0.8 * around.above.get(kind, 0.0), 0.8 * around.before.get(kind, 0.0))

    return max(reversed(candidate.places), key=closeness)


def _rounded_away(features: NDArray[np.float32]) -> list[int]:
    """Candidates that another amount is the rounding of, by a difference that the document states."""
    column = features[:, amount_names().index("is_unrounded")]
    return [int(index) for index in np.flatnonzero(column >= NAMED_ROUNDING)]


def _discounted_away(candidates: Sequence[AmountCandidate], features: NDArray[np.float32]) -> dict[int, int]:
    """Totals that a stated discount takes down to a later one, and that one: "Total 61.17, discount 3.00, to pay 58.17".

    The later one may be called net; the rebate of who pays early leaves the total as it is.
    """
    total, net, discount = (
        features[:, amount_names().index(f"left_{kind}")] for kind in ("total", "subtotal", "discount")
    )
    named = {candidates[index].value: index for index in map(int, np.flatnonzero(total >= _NAMED))}
    later = {candidates[index].value: index for index in map(int, np.flatnonzero(np.maximum(total, net) >= _NAMED))}
    off = [candidates[i] for i in map(int, np.flatnonzero(discount >= _CALLED)) if not _is_for_early(candidates[i])]
    left = [(index, later.get(value - each.value, -1)) for value, index in named.items() for each in off]
    return {index: last for index, last in left if last > index}


def _is_for_early(discount: AmountCandidate) -> bool:
    """Whether it is only for who pays early."""
    return all(_EARLY.search(folded(place.cell.text)) for place in discount.places)


def _other_than_tax(features: NDArray[np.float32]) -> list[int]:
    """Candidates that the document calls change, a payment, a charge or a discount, and nowhere a tax."""
    names = amount_names()
    other = features[:, [names.index(f"left_{kind}") for kind in _OTHER_THAN_TAX]].max(axis=1, initial=0.0)
    tax = features[:, [names.index(f"{side}_tax") for side in ("left", "above", "before", "right")]]
    return [int(index) for index in np.flatnonzero((other >= _CALLED) & (tax.max(axis=1, initial=0.0) < _HINTED))]


def _possible_subtotals(features: NDArray[np.float32], likely: NDArray[np.float64]) -> list[int]:
    """Candidates with a keyword for subtotals at some place of theirs, or likely ones without it."""
    columns = [amount_names().index(f"{side}_subtotal") for side in ("left", "above", "before")]
    named = features[:, columns].max(axis=1, initial=0.0) >= _NAMED
    return [int(index) for index in np.flatnonzero(named | (likely >= _LIKELY_SUBTOTAL))]


def _extras(candidates: Sequence[AmountCandidate], features: NDArray[np.float32]) -> list[Decimal]:
    """Amounts said to be a tip, a charge, a discount or a rounding."""
    columns = [amount_names().index(f"left_{kind}") for kind in ("tip", "service", "discount", "rounding")]
    called = features[:, columns].max(axis=1, initial=0.0) >= _CALLED
    return [candidates[index].value for index in map(int, np.flatnonzero(called))]
