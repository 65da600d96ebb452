"""In which order a page's lines are read.

In: spans of one page, in any order. Out: the same spans in reading order. Pure; a part of tilt_prep.

Lines of receipts and invoices come from OCR in pieces (`Total` at the left, `56.00` far at the right). The slant of
the page is taken out first (`page_slant.py`); then pieces at one height make a row, read from left to right. Rows
follow each other downwards, and tables are thereby read row by row. Only where two blocks of running text stand side
by side (addresses above all) the left one is read before the right one.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from operator import attrgetter
from statistics import fmean, median

from lib.computing import in_time
from lib.document import Span
from lib.pipelines.page_slant import Piece, straightened

SAME_ROW = 0.5
"""Share of the lower piece's height that two pieces of a row have in common."""
REACH = 2.0
"""Line heights between a piece and the row that it may still be a part of: large text stands beside small."""
STACKED = 0.4
"""Share of the narrower piece's width from which two pieces stand above each other, not beside."""
GUTTER = 1.5
"""Least width of the white between two columns, in line heights."""
BLOCK_GAP = 1.8
"""White between two rows from which they are of different blocks, in line heights."""
MIN_COLUMN_ROWS = 3
MOST_COLUMN_ROWS = 120
"""Rows that a gutter is followed down: no page of running text has more."""
MOST_RECENT = 24
"""Rows at about one height that a piece may be a part of, the last ones: more are over each other."""
TABLE_CELLS = 4
"""Pieces apart from each other from which a row is one of a table, not of two columns side by side."""
RUNNING_TEXT_WORDS = 1.6
"""Words a line from which a column may be running text."""
RUNNING_TEXT_LETTERS = 0.6
"""Share of letters among letters and digits from which a column may be running text."""


Row = list[Piece]


class _Growing:
    """A row while its pieces come in, those from above first.

    No two of them share much of their width, so that from left to right both of their sides are in order, and a piece
    need be compared with the ones next to it only.
    """

    def __init__(self, first: Piece) -> None:
        self.pieces = [first]
        self.tallest = first.height
        self._from_left = [first]
        self._lefts = [first.x0]

    @property
    def y(self) -> float:
        """Of the piece that came last, the lowest."""
        return self.pieces[-1].y

    def add(self, piece: Piece) -> None:
        """Make a piece a part of the row."""
        place = bisect_right(self._lefts, piece.x0)
        self.pieces.append(piece)
        self.tallest = max(self.tallest, piece.height)
        self._from_left.insert(place, piece)
        self._lefts.insert(place, piece.x0)

    def distance(self, piece: Piece) -> float | None:
        """How far a piece is above or below its nearest neighbor here; None where it cannot be a part of the row."""
        if (piece.height + self.tallest) / 2 < piece.y - self.y:
            return None
        place = bisect_right(self._lefts, piece.x0)
        neighbor, most = self.pieces[0], -math.inf
        for other in chain(self._leftwards(place - 1, piece), self._rightwards(place, piece)):
            common = min(piece.x1, other.x1) - max(piece.x0, other.x0)
            if common > 0 and common > STACKED * min(piece.x1 - piece.x0, other.x1 - other.x0):
                return None
            if common > most:
                neighbor, most = other, common
        return abs(neighbor.y - piece.y) if _level_with(piece, neighbor) else None

    def _leftwards(self, place: int, piece: Piece) -> Iterator[Piece]:
        """The next piece to the left, and those behind it that reach over the left side of `piece`."""
        for index in range(place, -1, -1):
            other = self._from_left[index]
            if index < place and other.x1 <= piece.x0:
                return
            yield other

    def _rightwards(self, place: int, piece: Piece) -> Iterator[Piece]:
        """The same to the right."""
        for index in range(place, len(self._from_left)):
            other = self._from_left[index]
            if index > place and other.x0 >= piece.x1:
                return
            yield other


def reading_order(spans: Sequence[Span]) -> list[Span]:
    """The spans of one page as a reader takes them; which order they came in does not matter."""
    rows = _rows(straightened(spans))
    return [piece.span for row in _columns_apart(rows) for piece in row]


def _rows(pieces: Sequence[Piece]) -> list[Row]:
    """Pieces at one height together, each row from left to right, rows downwards."""
    rows: list[Row] = []
    recent: list[_Growing] = []
    reach = REACH * median([piece.height for piece in pieces]) if pieces else 0.0
    for piece in in_time(sorted(pieces, key=attrgetter("sort_key"))):
        recent = [row for row in recent[-MOST_RECENT:] if row.y >= piece.y - reach]
        row = _row_of(piece, recent)
        if row:
            row.add(piece)
            continue
        row = _Growing(piece)
        rows.append(row.pieces)
        if piece.level:  # Others stand alone.
            recent.append(row)
    rows.sort(key=lambda row: (fmean([piece.y for piece in row]), row[0].sort_key))
    return [sorted(row, key=lambda piece: (piece.x0, *piece.sort_key)) if len(row) > 1 else row for row in rows]


