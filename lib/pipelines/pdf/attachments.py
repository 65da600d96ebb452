"""What runs in the PDF worker process, too: the XML files and the PDFs embedded in a PDF.

In: the path of a PDF and a limit. Out: attachments, few and small. Pages do not depend on them, so they are read in a
call of their own, whose failure costs nothing but them.

Source: pdfium's public header fpdf_attachment.h; ISO 32000-2, 7.11.4 (embedded files) and 7.11.3 (AFRelationship).
"""

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pypdfium2 import raw as pdfium

from lib.document import Attachment
from lib.pipelines.pdf.content import Handle
from lib.pipelines.pdf.document import Document, open_document

MOST_ATTACHMENTS = 200
"""Attached files that are looked at by name; the list may be forged and long."""

MOST_XML_FILES = 10
"""XML files that are read; an e-invoice has one, and sometimes a few more of its sender's own."""


def read_xml_attachments(path: str, max_bytes: int) -> tuple[Attachment, ...]:
    """The XML files embedded in a PDF, in the order of its list of names.

    Args:
        path: Of the PDF.
        max_bytes: Of all of them together; one that would exceed it comes without content.

    Raises:
        EncryptedDocument: It opens only with a password.
        UnreadableDocument: It is damaged.
    """
    with open_document(path) as document:
        files = _xml_files(document)
        attachments = []
        for name, file in files:
            content = _content(file, max_bytes)
            max_bytes -= len(content or b"")
            attachments.append(Attachment(name, _text(pdfium.FPDFAttachment_GetAFRelationship, file) or None, content))
    return tuple(attachments)


def write_attached_pdf(path: str, target: str, max_bytes: int) -> int:
    """Write the first PDF embedded in a PDF into a file.

    Args:
        path: Of the PDF.
        target: The file that gets it; it is not made where there is none.
        max_bytes: Of the embedded PDF; larger ones are passed over.

    Returns:
        How many PDFs are embedded.

    Raises:
        EncryptedDocument: It opens only with a password.
        UnreadableDocument: It is damaged.
    """
    with open_document(path) as document:
        found = 0
        for _, file in _files(document, "pdf"):
            content = _content(file, max_bytes)
            if content is not None and b"%PDF-" in content[:1024]:
                found += 1
                if found == 1:
                    Path(target).write_bytes(content)
    return found


def has_xml(document: Document) -> bool:
    """Whether a PDF carries a file that its name or type calls XML."""
    return bool(_xml_files(document))


def _xml_files(document: Document) -> list[tuple[str, Handle]]:
    return _files(document, "xml")[:MOST_XML_FILES]


def _files(document: Document, kind: str) -> list[tuple[str, Handle]]:
    """(name, handle) of the files that their name or type calls of a kind."""
    count = min(pdfium.FPDFDoc_GetAttachmentCount(document), MOST_ATTACHMENTS)
    files = [pdfium.FPDFDoc_GetAttachment(document, index) for index in range(count)]
    named = [(_text(pdfium.FPDFAttachment_GetName, file), file) for file in files if file]
    return [(name, file) for name, file in named if _is_of_kind(kind, name, file)]


def _is_of_kind(kind: str, name: str, file: Handle) -> bool:
    called = _text(pdfium.FPDFAttachment_GetSubtype, file).lower()
    return name.lower().endswith(f".{kind}") or called.endswith(f"/{kind}")


def _content(file: Handle, max_bytes: int) -> bytes | None:
    size = ctypes.c_ulong()
    if not pdfium.FPDFAttachment_GetFile(file, None, 0, size):
        return b""
    if size.value > max_bytes:
        return None
    buffer = ctypes.create_string_buffer(size.value)
    pdfium.FPDFAttachment_GetFile(file, buffer, size.value, size)
    return buffer.raw


def _text(read: Callable[..., Any], file: Handle) -> str:
    """What a function of pdfium writes as UTF-16 with a closing zero."""
    size = int(read(file, None, 0))
    buffer = (pdfium.FPDF_WCHAR * (size // 2 + 1))()
    read(file, buffer, size)
    return bytes(buffer)[:size].decode("utf-16-le", "replace").rstrip("\0")
