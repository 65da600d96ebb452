"""Named features as a matrix, as the forests read it.

In: for each candidate its features by name. Out: one line for each candidate. Pure.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

_GREATEST = float(np.finfo(np.float32).max)


def matrix_of(lines: Sequence[Mapping[str, float]], names: Sequence[str]) -> NDArray[np.float32]:
    """One line for each of `lines`, float32, shape (lines, names).

    Args:
        lines: Features by name: 0 where a line does not have one of `names`; what is none of them is left out.
        names: Of the columns, in order, at least two.
    """
    none = dict.fromkeys(names, 0.0)
    in_order = itemgetter(*names)
    matrix = [in_order({**none, **line}) for line in lines]
    # A box without height makes distances in its heights endless.
    finite = np.clip(np.array(matrix, dtype=np.float64), -_GREATEST, _GREATEST)
    return finite.astype(np.float32).reshape(len(lines), len(names))
