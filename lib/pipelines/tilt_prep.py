"""Spans -> words in reading order -> OCR document -> request to the TILT server.

In: pages with spans. Out: the document that every reader sees, and the request that the TILT server is sent. Pure.
Words are never lost or invented; their boxes are finite, ordered, inside the page, and rounded to 0.01 px, so that the
wire carries them as they are.
"""

import base64
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from lib.document import BBox, OcrDocument, Page, PageImage, Polygon, Question, Span, Word
from lib.pipelines.mirroring import is_right_to_left, mirrored
from lib.pipelines.reading_order import reading_order
from lib.pipelines.tilt.chat_protocol import SYSTEM_PROMPT, ChatRequest
from lib.pipelines.tilt.protocol import MAX_WORD_CHARS, MAX_WORDS, TiltPage, TiltRequest

IMAGE_WIDTH = 768
"""Pixels; TILT scales every page to this width itself. Source: its configuration's image_width."""
PNG_LEVEL = 3
"""Of compression, 0..9: more takes longer to make than it saves on the way."""

_WORD = re.compile(r"\S+")


def assemble(pages: Iterable[Page]) -> OcrDocument:
    """The document with every page's `words` filled in from its spans, in reading order.

    A page without spans keeps the words that it has.
    """
    return OcrDocument(tuple(_with_words(page) for page in pages))


def words_of(pages: Iterable[Page]) -> tuple[tuple[Word, ...], ...]:
    """Each page's words, as `assemble` would fill them in."""
    return tuple([page.words for page in assemble(pages).pages])


def _with_words(page: Page) -> Page:
    if not page.spans:
        return page
    if is_right_to_left(page):
        return mirrored(_in_order(mirrored(page)))
    return _in_order(page)


def _in_order(page: Page) -> Page:
    spans = reading_order([_on_page(span, page) for span in page.spans])
    return replace(page, words=tuple([word for span in spans for word in _words(span, page)]))


def _on_page(span: Span, page: Page) -> Span:
    polygon = _inside(span.polygon, page)
    return span if polygon is span.polygon else span._replace(polygon=polygon)


def _inside(polygon: Polygon, page: Page) -> Polygon:
    """The polygon with every corner on the page; a coordinate that is no number becomes 0."""
    width, height = page.width, page.height
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = polygon
    across = 0 <= ax <= width and 0 <= bx <= width and 0 <= cx <= width and 0 <= dx <= width
    if across and 0 <= ay <= height and 0 <= by <= height and 0 <= cy <= height and 0 <= dy <= height:
        return polygon
    a, b, c, d = ((_limited(x, width), _limited(y, height)) for x, y in polygon)
    return a, b, c, d


def _limited(value: float, limit: int) -> float:
    return 0.0 if math.isnan(value) else float(min(max(value, 0), limit))


def _words(span: Span, page: Page) -> Iterator[Word]:
    """The span's own words where it has them, else its line divided in proportion to the characters."""
    if not span.words:
        yield from _divided(span.text, span.polygon)
    for word in span.words:
        text, box = word
        if text.split() != [text]:
            yield from _divided(text, _inside(box.as_polygon(), page))
        elif _is_as_sent(box, page):
            yield word
        else:
            yield Word(text, _box(_inside(box.as_polygon(), page)))


def _is_as_sent(box: BBox, page: Page) -> bool:
    """Whether a box is on the page and rounded already, as those of text layers are."""
    x0, y0, x1, y1 = box
    is_inside = 0 <= x0 < x1 <= page.width and 0 <= y0 < y1 <= page.height
    # What `round(side, 2)` would say takes three times as long.
    return is_inside and box == tuple([int(100 * side + 0.5) / 100 for side in box])


def _divided(text: str, polygon: Polygon) -> Iterator[Word]:
    """The words of a text that stands in `polygon`, with boxes that follow its slant."""
    for match in _WORD.finditer(text):
        start, end = match.span()
        yield Word(match[0], _box(_part(polygon, start / len(text), end / len(text))))


