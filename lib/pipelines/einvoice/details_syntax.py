"""Where each e-invoice format has the details: paths of local names, the first that is there counts.

In: nothing. Out: a `DetailsSyntax` for each format. Keys are the attributes of lib/extraction.py's groups.

Source: EN 16931-1 and its syntax bindings CEN/TS 16931-3-2 (UBL) and 3-3 (CII); technical appendices of ZUGFeRD 1.0 and
2.3 (profile EXTENDED).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

Paths: TypeAlias = Mapping[str, tuple[str, ...]]
"""By attribute; several paths are alternatives."""


@dataclass(frozen=True, slots=True)
class DetailsSyntax:
    """The paths of one format, below the root; those of items and taxes below their own elements.

    Attributes:
        head: Of `Details` itself; `document_type` leads to a code of UNTDID 1001.
        supplier: Of `Supplier`; `address` has all paths that an address is put together from, in this order.
        customer: Likewise.
        references: Of `References`.
        payment: Of `Payment`; `method` leads to a code of UNTDID 4461.
        amounts: Of `Amounts`; the amounts at all paths that are there are added up.
        taxes: Of the elements that state the tax of a rate.
        tax: Of `TaxLine`.
        items: Of the elements that state a line; the first path that leads to any.
        item: Of `Item`; `unit` is the attribute of the quantity.
        allowances: Of what is taken off or added to a line: `amount` and `is_charge`.
    """

    head: Paths
    supplier: Paths
    customer: Paths
    references: Paths
    payment: Paths
    amounts: Paths
    taxes: str
    tax: Paths
    items: tuple[str, ...]
    item: Paths
    allowances: str
    allowance: Paths


@dataclass(frozen=True, slots=True)
class CrossIndustryNames:
    """What versions of ZUGFeRD and Factur-X call their parts.

    Attributes:
        line: What the parts of a line begin with.
        line_totals: The amounts of a line.
    """

    document: str
    transaction: str
    agreement: str
    delivery: str
    settlement: str
    totals: str
    line: str
    line_totals: str


def cross_industry_details(names: CrossIndustryNames) -> DetailsSyntax:
    """The paths of ZUGFeRD and Factur-X in one version."""
    transaction, line = names.transaction, names.line
    agreed, delivered, paid = (f"{transaction}/{part}" for part in (names.agreement, names.delivery, names.settlement))
    sums, means = f"{paid}/{names.totals}", f"{paid}/SpecifiedTradeSettlementPaymentMeans"
    terms, period = f"{paid}/SpecifiedTradePaymentTerms", f"{paid}/BillingSpecifiedPeriod"
    return DetailsSyntax(
        head={"document_type": (f"{names.document}/TypeCode",), "language": (f"{names.document}/LanguageID",)},
        supplier={
            **_trade_party(f"{agreed}/SellerTradeParty"),
            "registration_no": (f"{agreed}/SellerTradeParty/SpecifiedLegalOrganization/ID",),
            **_contact(f"{agreed}/SellerTradeParty"),
        },
        customer={
            **_trade_party(f"{agreed}/BuyerTradeParty"),
            "customer_no": (f"{agreed}/BuyerTradeParty/ID",),
        },
        references={
            "order_number": (
                f"{agreed}/BuyerOrderReferencedDocument/IssuerAssignedID",
                f"{agreed}/BuyerOrderReferencedDocument/ID",
            ),
            "delivery_date": _moment(f"{delivered}/ActualDeliverySupplyChainEvent/OccurrenceDateTime"),
            "period_from": _moment(f"{period}/StartDateTime"),
            "period_to": _moment(f"{period}/EndDateTime"),
        },
        payment={
            "bic": (
                f"{means}/PayeeSpecifiedCreditorFinancialInstitution/BICID",
                f"{means}/PayerSpecifiedDebtorFinancialInstitution/BICID",
            ),
            "reference": (f"{paid}/PaymentReference",),
            "terms": (f"{terms}/Description",),
            "method": (f"{means}/TypeCode",),
            "card_last4": (f"{means}/ApplicableTradeSettlementFinancialCard/ID",),
        },
        amounts={
            "discount": (f"{sums}/AllowanceTotalAmount",),
            "shipping": (f"{paid}/SpecifiedLogisticsServiceCharge/AppliedAmount",),
            "rounding": (f"{sums}/RoundingAmount",),
            "prepaid": (f"{sums}/TotalPrepaidAmount",),
            "amount_due": (f"{sums}/DuePayableAmount",),
        },
        taxes=f"{paid}/ApplicableTradeTax",
        tax={
            "rate": ("RateApplicablePercent", "ApplicablePercent"),
            "base": ("BasisAmount",),
            "amount": ("CalculatedAmount",),
        },
        items=(f"{transaction}/IncludedSupplyChainTradeLineItem",),
        item={
            "description": ("SpecifiedTradeProduct/Name", "AssociatedDocumentLineDocument/IncludedNote/Content"),
            "quantity": (f"{line}Delivery/BilledQuantity",),
            "unit_price": (
                f"{line}Agreement/NetPriceProductTradePrice/ChargeAmount",
                f"{line}Agreement/GrossPriceProductTradePrice/ChargeAmount",
            ),
            "amount": (f"{line}Settlement/{names.line_totals}/LineTotalAmount",),
            "tax_rate": tuple(
                f"{line}Settlement/ApplicableTradeTax/{name}" for name in ("RateApplicablePercent", "ApplicablePercent")
            ),
            "product_code": (
                "SpecifiedTradeProduct/SellerAssignedID",
                "SpecifiedTradeProduct/BuyerAssignedID",
                "SpecifiedTradeProduct/GlobalID",
            ),
        },
        allowances=f"{line}Settlement/SpecifiedTradeAllowanceCharge",
        allowance={"amount": ("ActualAmount",), "is_charge": ("ChargeIndicator/Indicator", "ChargeIndicator")},
    )


def _moment(path: str) -> tuple[str, ...]:
    return (f"{path}/DateTimeString", f"{path}/DateTime")


def _trade_party(party: str) -> dict[str, tuple[str, ...]]:
    address, tax = f"{party}/PostalTradeAddress", f"{party}/SpecifiedTaxRegistration/ID"
    lines = ("LineOne", "LineTwo", "LineThree", "PostcodeCode", "CityName")
    return {
        "name": (f"{party}/Name", f"{party}/SpecifiedLegalOrganization/TradingBusinessName"),
        "address": tuple(f"{address}/{line}" for line in lines),
        "country": (f"{address}/CountryID",),
        "tax_id": (f"{tax}[@schemeID='VA']", tax),
    }


def _contact(party: str) -> dict[str, tuple[str, ...]]:
    contact = f"{party}/DefinedTradeContact"
    return {
        "phone": (f"{contact}/TelephoneUniversalCommunication/CompleteNumber",),
        "email": (
            f"{contact}/EmailURIUniversalCommunication/URIID",
            f"{contact}/EmailURIUniversalCommunication/CompleteNumber",
            f"{party}/URIUniversalCommunication/URIID[@schemeID='EM']",
        ),
    }


def ubl_details(*, lines: str, quantity: str) -> DetailsSyntax:
    """The paths of UBL, whose invoices and credit notes differ in the names of their lines.

    Args:
        lines: The element of a line.
        quantity: That of its quantity.
    """
    supplier, customer = "AccountingSupplierParty/Party", "AccountingCustomerParty/Party"
    sums, means = "LegalMonetaryTotal", "PaymentMeans"
    return DetailsSyntax(
        head={"document_type": ("InvoiceTypeCode", "CreditNoteTypeCode"), "time": ("IssueTime",)},
        supplier={
            **_ubl_party(supplier),
            "registration_no": (f"{supplier}/PartyLegalEntity/CompanyID",),
            "phone": (f"{supplier}/Contact/Telephone",),
            "email": (f"{supplier}/Contact/ElectronicMail",),
            "website": (f"{supplier}/WebsiteURI",),
        },
        customer={
            **_ubl_party(customer),
            "customer_no": ("AccountingCustomerParty/SupplierAssignedAccountID", f"{customer}/PartyIdentification/ID"),
        },
        references={
            "order_number": ("OrderReference/ID",),
            "delivery_date": ("Delivery/ActualDeliveryDate",),
            "period_from": ("InvoicePeriod/StartDate",),
            "period_to": ("InvoicePeriod/EndDate",),
        },
        payment={
            "bic": (
                f"{means}/PayeeFinancialAccount/FinancialInstitutionBranch/ID",
                f"{means}/PayeeFinancialAccount/FinancialInstitutionBranch/FinancialInstitution/ID",
            ),
            "reference": (f"{means}/PaymentID",),
            "terms": ("PaymentTerms/Note",),
            "method": (f"{means}/PaymentMeansCode",),
            "card_last4": (f"{means}/CardAccount/PrimaryAccountNumberID",),
        },
        amounts={
            "discount": (f"{sums}/AllowanceTotalAmount",),
            "rounding": (f"{sums}/PayableRoundingAmount",),
            "prepaid": (f"{sums}/PrepaidAmount",),
            "amount_due": (f"{sums}/PayableAmount",),
        },
        taxes="TaxTotal/TaxSubtotal",
        tax={"rate": ("TaxCategory/Percent", "Percent"), "base": ("TaxableAmount",), "amount": ("TaxAmount",)},
        items=(lines,),
        item={
            "description": ("Item/Name", "Item/Description"),
            "quantity": (quantity,),
            "unit_price": ("Price/PriceAmount",),
            "amount": ("LineExtensionAmount",),
            "tax_rate": ("Item/ClassifiedTaxCategory/Percent", "TaxTotal/TaxSubtotal/TaxCategory/Percent"),
            "product_code": (
                "Item/SellersItemIdentification/ID",
                "Item/BuyersItemIdentification/ID",
                "Item/StandardItemIdentification/ID",
            ),
        },
        allowances="AllowanceCharge",
        allowance={"amount": ("Amount",), "is_charge": ("ChargeIndicator",)},
    )


def _ubl_party(party: str) -> dict[str, tuple[str, ...]]:
    address, tax = f"{party}/PostalAddress", f"{party}/PartyTaxScheme"
    lines = ("StreetName", "BuildingNumber", "AdditionalStreetName", "AddressLine/Line", "PostalZone", "CityName")
    return {
        "name": (f"{party}/PartyLegalEntity/RegistrationName", f"{party}/PartyName/Name"),
        "address": tuple(f"{address}/{line}" for line in lines),
        "country": (f"{address}/Country/IdentificationCode",),
        "tax_id": (f"{tax}/TaxScheme[ID='VAT']/../CompanyID", f"{tax}/CompanyID"),
    }


_INVOICES = (
    "71 80 82 84 102 130 202 203 204 211 218 219 295 325 326 331 380 382 383 384 385 386 387 388 389 390 393 394 395"
    " 456 457 527 553 575 623 633 751 780 817 870 875 876 877 935"
)
_CREDIT_NOTES = "81 83 261 262 296 308 381 396 420 458 502 503 532"

DOCUMENT_TYPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(_INVOICES.split(), "invoice"),
    **dict.fromkeys(_CREDIT_NOTES.split(), "credit_note"),
    "220": "order",
    "270": "delivery_note",
    "310": "quote",
}
"""Source: UNTDID 1001, as BT-3 of EN 16931 restricts it; a code that is not here is another document."""

METHODS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("30", "31", "42", "58"), "transfer"),
    **dict.fromkeys(("48", "54", "55"), "card"),
    **dict.fromkeys(("49", "59"), "direct_debit"),
    **dict.fromkeys(("20", "21", "22", "23", "24", "25", "26"), "check"),
    "10": "cash",
}
"""Source: UNTDID 4461. A code that is not here is another way; 1 says that none is defined."""