def _row_of(piece: Piece, rows: Sequence[_Growing]) -> _Growing | None:
    """The row that the piece continues, the one at the nearest height if several could be."""
    found, nearest = None, math.inf
    for row in rows if piece.level else ():
        distance = row.distance(piece)
        if distance is not None and distance < nearest:
            found, nearest = row, distance
    return found


def _level_with(piece: Piece, other: Piece) -> bool:
    if not (piece.level and other.level):
        return False
    common = (piece.height + other.height) / 2 - abs(piece.y - other.y)
    lower = min(piece.height, other.height)
    return min(common, lower) >= SAME_ROW * lower


def _columns_apart(rows: list[Row]) -> Iterator[Row]:
    """The rows, but where columns of running text stand side by side, the left one's rows before the right one's."""
    start, tops = 0, _tops(rows)
    while start < len(rows):
        end, gutter = _column_run(rows, start, tops)
        left, right = _sides(rows[start:end], gutter) if end - start >= MIN_COLUMN_ROWS else ([], [])
        if _is_running_text(left) and _is_running_text(right):
            yield from left
            yield from _columns_apart(right)
            start = end
        else:
            yield rows[start]
            start += 1


def _tops(rows: Sequence[Row]) -> list[bool]:
    """Which rows no gutter reaches from above: the first one of each block, and those of tables."""
    return [True, *[_new_block(above, row) or _is_table_row(row) for above, row in pairwise(in_time(rows))]]


def _column_run(rows: Sequence[Row], start: int, tops: Sequence[bool]) -> tuple[int, float]:
    """How far down from row `start` a gutter reaches: the row after the last one, and its x."""
    best_end, best_x = start, 0.0
    last = min(len(rows), start + MOST_COLUMN_ROWS)
    for left, right in pairwise(rows[start]):
        end, gap = start + 1, (left.x1, right.x0)
        while end < last and not tops[end] and gap[1] - gap[0] >= GUTTER * left.height:
            narrower = _narrowed(gap, rows[end])
            if narrower is None:
                break
            gap = narrower
            end += 1
        if gap[1] - gap[0] >= GUTTER * left.height and end > best_end:
            best_end, best_x = end, (gap[0] + gap[1]) / 2
    return best_end, best_x


def _narrowed(gap: tuple[float, float], row: Row) -> tuple[float, float] | None:
    """What is left of a gutter where `row` borders on it; None where the row crosses it."""
    left, right = gap
    # Both sides of the pieces are in order: those before end left of the gutter.
    first = bisect_right(row, left, key=attrgetter("x1"))
    for index in range(first, len(row)):
        piece = row[index]
        if piece.x0 >= right:
            break
        if piece.x1 <= (left + right) / 2:
            left = max(left, piece.x1)
        elif piece.x0 >= (left + right) / 2:
            right = min(right, piece.x0)
        else:
            return None
    return (left, right) if right - left >= GUTTER * row[0].height else None


def _new_block(above: Row, below: Row) -> bool:
    height = max(above[0].height, below[0].height)
    return below[0].y - above[0].y - height > BLOCK_GAP * height


def _is_table_row(row: Row) -> bool:
    if len(row) < TABLE_CELLS:
        return False
    cells = 1 + sum([right.x0 - left.x1 >= GUTTER * left.height for left, right in pairwise(row)])
    return cells >= TABLE_CELLS


def _sides(rows: Sequence[Row], gutter: float) -> tuple[list[Row], list[Row]]:
    """The rows' parts to the left and to the right of `gutter`."""
    left = [[piece for piece in row if piece.x1 <= gutter] for row in rows]
    right = [[piece for piece in row if piece.x0 >= gutter] for row in rows]
    return [row for row in left if row], [row for row in right if row]


def _is_running_text(rows: Sequence[Row]) -> bool:
    """Whether a column is read on its own: several lines of words, not labels or figures that belong to a row."""
    if len(rows) < MIN_COLUMN_ROWS:
        return False
    texts = [" ".join([piece.span.text for piece in row]) for row in rows]
    labels = sum([text.rstrip().endswith(":") for text in texts])
    if labels * 2 >= len(rows) or fmean([len(text.split()) for text in texts]) < RUNNING_TEXT_WORDS:
        return False
    letters = sum([sum(map(str.isalpha, text)) for text in texts])
    digits = sum([sum(map(str.isdigit, text)) for text in texts])
    return letters >= RUNNING_TEXT_LETTERS * (letters + digits)
