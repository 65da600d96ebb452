"""Whether the text layers of a document say anything: letters may be mapped to other letters.

In: pages with text layers. Out: the same pages; where no line holds a word that invoices and receipts have, they are to
be read by OCR. Pure.

Fonts whose table of characters is shifted give "Ndxzzkrr Wuury": letters, but words of no
language. A document in a language that is not known looks the same, so the text layer is kept for pages that OCR cannot
read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from lib.document import Page
from lib.grammar.locales import find_keywords

ENOUGH_LETTERS = 200
"""Of a document, from which at least some words of its kind are expected."""

ENOUGH_KEYWORDS = 2
"""Different ones, from which a document's text is believed."""

MIN_LETTERS = 4
"""Of a keyword that counts: short ones stand in any text."""

LINES_ASKED = 300
"""Of a document: what it is stands on its first pages."""


def with_doubts(pages: Sequence[Page]) -> tuple[Page, ...]:
    """The pages, those with a text layer marked for OCR if the words of all together are of no known language."""
    lines = [span.text for page in pages if page.source == "text_layer" for span in page.spans]
    if sum(sum(map(str.isalpha, line)) for line in lines[:LINES_ASKED]) < ENOUGH_LETTERS or _is_known_language(lines):
        return tuple(pages)
    return tuple(_doubted(page) if page.source == "text_layer" else page for page in pages)


def _is_known_language(lines: Iterable[str]) -> bool:
    seen: set[str] = set()
    for line in islice(lines, LINES_ASKED):
        seen.update(
            match.phrase for match in find_keywords(line) if len(match.phrase) >= MIN_LETTERS and not match.glued
        )
        if len(seen) >= ENOUGH_KEYWORDS:
            return True
    return False


def _doubted(page: Page) -> Page:
    return replace(page, source="ocr", spans=(), unconfirmed=page.spans, pictures=())
