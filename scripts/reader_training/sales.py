"""Sales at random: what was bought, and the amounts that follow from it.

In: a voice. Out: a `Sale`, which a receipt or an invoice states.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from scripts.reader_training.phrases import Voice

_ROUNDED = frozenset({"MYR", "CHF", "CAD", "AUD", "SEK", "CZK"})
"""Currencies whose cash totals are rounded."""


@dataclass(slots=True)
class Sale:
    """What was sold, and what follows from it."""

    voice: Voice
    merchant: str
    day: date
    items: list[tuple[str, int, Decimal]]
    rate: Decimal | None
    included: bool
    discount: Decimal
    charge: Decimal
    tip: Decimal
    rounding: Decimal = Decimal(0)
    truth: dict[str, str] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)

    @property
    def goods(self) -> Decimal:
        """Sum of the items."""
        return sum((count * price for _, count, price in self.items), Decimal(0))

    @property
    def base(self) -> Decimal:
        """What the tax is computed on, or holds it."""
        return self.goods - self.discount + self.charge

    @property
    def tax(self) -> Decimal:
        """The tax, included or on top; 0 where there is none."""
        if self.rate is None:
            return Decimal(0)
        part = self.rate / (100 + self.rate) if self.included else self.rate / 100
        return self.voice.exact(self.base * part)

    @property
    def total(self) -> Decimal:
        """What is to be paid."""
        return self.base + (Decimal(0) if self.included else self.tax) + self.tip + self.rounding

    @property
    def net(self) -> Decimal:
        """Before tax."""
        return self.base - (self.tax if self.included else Decimal(0))


def sale(voice: Voice, *, most_items: int = 12, scale: float = 1.0, plain: float = 0.15) -> Sale:
    """A random sale."""
    rng = voice.rng
    names = [voice.pick("items") for _ in range(rng.choice([1, 1, 2, 2, 3, 4, 5, rng.randint(1, most_items)]))]
    items = [(name, 1 if rng.random() < 0.7 else rng.randint(2, 6), voice.price(scale)) for name in names]
    sold = Sale(
        voice=voice,
        merchant=voice.brand() if rng.random() < plain else voice.company(),
        day=voice.day(),
        items=items,
        rate=voice.rate() if rng.random() < 0.8 else None,
        included=rng.random() < 0.5,
        discount=Decimal(0),
        charge=Decimal(0),
        tip=Decimal(0),
    )
    if rng.random() < 0.12:
        sold.discount = voice.rounded(sold.goods / rng.randint(5, 20))
    if rng.random() < 0.1:
        sold.charge = voice.rounded(sold.goods / rng.randint(8, 15))
    if rng.random() < 0.06:
        sold.tip = voice.rounded(sold.goods / 8)
    if not voice.whole and rng.random() < (0.45 if voice.currency in _ROUNDED else 0.05):
        sold.rounding = (sold.total * 20).quantize(Decimal(1)) / 20 - sold.total
    sold.discount = min(sold.discount, sold.goods / 2)
    return sold
