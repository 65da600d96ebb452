"""A page's words -> lines of text in which rows and columns stay readable.

In: a page with its words in reading order. Out: one text a row, words of one column apart by one space, columns apart
by three or more, in the places of a grid of characters. Pure.

A document may hold anything, also what a chat template takes for the end of a message. So signs that such templates are
made of are replaced by similar ones, and characters that nobody can see are left out.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from lib.document import BBox, Page, Word

MOST_COLUMNS = 140
"""Characters of a row; finer grids only cost tokens."""
COLUMN_GAP = 3
"""Spaces between two columns at least."""
WIDEST_SPACE = 0.8
"""Heights of the lower of two words; a wider gap parts two columns, or a logo from what stands beside it."""
SAME_ROW = 0.4
"""Share of the lower word's height that two neighbors on a row have in common at least."""
BLOCK_GAP = 1.2
"""White between two rows, in heights of a word, from which an empty line stands for it."""

_LOOKALIKES = str.maketrans({"<": "‹", ">": "›"})
_TEMPLATE_TAG = re.compile(r"\[(/?[A-Z_]{2,})\]")
"""Mistral's chat templates: [INST], [/INST], [TOOL_CALLS] ..."""
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})


def lay_out(page: Page) -> tuple[str, ...]:
    """The page's rows from top to bottom; an empty text where blocks are apart."""
    words = [word for word in (_harmless(word) for word in page.words) if word.text]
    if not words:
        return ()
    left = min(word.bbox.x0 for word in words)
    pitch = _pitch(words, left)
    height = median(word.bbox.height for word in words)
    rows = list(_rows(words))
    texts = [_row_text(rows[0], left, pitch)]
    for above, row in pairwise(rows):
        white = min(w.bbox.y0 for w in row) - max(w.bbox.y1 for w in above)
        texts += [""] if white > BLOCK_GAP * height else []
        texts.append(_row_text(row, left, pitch))
    return tuple(texts)


def harmless(text: str) -> str:
    """A text of the document without what a chat template could take for its own."""
    seen = "".join(c for c in text.translate(_LOOKALIKES) if unicodedata.category(c) not in _UNSEEN)
    return _TEMPLATE_TAG.sub(r"(\1)", seen)


def _harmless(word: Word) -> Word:
    return Word(harmless(word.text), word.bbox)


def _pitch(words: Sequence[Word], left: float) -> float:
    """Pixels for one character of the grid."""
    widths = [word.bbox.width / len(word.text) for word in words]
    extent = max(word.bbox.x1 for word in words) - left
    return max(median(widths), extent / MOST_COLUMNS, 1e-3)


def _rows(words: Sequence[Word]) -> Iterator[list[Word]]:
    """The words cut where the next one stands lower, higher or further left."""
    row = [words[0]]
    for word, following in pairwise(words):
        if not _share_row(word.bbox, following.bbox):
            yield row
            row = []
        row.append(following)
    yield row


def _share_row(left: BBox, right: BBox) -> bool:
    common = min(left.y1, right.y1) - max(left.y0, right.y0)
    return right.x0 >= left.x0 and common >= SAME_ROW * min(left.height, right.height)


def _row_text(row: Sequence[Word], left: float, pitch: float) -> str:
    text = " " * round((row[0].bbox.x0 - left) / pitch) + row[0].text
    for word, following in pairwise(row):
        gap = following.bbox.x0 - word.bbox.x1
        if gap > WIDEST_SPACE * min(word.bbox.height, following.bbox.height):
            column = round((following.bbox.x0 - left) / pitch)
            text = text.ljust(max(len(text) + COLUMN_GAP, column)) + following.text
        else:
            text += " " + following.text
    return text
