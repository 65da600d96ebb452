"""PDFs that carry very much beside what their pages draw: attachments, notes, fields, outlines, fonts."""

from collections.abc import Iterator, Sequence

from tests.corpus.case import OK, UNREADABLE, Case
from tests.pdf_writer import PdfWriter, show, show_lines, text_pdf

LINES = [f"Item {row} of the list costs {row}.50 EUR" for row in range(1, 31)]
DAMAGED = (OK, UNREADABLE)


def cases() -> Iterator[Case]:
    """All of them."""
    yield Case("5,000 attached XML files", lambda: _attached(5_000, b"<a/>" * 1_000, "xml"), (OK,))
    yield Case("5,000 attached PDFs below a cover", lambda: _attached(5_000, text_pdf(LINES), "pdf", lines=()), (OK,))
    yield Case(
        "180 attached PDFs of 19 MB below a cover",
        lambda: _attached(180, text_pdf(LINES) + b"%" + bytes(19_000_000), "pdf", lines=()),
        DAMAGED,
        long=True,
    )
    yield Case("names of attachments 20,000 deep", lambda: _chained(b"/Kids [%d 0 R]", 20_000, _NAMES), DAMAGED)
    yield Case("fields 3,000 deep", lambda: _chained(b"/T (a) /FT /Tx /Kids [%d 0 R]", 3_000, _FIELDS), DAMAGED)
    yield Case("outline 20,000 deep", lambda: _chained(b"/Title (a) /First %d 0 R", 20_000, b"/Outlines %d 0 R"), (OK,))
    yield Case("form of 60 MB of white space", _form_of_white_space, (OK,))
    yield Case("8,000 notes", lambda: _notes(8_000), (OK,), long=True)
    yield Case("5,000 fields to be drawn", lambda: _fields(5_000), DAMAGED, long=True)
    yield Case("3,000 fonts", lambda: _fonts(3_000), DAMAGED, long=True)
    yield Case("60,000 images over text", lambda: _images(60_000), DAMAGED, long=True)


_NAMES = b"/Names << /EmbeddedFiles %d 0 R >>"
_FIELDS = b"/AcroForm << /Fields [%d 0 R] >>"


def _attached(count: int, content: bytes, kind: str, *, lines: Sequence[str] = LINES) -> bytes:
    """The same content under many names."""
    writer = PdfWriter()
    stream = writer.stream(content, b"/Type /EmbeddedFile")
    names = []
    for number in range(count):
        name = b"(%05d.%s)" % (number, kind.encode())
        file = writer.add(b"<< /Type /Filespec /F %s /UF %s /EF << /F %d 0 R >> >>" % (name, name, stream))
        names.append(b"%s %d 0 R" % (name, file))
    writer.catalog = b"/Names << /EmbeddedFiles << /Names [%s] >> >>" % b" ".join(names)
    writer.page(show_lines(lines or ["See the attachments"]))
    return writer.save()


def _chained(link: bytes, count: int, entry: bytes) -> bytes:
    """Objects of which each names the next one, the first of them named by an entry of the catalog."""
    writer = PdfWriter()
    first = len(writer.objects) + 1
    for number in range(first, first + count):
        writer.add(b"<< %s >>" % (link % (number + 1)))
    writer.add(b"<< >>")
    writer.catalog = entry % first
    writer.page(show_lines(LINES))
    return writer.save()


def _form_of_white_space() -> bytes:
    writer = PdfWriter()
    form = writer.stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'>" + b" " * 60_000_000 + b"</xdp:xdp>")
    writer.catalog = b"/AcroForm << /Fields [] /XFA %d 0 R >>" % form
    writer.page(show("Please wait...", 20, 800))
    return writer.save()


def _notes(count: int) -> bytes:
    writer = PdfWriter()
    form = writer.form(show("note", 0, 0), bbox=(0, 0, 60, 20))
    look = b"/AP << /N %d 0 R >>" % form
    notes = [
        writer.add(
            b"<< /Type /Annot /Subtype /Stamp /F 4 /Rect [20 %d 80 %d] %s >>" % (row % 800, row % 800 + 20, look)
        )
        for row in range(count)
    ]
    writer.page(show_lines(LINES), annotations=notes)
    return writer.save()


def _fields(count: int) -> bytes:
    writer = PdfWriter()
    kind = b"/Type /Annot /Subtype /Widget /FT /Tx /DA (/F1 8 Tf) /F 4"
    fields = [
        writer.add(b"<< %s /T (f%d) /V (v%d) /Rect [20 %d 80 %d] >>" % (kind, row, row, row % 800, row % 800 + 20))
        for row in range(count)
    ]
    references = b" ".join(b"%d 0 R" % field for field in fields)
    writer.catalog = b"/AcroForm << /NeedAppearances true /DR << /Font << /F1 3 0 R >> >> /Fields [%s] >>" % references
    writer.page(show_lines(LINES), annotations=fields)
    return writer.save()


def _fonts(count: int) -> bytes:
    writer = PdfWriter()
    fonts = {f"X{i}": writer.add(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>") for i in range(count)}
    words = (show(f"w{i}", 20 + 50 * (i % 10), 820 - i // 10 * 2, font=f"X{i}", size=4) for i in range(count))
    writer.page(b"".join(words), fonts=fonts)
    return writer.save()


def _images(count: int) -> bytes:
    writer = PdfWriter()
    image = writer.image(1, 1, b"\0\0\0")
    drawn = (b"q 9 0 0 9 %d %d cm /Im Do Q\n" % (i % 600, i % 800) for i in range(count))
    writer.page(show_lines(LINES) + b"".join(drawn), xobjects={"Im": image})
    return writer.save()
