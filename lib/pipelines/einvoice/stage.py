"""The stage's verbs: find the invoice in a PDF, read an XML upload.

In: whoever carries attachments, and bounds. Out: a finding or an invoice. XML is parsed in the worker process that PDFs
are read in: it is as hostile, and Expat lets no other thread of its process run.
"""

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from lib.document import Attachment
from lib.errors import UnreadableDocument
from lib.pipelines.einvoice.choice import UNREADABLE, EInvoiceFinding, choose_einvoice
from lib.pipelines.einvoice.invoice import EInvoice, read_einvoice
from lib.pipelines.worker_process import Bounds, run_bounded


class Carrier(Protocol):
    """An opened upload."""

    async def attachments(self) -> Sequence[Attachment]:
        """Its XML files; UnreadableDocument where they cannot be unpacked."""


async def find_einvoice(upload: Carrier, *, bounds: Bounds, details: bool = False) -> EInvoiceFinding:
    """The invoice that a PDF carries; where anything goes wrong, none and a warning, as there are pages to read.

    Args:
        upload: Of any type; images carry nothing.
        bounds: Of the worker process.
        details: Whether all that it states is asked for.
    """
    try:
        attachments = await upload.attachments()
        if not attachments:
            return EInvoiceFinding()
        return await run_bounded(partial(choose_einvoice, details=details), attachments, bounds=bounds)
    except UnreadableDocument:
        return EInvoiceFinding(None, (UNREADABLE,))


async def read_xml_upload(upload: Carrier, *, bounds: Bounds, details: bool = False) -> EInvoice:
    """The invoice that an XML upload is.

    Args:
        upload: With the XML as its only attachment.
        bounds: Of the worker process.
        details: Whether all that it states is asked for.

    Raises:
        UnreadableDocument: It is no e-invoice, or damaged, or not safe to read.
    """
    (attachment,) = await upload.attachments()
    invoice = await run_bounded(partial(read_einvoice, details=details), attachment.content or b"", bounds=bounds)
    if invoice is None:
        raise UnreadableDocument(
            "The XML is no e-invoice that is read here. Send ZUGFeRD, Factur-X, XRechnung or UBL, or the invoice as a"
            " PDF."
        )
    return invoice
