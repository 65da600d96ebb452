"""PDFs whose pages are odd: what they draw never ends, unpacks to more than memory, or says what no text can say."""

import zlib
from collections.abc import Iterator, Sequence
from functools import partial

from tests.corpus.case import OK, UNREADABLE, Case
from tests.pdf_writer import A4, PdfWriter, place_image, show, show_lines

LINES = [f"Item {row} of the list costs {row}.50 EUR" for row in range(1, 31)]
BOMB_BYTES = 10**8
SMALL = (0.0, 0.0, 60.0, 60.0)
"""A page that OCR is done with at once."""

DAMAGED = (OK, UNREADABLE)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _bombs()
    yield from _streams()
    yield from _drawings()
    yield from _texts()


def _bombs() -> Iterator[Case]:
    """Little in the file, much behind it."""
    yield Case("100 MB of white space as content", lambda: _with_packed(b" ", times=1), DAMAGED)
    yield Case("100 MB of operators as content", lambda: _with_packed(b"q Q ", times=1), DAMAGED, long=True)
    yield Case("100 MB of saved states as content", lambda: _with_packed(b"q ", times=1), DAMAGED, long=True)
    yield Case("100 MB of open brackets as content", lambda: _with_packed(b"[", times=1), DAMAGED, long=True)
    yield Case("100 MB of numbers as content", lambda: _with_packed(b"1 ", times=1), DAMAGED, long=True)
    yield Case("100 MB of content, packed twice", lambda: _with_packed(b"0 0 m ", times=2), DAMAGED, long=True)
    yield Case(
        "image of 100 MB from 100 kB", lambda: _with_image(10_000, 10_000, _packed(b"\0", times=1)), DAMAGED, long=True
    )
    yield Case(
        "image of 60,000 x 60,000 from nothing",
        lambda: _with_image(60_000, 60_000, zlib.compress(b"")),
        DAMAGED,
        long=True,
    )
    yield Case("image of 2^31 x 2^31", lambda: _with_image(2**31 - 1, 2**31 - 1, zlib.compress(b"\0")), DAMAGED)


