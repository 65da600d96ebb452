"""What pictures are drawn with: a page-wide canvas with smooth shapes and text of any size.

In: shapes in points of the finished picture. Out: a Pillow image. Pillow draws shapes with jagged edges, so everything
is drawn SUPERSAMPLING times as large and made smaller at the end. Only pictures.py uses it.
"""

import functools
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from lib.document import Point
from lib.evaluation.charts import font_folder

DENSITY = 1.5
"""Pixels of the finished picture per point, so that it is sharp on dense screens too."""
SUPERSAMPLING = 2

SHADOW = (20, 28, 40)

Color: TypeAlias = tuple[int, int, int]
Box: TypeAlias = tuple[float, float, float, float]


class Canvas:
    """A picture in the making; all coordinates are points, origin top left."""

    def __init__(self, width: float, height: float, *, background: Color, density: float = DENSITY) -> None:
        """An empty picture of `width` x `height` points, with `density` pixels to a point."""
        self._scale = density * SUPERSAMPLING
        self._image = Image.new("RGB", (self._px(width), self._px(height)), background)

    def _px(self, points: float) -> int:
        return round(points * self._scale)

    def _box(self, box: Box) -> tuple[int, int, int, int]:
        x0, y0, x1, y1 = box
        return self._px(x0), self._px(y0), self._px(x1), self._px(y1)

    def shadow(self, box: Box, *, radius: float, blur: float, opacity: float) -> None:
        """A soft shadow beneath a box."""
        mask, at = self._mask(box, radius=radius, opacity=opacity, around=3 * blur)
        self._image.paste(SHADOW, at, mask.filter(ImageFilter.GaussianBlur(self._px(blur))))

    def _mask(
        self, box: Box, *, radius: float, opacity: float, around: float = 0
    ) -> tuple[Image.Image, tuple[int, int, int, int]]:
        """A filled box as a mask with room around it, and the pixels that it goes to."""
        x0, y0, x1, y1 = self._box(box)
        room = self._px(around)
        mask = Image.new("L", (x1 - x0 + 1 + 2 * room, y1 - y0 + 1 + 2 * room), 0)
        inner = (room, room, room + x1 - x0, room + y1 - y0)
        ImageDraw.Draw(mask).rounded_rectangle(inner, self._px(radius), fill=round(255 * opacity))
        return mask, (x0 - room, y0 - room, x0 - room + mask.width, y0 - room + mask.height)

    def paste(self, picture: Image.Image, box: Box) -> None:
        """A picture, scaled to a box."""
        x0, y0, x1, y1 = self._box(box)
        self._image.paste(picture.resize((x1 - x0, y1 - y0), Image.Resampling.LANCZOS), (x0, y0))

    def rectangle(
        self,
        box: Box,
        *,
        radius: float = 0,
        fill: Color | None = None,
        opacity: float = 1.0,
        outline: Color | None = None,
        width: float = 1,
    ) -> None:
        """A box with round corners; `opacity` is the fill's."""
        if fill is not None:
            mask, at = self._mask(box, radius=radius, opacity=opacity)
            self._image.paste(fill, at, mask)
        if outline is not None:
            draw = ImageDraw.Draw(self._image)
            draw.rounded_rectangle(self._box(box), self._px(radius), outline=outline, width=max(self._px(width), 1))

    def curve(self, start: Point, end: Point, *, color: Color, width: float) -> None:
        """An S-shaped line that leaves `start` and reaches `end` level, with a dot at both ends."""
        (x0, y0), (x1, y1) = start, end
        middle = (x0 + x1) / 2
        points = [_on_curve(((x0, y0), (middle, y0), (middle, y1), (x1, y1)), step / 48) for step in range(49)]
        draw = ImageDraw.Draw(self._image)
        draw.line([(x * self._scale, y * self._scale) for x, y in points], color, self._px(width), joint="curve")
        for x, y in (start, end):
            draw.ellipse(self._box((x - 2 * width, y - 2 * width, x + 2 * width, y + 2 * width)), fill=color)

    def text(self, at: Point, text: str, *, size: float, color: Color, bold: bool = False, anchor: str = "ls") -> None:
        """A line of text; `anchor` as Pillow has it ("ls": left end of the base line, "rs": right end)."""
        x, y = at
        font = _font(self._px(size), bold=bold)
        ImageDraw.Draw(self._image).text((x * self._scale, y * self._scale), text, color, font, anchor=anchor)

    def fitting(self, text: str, *, size: float, width: float, bold: bool = False) -> str:
        """The text, or as much of it as is `width` wide, with an ellipsis."""
        font, limit = _font(self._px(size), bold=bold), self._px(width)
        if font.getlength(text) <= limit:
            return text
        while text and font.getlength(f"{text}…") > limit:
            text = text[:-1]
        return f"{text.rstrip()}…"

    def finished(self) -> Image.Image:
        """The picture at its final size."""
        size = (self._image.width // SUPERSAMPLING, self._image.height // SUPERSAMPLING)
        return self._image.resize(size, Image.Resampling.LANCZOS)


def _on_curve(points: Sequence[Point], share: float) -> Point:
    """The point of a Bézier curve at `share` of it, by de Casteljau's construction."""
    while len(points) > 1:
        points = [(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for (x0, y0), (x1, y1) in pairwise(points)]
    return points[0]


@functools.cache
def _font(pixels: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(font_folder() / name, pixels)
