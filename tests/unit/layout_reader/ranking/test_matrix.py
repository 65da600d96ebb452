"""Features by name as lines of a matrix."""

import numpy as np

from lib.layout_reader.ranking.matrix import matrix_of


def test_matrix_has_the_named_columns_in_order() -> None:
    """What a line does not have is 0, and what names no column is left out."""
    matrix = matrix_of([{"b": 2.0, "other": 9.0}, {"c": 3.0, "a": 1.0}], ("a", "b", "c"))

    assert matrix.dtype == np.float32
    assert matrix.tolist() == [[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]]


def test_matrix_without_lines_keeps_its_columns() -> None:
    """A document without candidates has features all the same."""
    assert matrix_of([], ("a", "b", "c")).shape == (0, 3)


def test_matrix_is_finite() -> None:
    """Distances are in heights of lines, and a hostile line has next to none."""
    assert np.isfinite(matrix_of([{"a": 1e300, "b": -1e300}], ("a", "b"))).all()
