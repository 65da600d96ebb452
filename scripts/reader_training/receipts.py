"""Synthetic receipts of many shapes."""

from decimal import ROUND_CEILING, Decimal

from lib.grammar.companies import find_legal_form
from scripts.reader_training.receipt_extras import Extras, garbled
from scripts.reader_training.sales import Sale
from scripts.reader_training.sheet import Sheet
from scripts.reader_training.tax_tables import TaxTable

_WITHOUT_NAME, _BRAND_AND_COMPANY = 0.05, 0.15
"""Shares of the receipts whose head has no readable name, or two."""

_TALKATIVE, _CUT_OFF = 0.12, 0.06
"""Shares of the receipts with a greeting, a survey or a slogan at the name, and of those cut off below the items."""

_BRANDED = frozenset({"EUR", "CHF", "GBP", "USD", "CAD", "AUD", "PLN", "CZK", "SEK"})
"""Currencies of countries where a receipt's brand is the merchant, rather than the company below it."""


class Receipt:
    """Draws one sale on one narrow sheet."""

    def __init__(self, sold: Sale) -> None:
        """Choose the habits of the shop's printer."""
        self.sale, self.voice, self.rng = sold, sold.voice, sold.voice.rng
        columns = self.rng.randint(28, 48)
        self.sheet = Sheet(self.rng, width=0, size=self.rng.choice([14.0, 18.0, 24.0]))
        self.sheet.leading = self.rng.uniform(1.1, 1.7)
        self.left = self.rng.uniform(5, 60)
        self.right = self.left + columns * self.sheet.size * 0.52
        self.centered = self.rng.random() < 0.65
        self.upper = self.rng.random() < 0.4
        self.marks = self.rng.choice(["none", "none", "totals", "totals", "all"])
        self.colon = self.rng.choice(["", "", ":", " :"])

    def draw(self) -> Sheet:
        """The whole receipt; the sale's truth is filled in on the way."""
        date_below, is_booking = self.rng.random() < 0.35, self.rng.random() < 0.08
        extras = Extras(self.sale, self.sheet, left=self.left, right=self.right)
        self._head()
        if is_booking and date_below:
            extras.event()
        if not date_below:
            self._date(labelled=is_booking)
        if is_booking and not date_below:
            extras.event()
        self._items()
        if not date_below and "merchant" in self.sale.truth and self.rng.random() < _CUT_OFF:
            self.sale.absent |= {"subtotal", "tax_amount", "total"}
            return self.sheet
        self._below_items(extras, date_below=date_below, labelled=is_booking)
        return self.sheet

    def _below_items(self, extras: Extras, *, date_below: bool, labelled: bool) -> None:
        self._totals()
        self._payment()
        if self.rng.random() < 0.3:
            TaxTable(self.sale, self.sheet, left=self.left, right=self.right, upper=self.upper).draw()
        extras_first = self.rng.random() < 0.5
        if extras_first:
            extras.some()
        if date_below:
            self._date(labelled=labelled)
        if not extras_first:
            extras.some()
        for _ in range(self.rng.randint(0, 3)):
            self._text(self.voice.pick("thanks"))
        if self.rng.random() < 0.12:
            self._text(self.voice.dated(self.sale.day) + " " + self._time())

    def _text(self, text: str, *, scale: float = 1.0) -> None:
        text = text.upper() if self.upper else text
        if self.centered:
            self.sheet.line(text, x=(self.left + self.right) / 2, anchor="center", scale=scale)
        else:
            self.sheet.line(text, x=self.left, scale=scale)

    def _head(self) -> None:
        voice, rng = self.voice, self.rng
        if rng.random() < 0.15:
            self._text(voice.pick("invoice"))
        if rng.random() < _TALKATIVE:
            self._text(rng.choice(["***", "WELCOME", voice.pick("thanks"), voice.survey()]))
        self._names()
        lines = voice.address() if rng.random() < 0.9 else []
        lines += [voice.pick("phone")] if rng.random() < 0.6 else []
        lines += [voice.pick("vat_id")] if rng.random() < 0.6 else []
        for line in lines:
            if line:
                self._text(line)
        if rng.random() < 0.4:
            self._text(voice.pick("invoice"), scale=rng.choice([1.0, 1.2]))
        self.sheet.down(rng.choice([0, 0.5, 1]))
        for _ in range(rng.randint(0, 3)):
            self.sheet.line(self._case(voice.pick("receipt_words")), x=self.left)
        if rng.random() < 0.4:
            number = f"{rng.randint(100, 9999999)}"
            self._label(voice.pick("number_label"), number)

    def _names(self) -> None:
        """The shop's name, or a brand and a company, or a logo that nobody can read; now and then a slogan below."""
        rng, shape = self.rng, self.rng.random()
        if shape < _WITHOUT_NAME and find_legal_form(self.sale.merchant):
            self._unreadable_logo()
        elif shape < _WITHOUT_NAME + _BRAND_AND_COMPANY:
            self._brand_and_company()
        else:
            self._name(self.sale.merchant, scale=rng.choice([1.0, 1.0, 1.3, 1.8]))
        if rng.random() < _TALKATIVE:
            self._text(self.voice.pick("slogan"))

    def _unreadable_logo(self) -> None:
        """A logo that OCR did not see, or did not make sense of: the name stands elsewhere."""
        if self.rng.random() < 0.6:
            self._text(garbled(self.sale.merchant, self.rng), scale=self.rng.choice([1.0, 1.5, 2.0]))

    def _brand_and_company(self) -> None:
        """A chain's brand and, below, the company that runs the shop: the shop is known by the brand in Europe."""
        brand, scale = self.voice.brand(), self.rng.choice([1.0, 1.5, 2.0])
        self._text(brand, scale=scale)
        self._name(self.sale.merchant, scale=1.0 if scale > 1 else self.rng.choice([1.0, 1.0, 1.3]))
        if self.voice.currency in _BRANDED:
            self.sale.truth["merchant"] = brand

    def _name(self, name: str, *, scale: float) -> None:
        """A name in one line or two."""
        words = name.split(" ")
        cut = self.rng.randint(1, len(words) - 1) if len(words) > 1 and self.rng.random() < 0.2 else len(words)
        for part in filter(None, (" ".join(words[:cut]), " ".join(words[cut:]))):
            self._text(part, scale=scale)
        self.sale.truth["merchant"] = name

    def _case(self, text: str) -> str:
        return text.upper() if self.upper else text

    def _time(self) -> str:
        text = f"{self.rng.randint(7, 22):02d}:{self.rng.randint(0, 59):02d}"
        return text + (f":{self.rng.randint(0, 59):02d}" if self.rng.random() < 0.4 else "")

    def _label(self, label: str, value: str) -> None:
        colon = self.colon or (":" if self.rng.random() < 0.5 else "")
        if self.rng.random() < 0.3:
            self.sheet.pair(self._case(label) + colon, value, x0=self.left, x1=self.right)
        else:
            self.sheet.line(f"{self._case(label)}{colon} {value}", x=self.left)

    def _date(self, *, labelled: bool) -> None:
        text = self.voice.dated(self.sale.day)
        self.sale.truth["date"] = self.sale.day.isoformat()
        shape = 0.0 if labelled else self.rng.random()
        if shape < 0.4:
            self._label(self.voice.pick("date_label"), text + (f" {self._time()}" if self.rng.random() < 0.5 else ""))
        elif shape < 0.7:
            self._text(f"{text} {self._time()}")
        elif shape < 0.85:
            self.sheet.pair(text, self._time(), x0=self.left, x1=self.right)
        else:
            self.sheet.pair(self._case(self.voice.pick("receipt_words")), text, x0=self.left, x1=self.right)

    def _money(self, value: Decimal, *, total: bool = False) -> str:
        return self.voice.money(value, marked=self.marks == "all" or (self.marks == "totals" and total))

    def _items(self) -> None:
        shape = self.rng.choice(["plain", "count", "below", "table", "code", "suffix"])
        if shape == "table" or self.rng.random() < 0.2:
            names = self.voice.words[self.rng.choice(["columns", "columns2"])]
            self.sheet.put(self.left, self._case(names[0]))
            self.sheet.put((self.left + self.right * 2) / 3, self._case(names[1]), anchor="right")
            self.sheet.pair("", self._case(names[3]), x0=self.left, x1=self.right)
        for name, count, price in self.sale.items:
            self._item(shape, self._case(name), count, price)
        self.sheet.down(self.rng.choice([0, 0.4, 1]))
        if self.rng.random() < 0.1:
            self.sheet.pair(
                self._case(self.voice.words["columns2"][1]), str(len(self.sale.items)), x0=self.left, x1=self.right
            )

    def _item(self, shape: str, name: str, count: int, price: Decimal) -> None:
        sheet, whole = self.sheet, self._money(count * price)
        if shape == "below" and count > 1:
            sheet.line(name, x=self.left)
            sheet.pair(f"{count} x {self.voice.number(price)}", whole, x0=self.left + 20, x1=self.right)
        elif shape == "table":
            sheet.put((self.left + self.right * 2) / 3, str(count), anchor="right")
            sheet.pair(name[:16], whole, x0=self.left, x1=self.right)
        elif shape == "count":
            sheet.pair(f"{count} {name}", whole, x0=self.left, x1=self.right)
        elif shape == "code":
            sheet.line(f"{self.rng.randint(10**5, 10**12)} {name}", x=self.left)
            sheet.pair(f"{count} X {self.voice.number(price)}", whole, x0=self.left, x1=self.right)
        else:
            tail = f" {self.rng.choice('ABTN1')}" if shape == "suffix" else ""
            sheet.pair(name, whole + tail, x0=self.left, x1=self.right)

    def _row(self, key: str, value: Decimal, *, scale: float = 1.0, extra: str = "") -> None:
        label = self._case(self.voice.pick(key)) + extra + self.colon
        text = self._money(value, total=True)
        shape = self.rng.random()
        if shape < 0.06:
            self.sheet.line(label, x=self.left, scale=scale)
            self.sheet.line(text, x=self.right, anchor="right", scale=scale)
        elif shape < 0.2:
            self.sheet.line(f"{label} {text}", x=self.left, scale=scale)
        else:
            self.sheet.pair(label, text, x0=self.left + self.rng.choice([0, 0, 40]), x1=self.right, scale=scale)

    def _totals(self) -> None:
        sold, rng, truth = self.sale, self.rng, self.sale.truth
        self._subtotal()
        for key, value in (
            ("discount", -sold.discount if rng.random() < 0.7 else sold.discount),
            ("service", sold.charge),
        ):
            if value:
                self._row(key, value)
        if sold.rate is None:
            sold.absent.add("tax_amount")
        elif not sold.included:
            self._tax_row()
        for key, value in (("rounding", sold.rounding), ("tip", sold.tip)):
            if value:
                self._row(key, value)
        self._row("total", sold.total, scale=rng.choice([1.0, 1.0, 1.2, 1.5, 1.9]))
        truth["total"] = str(sold.total)
        if self.marks != "none":
            truth["currency"] = self.voice.currency
        if sold.included and sold.rate is not None and rng.random() < 0.6:
            self._tax_row()

    def _subtotal(self) -> None:
        """A subtotal; where the tax is included, shops disagree on what that is, and so it has no label."""
        sold, rng = self.sale, self.rng
        taxed = sold.rate is not None
        if not ((taxed and not sold.included and rng.random() < 0.85) or rng.random() < 0.3):
            sold.absent.add("subtotal")
            return
        stated = sold.goods if sold.discount or sold.charge else sold.base
        self._row("subtotal", sold.net if sold.included and rng.random() < 0.5 and not sold.discount else stated)
        if not (taxed and sold.included):
            sold.truth["subtotal"] = str(stated)

    def _tax_row(self) -> None:
        rate = self.sale.rate
        if self.rng.random() < 0.12 and self.sale.tax > 1:
            part = self.voice.exact(self.sale.tax * Decimal("0.3"))
            for label, value in (("A", part), ("B", self.sale.tax - part)):
                self._row("tax", value, extra=f" {label} {self.voice.percent(self.voice.rate())}")
            self._row("tax_total", self.sale.tax)
            self.sale.truth["tax_amount"] = str(self.sale.tax)
            return
        extra = f" {self.voice.percent(rate)}" if rate is not None and self.rng.random() < 0.6 else ""
        self._row("tax", self.sale.tax, extra=extra)
        self.sale.truth["tax_amount"] = str(self.sale.tax)

    def _payment(self) -> None:
        sold, rng = self.sale, self.rng
        kind = rng.random()
        if kind < 0.35:
            note = Decimal(rng.choice([5, 10, 20, 50, 100]) * (1000 if self.voice.currency in {"VND", "IDR"} else 1))
            given = (sold.total / note).to_integral_value(ROUND_CEILING) * note if rng.random() < 0.8 else sold.total
            self._row("cash", given)
            if rng.random() < 0.85:
                self._row("change", given - sold.total)
        elif kind < 0.7:
            self._row("card", sold.total)
        elif kind < 0.8:
            self._row("due", sold.total)
