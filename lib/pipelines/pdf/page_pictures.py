"""Pictures of a page with a text layer that may hold a name which its text does not: logos in its head and foot.

In: where the images of a page are, and its text. Out: few boxes, bounded in number and area; later the spans of what
OCR read in them. Pure; imports numpy and the nouns only, because the PDF worker process imports it.
"""

from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from lib.document import BBox, Point, Polygon, Recognition, Span

HEAD = 0.35
FOOT = 0.85
"""Shares of the page's height above and below which a picture may be a letterhead."""

LEAST_WIDTH = 0.04
LEAST_HEIGHT = 0.008
"""Shares of the page's sides; smaller pictures are icons and rules."""

MOST_AREA = 0.12
"""Share of the page; larger pictures are photos, and each is read by OCR, which takes time."""

MOST = 3
"""Pictures of a page: the topmost ones."""

JOINED = 0.01
"""Share of the page's width between two pieces of one picture; producers cut large ones into strips."""

SURE = 0.85
SURER = 0.95
"""Confidence from which a line in a picture is believed: where the page's text repeats a word of it, and where not."""

TELLING_LETTERS = 4
"""Of a word that may be repeated by chance."""

ENOUGH_LETTERS = 6
"""Of a line that nothing repeats: marks and drawings give a few letters, too."""


def telling_pictures(boxes: Sequence[BBox], spans: Sequence[Span], *, width: int, height: int) -> tuple[BBox, ...]:
    """Where pictures stand that may hold lettering of their own, top to bottom.

    Args:
        boxes: Of the page's images, pixels.
        spans: Its text; a picture under text is background.
        width: Of the page, pixels.
        height: Of the page, pixels.
    """
    page = BBox(0, 0, width, height)
    inside = [_intersection(box, page) for box in boxes]
    pictures = _pieces_joined([box for box in inside if box.width > 0 and box.height > 0], JOINED * width)
    letterheads = [box for box in pictures if _is_letterhead(box, width, height)]
    if not letterheads:
        return ()
    places = np.array([span.bbox.center for span in spans]).reshape(-1, 2)
    return tuple(islice((box for box in letterheads if not _holds_any(box, places)), MOST))


def lettering(found: Recognition, box: BBox, *, text: Sequence[Span]) -> list[Span]:
    """What OCR surely read in a picture, as spans of its page; nothing where it seems to stand on its head.

    Drawn letters are often taken for others ("REWI"). What the page's text repeats, if only in a web address, is
    believed sooner.

    Args:
        found: In pixels of the picture.
        box: Of the picture on its page.
        text: The page's own.
    """
    if found.rotation:
        return []
    said = _letters(" ".join(span.text for span in text))
    sure = [span for span in found.spans if _is_believed(span, said)]
    return [span._replace(polygon=_moved(span.polygon, int(box.x0), int(box.y0))) for span in sure]


def _is_believed(span: Span, said: str) -> bool:
    words = [_letters(word) for word in span.text.split()]
    if any(len(word) >= TELLING_LETTERS and word in said for word in words):
        return span.confidence >= SURE
    return span.confidence >= SURER and sum(map(len, words)) >= ENOUGH_LETTERS


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text.casefold()))


def _moved(polygon: Polygon, right: float, down: float) -> Polygon:
    def moved(point: Point) -> Point:
        return point[0] + right, point[1] + down

    a, b, c, d = map(moved, polygon)
    return a, b, c, d


def _is_letterhead(box: BBox, width: int, height: int) -> bool:
    middle = box.center[1] / height
    large = box.width >= LEAST_WIDTH * width and box.height >= LEAST_HEIGHT * height
    return large and box.width * box.height <= MOST_AREA * width * height and not HEAD < middle < FOOT


def _pieces_joined(boxes: Sequence[BBox], reach: float) -> list[BBox]:
    """Boxes that touch as one, top to bottom; each is compared with those before it that reach as far down."""
    joined: list[BBox] = []
    for box in sorted(boxes, key=lambda box: (box.y0, box.x0)):
        touching = [other for other in joined if _touch(box, other, reach)]
        joined = [other for other in joined if other not in touching]
        joined.append(BBox.around([box, *touching]))
    return sorted(joined, key=lambda box: (box.y0, box.x0))


def _touch(one: BBox, other: BBox, reach: float) -> bool:
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    return across >= -reach and down >= -reach


def _intersection(one: BBox, other: BBox) -> BBox:
    x0, y0 = max(one.x0, other.x0), max(one.y0, other.y0)
    return BBox(x0, y0, max(x0, min(one.x1, other.x1)), max(y0, min(one.y1, other.y1)))


def _holds_any(box: BBox, places: NDArray[np.float64]) -> bool:
    """Whether one of (n, 2) places is in a box."""
    x, y = places.T
    return bool(((box.x0 <= x) & (x <= box.x1) & (box.y0 <= y) & (y <= box.y1)).any())
