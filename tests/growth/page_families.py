"""Families of hostile pages of PDFs: what a stranger may draw to make it slow to find out what a page says.

In: a number of pieces. Out: a call that reads a page of so many, made ready so that only reading is measured. Either
letters as pdfium tells of them, or whole files that pdfium reads.
"""

import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from lib.document import BBox, Page, Span
from lib.pipelines.pdf.document import PageLimits
from lib.pipelines.pdf.outline import read_outline
from lib.pipelines.pdf.page_pictures import telling_pictures
from lib.pipelines.pdf.text_doubt import with_doubts
from lib.pipelines.pdf.text_layer import Artwork, read_text_layer
from lib.pipelines.pdf.text_lines import Glyphs
from tests.pdf_writer import PdfWriter, show

PageFamily = Callable[[int], Callable[[], object]]

LIMITS = PageLimits(max_pages=10**6, max_pixels=10**9, render_dpi=200, max_words=10**9, longest_side=10**9)
TOP = 14_000
"""Points, of a page with room for lines that do not overlap: pdfium itself takes time with the square of the objects on
what it takes for one line, and its process is ended then."""

SIZE = 20.0
"""Pixels, the height of a letter."""


def _letters(text: str, places: Sequence[tuple[float, float]], *, directions: Sequence[float] = (0.0,)) -> Glyphs:
    """Letters, each half as wide as high, with their upper left corners at some places."""
    corners = np.array(places, float).reshape(-1, 2)
    codes = np.array([ord(char) for char in text], np.int32)
    boxes = np.concatenate([corners, corners + np.array([SIZE / 2, SIZE])], axis=1)
    count = len(codes)
    return Glyphs(codes, boxes, np.resize(np.array(directions, float), count), np.zeros(count, bool))


def _read(glyphs: Glyphs) -> Callable[[], object]:
    width, height = (math.ceil(glyphs.boxes[:, side].max()) + 10 for side in (2, 3))

    def read() -> object:
        layer = read_text_layer(glyphs, Artwork(1, 0.0, lambda _: False), width=width, height=height)
        return with_doubts([Page(0, width, height, "text_layer", spans=layer.spans)])

    return read


def drawn(
    place: Callable[[int], tuple[float, float]], text: str = "ab ", *, turns: Sequence[float] = (0.0,)
) -> PageFamily:
    """A text that repeats, its letters at places by their number."""

    def family(number: int) -> Callable[[], object]:
        letters = (text * number)[: 6 * number]
        return _read(_letters(letters, [place(i) for i in range(len(letters))], directions=turns))

    return family


def _in_line(i: int) -> tuple[float, float]:
    return 10 + 10.0 * i, 10.0


