"""Which of an upload's XML files is the invoice.

In: attachments. Out: the invoice, if there is one beyond doubt, and warnings.

A hybrid invoice carries one file under one of the standards' own names; senders add files of their own beside it. So
files under the standards' names decide if there are any; else those under other names do, without what the PDF calls
supplements, which may be invoices, but others than the page shows.

Within a group, invoices must agree in all six fields; where they do not, none is taken (`einvoice_ambiguous`), as
nobody can know which one the page shows. A file that cannot be read is `einvoice_unreadable`. XML of another kind is
ignored. Without an invoice the pages are read as if there were no XML.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lib.document import Attachment
from lib.errors import UnreadableDocument
from lib.pipelines.einvoice.invoice import EInvoice, read_einvoice

UNREADABLE = "einvoice_unreadable"
AMBIGUOUS = "einvoice_ambiguous"

OWN_NAMES = frozenset({"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"})
"""In lower case. Source: Factur-X 1.0 and ZUGFeRD 2.3, section 6.2.2; ZUGFeRD 1.0 writes ZUGFeRD-invoice.xml."""

SUPPLEMENT = "Supplement"
"""Source: ISO 32000-2, table 43; the e-invoice itself is Alternative, Data or Source."""


@dataclass(frozen=True, slots=True)
class EInvoiceFinding:
    """What the XML files of an upload came to.

    Attributes:
        invoice: None where there is none, or none that can be trusted.
        warnings: Codes.
    """

    invoice: EInvoice | None = None
    warnings: tuple[str, ...] = ()


def choose_einvoice(attachments: Sequence[Attachment], *, details: bool = False) -> EInvoiceFinding:
    """The invoice among an upload's XML files.

    Args:
        attachments: In any order.
        details: Whether all that it states is asked for.
    """
    named = [attachment for attachment in attachments if _has_own_name(attachment)]
    group = named or [attachment for attachment in attachments if attachment.relationship != SUPPLEMENT]
    return _decide(group, details=details)


def _has_own_name(attachment: Attachment) -> bool:
    return attachment.name.lower() in OWN_NAMES


def _decide(group: Sequence[Attachment], *, details: bool) -> EInvoiceFinding:
    """The finding of files that count alike."""
    invoices: list[EInvoice] = []
    warnings: set[str] = set()
    for attachment in group:
        try:
            invoice = _read(attachment, details=details)
        except UnreadableDocument:
            warnings.add(UNREADABLE)
            continue
        if invoice is not None and invoice not in invoices:
            invoices.append(invoice)
    if len(invoices) > 1:
        return EInvoiceFinding(None, tuple(sorted({*warnings, AMBIGUOUS})))
    return EInvoiceFinding(invoices[0] if invoices else None, tuple(warnings))


def _read(attachment: Attachment, *, details: bool) -> EInvoice | None:
    """The invoice of one file; one under a standard's own name must be one."""
    if attachment.content is None:
        raise UnreadableDocument("It is larger than an upload may be (MAX_UPLOAD_MB).")
    invoice = read_einvoice(attachment.content, details=details)
    if invoice is None and _has_own_name(attachment):
        raise UnreadableDocument("It has an e-invoice's name, but is XML of another kind.")
    return invoice
