"""Synthetic invoices: seller left, right, in the middle or at the foot; customers, dates and banks that distract."""

from datetime import timedelta
from decimal import Decimal

from scripts.reader_training.invoice_heads import WIDTH, Head
from scripts.reader_training.phrases import Voice
from scripts.reader_training.sales import Sale
from scripts.reader_training.sheet import Sheet

_FORM = 0.2
"""The share of invoices that look like a form: "Name: ..." in labelled blocks."""


_LEDGER = 0.08
"""The share whose items each stand behind their own day, as on a hotel's bill."""

_LEGAL_FOOTER = 0.4
"""The share of invoices with their seller at the foot that name it in small columns."""

_STATEMENTS = (
    "{name} au capital de {n}0 € - RCS {m} {n} - TVA FR{n}{n}",
    "{name} - {m} {n} {m} RCS {city}",
    "{name} · HRB {n} · USt-IdNr. DE{n}{n}",
    "{name}. Registered in England No. 0{n}. {city}",
    "{name}, {street}, {city}. VAT IE{n}{m}K",
    "{name} - P.IVA 0{n}{n} - Cap. soc. {n} i.v.",
    "{name} - KvK {n}{m} - BTW NL{n}{m}B01",
)
"""What a company must say at the foot of a page."""


class Invoice:
    """Draws one sale on one or two wide sheets."""

    def __init__(self, sold: Sale, customer: Voice) -> None:
        """Choose the habits of the billing program; the customer may come from elsewhere."""
        self.sale, self.voice, self.rng = sold, sold.voice, sold.voice.rng
        self.size = self.rng.choice([16.0, 18.0, 21.0])
        self.left = self.rng.uniform(60, 130)
        self.right = WIDTH - self.left
        self.colon = self.rng.choice(["", ":", ":"])
        self.marks = self.rng.choice(["none", "totals", "all", "all"])
        self.sheets = [self._sheet()]
        self._label_width = 480.0
        self._label_anchor = "left"
        edges, form = (self.left, self.right), self.rng.random() < _FORM
        self.head = Head(sold, customer, self.sheet, edges=edges, colon=self.colon, form=form)

    @property
    def sheet(self) -> Sheet:
        """The page being written."""
        return self.sheets[-1]

    def draw(self) -> list[Sheet]:
        """All pages; the sale's truth is filled in on the way."""
        truth = self.sale.truth
        truth |= {"merchant": self.sale.merchant, "date": self.sale.day.isoformat(), "total": str(self.sale.total)}
        shape = self.rng.choice(["left", "left", "right", "center", "foot", "window"])
        self.head.draw(shape)
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

    def _money(self, value: Decimal, *, total: bool = False) -> str:
        return self.voice.money(value, marked=self.marks == "all" or (self.marks == "totals" and total))

    def _items(self) -> None:
        voice, rng, sheet = self.voice, self.rng, self.sheet
        names = voice.words[rng.choice(["columns", "columns2"])]
        edges = [self.right - 420, self.right - 210, self.right]
        numbered = rng.random() < 0.3
        dated, indent = rng.random() < _LEDGER, self.left
        if dated:
            sheet.put(self.left, voice.keyword("date"))
            indent = self.left + 150
        sheet.put(indent, ("Pos. " if numbered else "") + names[0])
        for edge, name in zip(edges, names[1:], strict=True):
            sheet.put(edge, name, anchor="right")
        sheet.down(1.4)
        for index, (name, count, price) in enumerate(self.sale.items, 1):
            if dated:
                sheet.put(self.left, voice.dated(self.sale.day - timedelta(days=rng.randint(0, 9))))
            sheet.put(indent, f"{index} {name}" if numbered else name)
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
            if self.head.delivered and rng.random() < 0.5:
                sheet.line(f"{voice.pick('delivery_label')}: {self.head.delivered}", x=self.left)
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
            choice = rng.random()
            if shape == "foot" and choice < _LEGAL_FOOTER:
                self._legal_footer()
            elif choice < 0.2:
                sheet.line(self._statement(), x=self.left, scale=0.7)
            elif choice < 0.4:
                self._payable(voice.pick("from") if rng.random() < 0.5 else voice.keyword("seller"))
            elif choice < 0.65:
                y = sheet.y
                self.sheet.block(self.head.seller()[:4], x=self.left, y=y)
                sheet.y = self.sheet.block([voice.pick("vat_id") or "-", *bank], x=WIDTH / 2, y=y) + 3 * self.size
            else:
                separator = rng.choice([" · ", ", ", " - ", " | ", " • "])
                sheet.line(separator.join(self.head.seller()[:4]), x=WIDTH / 2, anchor="center", scale=0.75)
        for line in bank:
            sheet.line(line, x=self.left, scale=0.8)
        if rng.random() < 0.3:
            sheet.line("1 / 1", x=WIDTH / 2, anchor="center", scale=0.8)

    def _legal_footer(self) -> None:
        """Small columns at the foot that alone tell who sells: name and address, contact, numbers, its bank."""
        voice, sheet, site = self.voice, self.sheet, self.voice.site(self.sale.merchant)
        columns = [
            [self.sale.merchant, *voice.address()],
            [voice.pick("phone"), f"info@{site}", f"www.{site}"],
            [voice.pick("vat_id") or voice.filled("Reg. {n}"), voice.filled("HRB {n}")],
            [voice.bank(), "IBAN " + voice.filled("DE{m}{n}{n}{n}"), "BIC ABCDEF" + voice.filled("{m}")],
        ][: self.rng.randint(2, 4)]
        size, wide = sheet.size, (self.right - self.left) / len(columns)
        longest = max(len(line) for column in columns for line in column)
        sheet.size = min(0.75 * size, wide / (0.56 * longest))
        sheet.y = max([sheet.block(column, x=self.left + n * wide, y=sheet.y) for n, column in enumerate(columns)])
        sheet.size = size

    def _payable(self, label: str) -> None:
        """Whom to pay, as on a slip to be sent back: behind the words for it, or below them."""
        if self.rng.random() < 0.5:
            self.sheet.line(f"{label}: {self.sale.merchant}", x=self.left)
            return
        for line in (f"{label}:", self.sale.merchant, *self.voice.address()):
            self.sheet.line(line, x=self.left)

    def _statement(self) -> str:
        """The seller's name with capital, register and tax number behind it."""
        voice = self.voice
        street, city = voice.pick("streets"), voice.pick("cities")
        return voice.filled(self.rng.choice(_STATEMENTS).replace("{name}", self.sale.merchant)).format(
            street=street, city=city
        )
