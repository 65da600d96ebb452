"""Files that are more than they seem, or something else: active PDFs, attachments, encryption, two formats in one."""

import io
import zipfile
from collections.abc import Iterator
from functools import partial

from PIL import Image

from tests.corpus.case import OK, UNREADABLE, Case
from tests.corpus.image_files import behind_start, encoded, segment
from tests.pdf_writer import PdfWriter, show_lines, text_pdf

LINES = [f"Item {row} of the list costs {row}.50 EUR" for row in range(1, 31)]
OTHER_TYPE = ("unsupported_media_type",)
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">%s]><Invoice>&z;</Invoice>""" % b"".join(
    b'<!ENTITY %c "%s">' % (b, b"&%c;" % a * 10)
    for a, b in zip(b"abcdefghijklmnopqrstuvwxy", b"bcdefghijklmnopqrstuvwxyz", strict=True)
)


def cases() -> Iterator[Case]:
    """All of them."""
    yield Case("nothing", lambda: b"", ("empty_upload",))
    yield Case("more than 20 MB", lambda: b"%PDF-1.7" + bytes(20 * 2**20), ("upload_too_large",))
    yield from _active()
    yield from _attachments()
    yield from _encrypted()
    yield from _two_in_one()
    yield from _other_formats()


def _active() -> Iterator[Case]:
    script = b"/S /JavaScript /JS (while (true) app.alert\\(1\\);)"
    for name, catalog in (
        ("JavaScript", b"/OpenAction << %s >>" % script),
        ("named JavaScript", b"/Names << /JavaScript << /Names [(a) << %s >>] >> >>" % script),
        ("a program to launch", b"/OpenAction << /S /Launch /F (/bin/sh) >>"),
        ("a form to send", b"/OpenAction << /S /SubmitForm /F (http://127.0.0.1:1/) >>"),
        ("an address to open", b"/OpenAction << /S /URI /URI (http://127.0.0.1:1/) >>"),
        ("another file to go to", b"/OpenAction << /S /GoToE /T << /R /C /T 0 >> >>"),
        ("an XFA form", b"/AcroForm << /Fields [] /XFA [(template) 4 0 R] /NeedAppearances true >>"),
        ("an outline in a circle", b"/Outlines << /First 1 0 R /Last 1 0 R /Count 9 >>"),
        ("a structure in a circle", b"/StructTreeRoot << /K 1 0 R /ParentTree 1 0 R >> /MarkInfo << /Marked true >>"),
    ):
        yield Case(f"PDF with {name}", partial(_with_catalog, catalog), (OK,))
    yield Case("PDF with a form", _with_form_fields, (OK,))
    yield Case(
        "PDF with a form of itself", lambda: _with_annotations(b"/Subtype /Widget /FT /Tx /Parent %d 0 R"), (OK,)
    )
    yield Case(
        "PDF with 5,000 notes",
        lambda: _with_annotations(b"/Subtype /Text /Contents (x) /Popup %d 0 R", count=5_000),
        (OK, UNREADABLE),
    )
    yield Case("PDF with a film", lambda: _with_annotations(b"/Subtype /RichMedia /RichMediaContent %d 0 R"), (OK,))


def _attachments() -> Iterator[Case]:
    yield Case("PDF with a program attached", lambda: _with_attachment("../../evil.exe", b"MZ\x90\0" * 1000), (OK,))
    yield Case("PDF with an invoice of laughs", lambda: _with_attachment("factur-x.xml", LAUGHS), (OK,))
    yield Case(
        "PDF with half an invoice", lambda: _with_attachment("factur-x.xml", b"<rsm:CrossIndustryInvoice"), (OK,)
    )
    yield Case("PDF with 100 MB of invoice", lambda: _with_attachment("factur-x.xml", b"<a>" + bytes(10**8)), (OK,))
    yield Case("PDF with an invoice 100,000 deep", lambda: _with_attachment("factur-x.xml", b"<a>" * 100_000), (OK,))
    yield Case("PDF attached to a PDF", lambda: _with_attachment("a.pdf", text_pdf(LINES)), (OK,))
    for name, names in (
        ("of itself", b"<< /Kids [1 0 R] /EmbeddedFiles 1 0 R >>"),
        ("in a circle", b"<< /Kids [5 0 R 5 0 R] >>"),
        ("of 100,000 names", b"<< /Names [%s] >>" % (b"(a) 1 0 R " * 100_000)),
    ):
        catalog = b"/Names << /EmbeddedFiles %s >>" % names
        yield Case(f"PDF with attachments {name}", partial(_with_catalog, catalog), (OK,))


def _encrypted() -> Iterator[Case]:
    yield Case("PDF with a password", lambda: _locked(b"secret"), ("encrypted_document",))
    yield Case("PDF with an owner's password only", lambda: _locked(b""), (OK,))
    yield Case(
        "PDF locked by something unknown",
        lambda: _with_lock(b"/Filter /Unknown /V 99"),
        ("encrypted_document", UNREADABLE),
    )
    yield Case(
        "PDF locked by itself",
        lambda: _with_lock(b"/Filter /Standard /V 4 /CF << /StdCF 1 0 R >>"),
        ("encrypted_document", UNREADABLE),
    )


