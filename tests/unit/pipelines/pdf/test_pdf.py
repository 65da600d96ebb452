"""lib/pipelines/pdf: page sizes, text layers and pictures of PDFs, good and bad. Runs pdfium in this process."""

import errno
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from lib.document import BBox, Page, PageImage
from lib.errors import (
    EncryptedDocument,
    ExtractionError,
    TooManyPages,
    TooManyPixels,
    TooManyWords,
    UnreadableDocument,
)
from lib.pipelines.pdf.document import PageLimits
from lib.pipelines.pdf.outline import SHORT, is_settled_by_a_page, read_outline, read_short_outline
from lib.pipelines.pdf.rendering import Region, render_page, render_region
from tests.einvoices import hybrid_pdf
from tests.pdf_writer import PdfWriter, place_image, show, show_lines, text_pdf

LIMITS = PageLimits(max_pages=20, max_pixels=20_000_000, render_dpi=100)

INVOICE = [f"Item {row} of the list costs {row}.50 EUR" for row in range(1, 31)]


@pytest.fixture
def outline(tmp_path: Path) -> Callable[..., tuple[Page, ...]]:
    """Reads the outline of a PDF given as bytes."""

    def read(content: bytes, limits: PageLimits = LIMITS) -> tuple[Page, ...]:
        (tmp_path / "upload.pdf").write_bytes(content)
        return tuple(outlined.page for outlined in read_outline(str(tmp_path / "upload.pdf"), limits).pages)

    return read


def test_outline_counts_the_files_that_a_pdf_carries(tmp_path: Path) -> None:
    """Nobody opens it again to look for an invoice where there is none."""
    plain, hybrid = tmp_path / "plain.pdf", tmp_path / "hybrid.pdf"
    plain.write_bytes(text_pdf(INVOICE))
    hybrid.write_bytes(hybrid_pdf([("factur-x.xml", b"<a/>", None), ("terms.txt", b"none", None)]))

    assert read_outline(str(plain), LIMITS).attachments == 0
    assert read_outline(str(hybrid), LIMITS).attachments == 2


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., PageImage]:
    """Renders a page of a PDF given as bytes."""

    def render(content: bytes, turned: int = 0) -> PageImage:
        source, target = tmp_path / "upload.pdf", tmp_path / "page.bgr"
        source.write_bytes(content)
        shape = render_page(str(source), str(target), 0, turned, LIMITS)
        return np.fromfile(target, np.uint8).reshape(shape)

    return render


Outline = Callable[..., tuple[Page, ...]]
Picture = Callable[..., PageImage]


def one_page(content: bytes, **boxes: object) -> bytes:
    """A PDF of one page."""
    writer = PdfWriter()
    writer.page(content, **boxes)  # type: ignore[arg-type]
    return writer.save()


def gray_image(writer: PdfWriter) -> dict[str, int]:
    """A small gray image for the page's resources, named Im."""
    return {"Im": writer.image(4, 4, b"\xc8" * 48)}


def words_of(page: Page) -> list[str]:
    """The words of a page's spans."""
    return [word.text for span in page.spans for word in span.words]


def test_outline_text_pdf_has_spans_with_words(outline: Outline) -> None:
    """A page with text is read as it stands, in the pixels it would be rendered in."""
    (page,) = outline(text_pdf(INVOICE))

    assert (page.page_index, page.source, page.width, page.height) == (0, "text_layer", 826, 1169)
    assert [span.text for span in page.spans] == INVOICE
    assert page.spans[0].words[1].text == "1"


def test_outline_text_under_a_scan_is_not_trusted(outline: Outline) -> None:
    """Software that reads scans may draw its text visibly and the scan above it."""
    writer = PdfWriter()
    image, whole = gray_image(writer), place_image("Im", 0, 0, 595, 842)
    writer.page(show_lines(INVOICE) + whole, xobjects=image)
    writer.page(whole + show_lines(INVOICE), xobjects=image)

    under, above = outline(writer.save())

    assert (under.source, under.spans) == ("ocr", ())
    assert [span.text for span in under.unconfirmed] == INVOICE
    assert above.source == "text_layer"


