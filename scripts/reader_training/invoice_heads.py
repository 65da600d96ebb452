"""What stands above the items of a synthetic invoice: parties, title, number and dates, in five arrangements.

In: a sale, its customer, a sheet and the habits of the billing program. Out: words on the sheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from scripts.reader_training.phrases import Voice
from scripts.reader_training.sales import Sale
from scripts.reader_training.sheet import Anchor, Sheet

WIDTH = 1240.0
_TITLE_DATED = 0.25
"""The share of titles that say number and date."""

_HEADED = 0.75
"""The share of customers with a heading such as "Bill to"."""

_ADDRESSED = 0.4
"""The share of private customers with a title."""

_TITLES = {
    "de": ("Herr", "Herrn", "Frau", "Familie"),
    "en": ("Mr", "Mrs", "Ms", "Attn:"),
    "es": ("D.", "Dña.", "Sr.", "Señora"),
    "fr": ("M.", "Mme", "Mlle", "Monsieur", "Madame", "M. et Mme"),
    "it": ("Sig.", "Sig.ra", "Spett.le", "Gentile"),
    "nl": ("Dhr.", "Mevr.", "T.a.v."),
    "pl": ("Pan", "Pani"),
}
"""How letters address people, by language; elsewhere as in English."""

_ORDERED = 0.15
"""The share of invoices that state the day of the order."""

_SITED = 0.25
"""The share of sellers that state their web domain."""

_LOGO = 0.25
"""The share of heads with a large name over everything."""

_FILES = (
    "invoice_{n}.xml",
    "XML file: invoice-{n}.xml",
    "Profile: urn:example:{n}",
    "Factur-X 1.0 / EN 16931",
    "Test: true",
)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What every arrangement has: texts, how large they are, and where the right half begins, px."""

    title: str
    big: float
    seller: list[str]
    buyer: list[str]
    first: float
    middle: float


