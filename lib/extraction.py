"""The whole result for one upload: the six fields, what was asked beyond them, and the document's details.

In: nothing but the nouns of lib/document.py. Out: frozen dataclasses. Every leaf of the details is a `Field`, as the
six are, or None where the document does not state it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, TypeAlias

from lib.document import DocumentSource, Field, OcrDocument

Leaf: TypeAlias = Field | None
"""One value of the details; its key is the name of the attribute it stands in. None: the document does not state it."""

NUMBER_LEAVES: Final = frozenset(
    {
        *("discount", "shipping", "service_charge", "tip", "rounding", "prepaid", "amount_due"),
        *("rate", "base", "amount", "quantity", "unit_price", "tax_rate"),
    }
)
"""Keys of leaves whose value is a `Decimal`."""

DATE_LEAVES: Final = frozenset({"due_date", "delivery_date", "period_from", "period_to"})
"""Keys of leaves whose value is a `date`; all others are texts."""

ASKED_DETAILS: Final = (
    "time",
    *(f"supplier.{leaf}" for leaf in ("address", "registration_no", "phone", "email", "website")),
    *(f"customer.{leaf}" for leaf in ("name", "address", "tax_id", "customer_no")),
    *(f"references.{leaf}" for leaf in ("order_number", "delivery_date", "period_from", "period_to")),
    *(f"payment.{leaf}" for leaf in ("bic", "reference", "terms")),
    *(f"amounts.{leaf}" for leaf in ("discount", "shipping", "service_charge", "tip", "rounding", "prepaid")),
    "amounts.amount_due",
)
"""Paths of the leaves that a reader behind a server is asked for; the question's key has "_" for the point."""


class _Group:
    """Leaves that belong together."""

    __slots__ = ()

    @property
    def leaves(self) -> Iterator[Field]:
        """Those that the document states, in their order; the leaves of inner groups are left out."""
        for each in fields(self):  # type: ignore[arg-type]  # Every subclass is a dataclass.
            leaf = getattr(self, each.name)
            if isinstance(leaf, Field):
                yield leaf


@dataclass(frozen=True, slots=True)
class Supplier(_Group):
    """Whoever issued the document.

    Attributes:
        address: Street, postal code and town, joined by ", ".
        country: ISO 3166-1 alpha-2.
        tax_id: VAT number where there is one, else the tax number.
        registration_no: In a register of companies.
    """

    name: Leaf = None
    address: Leaf = None
    country: Leaf = None
    tax_id: Leaf = None
    registration_no: Leaf = None
    phone: Leaf = None
    email: Leaf = None
    website: Leaf = None


@dataclass(frozen=True, slots=True)
class Customer(_Group):
    """Whom the document is addressed to.

    Attributes:
        customer_no: The supplier's number for the customer.
    """

    name: Leaf = None
    address: Leaf = None
    country: Leaf = None
    tax_id: Leaf = None
    customer_no: Leaf = None


@dataclass(frozen=True, slots=True)
class References(_Group):
    """Numbers and dates that refer to other papers and events; dates are `date` values."""

    invoice_number: Leaf = None
    order_number: Leaf = None
    due_date: Leaf = None
    delivery_date: Leaf = None
    period_from: Leaf = None
    period_to: Leaf = None


@dataclass(frozen=True, slots=True)
class Payment(_Group):
    """How the document is to be paid, or was.

    Attributes:
        reference: What the payer is asked to state.
        terms: As printed.
        method: `cash`, `card`, `transfer`, `direct_debit`, `check`, `paypal` or `other`.
        card_last4: The last four digits of the card's number.
    """

    iban: Leaf = None
    bic: Leaf = None
    reference: Leaf = None
    terms: Leaf = None
    method: Leaf = None
    card_last4: Leaf = None


@dataclass(frozen=True, slots=True)
class Amounts(_Group):
    """Amounts of the whole document beside the three of `data`; `Decimal` values.

    Attributes:
        discount: Taken off, as a positive number.
        prepaid: Paid before, or at the till.
        amount_due: What is left to pay.
    """

    discount: Leaf = None
    shipping: Leaf = None
    service_charge: Leaf = None
    tip: Leaf = None
    rounding: Leaf = None
    prepaid: Leaf = None
    amount_due: Leaf = None


