"""The pages of one invoice and the item table that runs through them.

In: a bill, a wording, a style. Out: `Folio`, on whose first page a layout draws its head before the table begins.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from scripts.samples.bill import Bill, Item
from scripts.samples.fonts import Face, wrapped
from scripts.samples.paper import A4, BLACK, Color, Column, Pen, Sheet
from scripts.samples.wording import Wording

WHITE: Color = (255, 255, 255)
GRAY: Color = (105, 105, 105)
LIGHT: Color = (232, 234, 237)


@dataclass(frozen=True, slots=True)
class Style:
    """What one seller's stationery looks like.

    Attributes:
        paper: Width and height in points.
        accent: The color of logo and heads.
        ruled: Whether the item table has a line around every cell, else only below its head.
    """

    face: Face = "sans"
    bold: Face = "sans-bold"
    size: float = 8.8
    paper: tuple[float, float] = A4
    accent: Color = (28, 63, 110)
    ruled: bool = False
    margin: float = 50


def frame(pen: Pen, xs: tuple[float, ...], y0: float, y1: float) -> None:
    """Upright lines at `xs` between two level ones."""
    for x in xs:
        pen.box(x, y0, x + 0.6, y1)
    for y in (y0, y1):
        pen.box(xs[0], y, xs[-1] + 0.6, y + 0.6)


class Folio:
    """The pages of one invoice: a table over as many of them as it needs, the totals on the last."""

    def __init__(self, bill: Bill, words: Wording, style: Style) -> None:
        bill.require("added")
        self._bill, self._words, self._style = bill, words, style
        self._pens = [self._new_pen()]
        self._limit = style.paper[1] - 110  # Below it stands the foot.

    @property
    def pen(self) -> Pen:
        """The pen of the current page."""
        return self._pens[-1]

    def items(self) -> None:
        """The table, with a sum carried over where a page is full."""
        self._head()
        running = Decimal(0)
        for no, item in enumerate(self._bill.items, 1):
            lines = self._named(item)
            if self.pen.y + len(lines) * 1.6 * self._style.size > self._limit:
                self._carry(running)
            self._row(no, item, lines)
            running += self._bill.amount(item)
        if not self._style.ruled:
            self.pen.rule()
        self.pen.feed(1.6)

    def totals(self) -> None:
        """Subtotal, taxes and total at the right, on a new page where this one is full; then notes."""
        bill, words = self._bill, self._words
        if self.pen.y + (6 + len(bill.taxes) + len(bill.extras)) * 1.5 * self._style.size > self._limit:
            self._turn()
        top = self.pen.y
        self._sum(words.label("subtotal"), bill.subtotal)
        taxed = [line for line in bill.taxes if line.tax]
        for line in taxed:
            self._sum(words.label("tax", rate=words.plain(line.rate), letter=""), line.tax)
        for extra in bill.extras:
            self._sum(extra.label, bill.rounded(extra.amount))
        self._total()
        if len(taxed) > 1:
            self._tax_table(top)
        if not self._style.ruled:
            self._notes()

    def sheets(self) -> tuple[Sheet, ...]:
        """Every page, its foot filled in."""
        for no, pen in enumerate(self._pens, 1):
            if len(self._pens) > 1:
                pen.y = self._style.paper[1] - 28
                pen.write(self._words.label("page", no=str(no), count=str(len(self._pens))), align="right", color=GRAY)
        if not self._style.ruled:
            self._foot(self._pens[-1])
        return tuple(pen.sheet(self._style.paper[1]) for pen in self._pens)

    def _new_pen(self) -> Pen:
        style = self._style
        return Pen(style.paper[0], margin=style.margin, face=style.face, size=style.size, leading=1.35)

    def _columns(self) -> tuple[Column, ...]:
        pen = self.pen
        rights = (Column(pen.right - back, "right") for back in (210, 118, 82, 6))
        return (Column(pen.left + 4), Column(pen.left + 31), *rights)

    def _head(self) -> None:
        pen, style = self.pen, self._style
        keys = ("pos", "item", "quantity", "price", "rate", "amount")
        y0, y1 = pen.y - 1.15 * style.size, pen.y + 0.55 * style.size
        if style.ruled:
            self._cell_lines(y0, y1)
        else:
            pen.box(pen.left, y0, pen.right, y1, color=style.accent)
        color = BLACK if style.ruled else WHITE
        pen.row([self._words.label(key) for key in keys], self._columns(), face=style.bold, color=color)
        pen.feed(1.45 if not style.ruled else 1.26)

    def _named(self, item: Item) -> tuple[str, ...]:
        width = self._columns()[2].x - self._columns()[1].x - 52
        return wrapped(item.name, face=self._style.face, size=self._style.size, width=width)

    def _row(self, no: int, item: Item, lines: tuple[str, ...]) -> None:
        pen, words, top = self.pen, self._words, self.pen.y
        quantity = f"{words.plain(item.quantity)} {item.unit}".strip()
        numbers = (words.number(self._bill.price(item)), f"{words.plain(item.rate)} %")
        amount = words.number(self._bill.amount(item))
        pen.row((str(no), lines[0], quantity, *numbers, amount), self._columns())
        for line in lines[1:]:
            pen.feed(0.9)
            pen.write(line, x=self._columns()[1].x)
        if self._style.ruled:
            self._cell_lines(top - 1.15 * pen.size, pen.y + 0.55 * pen.size)
        pen.feed(1.26)

    def _cell_lines(self, y0: float, y1: float) -> None:
        pen = self.pen
        edges = (pen.right - back for back in (258, 206, 114, 78, 0))
        frame(pen, (pen.left, pen.left + 26, *edges), y0, y1)

    def _carry(self, running: Decimal) -> None:
        for start in (True, False):
            self.pen.write(self._words.label("carried" if start else "brought"), x=self._columns()[1].x)
            self.pen.write(self._words.number(running), x=self._columns()[-1].x, align="right")
            if start:
                self._turn()
                self._head()
        self.pen.feed(1.3)

    def _turn(self) -> None:
        """A new page that says which invoice it belongs to."""
        self._pens.append(self._new_pen())
        self.pen.write(f"{self._words.label('number')} {self._bill.number}", color=GRAY)
        self.pen.feed(2.5)

    def _sum(self, label: str, amount: Decimal) -> None:
        self.pen.write(label, x=self.pen.right - 100, align="right")
        self.pen.write(self._words.number(amount), x=self.pen.right - 6, align="right")
        self.pen.feed(1.15)

    def _total(self) -> None:
        pen, style, size = self.pen, self._style, 1.2 * self._style.size
        pen.feed(0.5)
        if not style.ruled:
            pen.box(pen.width * 0.5, pen.y - 1.25 * size, pen.right, pen.y + 0.6 * size, color=LIGHT)
        pen.write(self._words.label("total"), x=pen.width * 0.5 + 8, face=style.bold, size=size)
        pen.write(self._words.amount(self._bill.total), x=pen.right - 6, align="right", face=style.bold, size=size)
        pen.feed(2)

    def _tax_table(self, top: float) -> None:
        """Net and tax by rate, left of the totals."""
        pen, words, bottom = self.pen, self._words, self.pen.y
        columns = (Column(pen.left + 4), Column(pen.left + 110, "right"), Column(pen.left + 180, "right"))
        pen.y = top
        rows = [
            (f"{words.plain(line.rate)} %", words.number(line.net), words.number(line.tax)) for line in self._bill.taxes
        ]
        sums = (words.label("sum"), words.number(self._bill.subtotal), words.number(self._bill.tax))
        for cells in ((words.label("rate"), words.label("net"), words.label("vat")), *rows, sums):
            pen.row(cells, columns, color=GRAY)
            pen.feed(1.05)
        pen.y = max(bottom, pen.y)

    def _notes(self) -> None:
        pen = self.pen
        for note in self._bill.notes:
            pen.lines(wrapped(note, face=pen.face, size=pen.size, width=pen.right - pen.left))
        pen.feed(0.5)

    def _foot(self, pen: Pen) -> None:
        """Bank and register numbers in small print below a line, on the last page."""
        small = replace(self._style, size=7.2)
        pen.y = self._style.paper[1] - 84
        pen.rule(color=GRAY)
        for column, lines in enumerate((self._bill.bank, self._bill.seller.registration)):
            pen.y = self._style.paper[1] - 70
            for line in lines:
                pen.write(line, x=pen.left + column * 260, size=small.size, color=GRAY)
                pen.y += 1.4 * small.size
