"""Tables of taxes as receipts have them: the same amounts in columns of many orders, summed up or not.

In: a sale and its sheet. Out: the table on the sheet, and the sale's tax and subtotal in its truth.
"""

from decimal import Decimal
from typing import Final, TypeAlias

from scripts.reader_training.sales import Sale
from scripts.reader_training.sheet import Sheet

_ORDERS: Final = ((0, 1, 2, 3), (0, 1, 2, 3), (0, 2, 1, 3), (0, 3, 2, 1), (0, 3, 1, 2), (0, 1, 2), (0, 2, 1), (0, 3, 2))
"""Columns: 0 the rate, 1 net, 2 the tax, 3 gross."""

_LEAST_WITH_TWO_RATES: Final = 2

Line: TypeAlias = tuple[str, Decimal, Decimal, Decimal]


class TaxTable:
    """Draws the table of one sale whose prices include the tax, or do not."""

    def __init__(self, sold: Sale, sheet: Sheet, *, left: float, right: float, upper: bool) -> None:
        """Draw between two edges, px, in capitals or not."""
        self.sale, self.sheet, self.left, self.right, self.upper = sold, sheet, left, right, upper
        self.voice, self.rng = sold.voice, sold.voice.rng

    def draw(self) -> None:
        """The table, or sentences of one line for each rate; nothing where there is no tax or more in the total."""
        sold = self.sale
        if sold.rate is None or sold.tip or sold.rounding:
            return
        lines = self._lines()
        is_summed = len(lines) == 1 or self.rng.random() < 0.65
        if self.rng.random() < 0.25:
            self._sentences(lines)
            is_summed = len(lines) == 1
        else:
            whole = [self._whole()] if len(lines) > 1 and is_summed else []
            self._columns([*lines, *whole])
        sold.truth["tax_amount"] = str(sold.tax)
        if is_summed:
            sold.truth.setdefault("subtotal", str(sold.net))

    def _case(self, text: str) -> str:
        return text.upper() if self.upper else text

    def _whole(self) -> Line:
        sold = self.sale
        label = self._case(self.voice.pick("total")) if self.rng.random() < 0.75 else ""
        return label, sold.net, sold.tax, sold.net + sold.tax

    def _lines(self) -> list[Line]:
        """One line for each rate; the amounts of two rates are any that add up."""
        sold, voice = self.sale, self.voice
        net, tax = sold.net, sold.tax
        if sold.rate is None or self.rng.random() < 0.5 or tax < _LEAST_WITH_TWO_RATES:
            return [(self._rate(sold.rate or Decimal(0), "A"), net, tax, net + tax)]
        share, other = Decimal(self.rng.choice(["0.2", "0.37", "0.6"])), voice.rate()
        less = [voice.exact(value * share) for value in (net, tax)]
        rest = [net - less[0], tax - less[1]]
        parts = zip(((other, "A"), (sold.rate, "B")), (less, rest), strict=True)
        return [(self._rate(*rate), one, two, one + two) for rate, (one, two) in parts]

    def _rate(self, rate: Decimal, code: str) -> str:
        text = self.voice.percent(rate)
        return self.rng.choice([text, text, f"{code} {text}", f"{code}= {text}"])

    def _columns(self, lines: list[Line]) -> None:
        order = self.rng.choice(_ORDERS)
        span = (self.right - self.left) / len(order)
        edges = [self.left + span * (i + 1) for i in range(len(order))]
        names = self.voice.words["tax_table"]
        if self.rng.random() < 0.85:
            for edge, column in zip(edges, order, strict=True):
                self.sheet.put(edge, self._case(names[column]), anchor="right")
            self.sheet.down()
        for line in lines:
            for edge, column in zip(edges, order, strict=True):
                value = line[column]
                self.sheet.put(edge, value if isinstance(value, str) else self.voice.number(value), anchor="right")
            self.sheet.down()

    def _sentences(self, lines: list[Line]) -> None:
        names = self.voice.words["tax_table"]
        shape = self.rng.choice(["rate of net", "rate of gross", "all"])
        for rate, net, tax, gross in lines:
            of = net if shape == "rate of net" else gross
            text = f"{self.voice.pick('tax')} {rate} {self.voice.number(of)} = {self.voice.number(tax)}"
            if shape == "all":
                text = " ".join(
                    [
                        rate,
                        *(
                            f"{name} {self.voice.number(v)}"
                            for name, v in zip(names[1:], (net, tax, gross), strict=True)
                        ),
                    ]
                )
            self.sheet.line(self._case(text), x=self.left)