def _streams() -> Iterator[Case]:
    for name, entries in (
        ("packed 200 times", b"/Filter [%s]" % (b"/FlateDecode " * 200)),
        ("of a filter nobody knows", b"/Filter /Nonsense"),
        ("that is LZW by name", b"/Filter /LZWDecode"),
        (
            "that is fax by name",
            b"/Filter /CCITTFaxDecode /DecodeParms << /Columns 2147483647 /Rows 2147483647 /K -1 >>",
        ),
        ("of rows of 2^31 columns", b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 2147483647 >>"),
        ("of negative rows", b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns -9 /Colors -9 >>"),
        ("that is JPEG 2000 by name", b"/Filter /JPXDecode"),
        ("that is JBIG2 by name", b"/Filter /JBIG2Decode /DecodeParms << /JBIG2Globals 5 0 R >>"),
        ("that is JPEG by name", b"/Filter /DCTDecode"),
    ):
        yield Case(f"image {name}", partial(_with_image, 400, 400, zlib.compress(bytes(400)), filters=entries), DAMAGED)
    yield Case("content of a length of 2^31", lambda: _with_length(b"2147483647"), DAMAGED)
    yield Case("content of a negative length", lambda: _with_length(b"-1"), DAMAGED)


def _drawings() -> Iterator[Case]:
    yield Case("form that draws itself", _form_of_itself, DAMAGED)
    yield Case("forms that draw each other", _forms_of_each_other, DAMAGED, long=True)
    yield Case("forms 3,000 deep", _deep_forms, DAMAGED)
    yield Case("forms that draw each other 10^8 times", _forms_of_forms, (UNREADABLE,), long=True)
    yield Case("pattern of itself", _pattern_of_itself, DAMAGED, long=True)
    yield Case("letters that draw themselves", _letters_of_themselves, DAMAGED)
    yield Case("mask of itself", _mask_of_itself, DAMAGED)
    yield Case("20,000 images", lambda: _with_content(b"/Im Do " * 20_000, image=True, lines=()), DAMAGED, long=True)
    yield Case("a line of 10^9 dashes", lambda: _with_content(b"[0.001] 0 d 0 0 m 1000000 9 l S", lines=()), DAMAGED)
    yield Case(
        "300,000 curves",
        lambda: _with_content(b"0 0 m " + b"9 9 99 5 5 99 c " * 300_000 + b"S", lines=()),
        DAMAGED,
        long=True,
    )
    yield Case("coordinates of 10^38", lambda: _with_content(_everywhere("9" * 39)), (OK,))
    yield Case("coordinates that are none", lambda: _with_content(_everywhere("1e400")), (OK,))
    yield Case("operators nobody knows", lambda: _with_content(b"nonsense 1 2 3 xyzzy " * 2_000), (OK,))
    yield Case("text that never ends", lambda: _with_content(b"BT /F1 12 Tf (" * 2_000), DAMAGED)


def _texts() -> Iterator[Case]:
    for name, size in (("no", 0.0), ("a negative", -12.0), ("a huge", 1e9), ("a tiny", 1e-9)):
        yield Case(f"text of {name} size", partial(_with_text_size, size), (OK,))
    for name, code in (
        ("halves of surrogate pairs", "D800"),
        ("zeros", "0000"),
        ("control characters", "0007"),
        ("marks of direction", "202E"),
        ("what is no character", "FFFF"),
        ("private characters", "E000"),
        ("1,000 characters each", "0041" * 1_000),
    ):
        yield Case(f"letters that mean {name}", partial(_with_meaning, code), (OK,))
    yield Case("letters that mean more than there is", lambda: _with_meaning("<0000> <FFFF>", ranges=True), DAMAGED)
    yield Case("4,000 dates on a page", lambda: _crowd("31.12.2025", 4_000), (OK,), long=True)
    yield Case("4,000 amounts on a page", lambda: _crowd("1.234,56", 4_000), (OK,), long=True)
    yield Case("20 dense pages", lambda: dense_pages(20), (OK,), long=True)
    yield Case("a word of 50,000 letters", lambda: _with_content(show("x" * 50_000, 10, 400, size=0.01)), DAMAGED)
    yield Case("50,000 letters on top of each other", lambda: _on_top("A", 50_000), DAMAGED)
    yield Case("2,000 words on top of each other", lambda: _on_top("Total 12.50", 2_000), (OK,))


def _with_content(content: bytes, *, image: bool = False, lines: Sequence[str] = LINES) -> bytes:
    writer = PdfWriter()
    images = {"Im": writer.image(1, 1, b"\0\0\0")} if image else None
    writer.page(show_lines(lines) + content, media_box=A4 if lines else SMALL, xobjects=images)
    return writer.save()


def _packed(piece: bytes, *, times: int) -> bytes:
    """BOMB_BYTES of a piece, deflated so often."""
    packer, block = zlib.compressobj(9), piece * (10**7 // len(piece))
    packed = b"".join(packer.compress(block) for _ in range(BOMB_BYTES // len(block))) + packer.flush()
    return packed if times == 1 else zlib.compress(packed, 9)


def _with_packed(piece: bytes, *, times: int) -> bytes:
    packed = _packed(piece, times=times)
    writer = PdfWriter()
    filters = b"/FlateDecode " * times
    writer.objects.append((b"<< /Filter [%s] /Length %d >>" % (filters, len(packed)), packed))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R >>" % (A4[2], A4[3])
    writer.page_numbers = [writer.add(page)]
    return writer.save()


def _with_image(width: int, height: int, data: bytes, *, filters: bytes = b"/Filter /FlateDecode") -> bytes:
    writer = PdfWriter()
    entries = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray" % (width, height)
    dictionary = b"<< %s /BitsPerComponent 8 %s /Length %d >>" % (entries, filters, len(data))
    writer.objects.append((dictionary, data))
    writer.page(place_image("Im", 0, 0, 60, 60), media_box=SMALL, xobjects={"Im": 4})
    return writer.save()


def _with_length(length: bytes) -> bytes:
    content = _with_content(b"")
    place = content.index(b"/Length ") + len(b"/Length ")
    return content[:place] + length + content[content.index(b" ", place) :]


def _form_of_itself() -> bytes:
    writer = PdfWriter()
    own = b"/XObject << /Fm %d 0 R >>" % (len(writer.objects) + 1)
    form = writer.form(b"/Fm Do /Fm Do", bbox=A4, resources=own)
    writer.page(show_lines(LINES) + b"/Fm Do", xobjects={"Fm": form})
    return writer.save()


def _forms_of_each_other() -> bytes:
    writer = PdfWriter()
    first = len(writer.objects) + 1
    for other in (first + 1, first):
        writer.form(b"/Fm Do /Fm Do", bbox=A4, resources=b"/XObject << /Fm %d 0 R >>" % other)
    writer.page(show_lines(LINES) + b"/Fm Do", xobjects={"Fm": first})
    return writer.save()


def _deep_forms() -> bytes:
    writer = PdfWriter()
    form = writer.form(b"0 0 m", bbox=A4)
    for _ in range(3_000):
        form = writer.form(b"/Fm Do", bbox=A4, resources=b"/XObject << /Fm %d 0 R >>" % form)
    writer.page(b"/Fm Do", media_box=SMALL, xobjects={"Fm": form})
    return writer.save()


def _forms_of_forms() -> bytes:
    writer = PdfWriter()
    group = b"/Group << /S /Transparency >>"
    form = writer.form(b"0 0 595 842 re f ", bbox=A4, entries=group)
    for _ in range(8):
        form = writer.form(b"/Fm Do " * 10, bbox=A4, entries=group, resources=b"/XObject << /Fm %d 0 R >>" % form)
    writer.page(b"/Fm Do", media_box=SMALL, xobjects={"Fm": form})
    return writer.save()


def _pattern_of_itself() -> bytes:
    writer = PdfWriter()
    number = len(writer.objects) + 1
    resources = b"/Resources << /Pattern << /P %d 0 R >> >>" % number
    entries = b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 0.001 /YStep 0.001 "
    writer.stream(b"/Pattern cs /P scn 0 0 9 9 re f", entries + resources)
    return _page_with(writer, b"/Pattern cs /P scn 0 0 500 500 re f", b"/Pattern << /P %d 0 R >>" % number)


def _letters_of_themselves() -> bytes:
    writer = PdfWriter()
    font = len(writer.objects) + 1
    entries = b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0] /FirstChar 65 /LastChar 65"
    glyphs = b"/Widths [9] /CharProcs << /A %d 0 R >> /Encoding << /Differences [65 /A] >>" % (font + 1)
    writer.add(entries + glyphs + b" /Resources << /Font << /T %d 0 R >> >> >>" % font)
    writer.stream(b"9 0 d0 BT /T 1 Tf (AAAA) Tj ET")
    writer.page(b"BT /T 12 Tf (AAAA) Tj ET", media_box=SMALL, fonts={"T": font})
    return writer.save()


def _mask_of_itself() -> bytes:
    writer = PdfWriter()
    state = len(writer.objects) + 1
    writer.add(b"<< /Type /ExtGState /SMask << /S /Luminosity /G %d 0 R >> >>" % (state + 1))
    group = b"/Group << /S /Transparency >>"
    writer.form(b"/G gs 0 0 99 99 re f", bbox=A4, entries=group, resources=b"/ExtGState << /G %d 0 R >>" % state)
    return _page_with(writer, b"/G gs 0 0 99 99 re f", b"/ExtGState << /G %d 0 R >>" % state)


def _page_with(writer: PdfWriter, content: bytes, resources: bytes) -> bytes:
    """A PDF with one page that has resources of its own."""
    entries = b"/Resources << /Font << /F1 3 0 R >> %s >> /Contents %d 0 R" % (resources, writer.stream(content))
    writer.page_numbers = [writer.add(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 60 60] %s >>" % entries)]
    return writer.save()


def _everywhere(number: str) -> bytes:
    text = "BT /F1 12 Tf {0} 0 0 {0} {0} {0} Tm (Total 12.50) Tj ET {0} 0 0 {0} 0 0 cm {0} {0} m {0} 0 l S "
    return text.format(number).encode() * 20


def _with_text_size(size: float) -> bytes:
    writer = PdfWriter()
    writer.page(b"".join(show(line, 60, 780 - 18 * row, size=size) for row, line in enumerate(LINES)))
    return writer.save()


def _with_meaning(meaning: str, *, ranges: bool = False) -> bytes:
    """Text whose font maps every character to the same meaning, UTF-16 in hexadecimal."""
    writer = PdfWriter()
    lines = [f"<{code:02X}> <{meaning}>" for code in range(32, 127)]
    body = f"95 beginbfchar\n{chr(10).join(lines)}\nendbfchar"
    if ranges:
        body = f"1 beginbfrange\n{meaning} <0041>\nendbfrange\n100000000 beginbfchar"
    table = f"/CIDInit /ProcSet findresource begin begincmap\n{body}\nendcmap"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode %d 0 R >>" % writer.stream(table.encode())
    content = show_lines(LINES) + b"".join(show("Total 12.50", 60, 200 - row, font="U") for row in range(9))
    writer.page(content, fonts={"U": writer.add(font)})
    return writer.save()


def _crowd(word: str, count: int) -> bytes:
    columns = 40
    rows = [show(" ".join([word] * columns), 5, 835 - 8 * row, size=2) for row in range(count // columns)]
    writer = PdfWriter()
    writer.page(b"".join(rows))
    return writer.save()


def _on_top(text: str, count: int) -> bytes:
    writer = PdfWriter()
    writer.page(show_lines(LINES) + show(text, 100, 100) * count)
    return writer.save()


def dense_pages(count: int) -> bytes:
    """Pages of small print: 90 lines each, 700 words, half of them amounts and dates."""
    writer = PdfWriter()
    for page in range(count):
        lines = (
            f"{row:03d} Item {page}-{row} 31.12.2025 {row},{page + 10:03d}.{row + 10} EUR net {page}.{row + 10}"
            for row in range(90)
        )
        writer.page(b"".join(show(line, 20, 830 - 9 * row, size=6.5) for row, line in enumerate(lines)))
    return writer.save()
