"""lib/pipelines/pdf/text_doubt.py: text layers whose letters stand for others."""

import pytest

from lib.document import BBox, Page, Span
from lib.pipelines.pdf.text_doubt import with_doubts
from tests.conftest import ROOT

INVOICE = """Kettle & Crane Ltd
12 Harbour Street, Leeds
Invoice number 4711
Invoice date 3 March 2025
Bill to Quayside Boats, Hull
Office lathe fittings and a box of drills, delivered to the workshop
Second line of things that somebody ordered in the spring of this year
Subtotal 990.00
VAT 20% 198.00
Total due 1,188.00"""


def page_of(text: str) -> Page:
    """A page with one span a line."""
    lines = text.splitlines()
    box = BBox(10, 10, 500, 30).as_polygon()
    return Page(0, 1000, 1400, "text_layer", tuple(Span(line, box, 1.0) for line in lines))


def shifted(text: str, by: int) -> str:
    """The text with each letter so many places further in the alphabet, as a shifted font table gives it."""
    moved = (
        chr((ord(char.lower()) - 97 + by) % 26 + (65 if char.isupper() else 97)) if char.isalpha() else char
        for char in text
    )
    return "".join(moved)


@pytest.mark.parametrize("by", [1, 3, 13, 23])
def test_layer_of_shifted_letters_is_to_be_read_by_ocr(by: int) -> None:
    """Letters that are words of no language are what no reader of the page sees."""
    (page,) = with_doubts([page_of(shifted(INVOICE, by))])

    assert page.source == "ocr"
    assert page.spans == ()
    assert len(page.unconfirmed) == len(INVOICE.splitlines())


def test_layer_of_words_is_left_alone() -> None:
    """An ordinary invoice is not read twice."""
    pages = (page_of(INVOICE),)

    assert with_doubts(pages) == pages


def test_one_word_again_and_again_is_left_alone() -> None:
    """A table of one strange name and many figures proves nothing, however long it is."""
    pages = (page_of("\n".join(["Zxqv 12.50 Zxqv 13.50"] * 60)),)

    assert with_doubts(pages) == pages


def test_layer_of_sentences_without_a_keyword_is_left_alone() -> None:
    """What is not about money may still be read as it stands."""
    pages = (page_of("\n".join(["The list of the items that somebody wrote for you and me"] * 10)),)

    assert with_doubts(pages) == pages


def test_further_pages_of_a_known_language_are_left_alone() -> None:
    """Terms and tables need no words of invoices where the first page has them."""
    pages = (page_of(INVOICE), page_of("\n".join(["qwrt zxcv bnml " * 10] * 30)))

    assert with_doubts(pages) == pages


def test_little_text_is_left_alone() -> None:
    """A ticket with a name and a number proves nothing."""
    pages = (page_of("Zxqv\n4711"),)

    assert with_doubts(pages) == pages


def test_layers_of_all_samples_are_left_alone() -> None:
    """Every language that samples are written in has words that are known."""
    from lib.pipelines.pdf.document import PageLimits  # noqa: PLC0415 - pdfium, in this test alone
    from lib.pipelines.pdf.outline import read_outline  # noqa: PLC0415 - pdfium, in this test alone

    limits = PageLimits(20, 80_000_000, 100)
    for sample in sorted((ROOT / "tests" / "samples").glob("*.pdf")):
        pages = tuple(outlined.page for outlined in read_outline(str(sample), limits).pages)
        assert with_doubts(pages) == pages, sample.name
