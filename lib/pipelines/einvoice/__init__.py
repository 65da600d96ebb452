"""Embedded or uploaded XML -> the six fields, exactly as the sender's software wrote them.

In: the XML files of an upload. Out: an `EInvoice`, or why there is none, and whether the pages show the same total.
`stage` has the verbs for `extract.py`, and runs the rest in a worker process; `choice` picks among several files;
`invoice` knows what the formats call things; `xml_tree` alone imports the XML library and holds its dangers;
`page_check` compares with the text layer.

| format                                    | root                     |
|-------------------------------------------|--------------------------|
| ZUGFeRD 1.0                               | CrossIndustryDocument    |
| ZUGFeRD 2.x, Factur-X, XRechnung (CII)    | CrossIndustryInvoice     |
| XRechnung (UBL), Peppol BIS, any UBL 2.x  | Invoice, CreditNote      |

Amounts keep the document's own signs: a credit note states what is given back as positive numbers, and its page shows
them so.
"""

from lib.pipelines.einvoice.choice import EInvoiceFinding, choose_einvoice
from lib.pipelines.einvoice.invoice import EInvoice, as_fields, extra_fields, read_einvoice
from lib.pipelines.einvoice.page_check import disagrees_with_pages
from lib.pipelines.einvoice.stage import find_einvoice, read_xml_upload

__all__ = [
    "EInvoice",
    "EInvoiceFinding",
    "as_fields",
    "choose_einvoice",
    "disagrees_with_pages",
    "extra_fields",
    "find_einvoice",
    "read_einvoice",
    "read_xml_upload",
]
