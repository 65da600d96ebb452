"""The drawing seam: sheets of texts and boxes, which know nothing of pixels or PDF.

Frame: points (1/72 inch), origin top left, x right, y down; a text stands on its baseline.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from scripts.samples.fonts import Face, text_width

Color: TypeAlias = tuple[int, int, int]
Align: TypeAlias = Literal["left", "center", "right"]

BLACK: Color = (0, 0, 0)
A4 = (595.3, 841.9)
LETTER = (612.0, 792.0)


@dataclass(frozen=True, slots=True)
class Text:
    """Characters on one baseline, starting at x."""

    x: float
    y: float
    text: str
    face: Face
    size: float
    color: Color = BLACK

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(x0, y0, x1, y1) of the ink, about: no descender is longer, no ordinary letter higher."""
        width = text_width(self.text, face=self.face, size=self.size)
        return self.x, self.y - 0.76 * self.size, self.x + width, self.y + 0.22 * self.size


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle; a thin one is a rule or a bar of a bar code."""

    x0: float
    y0: float
    x1: float
    y1: float
    color: Color = BLACK


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: its size and its marks, in the order they are drawn."""

    width: float
    height: float
    marks: tuple[Text | Box, ...]

    @property
    def texts(self) -> tuple[Text, ...]:
        """The texts alone."""
        return tuple(mark for mark in self.marks if isinstance(mark, Text))


@dataclass(frozen=True, slots=True)
class Column:
    """Where a table's cells stand: at `x`, which is their left, middle or right."""

    x: float
    align: Align = "left"


class Pen:
    """Writes a sheet from the top down.

    Attributes:
        y: The current baseline.
        left: The left margin's x.
        right: The right margin's x.
    """

    def __init__(self, width: float, *, margin: float, face: Face, size: float, leading: float = 1.3) -> None:
        self.width = width
        self.left, self.right = margin, width - margin
        self.face, self.size, self.leading = face, size, leading
        self.y = margin + size
        self._marks: list[Text | Box] = []

    def write(
        self,
        text: str,
        *,
        x: float | None = None,
        align: Align = "left",
        face: Face | None = None,
        size: float | None = None,
        color: Color = BLACK,
    ) -> None:
        """Puts `text` on the baseline, at `x` or at the margin (the middle) that `align` names.

        Raises:
            ValueError: The text would run off the sheet.
        """
        face, size = face or self.face, size or self.size
        if x is None:
            x = {"left": self.left, "center": self.width / 2, "right": self.right}[align]
        width = text_width(text, face=face, size=size)
        x -= {"left": 0.0, "center": width / 2, "right": width}[align]
        if x < 0 or x + width > self.width:
            raise ValueError(f"{text!r} runs off the sheet: {x:.0f} to {x + width:.0f} of {self.width:.0f} points.")
        self._marks.append(Text(x, self.y, text, face, size, color))

    def feed(self, lines: float = 1) -> None:
        """Goes down by `lines` lines."""
        self.y += lines * self.size * self.leading

    def lines(
        self, texts: Iterable[str], *, align: Align = "left", x: float | None = None, face: Face | None = None
    ) -> None:
        """Writes `texts` one under the other."""
        for text in texts:
            self.write(text, align=align, x=x, face=face)
            self.feed()

    def pair(self, label: str, value: str, *, face: Face | None = None, size: float | None = None) -> None:
        """A line with `label` at the left margin and `value` at the right one."""
        self.write(label, face=face, size=size)
        self.write(value, align="right", face=face, size=size)
        self.feed((size or self.size) / self.size)

    def row(
        self, cells: Sequence[str], columns: Sequence[Column], *, face: Face | None = None, color: Color = BLACK
    ) -> None:
        """One table row; does not feed."""
        for cell, column in zip(cells, columns, strict=True):
            self.write(cell, x=column.x, align=column.align, face=face, color=color)

    def rule(
        self, *, thickness: float = 0.6, x0: float | None = None, x1: float | None = None, color: Color = BLACK
    ) -> None:
        """A line across, in the middle of the current line of text; does not feed."""
        y = self.y - 0.35 * self.size
        self.box(self.left if x0 is None else x0, y, self.right if x1 is None else x1, y + thickness, color=color)

    def dashes(self, sign: str = "-") -> None:
        """A line of `sign`s from margin to margin, as tills print it."""
        count = int((self.right - self.left) / text_width(sign, face=self.face, size=self.size))
        self.write(sign * count, align="center")
        self.feed()

    def box(self, x0: float, y0: float, x1: float, y1: float, *, color: Color = BLACK) -> None:
        """A filled rectangle, wherever the pen is."""
        self._marks.append(Box(x0, y0, x1, y1, color))

    def sheet(self, height: float | None = None) -> Sheet:
        """What was written, on a sheet of `height` points, or torn off below the last line.

        Raises:
            ValueError: Something stands below the sheet's end.
        """
        torn = self.y + self.left
        if height is not None and self.y > height:
            raise ValueError(f"The text ends at {self.y:.0f} of {height:.0f} points.")
        return Sheet(self.width, height or torn, tuple(self._marks))
