from decimal import Decimal

import numpy as np
import pytest

from lib.layout_reader.amounts.candidates import AmountCandidate
from lib.layout_reader.amounts.totals import choose_totals
from lib.layout_reader.ranking.ranker import Role

VALUES = [AmountCandidate(Decimal(text), ()) for text in ("100.00", "19.00", "119.00", "120.00", "1.00")]


def _likely(subtotal: list[float], tax: list[float], total: list[float]) -> dict[Role, np.ndarray]:
    return {"subtotal": np.array(subtotal), "tax_amount": np.array(tax), "total": np.array(total)}


def test_totals_sum_outweighs_a_slightly_likelier_total() -> None:
    """100 + 19 = 119 wins over 120, which alone looks a little better."""
    likely = _likely([0.9, 0, 0, 0, 0], [0, 0.9, 0, 0, 0], [0, 0, 0.6, 0.7, 0])

    chosen = choose_totals(VALUES, likely)

    assert (chosen.subtotal, chosen.tax_amount, chosen.total) == (0, 1, 2)


def test_totals_extra_explains_the_gap() -> None:
    """A service charge of 1.00 makes 100 + 19 + 1 = 120 hold."""
    likely = _likely([0.9, 0, 0, 0, 0], [0, 0.9, 0, 0, 0], [0, 0, 0.1, 0.7, 0])

    chosen = choose_totals(VALUES, likely, extras=[Decimal("1.00")])

    assert (chosen.total, chosen.agreement > 0) == (3, True)


def test_totals_superseded_candidate_is_no_total() -> None:
    """An amount that the document rounds to another is passed over."""
    likely = _likely([0] * 5, [0] * 5, [0, 0, 0.9, 0.6, 0])

    assert choose_totals(VALUES, likely, superseded=[2]).total == 3


def test_totals_amount_called_something_else_is_no_tax() -> None:
    """Where the only tax there could be is called change, there is none."""
    likely = _likely([0] * 5, [0, 0.9, 0, 0, 0], [0, 0, 0.9, 0, 0])

    chosen = choose_totals(VALUES, likely, other_than_tax=[1])

    assert (chosen.tax_amount, chosen.total) == (None, 2)


def test_totals_weak_evidence_gives_none() -> None:
    """Nothing likely, nothing chosen."""
    likely = _likely([0.05] * 5, [0.05] * 5, [0.05] * 5)

    chosen = choose_totals(VALUES, likely)

    assert (chosen.subtotal, chosen.tax_amount, chosen.total) == (None, None, None)


def test_totals_tax_above_total_is_never_chosen() -> None:
    """A tax larger than the total is absurd, however likely it looks."""
    likely = _likely([0] * 5, [0, 0, 0, 0.8, 0], [0, 0.9, 0, 0, 0])

    chosen = choose_totals(VALUES, likely)

    assert (chosen.tax_amount, chosen.total) == (None, 1)


@pytest.mark.parametrize("count", [pytest.param(0, id="none"), pytest.param(1, id="one")])
def test_totals_few_candidates_do_not_raise(count: int) -> None:
    """No candidates or a single one is fine."""
    likely = _likely([0.5] * count, [0.5] * count, [0.9] * count)

    assert choose_totals(VALUES[:count], likely).total == (0 if count else None)


def test_totals_amount_is_not_both_where_nothing_calls_it_a_subtotal() -> None:
    """A gross sum alone is the total and no subtotal, however alike they look."""
    likely = _likely([0, 0, 0.5, 0, 0], [0] * 5, [0, 0, 0.9, 0, 0])

    both = choose_totals(VALUES, likely)
    total_only = choose_totals(VALUES, likely, possible_subtotals=[0])

    assert (both.subtotal, both.total) == (2, 2)
    assert (total_only.subtotal, total_only.total) == (None, 2)
