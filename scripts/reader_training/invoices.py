"""Synthetic invoices: seller left, right, in the middle or at the foot; customers, dates and banks that distract."""

from datetime import timedelta
from decimal import Decimal

from scripts.reader_training.phrases import Voice
from scripts.reader_training.receipts import Sale
from scripts.reader_training.sheet import Anchor, Sheet

WIDTH = 1240.0
_TITLE_DATED = 0.25
_FILES = (
    "invoice_{n}.xml",
    "XML file: invoice-{n}.xml",
    "Profile: urn:example:{n}",
    "Factur-X 1.0 / EN 16931",
    "Test: true",
)
_FORM = 0.2
"""Shares of the invoices whose title says number and date, and that look like a form: "Name: ..." in labelled blocks.
"""


class Invoice:
    """Draws one sale on one or two wide sheets."""

    def __init__(self, sold: Sale, customer: Voice) -> None:
        """Choose the habits of the billing program; the customer may come from elsewhere."""
        self.sale, self.voice, self.rng, self.customer = sold, sold.voice, sold.voice.rng, customer
        self.size = self.rng.choice([16.0, 18.0, 21.0])
        self.left = self.rng.uniform(60, 130)
        self.right = WIDTH - self.left
        self.colon = self.rng.choice(["", ":", ":"])
        self.marks = self.rng.choice(["none", "totals", "all", "all"])
        self.sheets = [self._sheet()]
        self._label_width = 480.0
        self._label_anchor = "left"
        self.title_dated = False
        self.delivered = ""
        self.form = self.rng.random() < _FORM

    @property
    def sheet(self) -> Sheet:
        """The page being written."""
        return self.sheets[-1]

    def draw(self) -> list[Sheet]:
        """All pages; the sale's truth is filled in on the way."""
        truth = self.sale.truth
        truth |= {"merchant": self.sale.merchant, "date": self.sale.day.isoformat(), "total": str(self.sale.total)}
        shape = self.rng.choice(["left", "left", "right", "center", "foot", "window"])
        self._head(shape)
        self._items()
        if self.rng.random() < 0.15:
            self.sheets.append(self._sheet())
        self._totals()
        self._foot(shape)
        return self.sheets

    def _sheet(self) -> Sheet:
        sheet = Sheet(self.rng, width=WIDTH, size=self.size, y=self.rng.uniform(40, 90))
        sheet.leading = self.rng.uniform(1.25, 1.7)
        return sheet

    def _block(self, lines: list[str], *, x: float, y: float, anchor: Anchor = "left", first: float = 1.0) -> float:
        """Lines under each other from `y` on; returns where they end."""
        for index, line in enumerate(lines):
            scale = first if index == 0 else 1.0
            self.sheet.put(x, line, anchor=anchor, scale=scale, y=y)
            y += self.size * self.sheet.leading * scale
        return y

    def _seller(self) -> list[str]:
        voice, rng = self.voice, self.rng
        lines = [self.sale.merchant, *voice.address()]
        lines += [voice.pick("phone")] if rng.random() < 0.5 else []
        lines += [voice.pick("vat_id")] if rng.random() < 0.5 else []
        lines += [f"info@{''.join(c for c in voice.words['companies'][0].lower() if c.isalpha())}.com"] * (
            rng.random() < 0.2
        )
        return self._as_form([line for line in lines if line])

    def _as_form(self, lines: list[str]) -> list[str]:
        """A party as programs print it that show what they were sent: the name behind a label."""
        return [f"{self.voice.pick('name_label')}: {lines[0]}", *lines[1:]] if self.form else lines

    def _buyer(self) -> list[str]:
        other = self.customer
        name = other.company() if self.rng.random() < 0.65 else other.pick("people")
        lines = self._as_form([name, *other.address()])
        if self.rng.random() < 0.2:
            lines.insert(1, other.pick("people"))
        if self.form or self.rng.random() < 0.85:
            lines.insert(0, self.voice.pick("bill_to") + self.colon)
        return lines

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

    def _distractions(self) -> list[str]:
        """Lines with days that are not the invoice's: other documents, terms, periods, versions of a form."""
        voice, rng, day = self.voice, self.rng, self.sale.day
        lines = []
        for key, days, share in (("reference", -20, 0.25), ("until", 14, 0.25), ("version", -400, 0.1)):
            if rng.random() < share:
                other = day + timedelta(days=days + rng.randint(-10, 9))
                lines.append(f"{voice.pick(key)} {voice.dated(other)}")
        if rng.random() < 0.25:
            end = day - timedelta(days=rng.randint(-2, 20))
            text = f"{voice.dated(end - timedelta(days=30))} {rng.choice(['-', voice.pick('of')])} {voice.dated(end)}"
            lines.append(f"{voice.pick('delivery_label')}: {text}")
        return lines

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
        if rng.random() < 0.25:
            rows.append((rng.choice(["Kd-Nr.", "Customer no.", "Client n°", "PO", "Ref."]), voice.filled("{n}")))
        if rng.random() < 0.4:
            rng.shuffle(rows)
        return rows or [(rng.choice(["PO", "Ref."]), voice.filled("{n}"))]

    def _draw_meta(self, rows: list[tuple[str, str]], *, x: float, y: float, width: float) -> float:
        """Label and value in one line, in two columns, or stacked."""
        shape = self.rng.choice(["line", "columns", "columns", "stacked", "ends"])
        step = self.size * self.sheet.leading
        if shape == "stacked" and len(rows) > 1:
            column = width / len(rows)
            for index, (label, value) in enumerate(rows):
                self.sheet.put(x + index * column, label, y=y, scale=min(1.0, column / (len(label) * self.size * 0.56)))
                self.sheet.put(
                    x + index * column, value, y=y + step, scale=min(1.0, column / (len(value) * self.size * 0.56))
                )
            return y + 2.5 * step
        for label, value in rows:
            if shape == "line":
                self.sheet.put(x, f"{label}{self.colon} {value}", y=y)
            else:
                self.sheet.put(x, label + self.colon, y=y)
                anchor: Anchor = "right" if shape == "ends" else "left"
                self.sheet.put(x + (width if shape == "ends" else width * 0.5), value, y=y, anchor=anchor)
            y += step
        return y

    def _above_head(self) -> float:
        """What may stand over everything: a form's version and file, a bank, a logo; returns where it ends."""
        rng, voice, sheet, step = self.rng, self.voice, self.sheet, self.size * self.sheet.leading
        y = sheet.y
        if self.form or rng.random() < 0.05:
            y = self._block([f"{voice.pick('version')} {voice.dated(voice.day())}"], x=self.left, y=y)
            if rng.random() < 0.5:
                y = self._block([voice.filled(rng.choice(_FILES))], x=self.left, y=y)
        if rng.random() < 0.08:
            sheet.put(self.left, f"{voice.bank()}, BIC {voice.filled('{n}{n}')}", y=y)
            y += 1.5 * step
        if rng.random() < 0.2:
            sheet.put(self.left, self.sale.merchant.split(" ")[0], scale=rng.choice([1.5, 2.2]), y=y)
            y += 3 * step
        return y

    def _head(self, shape: str) -> None:
        rng, sheet, step = self.rng, self.sheet, self.size * self.sheet.leading
        middle = WIDTH * rng.uniform(0.52, 0.62)
        title = self._title()
        big = rng.choice([1.3, 1.8, 2.4])
        seller, buyer, first = self._seller(), self._buyer(), rng.choice([1.0, 1.0, 1.3, 1.7])
        y = self._above_head()
        if shape == "center":
            y = self._block(seller, x=WIDTH / 2, y=y, anchor="center", first=first) + step
            sheet.put(WIDTH / 2, title, anchor="center", scale=big, y=y)
            y += 2.5 * step
            ends = [
                self._block(buyer, x=self.left, y=y),
                self._draw_meta(self._meta(), x=middle, y=y, width=self.right - middle),
            ]
        elif shape == "foot":
            sheet.put(self.left, title, scale=big, y=y)
            y += 3 * step
            ends = [
                self._block(buyer, x=self.left, y=y),
                self._draw_meta(self._meta(), x=middle, y=y, width=self.right - middle),
            ]
        elif shape == "window":
            y = self._block(seller, x=middle, y=y, first=first) + step
            separator = rng.choice([" · ", ", ", " - ", " | ", " • "])
            sheet.put(self.left, separator.join([self.sale.merchant, *self.voice.address()]), scale=0.7, y=y)
            end = self._block(buyer[-4:], x=self.left, y=y + 1.5 * step) + step
            sheet.put(self.left, title, scale=big, y=end)
            ends = [
                self._draw_meta(
                    self._meta(),
                    x=self.left if rng.random() < 0.4 else middle,
                    y=end + 2.5 * step,
                    width=self.right - middle,
                )
            ]
        else:
            near, far = (self.left, middle) if shape == "left" else (middle, self.left)
            if rng.random() < 0.5:
                sheet.put(far, title, scale=big, y=y)
                y2 = y + 2.5 * step
                ends = [
                    self._block(seller, x=near, y=y, first=first),
                    self._draw_meta(self._meta(), x=far, y=y2, width=self.right - middle),
                ]
                y = max(ends) + step
                ends = [self._block(buyer, x=self.left, y=y)]
            else:
                sheet.put(self.left, title, scale=big, y=y)
                y = self._draw_meta(self._meta(), x=self.left, y=y + 3 * step, width=500) + step
                if self.form or rng.random() < 0.3:
                    seller.insert(0, self.voice.pick("from") + self.colon)
                ends = [self._block(seller, x=near, y=y), self._block(buyer, x=far, y=y)]
        sheet.y = max(ends) + 2 * step
        if rng.random() < 0.12:
            due = self.voice.dated(self.sale.day + timedelta(days=14))
            sheet.line(
                f"{self.voice.money(self.sale.total)} {self.voice.pick('due_label').lower()} {due}",
                x=self.left,
                scale=1.4,
            )

    def _money(self, value: Decimal, *, total: bool = False) -> str:
        return self.voice.money(value, marked=self.marks == "all" or (self.marks == "totals" and total))

    def _items(self) -> None:
        voice, rng, sheet = self.voice, self.rng, self.sheet
        names = voice.words[rng.choice(["columns", "columns2"])]
        edges = [self.right - 420, self.right - 210, self.right]
        numbered = rng.random() < 0.3
        sheet.put(self.left, ("Pos. " if numbered else "") + names[0])
        for edge, name in zip(edges, names[1:], strict=True):
            sheet.put(edge, name, anchor="right")
        sheet.down(1.4)
        for index, (name, count, price) in enumerate(self.sale.items, 1):
            sheet.put(self.left, f"{index} {name}" if numbered else name)
            cells = [
                rng.choice([str(count), str(count), f"{count},00" if self.colon else f"{count}"]),
                self._money(price),
                self._money(count * price),
            ]
            for edge, text in zip(edges, cells, strict=True):
                sheet.put(edge, text, anchor="right")
            sheet.down()
            if rng.random() < 0.2:
                sheet.line(
                    f"{voice.dated(self.sale.day - timedelta(days=30))} - {voice.dated(self.sale.day)}", x=self.left
                )
            if self.delivered and rng.random() < 0.5:
                sheet.line(f"{voice.pick('delivery_label')}: {self.delivered}", x=self.left)
        sheet.down()

    def _row(self, label: str, value: Decimal, *, scale: float = 1.0) -> None:
        anchor_left = self.right - self._label_width
        if self._label_anchor == "right":
            self.sheet.put(self.right - 220, label + self.colon, anchor="right", scale=scale)
        else:
            self.sheet.put(anchor_left, label + self.colon, scale=scale)
        self.sheet.put(self.right, self._money(value, total=True), anchor="right", scale=scale)
        self.sheet.down(max(scale, 1.0))

    def _totals(self) -> None:
        sold, voice, rng, truth = self.sale, self.voice, self.rng, self.sale.truth
        self._label_width = rng.choice([480.0, 560.0, WIDTH - 2 * self.left])
        self._label_anchor = rng.choice(["left", "left", "right"])
        if self.marks != "none":
            truth["currency"] = voice.currency
        extras = (("subtotal", sold.goods), ("discount", -sold.discount)) if sold.discount else ()
        self._rows(*extras, ("service", sold.charge))
        if sold.rate is not None or rng.random() < 0.5:
            # With an included tax the net amount is what an invoice states.
            self._row(voice.pick("subtotal"), sold.net)
            if not sold.discount:
                truth["subtotal"] = str(sold.net)
        if sold.rate is not None:
            self._taxes(sold.rate)
        else:
            sold.absent.add("tax_amount")
        self._rows(("rounding", sold.rounding), ("tip", sold.tip))
        self._row(voice.pick("total"), sold.total, scale=rng.choice([1.0, 1.0, 1.2, 1.6]))
        shape = rng.random()
        if shape < 0.18:
            self._row(voice.pick("paid"), sold.total)
            self._row(voice.pick("due"), Decimal(0))
        elif shape < 0.35:
            self._row(voice.pick("due"), sold.total)
        self.sheet.down()

    def _taxes(self, rate: Decimal) -> None:
        """One tax, or those of two rates with their sum, or without it: then no amount of the page is the tax."""
        sold, voice, rng = self.sale, self.voice, self.rng
        if rng.random() < 0.8 or sold.tax < 1:
            self._row(self._tax_label(rate), sold.tax)
            sold.truth["tax_amount"] = str(sold.tax)
            return
        part = voice.exact(sold.tax * Decimal("0.37"))
        for value in (part, sold.tax - part):
            self._row(self._tax_label(voice.rate()), value)
        if rng.random() < 0.6:
            self._row(voice.pick("tax_total"), sold.tax)
            sold.truth["tax_amount"] = str(sold.tax)
        else:
            sold.absent.add("tax_amount")

    def _rows(self, *rows: tuple[str, Decimal]) -> None:
        """A line for each amount that is not zero."""
        for key, value in rows:
            if value:
                self._row(self.voice.pick(key), value)

    def _tax_label(self, rate: Decimal) -> str:
        label, percent, shape = self.voice.pick("tax"), self.voice.percent(rate), self.rng.random()
        if shape < 0.5:
            return f"{label} {percent}"
        if shape < 0.65:
            return f"{percent} {label}"
        return f"{label} ({percent} / {self.voice.money(self.sale.net)})" if shape < 0.8 else label

    def _foot(self, shape: str) -> None:
        voice, rng, sheet = self.voice, self.rng, self.sheet
        for line in [*self._distractions(), *(voice.pick("thanks") for _ in range(rng.randint(0, 2)))]:
            sheet.line(line, x=self.left)
        if rng.random() < 0.3:
            due = voice.dated(self.sale.day + timedelta(days=14))
            sheet.line(f"{voice.pick('due_label')}: {due}", x=self.left)
        sheet.down(rng.choice([1, 3, 8]))
        bank = [voice.bank(), "IBAN DE" + voice.filled("{n}{n}{n}"), "BIC ABCDEF" + voice.filled("{m}")]
        bank = bank[rng.randint(0, 1) :] if rng.random() < 0.6 else []
        if shape == "foot" or rng.random() < 0.35:
            if rng.random() < 0.5:
                y = sheet.y
                self._block(self._seller()[:4], x=self.left, y=y)
                sheet.y = self._block([voice.pick("vat_id") or "-", *bank], x=WIDTH / 2, y=y) + 3 * self.size
            else:
                separator = rng.choice([" · ", ", ", " - ", " | ", " • "])
                sheet.line(separator.join(self._seller()[:4]), x=WIDTH / 2, anchor="center", scale=0.75)
        for line in bank:
            sheet.line(line, x=self.left, scale=0.8)
        if rng.random() < 0.3:
            sheet.line("1 / 1", x=WIDTH / 2, anchor="center", scale=0.8)
