"""The strips of a page that hold its lines.

In: a page and the polygon of a line. Out: the line's pixels, lying, as a recognizer wants them. Imports cv2.
"""

import math

import numpy as np

from lib.document import PageImage, Point, Polygon

STANDING = 1.5
"""Height by width from which a strip is a line that runs down the page. Source: PaddleOCR's own pipeline."""


def cut_line(image: PageImage, line: Polygon) -> PageImage | None:
    """The pixels of a line, straightened, as it stands on the page: (h, w, 3); None where it has no width or height.

    The smallest rectangle around the line is cut out, not the polygon, whose sides the detector leaves uneven.
    """
    import cv2

    rectangle = cv2.boxPoints(cv2.minAreaRect(np.array(line).astype(np.int32)))
    corners = _in_order([(float(x), float(y)) for x, y in rectangle])
    top_left, top_right, bottom_right, bottom_left = corners
    width = int(max(math.dist(top_left, top_right), math.dist(bottom_left, bottom_right)))
    height = int(max(math.dist(top_left, bottom_left), math.dist(top_right, bottom_right)))
    if not (width and height):
        return None
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    mapping = cv2.getPerspectiveTransform(np.array(corners, np.float32), target)
    strip: PageImage = cv2.warpPerspective(
        image, mapping, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return strip


def _in_order(corners: list[Point]) -> Polygon:
    """Four corners as top left, top right, bottom right, bottom left."""
    left, right = sorted(corners)[:2], sorted(corners)[2:]
    top_left, bottom_left = sorted(left, key=lambda corner: corner[1])
    top_right, bottom_right = sorted(right, key=lambda corner: corner[1])
    return top_left, top_right, bottom_right, bottom_left


def lying(strip: PageImage) -> PageImage:
    """A strip that stands, turned counterclockwise; any other as it is."""
    height, width = strip.shape[:2]
    return np.ascontiguousarray(np.rot90(strip)) if height >= STANDING * width else strip
