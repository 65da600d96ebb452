"""lib/layout_reader/page/overlaps.py: what stands over what."""

from hypothesis import given
from hypothesis import strategies as st

from lib.layout_reader.page.overlaps import Overlaps

SIDES = st.tuples(st.integers(0, 30), st.integers(0, 12)).map(lambda pair: (float(pair[0]), float(sum(pair))))


@given(st.lists(SIDES), SIDES)
def test_range_overlaps_what_shares_some_width_with_it(
    sides: list[tuple[float, float]], asked: tuple[float, float]
) -> None:
    """As if each had been compared; what has no width overlaps nothing."""
    things = sorted(((left, right, index) for index, (left, right) in enumerate(sides)), key=lambda each: each[0])

    found = list(Overlaps(things).over(*asked))

    assert found == [index for left, right, index in things if min(right, asked[1]) - max(left, asked[0]) > 0]
