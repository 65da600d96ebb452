"""The slant of a page, taken out of the places of its lines.

In: spans of one page, in any order. Out: a `Piece` for each, where it would stand on a straight page. Pure.

Photos are slanted: more at one end of the page than at the other where the camera was held at an angle. So the slant is
a linear function of the height on the page.
"""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from lib.document import BBox, Polygon, Span

WIDE = 4.0
"""Width by height from which a span shows the slant of its line."""
MIN_WIDE_FOR_PERSPECTIVE = 8


class Piece(NamedTuple):
    """A span in the frame of the page with its slant taken out.

    Attributes:
        span: The span.
        x0: Left end, pixels.
        x1: Right end.
        y: Middle.
        height: Of its characters, pixels.
        level: Whether it is written along the rows and not up or down the page.
    """

    span: Span
    x0: float
    x1: float
    y: float
    height: float
    level: bool

    @property
    def sort_key(self) -> tuple[float, float, str, Polygon]:
        """Downwards, then to the right; text and corners make equal places deterministic."""
        return self.y, self.x0, self.span.text, self.span.polygon


def straightened(spans: Sequence[Span]) -> list[Piece]:
    """Every span with the page's slant taken out."""
    if not spans:
        return []
    boxes = [span.bbox for span in spans]
    slopes = [_slope(span.polygon) for span in spans]
    heights = [_height(span.polygon) for span in spans]
    base, growth, middle_y = _slant(boxes, slopes, heights)
    middle_x = (min([box.x0 for box in boxes]) + max([box.x1 for box in boxes])) / 2
    pieces = []
    for span, box, slope, height in zip(spans, boxes, slopes, heights, strict=True):
        x, y = box.center
        slant = base + growth * (y - middle_y)
        level = slope is not None
        straight = y - slant * (x - middle_x)
        pieces.append(Piece(span, box.x0, box.x1, straight, height if level else box.height, level))
    return pieces


def _slope(polygon: Polygon) -> float | None:
    """Pixels down per pixel to the right along the text; None where it runs up or down the page or backwards."""
    (x0, y0), (x1, y1) = polygon[0], polygon[1]
    along, down = x1 - x0, y1 - y0
    return down / along if along > abs(down) else None


def _height(polygon: Polygon) -> float:
    """Of the characters, pixels: a slanted line's upright box is higher."""
    (_, top_left), (_, top_right), (_, bottom_right), (_, bottom_left) = polygon
    return max(0.0, (bottom_left - top_left + bottom_right - top_right) / 2)


def _slant(
    boxes: Sequence[BBox], slopes: Sequence[float | None], heights: Sequence[float]
) -> tuple[float, float, float]:
    """The page's slant: slope at `middle_y`, its growth per pixel downwards, and `middle_y`."""
    shown = [
        (box.center[1], slope, box.width)
        for box, slope, height in zip(boxes, slopes, heights, strict=True)
        if slope is not None and box.width >= WIDE * height
    ]
    if not any(slope for _, slope, _ in shown):
        return 0.0, 0.0, 0.0
    shown.sort()
    base = _weighted_median([(slope, width) for _, slope, width in shown])
    if len(shown) < MIN_WIDE_FOR_PERSPECTIVE:
        return base, 0.0, 0.0
    half = len(shown) // 2
    (upper, upper_y), (lower, lower_y) = (
        (_weighted_median([(slope, width) for _, slope, width in part]), median(y for y, _, _ in part))
        for part in (shown[:half], shown[half:])
    )
    if lower_y - upper_y < 1:
        return base, 0.0, 0.0
    return (upper + lower) / 2, (lower - upper) / (lower_y - upper_y), (upper_y + lower_y) / 2


def _weighted_median(values: list[tuple[float, float]]) -> float:
    """The value at half of the weight; `values` are (value, weight)."""
    values = sorted(values)
    left = sum(weight for _, weight in values) / 2
    for value, weight in values:
        left -= weight
        if left <= 0:
            return value
    return values[-1][0]
