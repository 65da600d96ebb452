"""lib/layout_reader/page/levels.py: the nearest row, however many there are, as if each had been looked at."""

import math
import random

from lib.layout_reader.page.levels import Level, Levels

WITHIN = 10.0


def nearest_of_all(rows: list[Level], y: float) -> Level | None:
    """What `Levels.nearest` answers, found the slow way."""
    near = [row for row in rows if abs(math.floor(row.level / WITHIN) - math.floor(y / WITHIN)) <= 1]
    return min(near, key=lambda row: (abs(row.level - y), row.number), default=None)


def test_nearest_row_is_the_one_that_a_look_at_all_finds() -> None:
    """With rows on one level, rows that move, and more of them than fit into one list."""
    rng = random.Random(7)  # noqa: S311 - nothing secret
    levels, rows = Levels(), list[Level]()
    for number in range(3_000):
        row = Level(rng.choice([5.0, 7.5, rng.uniform(0, 300)]), number)
        levels.add(row)
        rows.append(row)
        if rng.random() < 0.4:
            moved = rows.pop(rng.randrange(len(rows)))
            levels.remove(moved)
        y = rng.choice([5.0, 6.25, rng.uniform(-20, 320)])
        assert levels.nearest(y, within=WITHIN) == nearest_of_all(rows, y)


def test_nearest_of_no_rows_is_none() -> None:
    """Before the first word."""
    assert Levels().nearest(5.0, within=WITHIN) is None