def _two_in_one() -> Iterator[Case]:
    yield Case("PDF and ZIP", lambda: text_pdf(LINES) + _zip(), (OK,))
    yield Case("ZIP and PDF", lambda: _zip(stored=text_pdf(LINES)), (OK, UNREADABLE, *OTHER_TYPE))
    yield Case("JPEG and PDF", lambda: encoded(Image.new("RGB", (80, 60)), "JPEG") + text_pdf(LINES), (OK,))
    yield Case("JPEG with a PDF inside", _jpeg_around_pdf, (OK,))
    yield Case("PNG and ZIP", lambda: encoded(Image.new("RGB", (80, 60)), "PNG") + _zip(), (OK,))
    yield Case(
        "HTML around a PDF",
        lambda: b"<html><script>alert(1)</script>\n" + text_pdf(LINES) + b"</html>",
        (OK, UNREADABLE),
    )
    yield Case("PDF behind a kilobyte of junk", lambda: b"\0" * 1_000 + text_pdf(LINES), (OK, UNREADABLE))
    yield Case("two PDFs", lambda: text_pdf(LINES) + text_pdf(LINES[:3]), (OK, UNREADABLE))
    yield Case("PDF behind HTTP headers", lambda: b"HTTP/1.1 200 OK\r\n\r\n" + text_pdf(LINES), (OK,))


def _other_formats() -> Iterator[Case]:
    for name, content in (
        ("HTML", b"<!DOCTYPE html><html><body>Total 12.50</body></html>"),
        ("a text", b"Dear customer, please find attached ..."),
        ("UTF-16 text", "Rechnung 12,50 €".encode("utf-16")),
        ("XML of laughs", LAUGHS),
        ("a ZIP", None),
        ("a GIF", b"GIF89a\x01\0\x01\0\0\0\0;"),
        ("a TIFF", b"II*\0\x08\0\0\0\0\0"),
        ("PostScript", b"%!PS-Adobe-3.0\n(/etc/passwd) run"),
        ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("a program", b"\x7fELF\x02\x01\x01" + bytes(100)),
        ("zeros", bytes(10_000)),
        ("one byte", b"\xff"),
        ("a gzip", b"\x1f\x8b\x08" + bytes(20)),
        ("JPEG's first two bytes", b"\xff\xd8"),
    ):
        yield Case(name, partial(bytes, content) if content is not None else _zip, OTHER_TYPE)
    yield Case("a WebP without a picture", partial(bytes, b"RIFF\x0c\0\0\0WEBPVP8 \0\0\0\0"), ("unreadable_document",))


def _with_catalog(catalog: bytes) -> bytes:
    writer = PdfWriter(catalog=catalog)
    writer.page(show_lines(LINES))
    return writer.save()


def _with_annotations(entries: bytes, *, count: int = 1) -> bytes:
    """Annotations whose entry may refer to themselves."""
    writer = PdfWriter()
    first = len(writer.objects) + 1
    for number in range(first, first + count):
        own = entries % number if b"%d" in entries else entries
        writer.add(b"<< /Type /Annot /Rect [9 9 99 99] %s >>" % own)
    writer.page(show_lines(LINES), annotations=range(first, first + count))
    return writer.save()


def _with_form_fields() -> bytes:
    writer = PdfWriter()
    fields = [
        writer.add(
            b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (f%d) /V (12.50) /DA (/F1 9 Tf) /Rect [9 %d 99 %d] >>"
            % (n, 20 * n, 20 * n + 15)
        )
        for n in range(20)
    ]
    writer.catalog = b"/AcroForm << /NeedAppearances true /DA (/F1 9 Tf) /Fields [%s] >>" % b" ".join(
        b"%d 0 R" % f for f in fields
    )
    writer.page(show_lines(LINES), annotations=fields)
    return writer.save()


def _with_attachment(name: str, content: bytes) -> bytes:
    writer = PdfWriter()
    stream = writer.stream(content, b"/Type /EmbeddedFile /Subtype /text#2Fxml")
    spec = writer.add(
        b"<< /Type /Filespec /F (%s) /EF << /F %d 0 R >> /AFRelationship /Data >>" % (name.encode(), stream)
    )
    writer.catalog = b"/Names << /EmbeddedFiles << /Names [(%s) %d 0 R] >> >> /AF [%d 0 R]" % (
        name.encode(),
        spec,
        spec,
    )
    writer.page(show_lines(LINES))
    return writer.save()


def _locked(password: bytes) -> bytes:
    writer = PdfWriter()
    writer.page(show_lines(LINES))
    return writer.save(user_password=password)


def _with_lock(entries: bytes) -> bytes:
    content = text_pdf(LINES)
    return content.replace(b"trailer\n<<", b"trailer\n<< /Encrypt << %s >>" % entries, 1)


def _zip(stored: bytes = b"x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a", stored)
    return buffer.getvalue()


def _jpeg_around_pdf() -> bytes:
    return behind_start(encoded(Image.new("RGB", (80, 60)), "JPEG"), [segment(0xFE, text_pdf(LINES))])
