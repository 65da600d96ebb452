"""A document with its answers drawn on it, so that a person sees where each one comes from.

In: the images of a document's pages, and a `Card` for each field. Out: a PNG file: the pages at the left with a box
around each answer, the cards at the right, and a line from each box to its card.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from lib.document import BBox, OcrDocument, PageImage, Point
from lib.evaluation.canvas import Box, Canvas, Color
from lib.evaluation.cards import Card

MARGIN = 28.0
GUTTER = 56.0
PAGE_GAP = 20.0
PAGE_WIDTH, PAGE_HEIGHT = 720.0, 900.0
"""A page is scaled to fit into this, in points."""
MAX_PAGES = 3
CARD_WIDTH, CARD_HEIGHT, CARD_GAP = 380.0, 92.0, 14.0
TITLE_HEIGHT = 58.0
BOX_PADDING = 3.0

BACKGROUND: Color = (243, 245, 248)
WHITE: Color = (255, 255, 255)
INK: Color = (24, 32, 44)
QUIET: Color = (107, 119, 134)
TRACK: Color = (229, 233, 238)


@dataclass(frozen=True, slots=True)
class PageView:
    """A page's picture and the size that boxes on it are measured in."""

    page_index: int
    image: Image.Image
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A box on a page without a card: of an item, or of a tax."""

    page_index: int
    bbox: BBox
    color: Color


def picture_of(image: PageImage) -> Image.Image:
    """A page's pixels (blue green red) as Pillow has them."""
    return Image.fromarray(image[..., ::-1].copy())


def blank_views(document: OcrDocument) -> tuple[PageView, ...]:
    """Pages of which there is no picture, as white paper with each span written where it stands."""
    views = []
    for page in document.pages:
        paper = Canvas(page.width, page.height, background=WHITE, density=1.0)
        for span in page.spans:
            box = span.bbox
            paper.rectangle((box.x0, box.y0, box.x1, box.y1), outline=TRACK)
            size = max(0.7 * box.height, 1.0)
            paper.text((box.x0, box.y1 - 0.2 * box.height), span.text, size=size, color=INK)
        views.append(PageView(page.page_index, paper.finished(), page.width, page.height))
    return tuple(views)


def draw_document(
    path: Path,
    *,
    title: str,
    subtitle: str,
    views: Sequence[PageView],
    cards: Sequence[Card],
    marks: Sequence[Mark] = (),
) -> None:
    """Draw pages and cards side by side.

    Args:
        path: The PNG file to write.
        title: Above the cards.
        subtitle: Beneath the title.
        views: The document's pages; those with an answer are drawn, at most MAX_PAGES, or else the first.
        cards: The fields.
        marks: What else is framed.
    """
    shown = _pages_shown(views, cards)
    places = _places(shown)
    left = max((place[2] for place in places), default=0.0) + GUTTER
    slots = _card_slots(left, len(cards))
    bottom = max(box[3] for box in (*places, *slots))
    canvas = Canvas(left + CARD_WIDTH + MARGIN, bottom + MARGIN, background=BACKGROUND)
    _draw_title(canvas, left, title=title, subtitle=subtitle)
    for view, place in zip(shown, places, strict=True):
        _draw_page(canvas, view, place)
    for mark in marks:
        frame = _box_on(mark, shown, places)
        if frame is not None:
            canvas.rectangle(frame, radius=3, outline=mark.color, width=1.0)
    boxes = [_box_on(card, shown, places) for card in cards]
    for card, box, slot in zip(cards, boxes, slots, strict=True):
        if box is not None:
            _draw_box(canvas, box, card.color)
            canvas.curve(_middle_right(box), _middle_left(slot), color=card.color, width=1.4)
    for card, slot in zip(cards, slots, strict=True):
        _draw_card(canvas, card, slot)
    canvas.finished().save(path)


def _pages_shown(views: Sequence[PageView], cards: Sequence[Card]) -> list[PageView]:
    answered = {card.page_index for card in cards if card.bbox is not None}
    return [view for view in views if view.page_index in answered][:MAX_PAGES] or list(views[:1])


