"""The public JSON of `details`: all that a document states beyond the six fields.

In: nothing. Out: pydantic models. Every leaf is the cell of `fields`, or null where the document does not state it.
"""

from typing import Any

from apps.api_gpu.schema_parts import FieldDetail, Public, example

Cell = FieldDetail | None


class SupplierBody(Public):
    """Whoever issued the document; `name` is the `merchant` of `data`."""

    name: Cell
    address: Cell
    country: Cell
    tax_id: Cell
    registration_no: Cell
    phone: Cell
    email: Cell
    website: Cell


class CustomerBody(Public):
    """Whom the document is addressed to; `customer_no` is the supplier's number for them."""

    name: Cell
    address: Cell
    country: Cell
    tax_id: Cell
    customer_no: Cell


class ReferencesBody(Public):
    """Numbers and days that the document refers to; days as YYYY-MM-DD."""

    invoice_number: Cell
    order_number: Cell
    due_date: Cell
    delivery_date: Cell
    period_from: Cell
    period_to: Cell


class PaymentBody(Public):
    """How the document is to be paid, or was; `reference` is what the payer is asked to state."""

    iban: Cell
    bic: Cell
    reference: Cell
    terms: Cell
    method: Cell
    card_last4: Cell


class AmountsBody(Public):
    """Amounts of the whole document; `discount` and `prepaid` as positive numbers."""

    discount: Cell
    shipping: Cell
    service_charge: Cell
    tip: Cell
    rounding: Cell
    prepaid: Cell
    amount_due: Cell


class TaxBody(Public):
    """The tax of one rate, which is in percent."""

    rate: Cell
    base: Cell
    amount: Cell


class ItemBody(Public):
    """One row of what is sold; `amount` is the one in its own row, before a discount below it."""

    description: Cell
    quantity: Cell
    unit: Cell
    unit_price: Cell
    amount: Cell
    tax_rate: Cell
    product_code: Cell
    discount: Cell


def _cell(value: object, text: str, bbox: list[float], confidence: float = 0.97) -> dict[str, Any]:
    return {"value": value, "text": text, "confidence": confidence, "page_no": 1, "bbox": bbox, "problem": None}


def _nothing(model: type[Public]) -> dict[str, Any]:
    return dict.fromkeys(model.model_fields)


EXAMPLE_DETAILS: dict[str, Any] = {
    "document_type": _cell("receipt", "Receipt", [240.0, 118.0, 330.0, 140.0], 0.9),
    "language": {**_cell("en", "", []), "text": None, "page_no": None, "bbox": None},
    "country": {**_cell("US", "", []), "text": None, "page_no": None, "bbox": None},
    "time": _cell("09:05", "9:05 AM", [410.0, 160.0, 498.0, 182.0]),
    "supplier": _nothing(SupplierBody)
    | {"name": _cell("Harbor Street Coffee", "Harbor Street Coffee", [180.0, 40.0, 420.0, 74.0])},
    "customer": _nothing(CustomerBody),
    "references": _nothing(ReferencesBody),
    "payment": _nothing(PaymentBody) | {"method": _cell("card", "VISA", [60.0, 690.0, 120.0, 712.0], 0.9)},
    "amounts": _nothing(AmountsBody),
    "taxes": [
        {
            "rate": _cell(8, "8%", [60.0, 520.0, 96.0, 542.0]),
            "base": None,
            "amount": _cell(0.9, "0.90", [470.0, 520.0, 530.0, 542.0]),
        }
    ],
    "items": [
        _nothing(ItemBody)
        | {
            "description": _cell("Flat white", "Flat white", [60.0, 300.0, 190.0, 322.0]),
            "quantity": _cell(2, "2", [30.0, 300.0, 44.0, 322.0]),
            "amount": _cell(11.2, "11.20", [460.0, 300.0, 530.0, 322.0]),
        }
    ],
    "by_reader": [],
}


class DetailsBody(Public):
    """Everything that the document states beyond the six fields; lists are in reading order.

    Attributes:
        by_reader: Paths, such as `supplier.phone`, of the cells that the TILT server or the general model answered; all
            others are the embedded reader's, or those of `fields`.
    """

    model_config = example(EXAMPLE_DETAILS)

    document_type: Cell
    language: Cell
    country: Cell
    time: Cell
    supplier: SupplierBody
    customer: CustomerBody
    references: ReferencesBody
    payment: PaymentBody
    amounts: AmountsBody
    taxes: list[TaxBody]
    items: list[ItemBody]
    by_reader: list[str]
