"""The fields beyond the six, as an e-invoice states them.

In: the XML's root, then an `EInvoice`. Out: texts by key, then `Field`s. As with the six, nothing is derived: an
account that is no IBAN, or a day that is none, is a null that shows its text; one with the wrong check digits is stated
all the same, and says so.

Source: EN 16931-1 (BT-1 invoice number, BT-9 due date, BT-31 and BT-32 the seller's VAT and tax numbers, BT-84 account)
and its syntax bindings, as in invoice.py.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from lib.document import EXTRA_KEYS, ExtraKey, Field
from lib.grammar.ibans import find_ibans, iban_shaped
from lib.pipelines.einvoice.values import CHECK_DIGITS, NOT_READABLE, NOT_STATED, read_date, read_name, text_of


@dataclass(frozen=True, slots=True)
class ExtraSyntax:
    """Where a format has each field: paths of local names below the root, the first that is there counts."""

    invoice_number: tuple[str, ...]
    due_date: tuple[str, ...]
    tax_id: tuple[str, ...]
    iban: tuple[str, ...]


def cross_industry(document: str, transaction: str, agreement: str, settlement: str) -> ExtraSyntax:
    """The paths of ZUGFeRD and Factur-X, whose versions differ in these four names."""
    paid = f"{transaction}/{settlement}"
    due = f"{paid}/SpecifiedTradePaymentTerms/DueDateDateTime"
    tax_id = f"{transaction}/{agreement}/SellerTradeParty/SpecifiedTaxRegistration/ID"
    return ExtraSyntax(
        invoice_number=(f"{document}/ID",),
        due_date=(f"{due}/DateTimeString", f"{due}/DateTime"),
        tax_id=(f"{tax_id}[@schemeID='VA']", tax_id),
        iban=(f"{paid}/SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/IBANID",),
    )


_TAX_SCHEME = "AccountingSupplierParty/Party/PartyTaxScheme"

UBL = ExtraSyntax(
    invoice_number=("ID",),
    due_date=("DueDate", "PaymentMeans/PaymentDueDate"),
    tax_id=(f"{_TAX_SCHEME}/TaxScheme[ID='VAT']/../CompanyID", f"{_TAX_SCHEME}/CompanyID"),
    iban=("PaymentMeans/PayeeFinancialAccount/ID",),
)


def stated_extras(root: Element, syntax: ExtraSyntax) -> Iterator[tuple[ExtraKey, str]]:
    """(key, text) of the fields that the file states in any form."""
    for key in EXTRA_KEYS:
        paths: tuple[str, ...] = getattr(syntax, key)
        text = next((text_of(each) for path in paths for each in root.iterfind(path) if text_of(each)), "")
        if text:
            yield key, text


def extra_fields_of(stated: Mapping[ExtraKey, str]) -> tuple[Field, ...]:
    """The fields in the order of EXTRA_KEYS, final as the six are."""
    return tuple(_field(key, stated.get(key)) for key in EXTRA_KEYS)


def _field(key: ExtraKey, text: str | None) -> Field:
    if text is None:
        return Field(key, None, None, 1.0, problem=NOT_STATED)
    value = _READ[key](text)
    misprinted = iban_shaped(text) if key == "iban" and value is None else None
    if misprinted:
        return Field(key, misprinted, text, 1.0, problem=CHECK_DIGITS)
    return Field(key, value, text, 1.0, problem=NOT_READABLE if value is None else None)


def _read_iban(text: str) -> str | None:
    matches = find_ibans(text)
    whole = bool(matches) and (matches[0].start, matches[0].end) == (0, len(text))
    return matches[0].value if whole else None


_READ: Final[Mapping[ExtraKey, Callable[[str], str | datetime.date | None]]] = {
    "invoice_number": read_name,
    "due_date": read_date,
    "tax_id": read_name,
    "iban": _read_iban,
}
