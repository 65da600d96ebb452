"""Where a text stands in a document, whatever its case, its accents, and how it was broken into words and lines.

In: a text and the document's lines. Out: the page and the box of its words, or nothing. Digits are never taken for
other digits; letters may differ as far as OCR misreads them. Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, TypeAlias

from rapidfuzz import fuzz

from lib.computing import in_time
from lib.document import BBox
from lib.grammar.folding import folded
from lib.post.lines import Line

ALIKE: Final = 88.0
"""rapidfuzz similarity, 0..100, from which letters count as the same words."""

FUZZY_FROM: Final = 6
"""Letters that a text needs before any of them may be misread."""

_LONGEST: Final = 60
"""Words of a text that is looked for; no value has as many."""


@dataclass(frozen=True, slots=True)
class _Token:
    """Letters and digits without anything between them, and where they stand."""

    text: str
    line: Line
    start: int
    end: int


Tokens: TypeAlias = Sequence[Sequence[_Token]]
"""Of each page that has lines."""


def find_text(text: str, lines: Sequence[Line], *, tokens: Tokens | None = None) -> tuple[int, BBox] | None:
    """The page and the box of the first place where `text` stands, as whole words; None where it does not.

    Args:
        text: What a reader says the document says.
        lines: Of the document, in reading order.
        tokens: The lines' `tokens_of`, where they are at hand already.
    """
    wanted = list(_pieces(text))
    if not wanted or len(wanted) > _LONGEST:
        return _signs(text.strip(), lines)
    joined = "".join(piece for piece, _, _ in wanted)
    pages = tokens_of(lines) if tokens is None else tokens
    for page in pages:
        for run in _runs(page, joined):
            return _place(run)
    if len(joined) < FUZZY_FROM or any(character.isdigit() for character in joined):
        return None
    best = max((_alike(page, joined, len(wanted)) for page in pages), key=lambda found: found[0], default=(0.0, ()))
    return _place(best[1]) if best[0] >= ALIKE else None


def tokens_of(lines: Sequence[Line]) -> Tokens:
    """The words of each page of a document, as texts are compared with them."""
    pages = groupby(in_time(lines), _page_of)
    return tuple([tuple([token for line in page for token in _tokens(line)]) for _, page in pages])


def _page_of(line: Line) -> int:
    return line.page_index


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """(piece, start, end) of every run of letters and digits, folded."""
    line = folded(text)
    start = None
    for offset, character in enumerate(f"{line} "):
        if character.isalnum():
            start = offset if start is None else start
        elif start is not None:
            yield line[start:offset], start, offset
            start = None


def _tokens(line: Line) -> Iterator[_Token]:
    return (_Token(piece, line, start, end) for piece, start, end in _pieces(line.text))


def _runs(tokens: Sequence[_Token], joined: str) -> Iterator[Sequence[_Token]]:
    """Runs of whole tokens that read `joined`."""
    for first, token in enumerate(tokens):
        text, last = "", first
        if not joined.startswith(token.text):
            continue
        while last < len(tokens) and joined.startswith(text + tokens[last].text):
            text += tokens[last].text
            last += 1
            if text == joined:
                yield tokens[first:last]
                break


def _alike(tokens: Sequence[_Token], joined: str, count: int) -> tuple[float, Sequence[_Token]]:
    """The run of about as many tokens that reads most like `joined`, and how much."""
    best: tuple[float, Sequence[_Token]] = (0.0, ())
    for size in range(max(1, count - 1), count + 2):
        for first in range(len(tokens) - size + 1):
            run = tokens[first : first + size]
            alike = fuzz.ratio("".join(token.text for token in run), joined, score_cutoff=max(best[0], ALIKE))
            if alike > best[0]:
                best = alike, run
    return best


def _place(run: Iterable[_Token]) -> tuple[int, BBox]:
    tokens = tuple(run)
    return tokens[0].line.page_index, BBox.around(token.line.box(token.start, token.end) for token in tokens)


def _signs(text: str, lines: Sequence[Line]) -> tuple[int, BBox] | None:
    """The place of a text without letters and digits, such as a lone sign, character for character."""
    for line in lines if text else ():
        start = line.text.find(text)
        if start >= 0:
            return line.page_index, line.box(start, start + len(text))
    return None
