"""PDFs whose skeleton is odd: page trees, boxes, references, tables of objects."""

from collections.abc import Iterator, Mapping
from functools import partial

from tests.corpus.case import OK, UNREADABLE, Case, flipped, truncated
from tests.pdf_writer import A4, PdfWriter, show_lines

LINES = [f"Item {row} of the list costs {row}.50 EUR" for row in range(1, 31)]
ENDLESS = 10_000

DAMAGED = (OK, UNREADABLE)
"""pdfium mends some of it, and may learn to mend more or less."""


def cases() -> Iterator[Case]:
    """All of them."""
    yield from truncated("invoice-eur-de.pdf")
    yield from flipped("invoice-eur-de.pdf", seeds=6)
    yield from flipped("invoice-chf-scan.pdf", seeds=2)
    yield from _page_trees()
    yield from _boxes()
    yield from _loops()
    yield from _tables()


def _page_trees() -> Iterator[Case]:
    yield Case("PDF without pages", lambda: PdfWriter().save(), (UNREADABLE,))
    yield Case("21 pages", lambda: _pages(21), ("too_many_pages",))
    yield Case("10,000 pages", lambda: _pages(ENDLESS), ("too_many_pages",))
    yield Case("10,000 times the same page", lambda: _tree(b"4 0 R " * ENDLESS, count=ENDLESS), ("too_many_pages",))
    yield Case("10,000 pages that are counted as one", lambda: _tree(b"4 0 R " * ENDLESS, count=1), (OK,))
    yield Case("one page that is counted as 2^31 - 1", lambda: _tree(b"4 0 R", count=2**31 - 1), (OK, "too_many_pages"))
    yield Case("one page that is counted as -5", lambda: _tree(b"4 0 R", count=-5), DAMAGED)
    yield Case("page tree 10,000 deep", _deep_tree, DAMAGED)
    yield Case("page tree that holds itself", lambda: _tree(b"2 0 R 4 0 R", count=2), DAMAGED)
    yield Case("page tree of nothing but itself", lambda: _tree(b"2 0 R", count=1), DAMAGED)
    yield Case("page tree that holds the catalog", lambda: _tree(b"1 0 R", count=1), DAMAGED)
    yield Case("page tree of objects that are not there", lambda: _tree(b"99 0 R 98 0 R", count=2), DAMAGED)


def _boxes() -> Iterator[Case]:
    for name, box, codes in (
        ("of 200 inches", "0 0 14400 14400", ("too_many_pixels",)),
        ("of a million points", "0 0 1000000 1000000", ("too_many_pixels",)),
        ("of a million by one points", "0 0 1000000 1", (OK, "too_many_pixels")),
        ("of 2^31 points", "0 0 2147483648 2147483648", ("too_many_pixels", *DAMAGED)),
        ("of 10^38 points", "-9" + "9" * 37 + " 0 9" + "9" * 37 + " 100", ("too_many_pixels", *DAMAGED)),
        ("without area", "0 0 0 0", DAMAGED),
        ("turned inside out", "595 842 0 0", (OK,)),
        ("of a thousandth of a point", "0 0 0.001 0.001", DAMAGED),
        ("of words", "/a (b) <63> null", DAMAGED),
        ("of two numbers", "0 0", DAMAGED),
        ("far away", "1000000 1000000 1000595 1000842", (OK,)),
    ):
        yield Case(f"page {name}", partial(_with_page_entry, f"/MediaBox [{box}]".encode()), codes)
    yield Case("page turned by 45 degrees", lambda: _with_page_entry(b"/Rotate 45"), (OK,))
    yield Case("page turned by 2^31 degrees", lambda: _with_page_entry(b"/Rotate 2147483647"), (OK,))
    yield Case("page with a unit of 75,000", lambda: _with_page_entry(b"/UserUnit 75000"), (OK, "too_many_pixels"))
    yield Case("page that inherits from itself", lambda: _with_page_entry(b"/Parent 4 0 R"), DAMAGED)


LOOPS: Mapping[str, bytes] = {
    "content that is itself": b"%NUMBER% 0 R",
    "content that holds itself": b"[%NUMBER% 0 R %NUMBER% 0 R]",
    "content whose length is itself": b"<< /Length %NUMBER% 0 R >>\nstream\nq Q\nendstream",
    "content whose filter is itself": b"<< /Length 3 /Filter %NUMBER% 0 R >>\nstream\nq Q\nendstream",
    "content of 10,000 arrays": b"[" * ENDLESS + b"]" * ENDLESS,
    "content of 10,000 dictionaries": b"<< /A " * ENDLESS + b"1" + b">>" * ENDLESS,
}


