"""An open PDF and its pages, and the frame in which a page is read and drawn.

In: the path of a PDF, or a page. Out: handles of pdfium, sizes in pixels, the map from a page's points to its pixels.
pdfium is not thread-safe and reads hostile files, so it is called only in a process of its own (see
`worker_process.py`). Imports are few because each such process repeats them. This pdfium has no JavaScript.

Source: pdfium's public headers fpdfview.h and fpdf_flatten.h.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pypdfium2
from pypdfium2 import raw as pdfium

from lib.errors import EncryptedDocument, TooManyPixels, UnreadableDocument
from lib.pipelines.pdf.content import Matrix, PdfPage

Document: TypeAlias = Any  # pypdfium2 comes without types.

POINTS_PER_INCH = 72

LARGE_SIDE_IN = 23.4
"""Inches, A2's longer side. Larger pages are mostly photos that claim a point for each pixel, as phones write them:
they are taken at fewer dots per inch, down to one a point, because their letters are as much larger."""

FAR = 1000
"""Points and parts of a pixel: pdfium maps whole pixels only, so far points on a large device give the exact matrix."""


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What is read of a PDF, and how large; plain, as the worker must not import the settings' library.

    Attributes:
        max_pages: Of the document.
        max_pixels: Of one page.
        render_dpi: Dots per inch.
        max_words: Of the document.
        longest_side: Pixels; OpenCV counts them in 16 bits. Source: `SHRT_MAX` in OpenCV's imgproc.
    """

    max_pages: int
    max_pixels: int
    render_dpi: int
    max_words: int = 100_000
    longest_side: int = 2**15 - 1


@contextmanager
def open_document(path: str) -> Iterator[Document]:
    """A whole PDF, open; EncryptedDocument or UnreadableDocument where it is none."""
    # Not pypdfium2's own opening, which reports a file without pages with the error of the file before.
    handle = pdfium.FPDF_LoadDocument(path.encode(), None)
    if not handle:
        if pdfium.FPDF_GetLastError() in {pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY}:
            raise EncryptedDocument("The PDF opens only with a password. Send it without one.")
        raise UnreadableDocument("The PDF is damaged and cannot be opened. Save or print it anew.")
    with pypdfium2.PdfDocument(handle) as document:
        document.init_forms()
        yield document


@contextmanager
def open_page(document: Document, page_index: int) -> Iterator[PdfPage]:
    """A page with its annotations and form fields made part of it; text layers leave them out otherwise."""
    try:
        page = document[page_index]
        noted = pdfium.FPDFPage_GetAnnotCount(page) > 0  # Asked first, as flattening takes longer than reading.
        if noted and pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS:
            page.close()
            page = document[page_index]
    except pypdfium2.PdfiumError as exc:
        raise UnreadableDocument(f"Page {page_index + 1} of the PDF is damaged. Save or print the PDF anew.") from exc
    try:
        yield page
    finally:
        page.close()


def turn_back(page: PdfPage, turned: int) -> None:
    """Undo quarter turns, clockwise, on top of the page's own /Rotate."""
    if turned:
        pdfium.FPDFPage_SetRotation(page, (pdfium.FPDFPage_GetRotation(page) - turned) % 4)


def pixel_size(page: PdfPage, page_index: int, limits: PageLimits) -> tuple[int, int]:
    """(width, height) of the page's visible box, turned as its /Rotate says.

    Raises:
        TooManyPixels: Width times height is more than `limits.max_pixels`.
    """
    points = page.get_size()
    larger = max(points) / POINTS_PER_INCH / LARGE_SIDE_IN
    scale = max(1.0, limits.render_dpi / max(1.0, larger) / POINTS_PER_INCH)
    width, height = (max(1, round(length * scale)) for length in points)
    if width * height > limits.max_pixels:
        raise TooManyPixels(
            f"Page {page_index + 1} of the PDF has {width} x {height} pixels at {scale * POINTS_PER_INCH:.0f} dots per"
            f" inch; at most {limits.max_pixels} are read (MAX_PIXELS). Scale it down."
        )
    if max(width, height) > limits.longest_side:
        raise TooManyPixels(
            f"Page {page_index + 1} of the PDF has {width} x {height} pixels at {scale * POINTS_PER_INCH:.0f} dots per"
            f" inch; no side may have more than {limits.longest_side}. Cut it."
        )
    return width, height


def page_matrix(page: PdfPage, width: int, height: int) -> Matrix:
    """The map from the page's user space to its pixels."""
    x, y = ctypes.c_int(), ctypes.c_int()
    places = []
    for user_x, user_y in ((FAR, 0), (0, FAR), (0, 0)):
        pdfium.FPDF_PageToDevice(page, 0, 0, width * FAR, height * FAR, 0, user_x, user_y, x, y)
        places.append((x.value / FAR, y.value / FAR, 1.0))
    across, up, origin = np.array(places)
    return np.stack([(across - origin) / FAR, (up - origin) / FAR, origin])
