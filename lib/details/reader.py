"""The details of a document from its pages.

In: an OCR document, and the fields that the rules settled. Out: `Details`. It is parsed once for all of them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from lib.details.amounts import read_amounts
from lib.details.items import read_items
from lib.details.kinds import read_country, read_document_type, read_language
from lib.details.labels import Labels
from lib.details.parties import Parties
from lib.details.references import read_payment, read_references
from lib.details.taxes import read_taxes
from lib.details.times import read_time
from lib.document import Field, OcrDocument
from lib.extraction import Details, Leaf, Payment, References
from lib.layout_reader.page.parsing import ParsedDocument, parse_document

_AT_ONCE: Final = frozenset({"cash", "card", "paypal"})
"""Means by which a bill is paid before it is printed."""


def read_details(document: OcrDocument, *, fields: Sequence[Field], extras: Sequence[Field]) -> Details:
    """All that a document states beyond the six fields.

    Args:
        document: With its words in reading order.
        fields: The six, settled.
        extras: Those of EXTRA_KEYS, settled; they stand among the details as they are.
    """
    parsed = parse_document(document)
    if not parsed.rows:
        return Details()
    return _details(parsed, {field.key: field for field in fields}, _stated(extras))


def _stated(extras: Sequence[Field]) -> Mapping[str, Leaf]:
    return {field.key: field for field in extras if field.value is not None}


def _details(parsed: ParsedDocument, fields: dict[str, Field], known: Mapping[str, Leaf]) -> Details:
    labels = Labels(parsed)
    parties, country = Parties(parsed, labels), read_country(parsed)
    taxes = read_taxes(parsed, fields=fields)
    supplier = parties.supplier(fields.get("merchant"), known.get("tax_id"), country)
    document_type, payment = read_document_type(parsed, labels, known), read_payment(labels, parsed, known)
    references = read_references(labels, parsed, known)
    is_bill = document_type is not None and document_type.value == "invoice"
    return Details(
        document_type=document_type,
        language=read_language(parsed),
        country=country,
        time=read_time(parsed, labels, fields.get("date")),
        supplier=supplier,
        customer=parties.customer(supplier),
        references=references,
        payment=payment,
        amounts=read_amounts(
            parsed,
            labels,
            fields,
            asks_for_payment=is_bill and _asks_for_payment(labels, references, payment),
        ),
        taxes=taxes,
        items=read_items(parsed, fields=fields, taxes=taxes),
    )


def _asks_for_payment(labels: Labels, references: References, payment: Payment) -> bool:
    """Whether a bill says when, how or where to pay, and not that it was paid at once."""
    if payment.method is not None and payment.method.value in _AT_ONCE:
        return False
    stated = references.due_date, payment.iban, payment.bic, payment.terms
    return any(stated) or bool(labels.of("payment_request"))
