"""Documents for the tests of the details: lines of monospaced text, and sheets of the sample generator as words.

In: text, or sheets. Out: a parsed document, as the reader of the details gets it. No OCR, no PDF.
"""

from collections.abc import Sequence
from decimal import Decimal

from lib.document import BBox, Field, OcrDocument, Page, Word
from lib.layout_reader.page.parsing import ParsedDocument, parse_document
from lib.pipelines.mirroring import facing_right
from scripts.samples.fonts import direction_of, text_width
from scripts.samples.paper import Sheet, Text
from tests.unit.layout_reader.documents import document_of

_SCALE = 150 / 72
"""Pixels a point."""


def parsed_pages(*pages: str) -> ParsedDocument:
    """A document of one page for each text, drawn in letters of one width."""
    return parse_document(document_of(*pages))


def parsed_sheets(sheets: Sequence[Sheet]) -> ParsedDocument:
    """A document of sheets, as perfect OCR would read them."""
    pages = tuple(_page(sheet, index) for index, sheet in enumerate(sheets))
    return parse_document(facing_right(OcrDocument(pages)))


def settled(**values: Decimal | str | None) -> dict[str, Field]:
    """Settled fields by key."""
    return {
        key: Field(key, None if value is None else Decimal(value), None, confidence=0.9)
        for key, value in values.items()
    }


def _page(sheet: Sheet, index: int) -> Page:
    words = tuple(word for text in sheet.texts for word in _words(text))
    return Page(index, int(sheet.width * _SCALE), int(sheet.height * _SCALE), "text_layer", words=words)


def _words(text: Text) -> list[Word]:
    """The words of a text, each where it is drawn."""
    left, y0, right, y1 = text.box
    words, offset = [], 0
    for part in text.text.split(" "):
        if part:
            x0 = text.x + text_width(text.text[:offset], face=text.face, size=text.size)
            x1 = text.x + text_width(text.text[: offset + len(part)], face=text.face, size=text.size)
            if direction_of(text.text) == "rtl":
                x0, x1 = left + right - x1, left + right - x0
            words.append(Word(part, BBox(x0 * _SCALE, y0 * _SCALE, x1 * _SCALE, y1 * _SCALE)))
        offset += len(part) + 1
    return words
