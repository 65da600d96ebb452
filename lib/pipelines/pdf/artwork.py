"""What is drawn on a page of a PDF besides its characters: images, curves, and which text lies under an image.

In: a page that `document.py` has opened, and the map from its user space to its pixels. Out: `Images`, and numbers.
Runs in the PDF worker process; imports pypdfium2.

Source: pdfium's public header fpdf_edit.h.
"""

import ctypes
import math
from collections.abc import Iterator
from itertools import islice, repeat
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw as pdfium

from lib.document import BBox
from lib.pipelines.pdf.content import POINTER, Matrix, PdfPage, address, by_address
from lib.pipelines.pdf.text_layer import ENOUGH_WORDS

SEGMENTS_COUNTED = 20_000
"""Of a path, on a page with few words, where counting stops: a map has millions."""

FEW_CHARACTERS = 10 * ENOUGH_WORDS
"""More than this are enough words in any language with spaces, so that curves need no counting."""

FORM_DEPTH = 5
"""Forms inside forms that are looked into; producers nest two or three."""

GRID = 64
"""Cells a side, of the grid on which the share of a page under images is counted."""

MOST_PICTURES = 100
"""Images whose places are told; a page with more is put together from images."""

Map: TypeAlias = tuple[float, float, float, float, float, float]
"""a to f, which put (x, y) at (ax + cy + e, bx + dy + f): plain numbers, as a page may have 100,000 objects."""

Box: TypeAlias = tuple[float, float, float, float]

Drawn: TypeAlias = tuple[int, int | None, Map]
"""(kind, address, map from the object's space to pixels)."""

_object_at: Final = by_address("FPDFPage_GetObject")
_kind_of: Final = by_address("FPDFPageObj_GetType")
_write_matrix: Final = by_address("FPDFPageObj_GetMatrix", POINTER)
_write_bounds: Final = by_address("FPDFPageObj_GetBounds", *[POINTER] * 4)
_inner_count: Final = by_address("FPDFFormObj_CountObjects")
_inner_at: Final = by_address("FPDFFormObj_GetObject", ctypes.c_ulong)
_segment_count: Final = by_address("FPDFPath_CountSegments")
_segment_at: Final = by_address("FPDFPath_GetPathSegment")
_segment_kind: Final = by_address("FPDFPathSegment_GetType")


class Images(NamedTuple):
    """The images of a page.

    Attributes:
        share: 0..1, of the page under them.
        pictures: Where they are, page pixels; none where they are too many to be pictures.
        covered: Addresses of the text objects that lie under one drawn later. Software that reads scans puts its text
            there.
    """

    share: float
    pictures: tuple[BBox, ...]
    covered: frozenset[int]


NO_IMAGES = Images(0.0, (), frozenset())


def find_images(page: PdfPage, matrix: Matrix, *, width: int, height: int) -> Images:
    """The images of a page, those in forms included.

    Args:
        page: Open.
        matrix: From its user space to its pixels.
        width: Of the page, pixels.
        height: Of the page, pixels.
    """
    if not _may_have_images(page):
        return NO_IMAGES
    images = [
        (order, _box_around((0.0, 0.0, 1.0, 1.0), place))  # An image fills the unit square of its space.
        for order, (kind, _, place) in enumerate(_objects(page, _map_of(matrix)))
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE
    ]
    images = [(order, box) for order, box in images if _is_somewhere(box)]
    if not images:
        return NO_IMAGES
    latest = np.full((GRID, GRID), -1)
    cells = np.array([GRID / width, GRID / height] * 2)
    boxes = np.array([box for _, box in images])
    covers = np.clip(np.round(boxes * cells), 0, GRID).astype(int).tolist()
    for (order, _), (x0, y0, x1, y1) in zip(images, covers, strict=True):
        latest[y0:y1, x0:x1] = order
    pictures = [BBox(*box) for box in boxes[: MOST_PICTURES + 1].round(2).tolist()]
    return Images(
        float((latest >= 0).mean()),
        tuple(pictures) if len(pictures) <= MOST_PICTURES else (),
        frozenset(_covered_texts(page, matrix, latest, cells)),
    )