def test_outline_transparent_text_over_a_scan_is_not_trusted(outline: Outline) -> None:
    """Text of no opacity is as hidden as text in no color."""
    writer = PdfWriter()
    form = writer.form(
        b"/GS gs " + show_lines(INVOICE), bbox=(0, 0, 595, 842), resources=b"/ExtGState << /GS << /ca 0 >> >>"
    )
    images = gray_image(writer) | {"Fm": form}
    writer.page(place_image("Im", 0, 0, 595, 842) + b"/Fm Do", xobjects=images)

    (page,) = outline(writer.save())

    assert page.source == "ocr"


@pytest.mark.parametrize(
    ("size", "turned"), [(-12, "-1 0 0 -1"), (12, "1 0 0 1")], ids=["negative size, turned", "as usual"]
)
def test_outline_text_upright_by_sign_is_upright(outline: Outline, size: float, turned: str) -> None:
    """A negative font size undoes a half turn of the text matrix; the page is not read backwards."""
    lines = b"".join(
        show(line, 60, 780 - 18 * row, size=size, turned=turned)
        for row, line in enumerate(["Limited UK Services"] * 30)
    )

    (page,) = outline(one_page(lines))

    assert {span.text for span in page.spans} == {"Limited UK Services"}
    (x0, _), (x1, _), *_ = page.spans[0].polygon
    assert x0 < x1


def test_outline_names_pictures_of_the_first_page_only(outline: Outline) -> None:
    """The seller's logo stands on the first page; reading it on each would cost time."""
    writer = PdfWriter()
    image = gray_image(writer)
    for _ in range(2):
        writer.page(place_image("Im", 60, 780, 150, 40) + show_lines(INVOICE, top=700), xobjects=image)

    first, second = outline(writer.save())

    assert len(first.pictures) == 1
    assert second.pictures == ()


def test_region_of_a_page_has_the_pixels_of_the_whole(tmp_path: Path, picture: Picture) -> None:
    """A picture is read as it stands on its page."""
    content = text_pdf(INVOICE)
    whole, target = picture(content), tmp_path / "part.bgr"
    region = Region(0, 0, BBox(70.5, 60.2, 300, 140))

    shape = render_region(str(tmp_path / "upload.pdf"), str(target), region, LIMITS)

    assert shape == (80, 230, 3)
    assert np.array_equal(np.fromfile(target, np.uint8).reshape(shape), whole[60:140, 70:300])


WRITING = {
    0: show("Total HIM", 60, 700, size=24) + show("MH (12,50)", 120, 560, size=16),
    90: show("Total HIM", 120, 560, size=24, turned="0 1 -1 0")
    + show("MH (12,50)", 200, 600, size=16, turned="0 1 -1 0"),
    180: show("Total HIM", 400, 560, size=24, turned="-1 0 0 -1")
    + show("MH (12,50)", 380, 700, size=16, turned="-1 0 0 -1"),
    270: show("Total HIM", 200, 760, size=24, turned="0 -1 1 0")
    + show("MH (12,50)", 120, 740, size=16, turned="0 -1 1 0"),
}
"""Content that is upright on a page with /Rotate so many degrees."""


def assert_words_on_ink(page: Page, pixels: PageImage) -> None:
    """Every word's box is filled with ink, and there is none outside."""
    ink = pixels.min(axis=2) < 128
    assert pixels.shape == (page.height, page.width, 3)
    outside = ink.copy()
    for box in (word.bbox for span in page.spans for word in span.words):
        rows, columns = slice(round(box.y0), round(box.y1)), slice(round(box.x0), round(box.x1))
        assert ink[rows, columns].any(axis=0).mean() > 0.6
        assert ink[rows, columns].any(axis=1).mean() > 0.45
        outside[max(0, rows.start - 1) : rows.stop + 1, max(0, columns.start - 1) : columns.stop + 1] = False
    assert not outside.any()


