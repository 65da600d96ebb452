"""What is drawn on a page of a PDF besides its characters: images, curves, and which text lies under an image.

In: a page that `document.py` has opened, and the map from its user space to its pixels. Out: `Images`, and numbers.
Runs in the PDF worker process; imports pypdfium2.

Source: pdfium's public header fpdf_edit.h.
"""

import ctypes
import math
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw as pdfium

from lib.document import BBox
from lib.pipelines.pdf.content import Handle, Matrix, PdfPage, address
from lib.pipelines.pdf.text_layer import ENOUGH_WORDS

CURVES_COUNTED = 5_000
SEGMENTS_COUNTED = 20_000
"""Of paths, on a page with few words, where counting stops: by then it is clear, and a map has millions."""

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

Drawn: TypeAlias = tuple[int, Handle, Map]
"""(kind, handle, map from the object's space to pixels)."""


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


def find_images(page: PdfPage, matrix: Matrix, *, width: int, height: int) -> Images:
    """The images of a page, those in forms included.

    Args:
        page: Open.
        matrix: From its user space to its pixels.
        width: Of the page, pixels.
        height: Of the page, pixels.
    """
    images = [
        (order, _box_around((0.0, 0.0, 1.0, 1.0), place))  # An image fills the unit square of its space.
        for order, (kind, _, place) in enumerate(_objects(page, matrix))
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE
    ]
    images = [(order, box) for order, box in images if _is_somewhere(box)]
    if not images:
        return Images(0.0, (), frozenset())
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


def count_curves(page: PdfPage, matrix: Matrix) -> int:
    """Bézier curves in the paths of a page, counted up to where it no longer matters."""
    curves = 0
    for kind, handle, _ in _objects(page, matrix):
        if kind == pdfium.FPDF_PAGEOBJ_PATH and curves < CURVES_COUNTED:
            curves += _count_curves(handle)
    return curves


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
    for order, (kind, handle, place) in enumerate(islice(_objects(page, matrix), max(0, int(latest.max())))):
        if kind != pdfium.FPDF_PAGEOBJ_TEXT:
            continue
        sides = [ctypes.c_float() for _ in range(4)]
        if not pdfium.FPDFPageObj_GetBounds(handle, *sides):
            continue
        left, bottom, right, top = (side.value for side in sides)
        box = _box_around((left, bottom, right, top), place)
        if not _is_somewhere(box):
            continue
        x0, y0, x1, y1 = box
        row, column = int((y0 + y1) / 2 * down), int((x0 + x1) / 2 * across)
        if 0 <= row < GRID and 0 <= column < GRID and latest[row, column] > order:
            yield address(handle)


def _objects(page: PdfPage, matrix: Matrix) -> Iterator[Drawn]:
    """All objects of a page in drawing order, those in forms included."""
    count = max(0, pdfium.FPDFPage_CountObjects(page))
    (a, b, _), (c, d, _), (e, f, _) = matrix.tolist()
    return _opened_forms((pdfium.FPDFPage_GetObject(page, index) for index in range(count)), (a, b, c, d, e, f))


def _opened_forms(drawn: Iterator[Handle], place: Map, depth: int = 0) -> Iterator[Drawn]:
    for handle in drawn:
        kind = pdfium.FPDFPageObj_GetType(handle)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < FORM_DEPTH:
            count = pdfium.FPDFFormObj_CountObjects(handle)
            inner = (pdfium.FPDFFormObj_GetObject(handle, index) for index in range(count))
            yield from _opened_forms(inner, _inner_map(handle, place), depth + 1)
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            yield kind, handle, _inner_map(handle, place)
        else:
            yield kind, handle, place


def _inner_map(handle: Handle, place: Map) -> Map:
    """The map from the space that an object has of its own, where its own space's is known."""
    own = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(handle, own)
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


def _count_curves(path: Handle) -> int:
    segments = range(min(pdfium.FPDFPath_CountSegments(path), SEGMENTS_COUNTED))
    kinds = [pdfium.FPDFPathSegment_GetType(pdfium.FPDFPath_GetPathSegment(path, index)) for index in segments]
    return kinds.count(pdfium.FPDF_SEGMENT_BEZIERTO)
