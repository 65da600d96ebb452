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
"""Of a document's different words, from which at least some of its kind are expected."""

ENOUGH_KEYWORDS = 2
"""Different ones, from which a document's text is believed."""

MIN_LETTERS = 4
"""Of a keyword that counts: short ones stand in any text."""

LINES_ASKED = 300
MOST_CHARACTERS = 300
"""Of a document, and of one of its lines: what it is stands on its first pages."""

_FUNCTION_WORDS = """
    the of and for with from this that your you are is der die das und von mit für den dem ein eine le la les des et du
    pour une est el los las del por con una para il di per che een het van voor met og til som och att av på w na do się
    jest și pentru ja on az és
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Small words that sentences of languages in Latin script are full of."""

ENOUGH_SMALL_WORDS = 5


def with_doubts(pages: Sequence[Page]) -> tuple[Page, ...]:
    """The pages, those with a text layer marked for OCR if the words of all together are of no known language."""
    spans = (span for page in pages if page.source == "text_layer" for span in page.spans)
    lines = [span.text[:MOST_CHARACTERS] for span in islice(spans, LINES_ASKED)]
    letters = sum(sum(map(str.isalpha, word)) for word in {word for line in lines for word in line.split()})
    if letters < ENOUGH_LETTERS or _has_sentences(lines) or _has_keywords(lines):
        return tuple(pages)
    return tuple(_doubted(page) if page.source == "text_layer" else page for page in pages)


def _has_sentences(lines: Iterable[str]) -> bool:
    """Whether the small words of some languages stand in the lines, more than chance would put there."""
    small = [word for line in lines for word in line.casefold().split() if word in FUNCTION_WORDS]
    return len(small) >= ENOUGH_SMALL_WORDS and len(set(small)) > 1


def _has_keywords(lines: Iterable[str]) -> bool:
    seen: set[str] = set()
    for line in lines:
        seen.update(
            match.phrase for match in find_keywords(line) if len(match.phrase) >= MIN_LETTERS and not match.glued
        )
        if len(seen) >= ENOUGH_KEYWORDS:
            return True
    return False


def _doubted(page: Page) -> Page:
    return replace(page, source="ocr", spans=(), unconfirmed=page.spans, pictures=())
