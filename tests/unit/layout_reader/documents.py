"""Documents for the reader's tests, drawn as lines of monospaced text."""

from lib.document import BBox, OcrDocument, Page, Question, Word

LINE, LETTER = 24.0, 12.0
QUESTIONS = tuple(Question(key, "?") for key in ("merchant", "date", "currency", "subtotal", "tax_amount", "total"))


def page_of(text: str, *, slope: float = 0.0, page_index: int = 0) -> Page:
    """A page whose words stand where they stand in `text`; `slope` is the fall in px per px to the right."""
    words = []
    for row, line in enumerate(text.splitlines()):
        offset = 0
        for part in line.split(" "):
            if part:
                x, y = 20 + offset * LETTER, 20 + row * LINE
                drop = slope * x
                words.append(Word(part, BBox(x, y + drop, x + len(part) * LETTER, y + drop + 0.75 * LINE)))
            offset += len(part) + 1
    width = max((int(word.bbox.x1) for word in words), default=100) + 20
    height = max((int(word.bbox.y1) for word in words), default=100) + 20
    return Page(page_index=page_index, width=width, height=height, source="ocr", words=tuple(words))


def document_of(*pages: str, slope: float = 0.0) -> OcrDocument:
    """A document of one page for each text."""
    return OcrDocument(tuple(page_of(text, slope=slope, page_index=i) for i, text in enumerate(pages)))