@pytest.mark.parametrize("rotate", WRITING)
@pytest.mark.parametrize(
    "boxes",
    [
        pytest.param({}, id="plain"),
        pytest.param({"crop_box": (50, 500, 450, 800)}, id="cropped"),
        pytest.param({"media_box": (-100, -50, 495, 792)}, id="origin off the corner"),
        pytest.param({"media_box": (0, 0, 3000, 4000)}, id="a photo's pixels as points"),
    ],
)
def test_outline_word_boxes_lie_on_the_rendered_ink(
    outline: Outline, picture: Picture, boxes: dict[str, object], rotate: int
) -> None:
    """Words and pixels share one frame, however the page is cut and rotated."""
    content = one_page(WRITING[rotate], rotate=rotate, **boxes)

    (page,) = outline(content)

    assert [span.text for span in page.spans] == ["Total HIM", "MH (12,50)"]
    assert all(span.polygon == span.bbox.as_polygon() for span in page.spans)
    assert_words_on_ink(page, picture(content))


@pytest.mark.parametrize("rotate", [0, 90])
@pytest.mark.parametrize("turned", [1, 2, 3])
def test_outline_sideways_text_layer_turns_its_page(
    outline: Outline, picture: Picture, rotate: int, turned: int
) -> None:
    """A page that was scanned or printed sideways is turned as most of its text wants it."""
    content = one_page(WRITING[(rotate - 90 * turned) % 360], rotate=rotate, crop_box=(50, 450, 450, 800))

    (page,) = outline(content)

    assert (page.width > page.height) == ((rotate // 90 + turned) % 2 == 0)
    assert [span.text for span in page.spans] == ["Total HIM", "MH (12,50)"]
    assert_words_on_ink(page, picture(content, turned))


@pytest.mark.parametrize(("rotate", "first"), [(0, (0, 0)), (90, (0, 1)), (180, (1, 1)), (270, (1, 0))])
def test_render_page_is_upright_blue_green_red_on_white(picture: Picture, rotate: int, first: tuple[int, int]) -> None:
    """A red square at the top left goes where /Rotate takes it, in the channel order of OpenCV."""
    pixels = picture(one_page(b"1 0 0 rg 0 642 200 200 re f", rotate=rotate))
    corners = pixels[[[20, 20], [-20, -20]], [[20, -20], [20, -20]]]

    assert corners[first].tolist() == [0, 0, 255]
    assert (corners == 255).all(axis=2).sum() == 3


def test_render_page_onto_a_full_disk_says_so(tmp_path: Path) -> None:
    """Whoever looks for the reason finds the system's own number in the error."""
    (tmp_path / "upload.pdf").write_bytes(text_pdf(INVOICE))

    with pytest.raises(OSError, match="No space left") as failure:
        render_page(str(tmp_path / "upload.pdf"), "/dev/full", 0, 0, LIMITS)

    assert failure.value.errno == errno.ENOSPC


def test_render_page_draws_annotations_and_forms(picture: Picture, outline: Outline) -> None:
    """What was filled in or stamped on is seen, and read: with and without appearance of its own."""
    writer = PdfWriter()
    stamp = writer.form(show("STAMPED", 2, 5), bbox=(0, 0, 200, 20))
    notes = [
        writer.add(b"<< /Type /Annot /Subtype /Stamp /F 4 /Rect [100 500 300 520] /AP << /N %d 0 R >> >>" % stamp),
        writer.add(
            b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (total) /V (279.84) /DA (/F1 12 Tf 0 g) /F 4"
            b" /Rect [100 600 300 620] >>"
        ),
    ]
    writer.catalog = b"/AcroForm << /Fields [%d 0 R] /DR << /Font << /F1 3 0 R >> >> >>" % notes[1]
    writer.page(show("Total", 60, 700), annotations=notes)
    content = writer.save()

    assert words_of(outline(content)[0]) == ["Total", "279.84", "STAMPED"]
    ink = picture(content).min(axis=2) < 128
    assert [bool(ink[top : top + 28, 138:417].any()) for top in (308, 447)] == [True, True]


@pytest.mark.parametrize("entry", [b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>", b"/AA << >>"])
def test_outline_actions_are_not_run(outline: Outline, entry: bytes) -> None:
    """Scripts in a document are only data."""
    writer = PdfWriter(catalog=entry)
    writer.page(show_lines(INVOICE))

    assert outline(writer.save())[0].source == "text_layer"


def test_outline_mixed_pdf_sends_only_the_scan_to_ocr(outline: Outline) -> None:
    """Text pages, scans, stamped scans, scans with OCR and empty pages may stand in one file."""
    writer = PdfWriter()
    image, whole = gray_image(writer), place_image("Im", 0, 0, 595, 842)
    writer.page(show_lines(INVOICE))
    writer.page(whole, xobjects=image)
    writer.page(whole + show("Scanned by an app", 60, 30), xobjects=image)
    writer.page(whole + show_lines(INVOICE, mode=3), xobjects=image)
    writer.page(b"")
    strips = b"".join(place_image("Im", 0, 842 / 40 * row, 595, 842 / 40) for row in range(40))
    writer.page(strips + show_lines(["Page 1 of 1"]), xobjects=image)
    form = writer.form(
        whole, bbox=(0, 0, 595, 842), entries=b"/Matrix [.5 0 0 .5 0 0]", resources=b"/XObject << /Im 4 0 R >>"
    )
    writer.page(b"q 2 0 0 2 0 0 cm /Fm Do Q " + show_lines(["Page 1 of 1"]), xobjects={"Fm": form})
    writer.page(place_image("Im", 60, 760, 90, 40) + show_lines(["Thank you"], top=700), xobjects=image)

    pages = outline(writer.save())

    assert [page.source for page in pages] == [
        "text_layer",
        "ocr",
        "ocr",
        "ocr",
        "text_layer",
        "ocr",
        "ocr",
        "text_layer",
    ]
    assert [bool(page.spans) for page in pages] == [True, False, False, False, False, False, False, True]
    assert [bool(page.unconfirmed) for page in pages] == [False, False, False, True, False, False, False, False]
    assert (pages[1].width, pages[1].height) == (826, 1169)


def test_outline_outlined_text_goes_to_ocr(outline: Outline) -> None:
    """A page whose text was turned into curves has paths and no text, but for its page number."""
    curve = b"".join(b"%d %d m 10 20 30 40 %d 60 c S " % (x, x, x) for x in range(400))

    assert outline(one_page(curve))[0].source == "ocr"
    assert outline(one_page(curve + show("Page 1 of 1", 60, 30)))[0].source == "ocr"
    assert outline(one_page(b"60 60 m 400 60 l S " + show("Amount due: 8 EUR", 60, 300)))[0].source == "text_layer"


def test_outline_font_without_characters_goes_to_ocr(outline: Outline) -> None:
    """Glyph numbers that no table turns into characters are no text."""
    writer = PdfWriter()
    descendant = writer.add(
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Own /DW 600"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>"
    )
    font = writer.add(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Own /Encoding /Identity-H /DescendantFonts [%d 0 R] >>" % descendant
    )
    line = b"BT /F2 12 Tf 60 %d Td <00240025002600030027> Tj ET "
    writer.page(b"".join(line % (700 - 18 * row) for row in range(30)), fonts={"F2": font})

    assert outline(writer.save())[0].source == "ocr"


def unicode_table(writer: PdfWriter, characters: Sequence[str]) -> int:
    """A table that says that the letters A, B, C ... stand for `characters`; its object number."""
    pairs = b"\n".join(
        b"<%02X> <%s>" % (65 + place, text.encode("utf-16-be").hex().encode()) for place, text in enumerate(characters)
    )
    return writer.stream(
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Own def /CMapType 2 def\n"
        b"1 begincodespacerange <00> <FF> endcodespacerange\n%d beginbfchar\n%s\nendbfchar\nendcmap end end"
        % (len(characters), pairs)
    )


def mapped_font(writer: PdfWriter, characters: Sequence[str]) -> dict[str, int]:
    """A font named F2 whose letters A, B, C ... stand for `characters`."""
    table, widths = unicode_table(writer, characters), b"600 " * len(characters)
    font = b"/FirstChar 65 /LastChar %d /Widths [%s] /ToUnicode %d 0 R" % (64 + len(characters), widths, table)
    return {"F2": writer.add(b"<< /Type /Font /Subtype /TrueType /BaseFont /Arial %s >>" % font)}


def test_outline_font_that_claims_to_be_tall_keeps_its_lines(outline: Outline) -> None:
    """Some fonts claim ascents of several lines; their words still have boxes of their own size."""
    writer = PdfWriter()
    descriptor = writer.add(
        b"<< /Type /FontDescriptor /FontName /Own /Flags 32 /FontBBox [0 -2000 1000 3000] /Ascent 3000 /Descent -2000"
        b" /ItalicAngle 0 /CapHeight 700 /StemV 80 >>"
    )
    font = writer.add(
        b"<< /Type /Font /Subtype /TrueType /BaseFont /Own /FirstChar 32 /LastChar 126 /Widths [%s]"
        b" /FontDescriptor %d 0 R /Encoding /WinAnsiEncoding >>" % (b"500 " * 95, descriptor)
    )
    content = b"".join(show(line, 60, 780 - 18 * row, font="F2") for row, line in enumerate(INVOICE))
    writer.page(content, fonts={"F2": font})

    (page,) = outline(writer.save())

    assert [span.text for span in page.spans] == INVOICE
    assert max(span.bbox.height for span in page.spans) < 25


def test_outline_font_of_bitmaps_keeps_its_boxes(outline: Outline, picture: Picture) -> None:
    """Fonts drawn by procedures, as of old printers' drivers, have letters of any size."""
    writer = PdfWriter()
    letter = writer.stream(b"30 0 d0 0 0 24 40 re f")
    font = writer.add(
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 0 0] /FontMatrix [1 0 0 1 0 0] /CharProcs << /H %d 0 R >>"
        b" /Encoding << /Type /Encoding /Differences [65 /H] >> /FirstChar 65 /LastChar 65 /Widths [30]"
        b" /Resources << >> /ToUnicode %d 0 R >>" % (letter, unicode_table(writer, ["H"]))
    )
    writer.page(show("AAA", 60, 700, font="F2", size=1, turned=".3 0 0 .3"), fonts={"F2": font})
    content = writer.save()

    (page,) = outline(content)

    assert words_of(page) == ["HHH"]
    assert_words_on_ink(page, picture(content))


def test_outline_odd_characters_are_read_as_seen(outline: Outline) -> None:
    """Ligatures, hyphens of all kinds, astral characters and letters of no width come out as plain text."""
    writer = PdfWriter()
    fonts = mapped_font(writer, ["\ufb01", "\u00ad", "\u200b", "\U0001f600", "1", "2", "€"])
    writer.page(show_lines(INVOICE, top=700) + show("EBF GC AD", 60, 800, font="F2"), fonts=fonts)

    assert outline(writer.save())[0].spans[0].text == "1-2 € fi\U0001f600"


def test_outline_hyphens_at_line_ends_stay(outline: Outline) -> None:
    """The hyphen that breaks a word is seen and read; words of two lines stay two."""
    (page,) = outline(text_pdf([*INVOICE, "for an extra-", "ordinary price"]))

    assert [span.text for span in page.spans[-2:]] == ["for an extra-", "ordinary price"]


def test_outline_turned_text_has_turned_polygons(outline: Outline) -> None:
    """A note along the margin is a span of its own that runs upwards; it turns no page."""
    content = show_lines(INVOICE) + show("along the margin", 30, 100, turned="0 1 -1 0")

    (page,) = outline(one_page(content))

    (margin,) = (span for span in page.spans if span.text == "along the margin")
    top_left, top_right, _, bottom_left = margin.polygon
    assert top_left[1] > top_right[1]
    assert top_left[0] < bottom_left[0]
    assert page.height > page.width


def test_outline_copies_and_what_cannot_be_seen_count_once_or_not(outline: Outline) -> None:
    """Fake bold is one word; text off the page, of size zero or invisible on plain paper is none."""
    content = (
        show_lines(INVOICE, top=700)
        + show("Bold", 60, 800)
        + show("Bold", 60.4, 800)
        + show("off", 700, 800)
        + show("zero", 200, 800, size=0)
        + show("anchor", 300, 800, mode=3)
    )

    assert outline(one_page(content))[0].spans[0].text == "Bold"


@pytest.mark.parametrize("count", [21, 10_000])
def test_outline_too_many_pages_is_refused(outline: Outline, count: int) -> None:
    """The message names the pages, the limit and the setting; no page is read for it."""
    with pytest.raises(TooManyPages, match=rf"has {count} pages; at most 20 .*MAX_PAGES"):
        outline(text_pdf(*[["page"]] * count))


def test_outline_of_text_under_images_too_thin_to_cover_any_is_read(outline: Outline) -> None:
    """Rules are often drawn as images."""
    writer = PdfWriter()
    writer.page(show_lines(INVOICE) + place_image("Im", 60, 300.5, 400, 1), xobjects=gray_image(writer))

    (page,) = outline(writer.save())

    assert page.source == "text_layer"


def test_outline_too_many_words_is_refused(tmp_path: Path) -> None:
    """Over all pages, whether they are counted before their letters are read or after."""
    path = tmp_path / "long.pdf"
    path.write_bytes(text_pdf(["seven words stand on this first page"], ["and three more"]))

    for read in (read_outline, read_short_outline):
        assert read(str(path), replace(LIMITS, max_words=10)).is_whole
        with pytest.raises(TooManyWords, match=r"more than 9 words \(MAX_DOCUMENT_WORDS\)"):
            read(str(path), replace(LIMITS, max_words=9))


def test_short_outline_of_a_long_text_has_the_first_pages_and_the_whole_one_goes_on(tmp_path: Path) -> None:
    """What has been read is not read again."""
    path = tmp_path / "long.pdf"
    path.write_bytes(text_pdf(["word " * 400] * 40, ["word " * 400] * 40))

    short = read_short_outline(str(path), LIMITS)
    whole = read_outline(str(path), LIMITS, short.pages)

    assert not short.is_whole
    assert len(short.pages) == 1
    assert whole == read_outline(str(path), LIMITS)


def test_long_text_is_settled_by_none_of_its_pages(tmp_path: Path) -> None:
    """However many pages it is spread over: it would be read twice, and without its turn behind other long ones."""
    path, asked = tmp_path / "long.pdf", list[int]()
    path.write_bytes(text_pdf(*[["word " * 200] * 40] * 6))

    def by(page: Page) -> bool:
        asked.append(page.page_index)
        return page.page_index == 0

    assert 6 * 200 * 40 * len("word ") > 2 * SHORT
    assert not is_settled_by_a_page(str(path), replace(LIMITS, max_words=10**6), by)
    assert asked == [5, 4]


@pytest.mark.parametrize("side", [14_400, 200_000])
def test_outline_huge_page_is_refused(outline: Outline, picture: Picture, side: int) -> None:
    """A page too large to draw is refused from its size, before its content is looked at."""
    content = one_page(show_lines(INVOICE), media_box=(0, 0, side, side))

    for read in (outline, picture):
        with pytest.raises(TooManyPixels, match="MAX_PIXELS"):
            read(content)


def test_outline_large_page_is_read_at_fewer_dots(outline: Outline) -> None:
    """A phone's photo that claims one pixel to be one point is not blown up threefold."""
    (page,) = outline(one_page(show_lines(INVOICE), media_box=(0, 0, 3000, 4000)))

    assert (page.width, page.height) == (3000, 4000)


def test_outline_user_password_is_refused_owner_password_read(outline: Outline) -> None:
    """Only a document that nobody can open without its password is refused."""
    writer = PdfWriter()
    writer.page(show_lines(INVOICE))

    with pytest.raises(EncryptedDocument, match="password"):
        outline(writer.save(user_password=b"secret"))
    assert [span.text for span in outline(writer.save(user_password=b""))[0].spans] == INVOICE


def test_outline_no_pages_is_refused(outline: Outline) -> None:
    """A PDF without pages says nothing."""
    with pytest.raises(UnreadableDocument, match="no pages"):
        outline(PdfWriter().save())


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.97])
def test_outline_truncated_pdf_is_refused(outline: Outline, share: float) -> None:
    """A cut-off file is not mended by leaving out what is missing, as pdfium would."""
    content = text_pdf(*[INVOICE] * 5)

    with pytest.raises(UnreadableDocument):
        outline(content[: int(len(content) * share)])


def test_outline_update_cut_off_is_refused(outline: Outline) -> None:
    """The end of the file before an update does not make a cut-off update whole."""
    content = text_pdf(INVOICE) + b"4 0 obj\n<< /Length 10 >>\nstream\nBT /F1"

    with pytest.raises(UnreadableDocument):
        outline(content)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda content: b"\0" * 1000 + content, id="junk before the header"),
        pytest.param(lambda content: content + b"\r\n<html>junk behind</html>" * 100, id="junk behind the end"),
        pytest.param(lambda content: content.replace(b"startxref\n", b"startxref\n9"), id="wrong place of the table"),
        pytest.param(lambda content: content.replace(b"%%EOF\n", b""), id="no end mark"),
    ],
)
def test_outline_harmless_damage_is_mended(outline: Outline, spoil: Callable[[bytes], bytes]) -> None:
    """What every viewer opens is read."""
    assert [span.text for span in outline(spoil(text_pdf(INVOICE)))[0].spans] == INVOICE


