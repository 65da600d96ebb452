"""What is drawn on a page of a PDF besides its characters: images, curves, and which text lies under an image.

In: a page that `document.py` has opened, and the map from its user space to its pixels. Out: `Images`, and numbers.
Runs in the PDF worker process; imports pypdfium2.

Source: pdfium's public header fpdf_edit.h.
"""

import ctypes
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw as pdfium

from lib.document import BBox
from lib.pipelines.pdf.content import Handle, Matrix, PdfPage, address, boxes_around
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

Drawn: TypeAlias = tuple[int, Handle, Matrix]
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
        (order, _unit_square(place))
        for order, (kind, _, place) in enumerate(_objects(page, matrix))
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE
    ]
    if not images:
        return Images(0.0, (), frozenset())
    latest = np.full((GRID, GRID), -1)
    cells = np.array([GRID / width, GRID / height] * 2)
    for order, box in images:
        x0, y0, x1, y1 = np.clip(np.round(box * cells), 0, GRID).astype(int).tolist()
        latest[y0:y1, x0:x1] = order
    pictures = [BBox(*box.round(2).tolist()) for _, box in images[: MOST_PICTURES + 1]]
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
    for order, (kind, handle, place) in enumerate(islice(_objects(page, matrix), int(latest.max()))):
        if kind != pdfium.FPDF_PAGEOBJ_TEXT:
            continue
        sides = [ctypes.c_float() for _ in range(4)]
        if not pdfium.FPDFPageObj_GetBounds(handle, *sides):
            continue
        x0, y0, x1, y1 = boxes_around(np.array([[side.value for side in sides]], float), place)[0] * cells
        row, column = int((y0 + y1) / 2), int((x0 + x1) / 2)
        if 0 <= row < GRID and 0 <= column < GRID and latest[row, column] > order:
            yield address(handle)


def _objects(page: PdfPage, matrix: Matrix) -> Iterator[Drawn]:
    """All objects of a page in drawing order, those in forms included."""
    count = max(0, pdfium.FPDFPage_CountObjects(page))
    return _opened_forms((pdfium.FPDFPage_GetObject(page, index) for index in range(count)), matrix)


def _opened_forms(drawn: Iterator[Handle], matrix: Matrix, depth: int = 0) -> Iterator[Drawn]:
    for handle in drawn:
        kind = pdfium.FPDFPageObj_GetType(handle)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < FORM_DEPTH:
            count = pdfium.FPDFFormObj_CountObjects(handle)
            inner = (pdfium.FPDFFormObj_GetObject(handle, index) for index in range(count))
            yield from _opened_forms(inner, _own_matrix(handle) @ matrix, depth + 1)
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            yield kind, handle, _own_matrix(handle) @ matrix
        else:
            yield kind, handle, matrix


def _own_matrix(handle: Handle) -> Matrix:
    own = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(handle, own)
    return np.array([[own.a, own.b, 0], [own.c, own.d, 0], [own.e, own.f, 1]])


def _unit_square(place: Matrix) -> NDArray[np.float64]:
    """(4,) x0 y0 x1 y1 of an image, which fills the unit square of its space, in pixels."""
    box: NDArray[np.float64] = boxes_around(np.array([[0.0, 0.0, 1.0, 1.0]]), place)[0]
    return box


def _count_curves(path: Handle) -> int:
    segments = range(min(pdfium.FPDFPath_CountSegments(path), SEGMENTS_COUNTED))
    kinds = [pdfium.FPDFPathSegment_GetType(pdfium.FPDFPath_GetPathSegment(path, index)) for index in segments]
    return kinds.count(pdfium.FPDF_SEGMENT_BEZIERTO)