def _places(views: Sequence[PageView]) -> list[Box]:
    """Where each page goes, from left to right."""
    places: list[Box] = []
    x = MARGIN
    for view in views:
        scale = min(PAGE_WIDTH / view.image.width, PAGE_HEIGHT / view.image.height)
        places.append((x, MARGIN, x + view.image.width * scale, MARGIN + view.image.height * scale))
        x = places[-1][2] + PAGE_GAP
    return places


def _card_slots(left: float, count: int) -> list[Box]:
    tops = (MARGIN + TITLE_HEIGHT + index * (CARD_HEIGHT + CARD_GAP) for index in range(count))
    return [(left, top, left + CARD_WIDTH, top + CARD_HEIGHT) for top in tops]


def _box_on(card: Card | Mark, views: Sequence[PageView], places: Sequence[Box]) -> Box | None:
    """Where a card's box is in the picture; None where it has none or its page is not shown."""
    if card.bbox is None:
        return None
    for view, (x0, y0, x1, y1) in zip(views, places, strict=True):
        if view.page_index == card.page_index:
            across, down = (x1 - x0) / view.width, (y1 - y0) / view.height
            box = card.bbox
            return (
                x0 + box.x0 * across - BOX_PADDING,
                y0 + box.y0 * down - BOX_PADDING,
                x0 + box.x1 * across + BOX_PADDING,
                y0 + box.y1 * down + BOX_PADDING,
            )
    return None


def _middle_right(box: Box) -> Point:
    return box[2], (box[1] + box[3]) / 2


def _middle_left(box: Box) -> Point:
    return box[0], (box[1] + box[3]) / 2


def _draw_title(canvas: Canvas, left: float, *, title: str, subtitle: str) -> None:
    canvas.text(
        (left, MARGIN + 18), canvas.fitting(title, size=18, width=CARD_WIDTH, bold=True), size=18, color=INK, bold=True
    )
    canvas.text((left, MARGIN + 38), canvas.fitting(subtitle, size=12, width=CARD_WIDTH), size=12, color=QUIET)


def _draw_page(canvas: Canvas, view: PageView, place: Box) -> None:
    x0, y0, x1, y1 = place
    canvas.shadow((x0, y0 + 4, x1, y1 + 4), radius=2, blur=9, opacity=0.28)
    canvas.paste(view.image, place)


def _draw_box(canvas: Canvas, box: Box, color: Color) -> None:
    canvas.rectangle(box, radius=4, fill=color, opacity=0.14)
    canvas.rectangle(box, radius=4, outline=color, width=1.6)


def _draw_card(canvas: Canvas, card: Card, slot: Box) -> None:
    x0, y0, x1, y1 = slot
    canvas.shadow((x0, y0 + 2, x1, y1 + 2), radius=8, blur=5, opacity=0.13)
    canvas.rectangle(slot, radius=8, fill=card.color)
    canvas.rectangle((x0 + 5, y0, x1, y1), radius=6, fill=WHITE)
    left, width = x0 + 22, CARD_WIDTH - 44
    canvas.text((left, y0 + 24), card.label, size=12, color=card.color, bold=True)
    value = canvas.fitting(card.value or "null", size=20, width=width, bold=True)
    canvas.text((left, y0 + 52), value, size=20, color=INK if card.value else QUIET, bold=card.value is not None)
    canvas.text((left, y0 + 75), canvas.fitting(card.note, size=12, width=width), size=12, color=card.note_color)
    if card.confidence is not None:
        _draw_confidence(canvas, card.confidence, right=x1 - 22, top=y0, color=card.color)


def _draw_confidence(canvas: Canvas, confidence: float, *, right: float, top: float, color: Color) -> None:
    """A bar as long as the confidence, and its percentage."""
    length = 90.0
    x0, y0 = right - 44 - length, top + 17
    canvas.rectangle((x0, y0, x0 + length, y0 + 5), radius=2.5, fill=TRACK)
    canvas.rectangle((x0, y0, x0 + max(length * confidence, 5), y0 + 5), radius=2.5, fill=color)
    canvas.text((right, top + 24), f"{confidence:.0%}", size=12, color=INK, bold=True, anchor="rs")
