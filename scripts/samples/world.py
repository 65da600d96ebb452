"""Receipts and invoices in other scripts than Latin: ten of each language, drawn when they are needed.

In: `world.yaml`. Out: `Document`s, each as clean, degraded or photographed picture, as scan in a PDF, and as PDF whose
words are text, with the six fields that a reader is to find. The same document always gives the same bytes.
"""

import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import yaml
from PIL import Image
from pydantic import ConfigDict, TypeAdapter

from scripts.samples.fonts import Face
from scripts.samples.paper import A4, Box, Pen, Sheet, Text
from scripts.samples.render import image_of, pdf_of
from scripts.samples.scan import CONDITIONS, Condition, captured

Look: TypeAlias = Literal["clean", "degraded", "photographed"]
LOOKS: Mapping[Look, Condition] = {
    "clean": CONDITIONS["clean"],
    "degraded": replace(CONDITIONS["thermal"], dpi=170),
    "photographed": replace(CONDITIONS["photo"], angle_deg=2.5, blur_px=1.1, shade=0.35, dpi=180),
}
DOCUMENTS = 10
_LANGUAGES = Path(__file__).with_name("world.yaml")
_FIRST_DAY = date(2025, 1, 14)
_WHOLE_UNITS = frozenset({"KRW"})


@dataclass(frozen=True, slots=True)
class Language:
    """How a language writes receipts and invoices, and whom and what they name.

    Attributes:
        faces: One is taken after the other.
        days: Ways of writing a date, format strings over d, m, y, be (the Buddhist year) and month.
        money: Ways of writing an amount with its currency.
        rate: Of the tax, in percent.
        sellers: Name, address, number.
    """

    faces: tuple[Face, ...]
    decimal: str
    group: str
    days: tuple[str, ...]
    money: tuple[str, ...]
    currency: str
    rate: Decimal
    receipt: Mapping[str, str]
    invoice: Mapping[str, str]
    sellers: tuple[tuple[str, str, str], ...]
    buyers: tuple[str, ...]
    items: tuple[str, ...]
    prices: tuple[Decimal, ...]
    months: tuple[str, ...] = ("",) * 12
    rtl: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One receipt (the even ones) or invoice.

    Attributes:
        code: ISO 639-1, of its language.
        no: 0 to 9.
    """

    code: str
    no: int

    @property
    def name(self) -> str:
        """Such as ru-3."""
        return f"{self.code}-{self.no}"

    @property
    def truth(self) -> dict[str, str]:
        """The six fields."""
        amounts = {"subtotal": self._net, "tax_amount": self._tax, "total": self._net + self._tax}
        return {
            "merchant": self._seller[0],
            "date": self._issued.isoformat(),
            "currency": self._language.currency,
            **{key: str(value) for key, value in amounts.items()},
        }

    def picture(self, look: Look) -> bytes:
        """A PNG, as a scanner or a phone has seen it."""
        out = io.BytesIO()
        self._image(look).convert("L").quantize(32).save(out, "PNG")
        return out.getvalue()

    def scan(self) -> bytes:
        """A PDF with the degraded picture in it."""
        out = io.BytesIO()
        self._image("degraded").save(out, "JPEG", quality=80)
        return pdf_of([(self.sheet(), out.getvalue())], title=self.name)

    def pdf(self) -> bytes:
        """A PDF whose words are text."""
        return pdf_of([self.sheet()], title=self.name)

    def sheet(self) -> Sheet:
        """The page, as it is laid out."""
        sheet = self._invoice() if self.no % 2 else self._receipt()
        return _mirrored(sheet) if self._language.rtl else sheet

    def _image(self, look: Look) -> Image.Image:
        rng = np.random.default_rng(zlib.crc32(f"{self.name}{look}".encode()))
        condition = LOOKS[look]
        return captured(image_of(self.sheet(), dpi=condition.dpi), condition=condition, rng=rng)

    @property
    def _language(self) -> Language:
        return languages()[self.code]

    @property
    def _seller(self) -> tuple[str, str, str]:
        return self._language.sellers[self.no // 2]

    @property
    def _issued(self) -> date:
        return _FIRST_DAY + timedelta(days=37 * self.no)

    @property
    def _lines(self) -> list[tuple[str, int, Decimal]]:
        """Name, quantity and price of what is sold."""
        items, prices = self._language.items, self._language.prices
        picked = [(self.no * 3 + step) % len(items) for step in range(3 + self.no % 3)]
        return [(items[at], 1 + (at + self.no) % 3, prices[(at + self.no) % len(prices)]) for at in picked]

    @property
    def _net(self) -> Decimal:
        return sum((quantity * price for _, quantity, price in self._lines), Decimal(0))

    @property
    def _tax(self) -> Decimal:
        smallest = Decimal(1) if self._language.currency in _WHOLE_UNITS else Decimal("0.01")
        return (self._net * self._language.rate / 100).quantize(smallest, ROUND_HALF_UP)

    def _number(self, value: Decimal) -> str:
        return f"{value:,f}".translate({ord(","): self._language.group, ord("."): self._language.decimal})

    def _money(self, value: Decimal) -> str:
        ways = self._language.money
        return ways[self.no % len(ways)].format(amount=self._number(value))

    def _date(self) -> str:
        day, ways = self._issued, self._language.days
        month = self._language.months[day.month - 1]
        return ways[self.no // 2 % len(ways)].format(d=day.day, m=day.month, y=day.year, be=day.year + 543, month=month)

    def _face(self) -> Face:
        return self._language.faces[self.no // 2 % len(self._language.faces)]

    def _sums(self, pen: Pen, labels: Mapping[str, str]) -> None:
        pen.pair(labels["subtotal"], self._number(self._net))
        pen.pair(labels["tax"].format(rate=self._language.rate), self._number(self._tax))
        pen.pair(labels["total"], self._money(self._net + self._tax), size=1.25 * pen.size)

    def _receipt(self) -> Sheet:
        labels, (name, address, registration) = self._language.receipt, self._seller
        pen = Pen(226.8, margin=14, face=self._face(), size=8.6, leading=1.45)
        pen.write(name, align="center", size=11)
        pen.feed(1.4)
        pen.lines([address, registration, labels["title"]], align="center")
        pen.pair(labels["number"], f"{1200 + 37 * self.no:05}")
        pen.pair(labels["date"], self._date())
        pen.dashes()
        for item, quantity, price in self._lines:
            pen.pair(f"{item} x{quantity}" if quantity > 1 else item, self._number(quantity * price))
        pen.dashes()
        self._sums(pen, labels)
        pen.lines([labels["thanks"]], align="center")
        return pen.sheet()

    def _invoice(self) -> Sheet:
        labels, (name, address, registration) = self._language.invoice, self._seller
        pen = Pen(A4[0], margin=50, face=self._face(), size=10, leading=1.6)
        pen.write(labels["title"], size=18)
        pen.feed(2.4)
        pen.lines([f"{labels['number']}: {2025000 + 11 * self.no}", f"{labels['date']}: {self._date()}"])
        pen.feed(0.6)
        top = pen.y
        pen.lines([f"{labels['seller']}:", name, address, registration])
        pen.y = top
        buyer = self._language.buyers[self.no // 2 % len(self._language.buyers)]
        pen.lines([f"{labels['buyer']}:", buyer], x=pen.width / 2)
        pen.feed(3)
        pen.rule()
        pen.feed()
        self._table(pen, labels)
        pen.feed(0.6)
        self._sums(pen, labels)
        pen.feed()
        pen.lines([labels["bank"]])
        return pen.sheet(A4[1])

    def _table(self, pen: Pen, labels: Mapping[str, str]) -> None:
        rows = [
            (item, str(quantity), self._number(price), self._number(quantity * price))
            for item, quantity, price in self._lines
        ]
        for cells in ((labels["item"], labels["quantity"], labels["price"], labels["amount"]), *rows):
            pen.write(cells[0])
            for cell, x in zip(cells[1:], (0.55, 0.75, 1.0), strict=True):
                pen.write(cell, x=pen.left + x * (pen.right - pen.left), align="right")
            pen.feed()
        pen.rule()
        pen.feed()


def documents(*codes: str) -> Iterator[Document]:
    """The documents of these languages, or of all."""
    for code in codes or languages():
        yield from (Document(code, no) for no in range(DOCUMENTS))


@cache
def languages() -> Mapping[str, Language]:
    """Every language of `world.yaml` by its code."""
    return TypeAdapter(dict[str, Language], config=ConfigDict(extra="forbid")).validate_python(
        yaml.safe_load(_LANGUAGES.read_text(encoding="utf-8"))
    )


def _mirrored(sheet: Sheet) -> Sheet:
    """A page that runs from the right: what stood at the left stands at the right."""
    marks: list[Text | Box] = []
    for mark in sheet.marks:
        if isinstance(mark, Text):
            left, _, right, _ = mark.box
            marks.append(replace(mark, x=sheet.width - (right - left) - mark.x))
        else:
            marks.append(replace(mark, x0=sheet.width - mark.x1, x1=sheet.width - mark.x0))
    return replace(sheet, marks=tuple(marks))
