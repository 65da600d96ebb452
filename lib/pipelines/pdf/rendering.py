"""Pages of a PDF, or parts of them, as pixels.

In: the path of a PDF, which page, limits. Out: pixels in a file. Runs in the PDF worker process.
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pypdfium2
from pypdfium2 import raw as pdfium

from lib.document import BBox
from lib.pipelines.pdf.content import PdfPage
from lib.pipelines.pdf.document import PageLimits, open_document, open_page, pixel_size, turn_back

WHITE = 0xFFFFFFFF


class Region(NamedTuple):
    """A part of a page.

    Attributes:
        page_index: From 0.
        turned: As `read_outline` found.
        box: Pixels of the page.
    """

    page_index: int
    turned: int
    box: BBox


def render_page(path: str, target: str, page_index: int, turned: int, limits: PageLimits) -> tuple[int, int, int]:
    """Draw one page on white as a viewer shows it, with annotations and filled-in forms.

    Args:
        path: Of the PDF.
        target: The file that gets the pixels, uint8, row by row, blue green red: a pipe would be slow with so many.
        page_index: From 0.
        turned: As `read_outline` found.
        limits: As for `read_outline`.

    Returns:
        The shape of the pixels, (height, width, 3): the frame that `read_outline` told.

    Raises:
        TooManyPixels: It has more than `limits.max_pixels`.
        UnreadableDocument: It is damaged.
    """
    with open_document(path) as document, open_page(document, page_index) as page:
        turn_back(page, turned)
        width, height = pixel_size(page, page_index, limits)
        return _draw(page, target, (0, 0, width, height), size=(width, height))


def render_region(path: str, target: str, region: Region, limits: PageLimits) -> tuple[int, int, int]:
    """Draw a part of a page, as `render_page` draws the whole.

    Args:
        path: Of the PDF.
        target: The file that gets the pixels.
        region: Which part; it is widened to whole pixels.
        limits: As for `read_outline`.

    Returns:
        The shape of the pixels, (height, width, 3).

    Raises:
        TooManyPixels: The page has more than `limits.max_pixels`.
        UnreadableDocument: It is damaged.
    """
    page_index, turned, box = region
    with open_document(path) as document, open_page(document, page_index) as page:
        turn_back(page, turned)
        width, height = pixel_size(page, page_index, limits)
        left, top = max(0, math.floor(box.x0)), max(0, math.floor(box.y0))
        right, bottom = min(width, math.ceil(box.x1)), min(height, math.ceil(box.y1))
        return _draw(page, target, (left, top, right, bottom), size=(width, height))


def _draw(
    page: PdfPage, target: str, part: tuple[int, int, int, int], *, size: tuple[int, int]
) -> tuple[int, int, int]:
    """Draw a part (left, top, right, bottom) of a page of that size, on white, into a file; the shape of its pixels."""
    left, top, right, bottom = part
    bitmap = pypdfium2.PdfBitmap.new_native(right - left, bottom - top, pdfium.FPDFBitmap_BGR)
    pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, right - left, bottom - top, WHITE)
    pdfium.FPDF_RenderPageBitmap(bitmap, page, -left, -top, *size, 0, pdfium.FPDF_ANNOT)
    # Not numpy's own tofile, whose error does not say that the disk is full.
    Path(target).write_bytes(np.ascontiguousarray(bitmap.to_numpy()).data)
    return bottom - top, right - left, 3