def has_curves(page: PdfPage, count: int) -> bool:
    """Whether the paths of a page have so many Bézier curves, of which no more are counted."""
    place = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    paths = (path for kind, path, _ in _objects(page, place) if kind == pdfium.FPDF_PAGEOBJ_PATH)
    curves = (True for path in paths for kind in _segments(path) if kind == pdfium.FPDF_SEGMENT_BEZIERTO)
    return next(islice(curves, count - 1, None), False)


def _may_have_images(page: PdfPage) -> bool:
    """Whether a page has an image, or a form, which may hold one."""
    place = address(page)
    kinds = bytes(map(_kind_of, map(_object_at, repeat(place), range(_count_objects(page)))))
    return pdfium.FPDF_PAGEOBJ_IMAGE in kinds or pdfium.FPDF_PAGEOBJ_FORM in kinds


def _count_objects(page: PdfPage) -> int:
    count: int = pdfium.FPDFPage_CountObjects(page)
    return max(0, count)


def _covered_texts(
    page: PdfPage, matrix: Matrix, latest: NDArray[np.intp], cells: NDArray[np.float64]
) -> Iterator[int]:
    """Addresses of the text objects whose middle lies under an image that is drawn after them.

    Args:
        page: Open.
        matrix: From its user space to its pixels.
        latest: (GRID, GRID) The place in the drawing order of the last image over each cell, -1 without one.
        cells: (4,) Cells a pixel, of a box's four sides.
    """
    across, down = cells[:2].tolist()
    sides = (ctypes.c_float * 4)()  # Left, bottom, right, top.
    places = range(
        ctypes.addressof(sides), ctypes.addressof(sides) + ctypes.sizeof(sides), ctypes.sizeof(ctypes.c_float)
    )
    drawn = islice(_objects(page, _map_of(matrix)), max(0, int(latest.max())))
    for order, (kind, handle, place) in enumerate(drawn):
        if kind != pdfium.FPDF_PAGEOBJ_TEXT or not _write_bounds(handle, *places):
            continue
        box = _box_around(tuple(sides), place)
        if not _is_somewhere(box):
            continue
        x0, y0, x1, y1 = box
        row, column = int((y0 + y1) / 2 * down), int((x0 + x1) / 2 * across)
        if 0 <= row < GRID and 0 <= column < GRID and latest[row, column] > order:
            yield handle or 0


def _map_of(matrix: Matrix) -> Map:
    (a, b, _), (c, d, _), (e, f, _) = matrix.tolist()
    return a, b, c, d, e, f


def _objects(page: PdfPage, place: Map) -> Iterator[Drawn]:
    """All objects of a page in drawing order, those in forms included."""
    return _opened_forms(map(_object_at, repeat(address(page)), range(_count_objects(page))), place)


def _opened_forms(drawn: Iterator[int | None], place: Map, depth: int = 0) -> Iterator[Drawn]:
    for handle in drawn:
        kind = _kind_of(handle)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < FORM_DEPTH:
            inner = map(_inner_at, repeat(handle), range(max(0, _inner_count(handle))))
            yield from _opened_forms(inner, _inner_map(handle, place), depth + 1)
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            yield kind, handle, _inner_map(handle, place)
        else:
            yield kind, handle, place


def _inner_map(handle: int | None, place: Map) -> Map:
    """The map from the space that an object has of its own, where its own space's is known."""
    own = pdfium.FS_MATRIX()
    _write_matrix(handle, ctypes.addressof(own))
    x0, y0 = _placed(own.e, own.f, place)
    a, b, c, d, _, _ = place
    return own.a * a + own.b * c, own.a * b + own.b * d, own.c * a + own.d * c, own.c * b + own.d * d, x0, y0


def _placed(x: float, y: float, place: Map) -> tuple[float, float]:
    a, b, c, d, e, f = place
    return a * x + c * y + e, b * x + d * y + f


def _is_somewhere(box: Box) -> bool:
    """Whether numbers of a page, or their products, have not become too large to be any."""
    return math.isfinite(sum(box))


def _box_around(box: Box, place: Map) -> Box:
    """The upright box around where a box goes."""
    x0, y0, x1, y1 = box
    xs, ys = zip(*[_placed(x, y, place) for x in (x0, x1) for y in (y0, y1)], strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _segments(path: int | None) -> Iterator[int]:
    """Kinds of the lines and curves of a path."""
    count = min(_segment_count(path), SEGMENTS_COUNTED)
    return map(_segment_kind, map(_segment_at, repeat(path), range(count)))
