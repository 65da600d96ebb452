"""Which letters make one word where a producer has spread the letters of a line.

In: the letters of a page in the order of its content, and where words seem to end. Out: where words do end. Pure.

Styles with letter-spacing, and headings typed as "I N V O I C E", have gaps between letters that pdfium takes for
spaces. What tells them apart from words: in ordinary lines letters touch, and only words stand apart; in spread lines
every letter stands apart by the same gap, and words by a wider one.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Flags: TypeAlias = NDArray[np.bool_]

SPREAD = 0.06
"""Heights between two letters from which they do not touch; kerning and rounding stay below."""

MOSTLY = 0.85
"""Share of a line's neighbors that stand apart from which the line is spread; a line of short words has less."""

WORD_SPACE = 0.15
"""Heights by which the gap between two words of a spread line is wider than the gap between its letters. A space is
0.2 to 0.3."""

SAME_LINE = 1.0
"""Heights between two letters from which they are of different columns."""

ENOUGH_LETTERS = 6
"""Of a line, from which it can be told on its own whether it is spread; shorter ones follow the page."""

ENOUGH_ON_PAGE = 50
"""Neighbors on a page, from which it can be told whether its letters are spread."""

ENOUGH_SINGLES = 5
"""Letters in a row, each a word of its own, that are one spread word inside of an ordinary line; "2 x 5 =" is none."""

EVEN = 0.1
"""Heights by which the gaps of such a row may differ."""


def word_ends(ends: Flags, *, gaps: NDArray[np.float64], level: Flags) -> Flags:
    """Whether a word ends between each letter and the next one, spread letters considered.

    Args:
        ends: (n - 1,) whether one seems to: there is a space, or a gap.
        gaps: (n - 1,) between each letter and the next one, in heights of a letter.
        level: (n - 1,) whether the next one is on the same line.
    """
    near = level & (gaps > -SAME_LINE) & (gaps <= SAME_LINE)
    if not (ends & near).any():
        return ends
    lines = np.cumsum(~near)
    return _close_rows_of_singles(_close_spread_lines(ends, gaps, near, lines), gaps, near)


def _close_spread_lines(ends: Flags, gaps: NDArray[np.float64], near: Flags, lines: NDArray[Any]) -> Flags:
    apart = near & (gaps > SPREAD)
    count = int(lines[-1]) + 1
    pairs, spread = (np.bincount(lines, weights=flags, minlength=count) for flags in (near, apart))
    is_spread_page = near.sum() >= ENOUGH_ON_PAGE and apart.sum() > MOSTLY * near.sum()
    enough = 1 if is_spread_page else ENOUGH_LETTERS - 1
    closed = ends.copy()
    for line in np.flatnonzero((pairs >= enough) & (spread > MOSTLY * pairs)).tolist():
        start, stop = np.searchsorted(lines, (line, line + 1)).tolist()
        here = np.arange(start, stop)[near[start:stop]]
        closed[here] = gaps[here] > np.median(gaps[here]) + WORD_SPACE
    return closed


def _close_rows_of_singles(ends: Flags, gaps: NDArray[np.float64], near: Flags) -> Flags:
    """Join rows of single letters that stand apart evenly."""
    bounds = np.concatenate([[True], ends, [True]])
    single = bounds[:-1] & bounds[1:]
    joint = near & single[:-1] & single[1:]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], joint, [False]])))
    closed = ends.copy()
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if stop - start + 1 >= ENOUGH_SINGLES:
            row = gaps[start:stop]
            closed[start:stop] = row > np.quantile(row, 0.25) + EVEN
    return closed
