"""A document that is longer than the model's context -> parts that fit.

In: pages as text, and how many characters fit. Out: the parts in the order in which they are asked: first and last page
together, as there is nearly everything that is asked for; then the others from front to back. Pure. Nothing is left
out: a page that does not fit alone is cut between its rows, and a row between its characters.
"""

from collections.abc import Iterator, Sequence

from lib.pipelines.llm.prompt import PageText

Part = tuple[PageText, ...]
"""Pages of one request, in their order."""


def in_parts(pages: Sequence[PageText], most_chars: int) -> list[Part]:
    """Every row of every page in parts of at most `most_chars`, ends first."""
    if sum(page.chars for page in pages) <= most_chars:
        return [tuple(pages)]
    pieces = [piece for page in pages for piece in _pieces(page, most_chars)]
    if len(pieces) > 1 and pieces[0].chars + pieces[-1].chars <= most_chars:
        ends: list[Part] = [(pieces[0], pieces[-1])]
    else:
        ends = [(piece,) for piece in (pieces[:1] + pieces[1:][-1:])]
    return ends + list(_grouped(pieces[1:-1], most_chars))


def _grouped(pieces: Sequence[PageText], most_chars: int) -> Iterator[Part]:
    part: list[PageText] = []
    for piece in pieces:
        if part and sum(other.chars for other in part) + piece.chars > most_chars:
            yield tuple(part)
            part = []
        part.append(piece)
    if part:
        yield tuple(part)


def _pieces(page: PageText, most_chars: int) -> Iterator[PageText]:
    """The page, or runs of its rows that fit."""
    if page.chars <= most_chars:
        yield page
        return
    room = max(1, most_chars - PageText(page.number, ()).chars)
    rows: list[str] = []
    taken = 0
    for row in (piece for whole in page.rows for piece in _row_pieces(whole, room)):
        if rows and taken + len(row) + 1 > room:
            yield PageText(page.number, tuple(rows))
            rows, taken = [], 0
        rows.append(row)
        taken += len(row) + 1
    if rows:
        yield PageText(page.number, tuple(rows))


def _row_pieces(row: str, room: int) -> Iterator[str]:
    size = max(1, room - 1)
    for start in range(0, max(1, len(row)), size):
        yield row[start : start + size]
