"""What the mock's model sees: the text of the messages -> words with places, and the keys that it is to answer.

In: texts. Out: an OCR document whose boxes are those of a page of characters, and questions. It knows the form of our
prompt as a model would understand it, and nothing of the document but its text.
"""

import json
import re
from collections.abc import Iterator, Sequence

from lib.document import BBox, OcrDocument, Page, Question, Word

CHAR_WIDTH, LINE_HEIGHT, CHAR_HEIGHT = 10, 20, 16
"""Pixels of the page of characters."""

_PAGE = re.compile(r'^<page number="(\d+)">\n(.*?)^</page>$', re.MULTILINE | re.DOTALL)
_KEY = re.compile(r'^- "([a-z][a-z0-9_]*)": (.*)$', re.MULTILINE)
_DOCUMENT = "<document"


def asked_in(texts: Sequence[str]) -> list[Question]:
    """The keys that stand before the document, with their questions."""
    rules = "\n".join(texts).partition(f"\n{_DOCUMENT}")[0]
    return [Question(key, text) for key, text in _KEY.findall(rules)]


def brings_document(body: bytes) -> bool:
    """Whether a chat request brings the document as text, which is how general models are asked."""
    try:
        messages = json.loads(body)["messages"]
    except (ValueError, KeyError, TypeError):
        return False
    contents = [m.get("content") for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []
    parts = [part for content in contents for part in (content if isinstance(content, list) else [content])]
    texts = [str(part.get("text", "")) if isinstance(part, dict) else str(part) for part in parts]
    return any(_PAGE.search(text) for text in texts)


def document_in(text: str) -> OcrDocument:
    """The document's pages with their words; a text without page marks is a page."""
    pages = [rows for _, rows in _PAGE.findall(text)] or [text]
    return OcrDocument(tuple(_page(index, rows.split("\n")) for index, rows in enumerate(pages)))


def _page(index: int, rows: Sequence[str]) -> Page:
    words = tuple(word for line, row in enumerate(rows) for word in _words(line, row))
    width = CHAR_WIDTH * max([80, *map(len, rows)])
    return Page(index, width, LINE_HEIGHT * max(60, len(rows)), "text_layer", words=words)


def _words(line: int, row: str) -> Iterator[Word]:
    top = LINE_HEIGHT * line
    for match in re.finditer(r"\S+", row):
        yield Word(match[0], BBox(match.start() * CHAR_WIDTH, top, match.end() * CHAR_WIDTH, top + CHAR_HEIGHT))
