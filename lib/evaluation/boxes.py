"""Word boxes that come with a labelled document -> spans of one page.

In: SROIE's text files (a line: eight coordinates, then the text) or WildReceipt's JSON (a list of `text` and `box`).
Out: a `Page`. With them the reader and the rules are measured without any OCR.
Source: ICDAR 2019 SROIE, task 1; WildReceipt (Sun et al., 2021).
"""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from lib.document import BBox, Page, Point, Polygon, Span

CORNERS = 8
"""Coordinates of a box: x and y of four corners."""


def read_boxes(path: Path) -> Page:
    """The page of a box file; its size is what the boxes reach, with the same margin on both sides.

    Raises:
        ValueError: The file is in neither format; names it.
    """
    try:
        spans = tuple(_json_spans(path) if path.suffix == ".json" else _line_spans(path))
    except (ValueError, KeyError, TypeError) as exc:
        raise ValueError(f"{path} has no word boxes in SROIE's or WildReceipt's format ({exc!r}).") from exc
    width, height = _reach(spans)
    return Page(page_index=0, width=width, height=height, source="ocr", spans=spans)


def _line_spans(path: Path) -> Iterator[Span]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.strip():
            *coordinates, text = line.split(",", CORNERS)
            yield _span(text, [float(coordinate) for coordinate in coordinates])


def _json_spans(path: Path) -> Iterator[Span]:
    for entry in json.loads(path.read_text(encoding="utf-8")):
        yield _span(entry["text"], [float(coordinate) for coordinate in entry["box"]])


def _span(text: str, coordinates: Sequence[float]) -> Span:
    if len(coordinates) != CORNERS:
        raise ValueError(f"a box has {CORNERS} coordinates, not {len(coordinates)}")
    corners = list(zip(coordinates[::2], coordinates[1::2], strict=True))
    return Span(text=" ".join(text.split()), polygon=_clockwise(corners), confidence=1.0)


def _clockwise(corners: list[Point]) -> Polygon:
    """The corners beginning top left; WildReceipt goes round from the bottom left, against the clock."""
    doubled_area = sum(
        x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True)
    )
    first, second, third, fourth = corners if doubled_area >= 0 else reversed(corners)
    return first, second, third, fourth


def _reach(spans: Sequence[Span]) -> tuple[int, int]:
    """Width and height of a page that the spans stand in, in their pixels."""
    if not spans:
        return 1, 1
    around = BBox.around(span.bbox for span in spans)
    width = math.ceil(around.x1 + max(around.x0, 0))
    height = math.ceil(around.y1 + max(around.y0, 0))
    return max(width, 1), max(height, 1)
