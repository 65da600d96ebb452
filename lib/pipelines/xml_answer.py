"""What an e-invoice's XML answers, as an extraction; with its pages, or with no more of them than it takes.

In: an opened upload, the invoice in it. Out: an `Extraction`. The pages of an e-invoice are compared with it and
shown, never read.
"""

from collections.abc import Iterable
from functools import partial

from lib.document import Inquiry, OcrDocument, Page
from lib.extraction import Extraction
from lib.pipelines.einvoice import EInvoice, EInvoiceFinding, as_fields, disagrees_with_pages, extra_fields
from lib.pipelines.einvoice.page_check import DISAGREES, leaves_no_doubt
from lib.pipelines.long_documents import compute_words
from lib.pipelines.pages import OpenedUpload
from lib.post.rules import RULESET_VERSION, warnings_of


def is_xml_enough(inquiry: Inquiry) -> bool:
    """Whether all that is asked may stand in an e-invoice's XML."""
    return not inquiry.questions and not inquiry.words


async def answer_of_xml_alone(finding: EInvoiceFinding, opened: OpenedUpload, *, inquiry: Inquiry) -> Extraction | None:
    """The extraction of an e-invoice whose pages are not read, but for one that shows its total; None: they have to be.

    Args:
        finding: What the upload carries.
        opened: Its pages unread.
        inquiry: What is asked, `is_xml_enough`.
    """
    invoice = finding.invoice
    if invoice is None or not await opened.is_settled(partial(leaves_no_doubt, invoice.total)):
        return None
    pages = [Page(page_index, 0, 0, "text_layer") for page_index in range(opened.unread)]
    return _extraction_of(invoice, finding.warnings, OcrDocument(tuple(pages)), inquiry)


async def answer_beside_pages(finding: EInvoiceFinding, opened: OpenedUpload, *, inquiry: Inquiry) -> Extraction | None:
    """The extraction of the e-invoice that was found, held against all pages; None where none was."""
    invoice = finding.invoice
    if invoice is None:
        return None
    disagrees = await compute_words(opened.pages, disagrees_with_pages, invoice, opened.pages)
    warnings = (*finding.warnings, DISAGREES) if disagrees else finding.warnings
    return _extraction_of(invoice, warnings, OcrDocument(opened.pages), inquiry)


def _extraction_of(invoice: EInvoice, warnings: Iterable[str], document: OcrDocument, inquiry: Inquiry) -> Extraction:
    """The extraction of an e-invoice; pages without a text layer stay unread."""
    fields = as_fields(invoice)
    return Extraction(
        fields=fields,
        extras=extra_fields(invoice) if inquiry.extras else (),
        details=invoice.details,
        document=document,
        reader="einvoice",
        model_version="einvoice-1",
        ruleset_version=RULESET_VERSION,
        source="xml",
        warnings=tuple(sorted({*warnings, *warnings_of(fields)})),
    )
