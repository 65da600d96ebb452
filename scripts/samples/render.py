"""Sheets become pixels, or a PDF whose words are text.

In: sheets. Out: Pillow images; the bytes of a PDF. The only module that imports fpdf. The same sheets always give the
same bytes.
"""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from fpdf import FPDF
from PIL import Image, ImageDraw

from scripts.samples.fonts import advances, direction_of, font_path, garbled_font, garbling, is_shaped, shaping, sized
from scripts.samples.paper import Box, Sheet, Text

POINTS_PER_INCH = 72
_MADE = datetime(2025, 1, 1, tzinfo=UTC)

PdfPage: TypeAlias = Sheet | tuple[Sheet, bytes]
"""A sheet that stays text, or one that is covered by its scan (the bytes of a JPEG)."""


def image_of(sheet: Sheet, *, dpi: int) -> Image.Image:
    """The sheet in RGB, black on white, at `dpi` pixels an inch."""
    scale = dpi / POINTS_PER_INCH
    image = Image.new("RGB", (round(sheet.width * scale), round(sheet.height * scale)), "white")
    draw = ImageDraw.Draw(image)
    for mark in sheet.marks:
        if isinstance(mark, Text):
            _draw_text(draw, mark, scale)
        else:
            draw.rectangle(_pixels(mark, scale), fill=mark.color)
    return image


def _draw_text(draw: ImageDraw.ImageDraw, mark: Text, scale: float) -> None:
    """Letter by letter, each where the measured widths put it: Pillow would kern and round."""
    if is_shaped(mark.text):
        where, font = (mark.x * scale, mark.y * scale), shaping(mark.face, mark.size * scale)
        draw.text(where, mark.text, font=font, fill=mark.color, anchor="ls", direction=direction_of(mark.text))
        return
    font, x = sized(mark.face, mark.size * scale), mark.x
    for letter in mark.text:
        draw.text((x * scale, mark.y * scale), letter, font=font, fill=mark.color, anchor="ls")
        x += mark.size * advances(mark.face)[letter]


def _pixels(box: Box, scale: float) -> tuple[int, int, int, int]:
    """The pixels that `box` covers, both ends included and never none."""
    x0, y0 = round(box.x0 * scale), round(box.y0 * scale)
    return x0, y0, max(x0, round(box.x1 * scale) - 1), max(y0, round(box.y1 * scale) - 1)


def pdf_of(pages: Sequence[PdfPage], *, title: str, garbled: bool = False) -> bytes:
    """A PDF of `pages`; where `garbled`, its glyphs look right but their text layer says nothing."""
    pdf = FPDF(unit="pt")
    pdf.set_auto_page_break(False)
    pdf.set_creation_date(_MADE)
    pdf.set_title(title)
    with TemporaryDirectory() as folder:
        for page in pages:
            _add_page(pdf, page, garbled_into=Path(folder) if garbled else None)
        return bytes(pdf.output())


def _add_page(pdf: FPDF, page: PdfPage, *, garbled_into: Path | None) -> None:
    sheet = page if isinstance(page, Sheet) else page[0]
    pdf.add_page(format=(sheet.width, sheet.height))
    if not isinstance(page, Sheet):
        pdf.image(io.BytesIO(page[1]), x=0, y=0, w=sheet.width, h=sheet.height)
        return
    for mark in sheet.marks:
        if isinstance(mark, Box):
            pdf.set_fill_color(*mark.color)
            pdf.rect(mark.x0, mark.y0, mark.x1 - mark.x0, mark.y1 - mark.y0, style="F")
        else:
            _add_text(pdf, mark, garbled_into)


def _add_text(pdf: FPDF, mark: Text, garbled_into: Path | None) -> None:
    if mark.face not in pdf.fonts:
        pdf.add_font(
            mark.face, fname=garbled_font(mark.face, folder=garbled_into) if garbled_into else font_path(mark.face)
        )
    pdf.set_font(mark.face, size=mark.size)
    shaped = is_shaped(mark.text) and not garbled_into
    pdf.set_text_shaping(use_shaping_engine=shaped, direction=direction_of(mark.text) if shaped else None)
    pdf.set_text_color(*mark.color)
    pdf.text(mark.x, mark.y, mark.text.translate(garbling(mark.face)) if garbled_into else mark.text)