class Head:
    """Draws the head of one invoice.

    Attributes:
        delivered: The day of delivery as printed, where the items say it too; else empty.
    """

    def __init__(
        self, sold: Sale, customer: Voice, sheet: Sheet, *, edges: tuple[float, float], colon: str, form: bool
    ) -> None:
        """Take the sale and the program's habits; `edges` are those of the text, px; `form` labels every name."""
        self.sale, self.voice, self.rng, self.customer, self.sheet = sold, sold.voice, sold.voice.rng, customer, sheet
        self.left, self.right = edges
        self.colon = colon
        self.form = form
        self.title_dated = False
        self.delivered = ""

    def draw(self, shape: str) -> None:
        """Write it, and leave the sheet where the items begin."""
        rng, sheet = self.rng, self.sheet
        parts = self._parts()
        y = self._above_head()
        arrange = {"center": self._centered, "foot": self._at_foot, "window": self._windowed}.get(shape)
        ends = arrange(parts, y) if arrange else self._sided(parts, y, shape)
        sheet.y = max(ends) + 2 * self._step
        if rng.random() < 0.12:
            due = self.voice.dated(self.sale.day + timedelta(days=14))
            text = f"{self.voice.money(self.sale.total)} {self.voice.pick('due_label').lower()} {due}"
            sheet.line(text, x=self.left, scale=1.4)

    @property
    def _step(self) -> float:
        return self.sheet.size * self.sheet.leading

    def _parts(self) -> _Parts:
        rng = self.rng
        middle = WIDTH * rng.uniform(0.52, 0.62)
        title = self._title()
        big = rng.choice([1.3, 1.8, 2.4])
        return _Parts(title, big, self.seller(), self._buyer(), rng.choice([1.0, 1.0, 1.3, 1.7]), middle)

    def _centered(self, parts: _Parts, y: float) -> Sequence[float]:
        y = self.sheet.block(parts.seller, x=WIDTH / 2, y=y, anchor="center", first=parts.first) + self._step
        self.sheet.put(WIDTH / 2, parts.title, anchor="center", scale=parts.big, y=y)
        return self._buyer_and_meta(parts, y + 2.5 * self._step)

    def _at_foot(self, parts: _Parts, y: float) -> Sequence[float]:
        """The seller stands at the foot of the page."""
        self.sheet.put(self.left, parts.title, scale=parts.big, y=y)
        return self._buyer_and_meta(parts, y + 3 * self._step)

    def _buyer_and_meta(self, parts: _Parts, y: float) -> Sequence[float]:
        return [
            self.sheet.block(parts.buyer, x=self.left, y=y),
            self._draw_meta(self._meta(), x=parts.middle, y=y, width=self.right - parts.middle),
        ]

    def _windowed(self, parts: _Parts, y: float) -> Sequence[float]:
        """The buyer stands in the window of an envelope, below the sender in small letters."""
        rng, step = self.rng, self._step
        y = self.sheet.block(parts.seller, x=parts.middle, y=y, first=parts.first) + step
        separator = rng.choice([" · ", ", ", " - ", " | ", " • "])
        self.sheet.put(self.left, separator.join([self.sale.merchant, *self.voice.address()]), scale=0.7, y=y)
        end = self.sheet.block(parts.buyer[-4:], x=self.left, y=y + 1.5 * step) + step
        self.sheet.put(self.left, parts.title, scale=parts.big, y=end)
        rows, x = self._meta(), self.left if rng.random() < 0.4 else parts.middle
        return [self._draw_meta(rows, x=x, y=end + 2.5 * step, width=self.right - parts.middle)]

    def _sided(self, parts: _Parts, y: float, shape: str) -> Sequence[float]:
        """The seller stands at one side, title and dates at the other, or the buyer does."""
        sheet, step = self.sheet, self._step
        near, far = (self.left, parts.middle) if shape == "left" else (parts.middle, self.left)
        if self.rng.random() < 0.5:
            sheet.put(far, parts.title, scale=parts.big, y=y)
            ends = [
                sheet.block(parts.seller, x=near, y=y, first=parts.first),
                self._draw_meta(self._meta(), x=far, y=y + 2.5 * step, width=self.right - parts.middle),
            ]
            return [sheet.block(parts.buyer, x=self.left, y=max(ends) + step)]
        sheet.put(self.left, parts.title, scale=parts.big, y=y)
        y = self._draw_meta(self._meta(), x=self.left, y=y + 3 * step, width=500) + step
        called = [self.voice.pick("from") + self.colon] if self.form or self.rng.random() < 0.3 else []
        return [sheet.block([*called, *parts.seller], x=near, y=y), sheet.block(parts.buyer, x=far, y=y)]

    def seller(self) -> list[str]:
        """Who sells, line by line."""
        voice, rng = self.voice, self.rng
        lines = [self.sale.merchant, *voice.address()]
        lines += [voice.pick("phone")] if rng.random() < 0.5 else []
        lines += [voice.pick("vat_id")] if rng.random() < 0.5 else []
        lines += [rng.choice(["info@", "www.", ""]) + voice.site(self.sale.merchant)] * (rng.random() < _SITED)
        return self._as_form([line for line in lines if line])

    def _as_form(self, lines: list[str]) -> list[str]:
        """A party as programs print it that show what they were sent: the name behind a label."""
        return [f"{self.voice.pick('name_label')}: {lines[0]}", *lines[1:]] if self.form else lines

    def _buyer(self) -> list[str]:
        other = self.customer
        name = other.company() if self.rng.random() < 0.65 else self._person(other)
        lines = self._as_form([name, *other.address()])
        if self.rng.random() < 0.2:
            lines.insert(1, other.pick("people"))
        if self.form or self.rng.random() < _HEADED:
            lines.insert(0, self.voice.pick("bill_to") + self.colon)
        return lines

    def _person(self, voice: Voice) -> str:
        """A customer's name, now and then as letters address it."""
        titles = _TITLES.get(voice.code[:2], _TITLES["en"])
        return (
            f"{self.rng.choice(titles)} {voice.pick('people')}"
            if self.rng.random() < _ADDRESSED
            else voice.pick("people")
        )

    def _title(self) -> str:
        """The document's title; in some programs "Invoice no. 17 of 3 May 2024", which says the date."""
        voice, rng = self.voice, self.rng
        title = voice.pick("invoice")
        if rng.random() >= _TITLE_DATED:
            return title
        self.title_dated = rng.random() < 0.7
        label = rng.choice([title, voice.pick("number_label"), f"{title} ({rng.randint(100, 999)}) Nr."])
        text = f"{label} {voice.filled(rng.choice(['{n}', '{n}-{m}', 'R{n}{n}']))} {voice.pick('of')} "
        return text + voice.dated(self.sale.day) + rng.choice(["", "", f" - {title.upper()}"])

    def _meta(self) -> list[tuple[str, str]]:
        voice, rng = self.voice, self.rng
        number = rng.choice(["INV-{n}", "{n}", "2024-{n}", "RE{n}", "{m}/2023", "F{n}-000{m}"])
        rows = [(voice.pick("number_label"), voice.filled(number))] if rng.random() < 0.9 else []
        if not self.title_dated:
            rows.append((voice.pick("date_label"), voice.dated(self.sale.day)))
        if rng.random() < 0.5:
            due = self.sale.day + timedelta(days=rng.choice([0, 7, 14, 30, 60]))
            rows.append((voice.pick("due_label"), voice.dated(due)))
        if rng.random() < 0.35:
            other = self.sale.day + timedelta(days=rng.choice([-30, -14, -3, -1, 0, 2]))
            text = voice.dated(other)
            self.delivered = text if rng.random() < 0.3 else ""
            if rng.random() < 0.25:
                text += " - " + voice.dated(other + timedelta(days=30))
            rows.append((voice.pick("delivery_label"), text))
        if rng.random() < _ORDERED:
            ordered = self.sale.day - timedelta(days=rng.choice([0, 1, 2, 3, 5, 12]))
            rows.insert(rng.randint(0, len(rows)), (voice.keyword("order_date"), voice.dated(ordered)))
        if rng.random() < 0.25:
            rows.append((rng.choice(["Kd-Nr.", "Customer no.", "Client n°", "PO", "Ref."]), voice.filled("{n}")))
        if rng.random() < 0.4:
            rng.shuffle(rows)
        return rows or [(rng.choice(["PO", "Ref."]), voice.filled("{n}"))]

    def _draw_meta(self, rows: list[tuple[str, str]], *, x: float, y: float, width: float) -> float:
        """Label and value in one line, in two columns, or stacked."""
        shape = self.rng.choice(["line", "columns", "columns", "stacked", "ends"])
        if shape == "stacked" and len(rows) > 1:
            return self._stack(rows, x=x, y=y, column=width / len(rows))
        for label, value in rows:
            if shape == "line":
                self.sheet.put(x, f"{label}{self.colon} {value}", y=y)
            else:
                self.sheet.put(x, label + self.colon, y=y)
                anchor: Anchor = "right" if shape == "ends" else "left"
                self.sheet.put(x + (width if shape == "ends" else width * 0.5), value, y=y, anchor=anchor)
            y += self._step
        return y

    def _stack(self, rows: list[tuple[str, str]], *, x: float, y: float, column: float) -> float:
        """Each value below its label, small enough for its column."""
        for index, pair in enumerate(rows):
            for text, top in zip(pair, (y, y + self._step), strict=True):
                scale = min(1.0, column / (len(text) * self.sheet.size * 0.56))
                self.sheet.put(x + index * column, text, y=top, scale=scale)
        return y + 2.5 * self._step

    def _above_head(self) -> float:
        """What may stand over everything: a form's version and file, a bank, a logo; returns where it ends."""
        rng, voice, sheet, step = self.rng, self.voice, self.sheet, self.sheet.size * self.sheet.leading
        y = sheet.y
        if self.form or rng.random() < 0.05:
            y = self.sheet.block([f"{voice.pick('version')} {voice.dated(voice.day())}"], x=self.left, y=y)
            if rng.random() < 0.5:
                y = self.sheet.block([voice.filled(rng.choice(_FILES))], x=self.left, y=y)
        if rng.random() < 0.08:
            sheet.put(self.left, f"{voice.bank()}, BIC {voice.filled('{n}{n}')}", y=y)
            y += 1.5 * step
        if rng.random() < _LOGO:
            name = self.sale.merchant.split(" ")[0] if rng.random() < 0.6 else self.sale.merchant
            initials = "".join(word[0] for word in self.sale.merchant.split() if word[0].isalpha()).upper()
            sheet.put(self.left, initials if rng.random() < 0.2 else name, scale=rng.choice([1.5, 2.2]), y=y)
            y += 3 * step
        return y