def _loops() -> Iterator[Case]:
    for name, body in LOOPS.items():
        yield Case(name, partial(_with_content, body), DAMAGED)
    yield Case("references in a circle", _circle, DAMAGED)


def _tables() -> Iterator[Case]:
    for name, old, new in (
        ("table of objects that comes before itself", b"/Root", b"/Prev %START% /Root"),
        ("table of objects that comes before 2^63", b"/Root", b"/Prev 9223372036854775807 /Root"),
        ("hybrid table that is itself", b"/Root", b"/XRefStm %START% /Root"),
        ("no catalog", b"/Root 1 0 R", b""),
        ("catalog that is not there", b"/Root 1 0 R", b"/Root 77 0 R"),
        ("catalog that is a page", b"/Root 1 0 R", b"/Root 5 0 R"),
        ("table of objects with 2^31 entries", b"xref\n0 ", b"xref\n0 2147483647"),
        ("table of objects from 2^31 on", b"xref\n0 ", b"xref\n2147483647 "),
    ):
        yield Case(name, partial(_with_table, old, new), DAMAGED)
    yield Case("start of the table beyond the end", lambda: _with_start(b"99999999"), DAMAGED)
    yield Case("negative start of the table", lambda: _with_start(b"-1"), DAMAGED)
    yield Case("nothing but a header", lambda: b"%PDF-1.7\n", (UNREADABLE,))
    yield Case("nothing but headers", lambda: b"%PDF-1.7\n" * ENDLESS, (UNREADABLE,))
    yield Case(
        "nothing but a trailer", lambda: b"%PDF-1.7\ntrailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF", (UNREADABLE,)
    )


def _pages(count: int) -> bytes:
    writer = PdfWriter()
    writer.page_numbers = [writer.add(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>") for _ in range(count)]
    return writer.save()


def _tree(kids: bytes, *, count: int) -> bytes:
    """One page, object 4, below a tree of one's own making."""
    writer = PdfWriter()
    writer.add(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>")
    return _replaced(writer.save(), b"/Kids [] /Count 0", b"/Kids [%s] /Count %d" % (kids, count))


def _deep_tree() -> bytes:
    writer = PdfWriter()
    first = len(writer.objects) + 1
    for number in range(first, first + ENDLESS):
        writer.add(b"<< /Type /Pages /Parent %d 0 R /Count 1 /Kids [%d 0 R] >>" % (max(2, number - 1), number + 1))
    writer.add(b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 200 200] >>" % (first + ENDLESS - 1))
    writer.page_numbers = [first]
    return writer.save()


def _with_page_entry(entry: bytes) -> bytes:
    """A page of text, object 5, with an entry in place of its own."""
    writer = PdfWriter()
    number = writer.page(show_lines(LINES))
    key = entry.split(b" ", 1)[0]
    body = writer.objects[number - 1]
    assert isinstance(body, bytes)
    if key == b"/MediaBox":
        body = body.replace(b"/MediaBox [0 0 595 842]", b"")
    writer.objects[number - 1] = body.replace(key + b" 0", b"").replace(b"/Type /Page ", b"/Type /Page " + entry + b" ")
    return writer.save()


def _with_content(body: bytes) -> bytes:
    """A page whose content is an object that may refer to itself."""
    writer = PdfWriter()
    number = len(writer.objects) + 1
    writer.add(body.replace(b"%NUMBER%", b"%d" % number))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R >>" % (A4[2], A4[3], number)
    writer.page_numbers = [writer.add(page)]
    return writer.save()


def _circle() -> bytes:
    writer = PdfWriter()
    writer.page_numbers = [writer.add(b"5 0 R")]
    writer.add(b"6 0 R")
    writer.add(b"4 0 R")
    return writer.save()


def _with_table(old: bytes, new: bytes) -> bytes:
    content = _with_page_entry(b"/Rotate 0")
    start = content.rindex(b"xref\n0 ", 0, content.rindex(b"startxref"))
    head, tail = content[:start], content[start:]
    return head + _replaced(tail, old, new.replace(b"%START%", b"%d" % start))


def _with_start(start: bytes) -> bytes:
    content = _with_page_entry(b"/Rotate 0")
    place = content.rindex(b"startxref")
    return content[:place] + b"startxref\n" + start + b"\n%%EOF\n"


def _replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content, old
    return content.replace(old, new, 1)
