"""Pages that are read from the right: as in a mirror they are read from the left, as all others are. Pure.

In: pages and documents. Out: the same, turned over sideways. Whoever orders words, and whoever looks for a number at
the right of its label, knows one direction alone; what was found is turned back afterwards.
"""

import re
from dataclasses import replace

from lib.document import BBox, Field, OcrDocument, Page, Polygon, Span, Word
from lib.extraction import Details, with_leaves

_LETTER = re.compile(r"[^\W\d_]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")

MOST = 0.5
"""Share of a page's letters in Hebrew or Arabic script from which it is read from the right."""


def is_right_to_left(page: Page) -> bool:
    """Whether a page is read from the right, by its spans, or by its words where it has no spans."""
    texts = [span.text for span in page.spans] or [word.text for word in page.words]
    text = "".join(texts)
    own = len(_RIGHT_TO_LEFT.findall(text))
    return own > 0 and own >= MOST * len(_LETTER.findall(text))


def mirrored(page: Page) -> Page:
    """A page turned over sideways; twice, it is the same again."""
    words = tuple(_mirrored_word(word, page.width) for word in page.words)
    return replace(page, spans=tuple(_mirrored_span(span, page.width) for span in page.spans), words=words)


def facing_right(document: OcrDocument) -> OcrDocument:
    """A document whose pages all run from the left: those that do not are turned over, and keep the order of words."""
    if not any(map(is_right_to_left, document.pages)):
        return document
    return OcrDocument(tuple(mirrored(page) if is_right_to_left(page) else page for page in document.pages))


def faced_back(fields: tuple[Field, ...], document: OcrDocument) -> tuple[Field, ...]:
    """Fields that were found in what `facing_right` made of a document, where they stand in the document itself."""
    turned = {page.page_index: page.width for page in document.pages if is_right_to_left(page)}
    if not turned:
        return fields
    return tuple(
        replace(field, bbox=_mirrored_box(field.bbox, turned[field.page_index]))
        if field.bbox and field.page_index in turned
        else field
        for field in fields
    )


def details_faced_back(details: Details | None, document: OcrDocument) -> Details | None:
    """The same of details."""
    if details is None or not any(map(is_right_to_left, document.pages)):
        return details
    return with_leaves(details, lambda leaf: faced_back((leaf,), document)[0])


def _mirrored_box(box: BBox, width: float) -> BBox:
    return BBox(round(width - box.x1, 2), box.y0, round(width - box.x0, 2), box.y1)


def _mirrored_word(word: Word, width: float) -> Word:
    return Word(word.text, _mirrored_box(word.bbox, width))


def _mirrored_span(span: Span, width: float) -> Span:
    words = tuple(sorted((_mirrored_word(word, width) for word in span.words), key=lambda word: word.bbox.x0))
    return span._replace(polygon=_mirrored_polygon(span.polygon, width), words=words)


def _mirrored_polygon(polygon: Polygon, width: float) -> Polygon:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = polygon
    return (width - bx, by), (width - ax, ay), (width - dx, dy), (width - cx, cy)
