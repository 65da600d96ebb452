"""What a receipt or an invoice says, before anyone decides what it looks like.

In: parties, items, rates. Out: `Bill`, whose sums are computed and therefore right, and the truth a reader is to find.
All amounts are `Decimal`s in the bill's currency, rounded half up to the places that currency has.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["receipt", "invoice"]
Statement: TypeAlias = Literal["added", "table", "included", "untaxed"]
"""How the tax is stated: added to a subtotal; in a table of net, tax and gross; as a part of the total; not at all."""

_PLACES = {"IDR": 0, "JPY": 0}


@dataclass(frozen=True, slots=True)
class Party:
    """A seller or a buyer, line by line as printed.

    Attributes:
        name: The name alone, which is what a reader is to find.
        address: Street, place, country.
        contact: Phone, mail, web site.
        registration: Tax and register numbers with their labels.
        slogan: The line under a logo.
    """

    name: str
    address: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    registration: tuple[str, ...] = ()
    slogan: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of goods or services; a discount is an item with a negative price.

    Attributes:
        rate: Tax in percent; which class the seller files it under is up to the layout.
        unit: What is counted, empty where nothing is said.
    """

    name: str
    price: Decimal
    quantity: Decimal = Decimal(1)
    rate: Decimal = Decimal(0)
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Extra:
    """An untaxed amount between tax and total: a tip, a rounding."""

    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TaxLine:
    """What one rate comes to: net + tax = gross."""

    rate: Decimal
    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        """Net and tax."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Bill:
    """One receipt or invoice.

    Attributes:
        statement: How the tax is stated, and so whether the items' prices include it.
        details: Further labelled facts as printed: table, cashier, order number.
        time: Of day, as printed; empty where nothing is said.
        card: What the payment line says where a card paid.
        tendered: The cash handed over, where cash paid.
        notes: Sentences at the foot.
        bank: Where to pay to.
    """

    kind: Kind
    seller: Party
    number: str
    issued: date
    currency: str
    items: tuple[Item, ...]
    statement: Statement
    buyer: Party | None = None
    time: str = ""
    due: date | None = None
    details: tuple[tuple[str, str], ...] = ()
    extras: tuple[Extra, ...] = ()
    card: str = ""
    tendered: Decimal | None = None
    notes: tuple[str, ...] = ()
    bank: tuple[str, ...] = ()

    def require(self, *statements: Statement) -> None:
        """Says that a layout can print only these ways of stating tax.

        Raises:
            ValueError: This bill states it another way, so the paper would not say what the truth does.
        """
        if self.statement not in statements:
            raise ValueError(f"This layout states tax as {' or '.join(statements)}; the bill says {self.statement}.")

    def amount(self, item: Item) -> Decimal:
        """What `item` costs."""
        return self.rounded(item.price * item.quantity)

    def price(self, item: Item) -> Decimal:
        """What one of `item` costs; a fraction of a cent stays one."""
        rounded = self.rounded(item.price)
        return rounded if rounded == item.price else item.price

    def rounded(self, amount: Decimal) -> Decimal:
        """`amount` in the places of the currency."""
        return amount.quantize(Decimal(1).scaleb(-_PLACES.get(self.currency, 2)), ROUND_HALF_UP)

    @property
    def taxes(self) -> tuple[TaxLine, ...]:
        """One line a rate, highest rate first."""
        rates = sorted({item.rate for item in self.items}, reverse=True)
        return tuple(self._tax_line(rate) for rate in rates)

    def _tax_line(self, rate: Decimal) -> TaxLine:
        amount = sum((self.amount(item) for item in self.items if item.rate == rate), Decimal(0))
        if self.statement == "added":
            return TaxLine(rate, amount, self.rounded(amount * rate / 100))
        net = self.rounded(amount * 100 / (100 + rate))
        return TaxLine(rate, net, amount - net)

    @property
    def subtotal(self) -> Decimal:
        """Everything before tax."""
        return sum((line.net for line in self.taxes), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """The tax of all rates."""
        return sum((line.tax for line in self.taxes), Decimal(0))

    @property
    def total(self) -> Decimal:
        """What is to be paid."""
        return self.subtotal + self.tax + sum((self.rounded(extra.amount) for extra in self.extras), Decimal(0))

    @property
    def truth(self) -> dict[str, str | None]:
        """The six fields as a reader is to find them; None where the document does not state one."""
        return {
            "merchant": self.seller.name,
            "date": self.issued.isoformat(),
            "currency": self.currency,
            "subtotal": str(self.subtotal) if self.statement in {"added", "table"} else None,
            "tax_amount": str(self.tax) if self.statement != "untaxed" else None,
            "total": str(self.total),
        }
