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

from lib.document import AMOUNT_KEYS, FIELD_KEYS, ExtraKey, Field, FieldKey
from lib.errors import UnreadableDocument
from lib.extraction import Details
from lib.pipelines.einvoice.details import stated_details
from lib.pipelines.einvoice.details_syntax import (
    CrossIndustryNames,
    DetailsSyntax,
    cross_industry_details,
    ubl_details,
)
from lib.pipelines.einvoice.extras import UBL, ExtraSyntax, cross_industry, extra_fields_of, stated_extras
from lib.pipelines.einvoice.values import NOT_READABLE, NOT_STATED, read_amount, read_date, read_name, text_of
from lib.pipelines.einvoice.xml_tree import parse_xml

_CURRENCY = re.compile(r"[A-Z]{3}")


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
        extras: The same of the fields beyond the six.
        details: All else that it states, where that was asked for.
    """

    merchant: str | None
    date: datetime.date | None
    currency: str | None
    subtotal: Decimal | None
    tax_amount: Decimal | None
    total: Decimal | None
    raw: Mapping[FieldKey, str] = field(default_factory=dict, compare=False, repr=False)
    extras: Mapping[ExtraKey, str] = field(default_factory=dict, compare=False, repr=False)
    details: Details | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Syntax:
    """Where a format has each field: paths of local names below the root, the first that is there counts."""

    merchant: tuple[str, ...]
    date: tuple[str, ...]
    currency: tuple[str, ...]
    subtotal: str
    tax_amount: str
    total: str
    extras: ExtraSyntax
    details: DetailsSyntax


def _cross_industry(names: CrossIndustryNames) -> _Syntax:
    document, transaction, agreement, settlement = names.document, names.transaction, names.agreement, names.settlement
    seller = f"{transaction}/{agreement}/SellerTradeParty"
    issued, sums = f"{document}/IssueDateTime", f"{transaction}/{settlement}/{names.totals}"
    return _Syntax(
        merchant=(f"{seller}/Name", f"{seller}/SpecifiedLegalOrganization/TradingBusinessName"),
        date=(f"{issued}/DateTimeString", f"{issued}/DateTime"),
        currency=(f"{transaction}/{settlement}/InvoiceCurrencyCode",),
        subtotal=f"{sums}/TaxBasisTotalAmount",
        tax_amount=f"{sums}/TaxTotalAmount",
        total=f"{sums}/GrandTotalAmount",
        extras=cross_industry(document, transaction, agreement, settlement),
        details=cross_industry_details(names),
    )


_ZUGFERD_1 = CrossIndustryNames(
    document="HeaderExchangedDocument",
    transaction="SpecifiedSupplyChainTradeTransaction",
    agreement="ApplicableSupplyChainTradeAgreement",
    delivery="ApplicableSupplyChainTradeDelivery",
    settlement="ApplicableSupplyChainTradeSettlement",
    totals="SpecifiedTradeSettlementMonetarySummation",
    line="SpecifiedSupplyChainTrade",
    line_totals="SpecifiedTradeSettlementMonetarySummation",
)
_FACTUR_X = CrossIndustryNames(
    document="ExchangedDocument",
    transaction="SupplyChainTradeTransaction",
    agreement="ApplicableHeaderTradeAgreement",
    delivery="ApplicableHeaderTradeDelivery",
    settlement="ApplicableHeaderTradeSettlement",
    totals="SpecifiedTradeSettlementHeaderMonetarySummation",
    line="SpecifiedLineTrade",
    line_totals="SpecifiedTradeSettlementLineMonetarySummation",
)

_SUPPLIER = "AccountingSupplierParty/Party"


def _ubl(lines: str, quantity: str) -> _Syntax:
    return _Syntax(
        merchant=(f"{_SUPPLIER}/PartyLegalEntity/RegistrationName", f"{_SUPPLIER}/PartyName/Name"),
        date=("IssueDate",),
        currency=("DocumentCurrencyCode",),
        subtotal="LegalMonetaryTotal/TaxExclusiveAmount",
        tax_amount="TaxTotal/TaxAmount",
        total="LegalMonetaryTotal/TaxInclusiveAmount",
        extras=UBL,
        details=ubl_details(lines=lines, quantity=quantity),
    )


_CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"

SYNTAXES: Mapping[str, _Syntax] = MappingProxyType(
    {
        "{urn:ferd:CrossIndustryDocument:invoice:1p0}CrossIndustryDocument": _cross_industry(_ZUGFERD_1),
        "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice": _cross_industry(
            _FACTUR_X
        ),
        "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": _ubl("InvoiceLine", "InvoicedQuantity"),
        "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": _ubl(
            "CreditNoteLine", "CreditedQuantity"
        ),
    }
)
"""By the root element, namespace included, so that nothing else is taken for an invoice."""


def read_einvoice(content: bytes, *, details: bool = False) -> EInvoice | None:
    """What an XML file states as an invoice.

    Args:
        content: The whole file, of bounded size.
        details: Whether to read all that it states, its lines included.

    Returns:
        The invoice; None for XML of another kind.

    Raises:
        UnreadableDocument: It is not well-formed, not safe to read, or states none of the six fields.
    """
    root = parse_xml(content, with_lines=details)
    syntax = SYNTAXES.get(root.tag)
    if syntax is None:
        return None
    raw = dict(_stated(root, syntax))
    if not raw:
        raise UnreadableDocument("The XML is an e-invoice by name, but states neither seller, date nor amounts.")
    currency = _read_currency(raw.get("currency", ""))
    subtotal = _only(_amounts(root, syntax.subtotal, currency))
    total = _only(_amounts(root, syntax.total, currency))
    extras = dict(stated_extras(root, syntax.extras))
    return EInvoice(
        merchant=read_name(raw.get("merchant", "")),
        date=read_date(raw.get("date", "")),
        currency=currency,
        subtotal=subtotal,
        tax_amount=_tax_amount(_amounts(root, syntax.tax_amount, currency), subtotal=subtotal, total=total),
        total=total,
        raw=raw,
        extras=extras,
        details=stated_details(root, syntax.details, extra_fields_of(extras)) if details else None,
    )


def as_fields(invoice: EInvoice) -> tuple[Field, ...]:
    """The six fields in the order of FIELD_KEYS, final: there is nothing left in them for rules to interpret.

    A value has confidence 1.0, and so has the absence of one that the file does not state.
    """
    return tuple(_as_field(key, invoice) for key in FIELD_KEYS)


def extra_fields(invoice: EInvoice) -> tuple[Field, ...]:
    """The fields beyond the six in the order of EXTRA_KEYS, final as well."""
    return extra_fields_of(invoice.extras)


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
            text = ", ".join(text_of(element) for element in root.iterfind(paths) if text_of(element))
        else:
            text = next((text_of(element) for path in paths for element in root.iterfind(path) if text_of(element)), "")
        if text:
            yield key, text


def _read_currency(text: str) -> str | None:
    return text if _CURRENCY.fullmatch(text) else None


def _amounts(root: Element, path: str, currency: str | None) -> list[Decimal | None]:
    """The amounts at a path that are in the invoice's currency or in none; None for one that is no number."""
    elements = [element for element in root.iterfind(path) if text_of(element)]
    return [read_amount(text_of(each)) for each in elements if currency in {None, each.get("currencyID", currency)}]


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