@dataclass(frozen=True, slots=True)
class TaxLine(_Group):
    """The tax of one rate; `Decimal` values, the rate in percent (19, not 0.19)."""

    rate: Leaf = None
    base: Leaf = None
    amount: Leaf = None


@dataclass(frozen=True, slots=True)
class Item(_Group):
    """One row of what is sold; numbers are `Decimal` values.

    Attributes:
        amount: Of its own row, before a discount on a row below it.
        tax_rate: Percent.
        discount: Taken off the row's price, as a positive amount.
    """

    description: Leaf = None
    quantity: Leaf = None
    unit: Leaf = None
    unit_price: Leaf = None
    amount: Leaf = None
    tax_rate: Leaf = None
    product_code: Leaf = None
    discount: Leaf = None


@dataclass(frozen=True, slots=True)
class Details(_Group):
    """Everything that a document states beyond the six fields.

    Attributes:
        document_type: `invoice`, `receipt`, `credit_note`, `order`, `quote`, `delivery_note`, `statement`, `reminder`
            or `other`.
        language: ISO 639-1.
        country: ISO 3166-1 alpha-2.
        time: HH:MM, 24 hours.
        taxes: In reading order.
        items: In reading order.
    """

    document_type: Leaf = None
    language: Leaf = None
    country: Leaf = None
    time: Leaf = None
    supplier: Supplier = Supplier()
    customer: Customer = Customer()
    references: References = References()
    payment: Payment = Payment()
    amounts: Amounts = Amounts()
    taxes: tuple[TaxLine, ...] = ()
    items: tuple[Item, ...] = ()


def disagreements(details: Details | None) -> frozenset[str]:
    """Codes of lists that do not add up (`items_disagree`, `taxes_disagree`), as the problems of their rows say."""
    rows = (*details.taxes, *details.items) if details else ()
    problems = {leaf.problem for row in rows for leaf in row.leaves if leaf.problem}
    return frozenset(problems & {"items_disagree", "taxes_disagree"})


def with_leaves(details: Details, change: Callable[[Field], Field]) -> Details:
    """The details with every leaf changed."""
    changed: Details = _changed(details, change)
    return changed


def _changed(part: Any, change: Callable[[Field], Field]) -> Any:  # noqa: ANN401 - a leaf, a group or rows of groups
    if isinstance(part, Field):
        return change(part)
    if isinstance(part, tuple):
        return tuple(_changed(row, change) for row in part)
    if part is None:
        return None
    return replace(part, **{each.name: _changed(getattr(part, each.name), change) for each in fields(part)})


@dataclass(frozen=True, slots=True)
class Review:
    """Whether somebody should look at an answer before it is used.

    Attributes:
        reasons: Codes, sorted, without repetition; none where nobody needs to.
    """

    reasons: tuple[str, ...] = ()

    @property
    def needed(self) -> bool:
        """Whether there is a reason."""
        return bool(self.reasons)


UNREVIEWED: Final = Review()
"""Nothing asks for a review."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """The whole result for one upload.

    Attributes:
        fields: One for each of FIELD_KEYS, in that order.
        document: What was read.
        reader: Who answered.
        model_version: Of the reader.
        ruleset_version: Of the rules.
        source: Where the text came from.
        degraded: Whether a fallback answered for the configured reader.
        warnings: Codes, sorted, without repetition.
        timings_ms: Milliseconds by stage, and `total`.
        extras: What was asked beyond the six: the fields of EXTRA_KEYS, then a client's own, each in their order.
        review: Whether somebody should look at it before it is used.
        details: Everything else that the document states, where a client asked for it.
        details_by_reader: Paths of the details that `reader` answered, where it is not the embedded reader.
    """

    fields: tuple[Field, ...]
    document: OcrDocument
    reader: str
    model_version: str
    ruleset_version: str
    source: DocumentSource
    degraded: bool = False
    warnings: tuple[str, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)
    extras: tuple[Field, ...] = ()
    review: Review = UNREVIEWED
    details: Details | None = None
    details_by_reader: tuple[str, ...] = ()
