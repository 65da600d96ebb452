"""One XML file -> an invoice: what each format calls the six fields.

In: XML bytes. Out: an `EInvoice` with typed values, and its `Field`s. Nothing is derived: what the file does not state,
or not in the form that its format prescribes, is None. Amounts are those in the invoice's own currency.

Source: EN 16931-1 (BT-27 seller name, BT-2 issue date, BT-5 currency, BT-109 total without VAT, BT-110 VAT total,
BT-112 total with VAT) and its syntax bindings CEN/TS 16931-3-2 (UBL) and 3-3 (CII); technical appendices of ZUGFeRD 1.0
and 2.3.
"""

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from xml.etree.ElementTree import Element

from lib.document import AMOUNT_KEYS, FIELD_KEYS, Field, FieldKey
from lib.errors import UnreadableDocument
from lib.grammar.date_forms import FIRST_YEAR, LAST_YEAR
from lib.pipelines.einvoice.xml_tree import parse_xml

NOT_STATED = "not_found"
NOT_READABLE = "unparsable"
"""Problems of a field: the file says nothing, or nothing that its format allows."""

LONGEST_NAME = 300
"""Characters of a seller's name; what is longer is something else."""

_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})")
"""xs:decimal within reason: no exponent, no NaN, no infinity."""

_COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T.*|Z|[+-][0-9]{2}:[0-9]{2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")

_DAY = "102"
"""CCYYMMDD, the one format that the profiles allow. Source: UN/EDIFACT 2379."""


@dataclass(frozen=True, slots=True)
class EInvoice:
    """What an e-invoice states.

    Attributes:
        merchant: The seller's name.
        date: Of issue.
        currency: ISO 4217, of the invoice.
        subtotal: Total without tax, after discounts and charges of the whole invoice.
        tax_amount: Total tax, over all rates.
        total: Total with tax, before what has been paid already.
        raw: The text in the file of every field that the file states, its value None or not.
    """

    merchant: str | None
    date: datetime.date | None
    currency: str | None
    subtotal: Decimal | None
    tax_amount: Decimal | None
    total: Decimal | None
    raw: Mapping[FieldKey, str] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Syntax:
    """Where a format has each field: paths of local names below the root, the first that is there counts."""

    merchant: tuple[str, ...]
    date: tuple[str, ...]
    currency: tuple[str, ...]
    subtotal: str
    tax_amount: str
    total: str


def _cross_industry(document: str, transaction: str, agreement: str, settlement: str, totals: str) -> _Syntax:
    seller = f"{transaction}/{agreement}/SellerTradeParty"
    issued, sums = f"{document}/IssueDateTime", f"{transaction}/{settlement}/{totals}"
    return _Syntax(
        merchant=(f"{seller}/Name", f"{seller}/SpecifiedLegalOrganization/TradingBusinessName"),
        date=(f"{issued}/DateTimeString", f"{issued}/DateTime"),
        currency=(f"{transaction}/{settlement}/InvoiceCurrencyCode",),
        subtotal=f"{sums}/TaxBasisTotalAmount",
        tax_amount=f"{sums}/TaxTotalAmount",
        total=f"{sums}/GrandTotalAmount",
    )


_SUPPLIER = "AccountingSupplierParty/Party"

_UBL = _Syntax(
    merchant=(f"{_SUPPLIER}/PartyLegalEntity/RegistrationName", f"{_SUPPLIER}/PartyName/Name"),
    date=("IssueDate",),
    currency=("DocumentCurrencyCode",),
    subtotal="LegalMonetaryTotal/TaxExclusiveAmount",
    tax_amount="TaxTotal/TaxAmount",
    total="LegalMonetaryTotal/TaxInclusiveAmount",
)

SYNTAXES: Mapping[str, _Syntax] = MappingProxyType(
    {
        "{urn:ferd:CrossIndustryDocument:invoice:1p0}CrossIndustryDocument": _cross_industry(
            "HeaderExchangedDocument",
            "SpecifiedSupplyChainTradeTransaction",
            "ApplicableSupplyChainTradeAgreement",
            "ApplicableSupplyChainTradeSettlement",
            "SpecifiedTradeSettlementMonetarySummation",
        ),
        "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice": _cross_industry(
            "ExchangedDocument",
            "SupplyChainTradeTransaction",
            "ApplicableHeaderTradeAgreement",
            "ApplicableHeaderTradeSettlement",
            "SpecifiedTradeSettlementHeaderMonetarySummation",
        ),
        "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": _UBL,
        "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": _UBL,
    }
)
"""By the root element, namespace included, so that nothing else is taken for an invoice."""


def read_einvoice(content: bytes) -> EInvoice | None:
    """What an XML file states as an invoice.

    Args:
        content: The whole file, of bounded size.

    Returns:
        The invoice; None for XML of another kind.

    Raises:
        UnreadableDocument: It is not well-formed, not safe to read, or states none of the six fields.
    """
    root = parse_xml(content)
    syntax = SYNTAXES.get(root.tag)
    if syntax is None:
        return None
    raw = dict(_stated(root, syntax))
    if not raw:
        raise UnreadableDocument("The XML is an e-invoice by name, but states neither seller, date nor amounts.")
    currency = _read_currency(raw.get("currency", ""))
    subtotal = _only(_amounts(root, syntax.subtotal, currency))
    total = _only(_amounts(root, syntax.total, currency))
    return EInvoice(
        merchant=_read_name(raw.get("merchant", "")),
        date=_read_date(raw.get("date", "")),
        currency=currency,
        subtotal=subtotal,
        tax_amount=_tax_amount(_amounts(root, syntax.tax_amount, currency), subtotal=subtotal, total=total),
        total=total,
        raw=raw,
    )


def as_fields(invoice: EInvoice) -> tuple[Field, ...]:
    """The six fields in the order of FIELD_KEYS, final: there is nothing left in them for rules to interpret.

    A value has confidence 1.0, and so has the absence of one that the file does not state.
    """
    return tuple(_as_field(key, invoice) for key in FIELD_KEYS)


def _as_field(key: FieldKey, invoice: EInvoice) -> Field:
    value, raw = getattr(invoice, key), invoice.raw.get(key)
    if value is not None:
        return Field(key, value, raw, 1.0)
    return Field(key, None, raw, 1.0, problem=NOT_STATED if raw is None else NOT_READABLE)


def _stated(root: Element, syntax: _Syntax) -> Iterator[tuple[FieldKey, str]]:
    """(key, text) of the fields that the file states in any form; several amounts with commas between them."""
    for key in FIELD_KEYS:
        paths = getattr(syntax, key)
        if key in AMOUNT_KEYS:
            text = ", ".join(_text(element) for element in root.iterfind(paths) if _text(element))
        else:
            text = next((_text(element) for path in paths for element in root.iterfind(path) if _text(element)), "")
        if text:
            yield key, text


def _text(element: Element) -> str:
    return " ".join((element.text or "").split())


def _read_name(text: str) -> str | None:
    return text if 0 < len(text) <= LONGEST_NAME else None


def _read_currency(text: str) -> str | None:
    return text if _CURRENCY.fullmatch(text) else None


def _read_date(text: str) -> datetime.date | None:
    """The day that "20241115" or "2024-11-15" stands for, where there is such a day and it is one of our time."""
    match = _COMPACT_DATE.fullmatch(text) or _ISO_DATE.fullmatch(text)
    if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        return None
    try:
        return datetime.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _amounts(root: Element, path: str, currency: str | None) -> list[Decimal | None]:
    """The amounts at a path that are in the invoice's currency or in none; None for one that is no number."""
    elements = [element for element in root.iterfind(path) if _text(element)]
    return [_read_amount(_text(each)) for each in elements if currency in {None, each.get("currencyID", currency)}]


def _read_amount(text: str) -> Decimal | None:
    if not _DECIMAL.fullmatch(text):
        return None
    return Decimal(text) or Decimal(0)  # There is no negative zero on an invoice.


def _only(amounts: list[Decimal | None]) -> Decimal | None:
    """The amount, where all that there are say the same."""
    return amounts[0] if len(set(amounts)) == 1 else None


def _tax_amount(amounts: list[Decimal | None], *, subtotal: Decimal | None, total: Decimal | None) -> Decimal | None:
    """The tax, of one amount or of one for each kind of tax, as UBL outside of EN 16931 has it.

    Several amounts are added up, or one of them is taken, only where the totals of the invoice say so.
    """
    known = [amount for amount in amounts if amount is not None]
    if len(set(amounts)) <= 1 or len(known) < len(amounts) or subtotal is None or total is None:
        return _only(amounts)
    return next((tax for tax in (sum(known, Decimal(0)), *known) if subtotal + tax == total), None)