def _box(polygon: Polygon) -> BBox:
    """Around the corners, to 0.01 px."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = polygon
    return BBox(
        round(min(ax, bx, cx, dx), 2),
        round(min(ay, by, cy, dy), 2),
        round(max(ax, bx, cx, dx), 2),
        round(max(ay, by, cy, dy), 2),
    )


def _part(polygon: Polygon, start: float, end: float) -> Polygon:
    """The part of `polygon` between two shares of its length, 0 <= start <= end <= 1."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = polygon
    behind, rest = 1 - start, 1 - end
    return (
        (ax * behind + bx * start, ay * behind + by * start),
        (ax * rest + bx * end, ay * rest + by * end),
        (dx * rest + cx * end, dy * rest + cy * end),
        (dx * behind + cx * start, dy * behind + cy * start),
    )


def to_request(
    document: OcrDocument, questions: Sequence[Question], *, max_tokens: int, with_images: bool = False
) -> TiltRequest:
    """The request that asks all `questions` about the document at once.

    What is more than the model takes at all (125,000 words, 2,000 characters of one word) stays behind.

    Args:
        document: With at least one word.
        questions: With different keys.
        max_tokens: Of one answer.
        with_images: Whether pages that have an image send it along.

    Raises:
        ValueError: The document has no word, or the questions are none that the protocol knows.
    """
    asked = [{"key": question.key, "text": question.text} for question in questions]
    pages = [{"ocr": ocr, "image": image} for ocr, image in _wire_pages(document, with_images=with_images)]
    return TiltRequest.model_validate({"questions": asked, "max_tokens": max_tokens, "pages": pages})


def to_chat_request(document: OcrDocument, *, model: str, max_tokens: int, with_images: bool = False) -> ChatRequest:
    """The request of the chat protocol: the system prompt and the document; see `to_request`."""
    pages = [ocr | {"image": image} for ocr, image in _wire_pages(document, with_images=with_images)]
    part = {"type": "input_ocr_document", "document": {"pages": pages}}
    messages = [{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": [part]}]
    return ChatRequest.model_validate({"model": model, "messages": messages, "max_tokens": max_tokens})


def _wire_pages(document: OcrDocument, *, with_images: bool) -> Iterator[tuple[dict[str, object], str | None]]:
    """Each page's `ocr` and image as the wire has them."""
    left = MAX_WORDS
    for page in document.pages:
        words = [{"text": _sendable(word.text), "bbox": word.bbox.as_list()} for word in page.words[:left]]
        left -= len(words)
        image = page.image if with_images else None
        ocr: dict[str, object] = {"width": page.width, "height": page.height, "words": words}
        yield ocr, None if image is None else encode_image(image)


def _sendable(text: str) -> str:
    """The text as JSON can carry it: PDFs hold halves of surrogate pairs."""
    return text[:MAX_WORD_CHARS].encode(errors="replace").decode()


def shrink(image: PageImage) -> PageImage:
    """The page at the size in which TILT sees it, at most 768 pixels wide: a tenth of what a scanned page weighs."""
    height, width = image.shape[:2]
    if width <= IMAGE_WIDTH:
        return image
    size = (IMAGE_WIDTH, max(1, round(height * IMAGE_WIDTH / width)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def encode_image(image: PageImage) -> str:
    """The page as TILT sees it: grayscale PNG, at most 768 pixels wide, whole and in its proportions; as base64."""
    blue, green, red = Image.fromarray(shrink(image)).split()  # Bands in the house's order.
    file = io.BytesIO()
    Image.merge("RGB", (red, green, blue)).convert("L").save(file, "PNG", compress_level=PNG_LEVEL)
    return base64.b64encode(file.getvalue()).decode("ascii")


def to_document(pages: Sequence[TiltPage]) -> OcrDocument:
    """What a request carries, as a document again: the words as they are, no spans, no images."""
    return OcrDocument(
        tuple(
            Page(
                page_index=index,
                width=math.ceil(page.ocr.width),
                height=math.ceil(page.ocr.height),
                source="ocr",
                words=tuple(Word(word.text, BBox(*word.bbox)) for word in page.ocr.words),
            )
            for index, page in enumerate(pages)
        )
    )