@pytest.mark.parametrize(
    "content",
    [pytest.param(b"%PDF-1.7\n", id="header only"), pytest.param(b"%PDF-1.7\n" + bytes(range(256)) * 40, id="noise")],
)
def test_outline_corrupt_pdf_is_refused(outline: Outline, content: bytes) -> None:
    """A header alone makes no document."""
    with pytest.raises(UnreadableDocument, match="damaged"):
        outline(content)


def test_outline_flipped_bytes_either_reads_or_refuses(outline: Outline) -> None:
    """Damage anywhere ends in pages or in one of our errors."""
    content, random = text_pdf(INVOICE, INVOICE), np.random.default_rng(3)
    outcomes = set()
    for _ in range(200):
        damaged = bytearray(content)
        for place in random.integers(0, len(damaged), 5):
            damaged[place] = random.integers(0, 256)
        try:
            outcomes.add(len(outline(bytes(damaged))) > 0)
        except ExtractionError:
            outcomes.add(False)

    assert outcomes == {True, False}


def test_outline_spans_are_sorted_top_to_bottom(outline: Outline) -> None:
    """Whatever the order of drawing."""
    (page,) = outline(one_page(show_lines(INVOICE[20:], top=400) + show_lines(INVOICE[:20])))

    assert all(above.bbox.y0 <= below.bbox.y0 for above, below in pairwise(page.spans))