def _in_rows(i: int) -> tuple[float, float]:
    return 10 + 10.0 * (i % 60), 10 + 25.0 * (i // 60)


def _spread(i: int) -> tuple[float, float]:
    """Every letter apart from the next by a fifth of its height."""
    return 10 + 14.0 * (i % 60), 10 + 25.0 * (i // 60)


def _spread_pairs(i: int) -> tuple[float, float]:
    """Lines of few letters, each of which is to be told on its own whether it is spread."""
    return 10 + 14.0 * (i % 7), 10 + 25.0 * (i // 7)


def _stacked(_: int) -> tuple[float, float]:
    return 100.0, 100.0


def _nearly_stacked(i: int) -> tuple[float, float]:
    """Over each other, so little apart that each may be a copy of many others, or not."""
    return 100 + (i // 3) * 0.2 + (i % 3) * 10, 100 + (i // 3) * 0.2


def _fan(i: int) -> tuple[float, float]:
    return 10 + 3.0 * (i % 997), 10 + 7.0 * (i % 1009)


def _lines_of_text(number: int) -> Callable[[], object]:
    """Many spans without a word of any known language."""
    spans = tuple(
        Span(f"zxq{i} wvk{i * 7}", BBox(10, 10 + 25 * i, 200, 30 + 25 * i).as_polygon(), 1.0) for i in range(number)
    )
    return partial(with_doubts, [Page(0, 1000, 25 * number + 100, "text_layer", spans=spans)])


def _one_long_line_of_text(number: int) -> Callable[[], object]:
    span = Span("zxq wvk " * number, BBox(10, 10, 2000, 30).as_polygon(), 1.0)
    return partial(with_doubts, [Page(0, 2100, 100, "text_layer", spans=(span,))])


def _pictures(number: int) -> Callable[[], object]:
    """As many pictures as there may be, and many more lines of text to hold against them."""
    boxes = [BBox(10 + 60 * (i % 10), 10 + 30 * (i // 10), 60 + 60 * (i % 10), 34 + 30 * (i // 10)) for i in range(100)]
    spans = [Span("text", BBox(10, 1000 + i, 50, 1010 + i).as_polygon(), 1.0) for i in range(number)]
    return partial(telling_pictures, boxes, spans, width=1000, height=1400)


def in_pdf(draw: Callable[[int], bytes]) -> PageFamily:
    """A page whose content depends on a number, with a tiny image by the name of Im, as a file."""

    def family(number: int) -> Callable[[], object]:
        writer = PdfWriter()
        writer.page(draw(number), media_box=(0, 0, 600, TOP), xobjects={"Im": writer.image(1, 1, b"\0\0\0")})
        return _reading(writer.save())

    return family


def _reading(content: bytes) -> Callable[[], object]:
    file = tempfile.NamedTemporaryFile(suffix=".pdf")  # noqa: SIM115 - open as long as the call that reads it
    file.write(content)
    file.flush()

    def read() -> object:
        return read_outline(str(Path(file.name)), LIMITS)

    return read


def _words_each_alone(number: int) -> bytes:
    """Every word an object of its own."""
    return b"".join(show(f"w{i}", 20 + 50 * (i % 10), TOP - 10 - i // 10, size=0.9) for i in range(number))


def _letters_each_alone(number: int) -> bytes:
    return b"".join(show("x", 20 + 5 * (i % 100), TOP - 10 - 8 * (i // 100), size=6) for i in range(2 * number))


def _words_in_one_line(number: int) -> bytes:
    return show(" ".join(f"w{i}" for i in range(4 * number)), 20, 400, size=0.01)


def _words_in_many_lines(number: int) -> bytes:
    text = " ".join(f"w{i}" for i in range(20))
    return b"".join(show(text, 20, 820 - i * 0.1, size=6) for i in range(number // 5))


def _words_under_images(number: int) -> bytes:
    place = b"q 500 0 0 3 20 %f cm /Im Do Q\n"
    return b"".join(show(f"w{i}", 20, 820 - i * 0.1, size=6) + place % (819 - i * 0.1) for i in range(number))


def _images(number: int) -> bytes:
    return b"".join(b"q 9 0 0 9 %d %d cm /Im Do Q\n" % (i % 600, i % 800) for i in range(number))


def _rules(number: int) -> bytes:
    return b"".join(b"%d %d m 9 9 l S\n" % (i % 600, i % 800) for i in range(4 * number))


def _turned_words(number: int) -> bytes:
    turned = ("1 0 0 1", "0 1 -1 0", "0.7 0.7 -0.7 0.7", "-1 0 0 -1")
    return b"".join(show(f"w{i}", 300, 400, size=6, turned=turned[i % 4]) for i in range(number))


def _fonts(number: int) -> Callable[[], object]:
    """A font for each word."""
    writer = PdfWriter()
    fonts = {f"X{i}": writer.add(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>") for i in range(number)}
    writer.page(b"".join(show(f"w{i}", 20, 820 - i * 0.1, font=f"X{i}") for i in range(number)), fonts=fonts)
    return _reading(writer.save())


def _forms(number: int) -> Callable[[], object]:
    """A form for each word."""
    writer = PdfWriter()
    forms = {f"X{i}": writer.form(show(f"w{i}", 20, 20), bbox=(0, 0, 600, 800)) for i in range(number)}
    writer.page(b"".join(b"/X%d Do\n" % i for i in range(number)), xobjects=forms)
    return _reading(writer.save())


def _annotations(number: int) -> Callable[[], object]:
    """A note with an appearance for each word."""
    writer = PdfWriter()
    notes = []
    for i in range(number):
        form = writer.form(show(f"w{i}", 0, 0), bbox=(0, 0, 60, 20))
        place = b"/Rect [20 %d 80 %d]" % (i % 800, i % 800 + 20)
        notes.append(writer.add(b"<< /Type /Annot /Subtype /Stamp %s /F 4 /AP << /N %d 0 R >> >>" % (place, form)))
    writer.page(show("Total 12.50", 20, 20), annotations=notes)
    return _reading(writer.save())


def _pages(number: int) -> Callable[[], object]:
    writer = PdfWriter()
    for i in range(number // 4):
        writer.page(show(f"page {i}", 20, 20))
    return _reading(writer.save())


PAGE_FAMILIES: Mapping[str, PageFamily] = {
    "letters in a line": drawn(_in_line),
    "letters in rows": drawn(_in_rows),
    "letters without a space": drawn(_in_line, "abc"),
    "letters that are spread": drawn(_spread, "a "),
    "words of letters that are spread": drawn(_spread, "abcd "),
    "short lines of letters that are spread": drawn(_spread_pairs, "a "),
    "letters in one place": drawn(_stacked),
    "letters nearly in one place": drawn(_nearly_stacked),
    "letters everywhere": drawn(_fan),
    "letters in all directions": drawn(_fan, turns=range(0, 360, 7)),
    "lines in all directions": drawn(_in_rows, turns=range(0, 360, 15)),
    "right-to-left letters in a line": drawn(_in_line, "\u05d0\u05d1 "),
    "right-to-left letters without a space": drawn(_in_line, "\u05d0\u05d11"),
    "right-to-left letters in one place": drawn(_stacked, "\u05d0\u05d1 "),
    "ligatures": drawn(_in_rows, "\ufb01\ufb02 "),
    "letters without meaning": drawn(_in_rows, "\ue000b" + "cdefghijklmnopqrstuvwxyz "),
    "halves of letters": drawn(_in_rows, "\ud83d\ude00 "),
    "lines of no language": _lines_of_text,
    "one long line of no language": _one_long_line_of_text,
    "pictures and text": _pictures,
    "words drawn one by one": in_pdf(_words_each_alone),
    "letters drawn one by one": in_pdf(_letters_each_alone),
    "words drawn at once": in_pdf(_words_in_one_line),
    "words drawn line by line": in_pdf(_words_in_many_lines),
    "words under images": in_pdf(_words_under_images),
    "images alone": in_pdf(_images),
    "rules alone": in_pdf(_rules),
    "turned words in one place": in_pdf(_turned_words),
    "fonts": _fonts,
    "forms": _forms,
    "annotations": _annotations,
    "pages": _pages,
}
"""All of them, by name."""
