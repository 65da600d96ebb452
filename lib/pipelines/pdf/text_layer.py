"""Whether the text that a PDF page carries may stand in for OCR, and if so, that text as spans.

In: the characters of a page, as `content.py` reads them, and what else is drawn on it. Out: `TextLayer`. Pure; imports
numpy and the nouns only, because the PDF worker process imports it.

A text layer may be absent (a scan), a stamp on a scan, garbage (a font without its table of characters), stand beside
text that was turned into outlines, or be what some other software read on a scan. Where there is doubt the page goes to
OCR: slower, never wrong. Text that nobody sees is kept aside for pages that OCR cannot read.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lib.document import Span
from lib.pipelines.pdf.text_lines import REPLACEMENT, Glyphs, Meanings, PlacedWord, find_words, meanings
from lib.pipelines.pdf.text_spans import find_spans

ENOUGH_WORDS = 30
"""From so many words on, text is what the page is about. What scanners, signing services and archives stamp on an image
is shorter; an invoice is longer, and a shorter one over an image is only slower if it goes through OCR."""

SCAN_SHARE = 0.5
"""Images over half the page: it may be a scan, so what stands on it must look like all of its text."""

PHOTO_SHARE = 0.15
"""Images over this share of a page with few words may hold the text: more than a logo, as much as a pasted photo."""

BANDS = 40
"""Bands of equal height in which the spread of text is counted: one or two lines of an A4 page each."""

BANDS_OVER_SCAN = 10
"""Bands that the text of a scan reaches at least; a stamp stays in its corner."""

BAD_CHARACTERS = 0.1
"""Share of characters without a meaning (unmapped, private use, control) above which a layer is garbage. Bullets and
icons of symbol fonts stay far below it; a font without its table of characters is above it at once."""

BARE_WORDS = 0.5
"""Share of words without letter or digit above which a layer is garbage. Rules of dashes and dots stay below it."""

CURVES_PER_LETTER = 10
"""Bézier curves that draw a letter, about: 8 to 16 for an o, none for an l. More curves than the page's text would need
mean that there is text turned into outlines; asked only of pages with few words, as logos have curves, too."""


@dataclass(frozen=True, slots=True)
class Artwork:
    """What is drawn on a page.

    Attributes:
        objects: How many objects the page is drawn with, text included.
        image_share: 0..1, share of the page under images.
        has_curves: Whether its paths have so many Bézier curves, asked while the page is open: counting takes long,
            and is seldom needed.
    """

    objects: int
    image_share: float
    has_curves: Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class TextLayer:
    """The text that a page carries.

    Attributes:
        spans: Top to bottom; none for an empty page.
        is_trusted: Whether they are what one would read on the page. If not, the page is to be read by OCR, and the
            spans are second best where OCR cannot read it.
    """

    spans: tuple[Span, ...]
    is_trusted: bool


NOTHING_TO_TRUST = TextLayer((), is_trusted=False)


def read_text_layer(glyphs: Glyphs, artwork: Artwork, *, width: int, height: int) -> TextLayer:
    """The page's text.

    Args:
        glyphs: Its characters.
        artwork: What is drawn on it.
        width: Of the page, pixels.
        height: Of the page, pixels.
    """
    if not artwork.objects:
        return TextLayer((), is_trusted=True)
    meant = meanings(glyphs.codes)
    if _is_garbage(meant):
        return NOTHING_TO_TRUST
    words = find_words(glyphs, meant, width=width, height=height)
    visible = [placed for placed in words if not placed.hidden]
    is_trusted = not _is_read_by_others(words, visible, artwork)
    text = visible if is_trusted else words
    return TextLayer(find_spans(text), is_trusted) if _is_all_text(text, artwork, height) else NOTHING_TO_TRUST


def quarter_turns(spans: Sequence[Span]) -> int:
    """By how many quarters, clockwise, most of the text is turned away from upright, 0 to 3."""
    letters = [0, 0, 0, 0]
    for span in spans:
        (x0, y0), (x1, y1), *_ = span.polygon
        letters[round(math.atan2(y1 - y0, x1 - x0) / (math.pi / 2)) % 4] += len(span.text)
    return letters.index(max(letters))


def _is_garbage(meant: Meanings) -> bool:
    """Whether too many of the characters have no meaning."""
    letters = (~meant.are(" ", "")).sum()
    return bool(meant.are(REPLACEMENT).sum() > BAD_CHARACTERS * letters)


def _is_read_by_others(words: Sequence[PlacedWord], visible: Sequence[PlacedWord], artwork: Artwork) -> bool:
    """Whether hidden words are what some software read on a scan, rather than marks such as signing services leave."""
    if len(visible) == len(words):
        return False
    return not visible or artwork.image_share >= SCAN_SHARE


def _is_all_text(words: Sequence[PlacedWord], artwork: Artwork, height: int) -> bool:
    """Whether the words are what one would read on the page, rather than a stamp on it."""
    texts = [placed.word.text for placed in words]
    if sum(not any(map(str.isalnum, text)) for text in texts) > BARE_WORDS * len(texts):
        return False
    if artwork.image_share >= SCAN_SHARE:
        bands = {int(placed.word.bbox.center[1] / height * BANDS) for placed in words}
        return len(texts) >= ENOUGH_WORDS and len(bands) >= BANDS_OVER_SCAN
    if len(texts) >= ENOUGH_WORDS:
        return True
    if not texts or artwork.image_share >= PHOTO_SHARE:
        return False
    return not artwork.has_curves(CURVES_PER_LETTER * sum(map(len, texts)))
