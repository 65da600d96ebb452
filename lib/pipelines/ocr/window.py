"""Where on a large page the little text is, so that it can be looked at more closely. Pure.

In: the lines found on a page. Out: the part of the page to search again, or None.

A page is searched at a fixed number of pixels. The letters of a receipt on the glass of a scanner, or far away in a
photo, may then be too small to be found; searching the part of the page that has them makes them larger.
"""

import math
import statistics
from collections.abc import Sequence

from lib.document import BBox, Polygon

SMALL_LINE = 16.0
"""Pixels of a line's height in detection below which some lines are missed or run into each other."""

SMALL_SHARE = 1 / 6
"""Of the page's area: text on more of it would not become much larger."""

MARGIN = 0.35
"""Of the longer side of the text that was found: how far it may go on where nothing was found yet."""


def text_window(lines: Sequence[Polygon], *, width: int, height: int, scale: float) -> tuple[int, int, int, int] | None:
    """The part of a page to search again; None where the first look was close enough.

    Args:
        lines: What was found.
        width: Pixels of the page.
        height: Pixels of the page.
        scale: Size of the page in that search by its own size.

    Returns:
        (x0, y0, x1, y1), pixels, inside the page.
    """
    if not lines or statistics.median(map(_height, lines)) * scale >= SMALL_LINE:
        return None
    text = BBox.around(BBox.of_points(line) for line in lines)
    if text.width * text.height > SMALL_SHARE * width * height:
        return None
    margin = MARGIN * max(text.width, text.height)
    return (
        max(0, math.floor(text.x0 - margin)),
        max(0, math.floor(text.y0 - margin)),
        min(width, math.ceil(text.x1 + margin)),
        min(height, math.ceil(text.y1 + margin)),
    )


def _height(line: Polygon) -> float:
    top_left, top_right, _, bottom_left = line
    return min(math.dist(top_left, top_right), math.dist(top_left, bottom_left))
