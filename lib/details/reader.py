"""The details of a document from its pages.

In: an OCR document, and the fields that the rules settled. Out: `Details`. One survey of the document serves all.
"""

from collections.abc import Mapping, Sequence

from lib.details.amounts import read_amounts
from lib.details.items import read_items
from lib.details.kinds import read_country, read_document_type, read_language
from lib.details.labels import Labels
from lib.details.parties import Parties
from lib.details.references import read_payment, read_references
from lib.details.taxes import read_taxes
from lib.details.times import read_time
from lib.document import Field, OcrDocument
from lib.extraction import Details, Leaf
from lib.layout_reader.survey import Survey, survey


def read_details(document: OcrDocument, *, fields: Sequence[Field], extras: Sequence[Field]) -> Details:
    """All that a document states beyond the six fields.

    Args:
        document: With its words in reading order.
        fields: The six, settled.
        extras: Those of EXTRA_KEYS, settled; they stand among the details as they are.
    """
    seen = survey(document)
    if not seen.rows:
        return Details()
    return _details(seen, {field.key: field for field in fields}, _stated(extras))


def _stated(extras: Sequence[Field]) -> Mapping[str, Leaf]:
    return {field.key: field for field in extras if field.value is not None}


def _details(seen: Survey, fields: dict[str, Field], known: Mapping[str, Leaf]) -> Details:
    labels = Labels(seen)
    parties, country = Parties(seen, labels), read_country(seen)
    taxes = read_taxes(seen, fields=fields)
    supplier = parties.supplier(fields.get("merchant"), known.get("tax_id"), country)
    return Details(
        document_type=read_document_type(seen, labels),
        language=read_language(seen),
        country=country,
        time=read_time(seen, labels, fields.get("date")),
        supplier=supplier,
        customer=parties.customer(supplier),
        references=read_references(labels, seen, known),
        payment=read_payment(labels, seen, known),
        amounts=read_amounts(seen, labels, fields),
        taxes=taxes,
        items=read_items(seen, fields=fields, taxes=taxes),
    )
