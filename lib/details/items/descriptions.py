"""The descriptions of a table's items: words of the item's own row, and of rows beside it without an amount.

In: the drafts of a section, its lines and the columns. Out: the drafts with descriptions and product codes. A line goes
on with the one above it where that one had no room left; a line whose item has no words of its own belongs to it. Pure.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from lib.details.items.columns import Column
from lib.details.items.drafts import Draft, Part
from lib.details.items.first_words import with_first_words
from lib.details.items.words import is_glue
from lib.details.rows import Line
from lib.grammar.folding import letters_of

_LEAST_LETTERS: Final = 2
_SEVERAL: Final = 3
"""Items of a table from which on their own lines tell how wide the descriptions are."""

_ROOM: Final = 0.6
"""Heights of a word of free room in which the next word might still have stood."""

_POSITION: Final = re.compile(r"[#(]?\d{1,3}[.)]?")
_MOST_LINES: Final = 12
"""Lines of one description at most."""

_NEXT_LINE: Final = 2.5
"""Heights of a line between the tops of two lines of one description at most."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one line that describe, and those that are a product code.

    Attributes:
        opens: Whether the line has a word under the column of positions or product codes, as an item's first line has.
        x1: Where the description ends, px.
        y: The middle of the line, px.
        height: Of its letters, px.
    """

    description: tuple[Part, ...]
    code: Part | None
    opens: bool
    x1: float
    y: float
    height: float

    @property
    def letters(self) -> int:
        """Letters of the description."""
        return sum(sum(map(str.isalpha, part.text)) for part in self.description)


def with_descriptions(drafts: Sequence[Draft], lines: Sequence[Line], columns: Sequence[Column]) -> list[Draft]:
    """The drafts of one section, described.

    Args:
        drafts: From top to bottom.
        lines: Those of the drafts and all between them, and behind the last one.
        columns: Of the table.
    """
    drafted = {draft.amount.line.index: draft for draft in drafts}
    words = {line.index: _words(line, drafted.get(line.index), columns) for line in lines}
    right = max((each.x1 for index, each in words.items() if index in drafted), default=0.0)
    own: dict[int, list[int]] = {}
    free: list[int] = []
    last: int | None = None
    for line in lines:
        if line.index not in drafted:
            free.append(line.index)
            continue
        above, free = _shared(free, words, last=last, following=line.index, drafted=own)
        own[line.index] = [*above, line.index]
        last = line.index
    if last is not None:
        _take_behind(own[last], free, words)
    right = max([right, *(words[i].x1 for members in own.values() for i in members)])
    if len(drafts) < _SEVERAL:
        right = max(right, _end_of_description(columns))
    described = [_described(draft, [words[i] for i in own[draft.amount.line.index]], right) for draft in drafts]
    return with_first_words(described)


def _end_of_description(columns: Sequence[Column]) -> float:
    """Where the column behind the descriptions begins, px; 0 where there is none."""
    at = next((index for index, column in enumerate(columns) if column.kind == "description"), None)
    if at is None or at + 1 == len(columns):
        return 0.0
    return columns[at + 1].x0 - columns[at].height


def _shared(
    free: list[int], words: dict[int, Words], *, last: int | None, following: int, drafted: dict[int, list[int]]
) -> tuple[list[int], list[int]]:
    """The lines between two items that belong to the lower one; the others go to the upper one."""
    free = [index for index in free if words[index].letters or words[index].code]
    opening = next((at for at, index in enumerate(free) if words[index].opens), None)
    if opening is not None and not words[following].opens:
        if last is not None:
            drafted[last] += free[:opening]
        return free[opening:], []
    needs = words[following].letters < _LEAST_LETTERS
    if last is None:
        near = _run_before(free, words, following) if needs else []
        return near, []
    if not needs:
        drafted[last] += free
        return [], []
    if len(free) > 1:
        gaps = [words[b].y - words[a].y for a, b in pairwise([last, *free])]
        cut = max(range(len(gaps)), key=gaps.__getitem__) if max(gaps) > 1.25 * min(gaps) else len(free) // 2
        drafted[last] += free[:cut]
        return free[cut:], []
    return free, []


def _run_before(free: Sequence[int], words: dict[int, Words], following: int) -> list[int]:
    """The lines right above an item, as long as they stand close together."""
    run: list[int] = []
    below = following
    for index in reversed(free[-_MOST_LINES:]):
        if words[below].y - words[index].y > _NEXT_LINE * words[index].height:
            break
        run.insert(0, index)
        below = index
    return run


def _take_behind(own: list[int], free: Sequence[int], words: dict[int, Words]) -> None:
    """Lines right below the last item."""
    above = own[-1]
    for index in free:
        if not words[index].letters or words[index].y - words[above].y > _NEXT_LINE * words[above].height:
            return
        own.append(index)
        above = index


def _described(draft: Draft, words: Sequence[Words], right: float) -> Draft:
    """A draft with the words of its lines, up to the first line that does not go on with the one above."""
    code = next((each.code for each in words if each.code), None)
    lines = [each for each in words if each.description][:_MOST_LINES]
    kept: list[Words] = []
    own = draft.amount.line.bbox.center[1]
    for each in lines:
        goes_on = not kept or each.y <= own or kept[-1].y < own < each.y or _goes_on(kept[-1], each, right)
        if not goes_on and sum(line.letters for line in kept) >= _LEAST_LETTERS:
            break
        kept.append(each)
    parts = tuple(part for each in kept for part in each.description)
    if not any(letters_of(part.text) for part in parts) and code:
        parts = (code,)
    return replace(draft, description=parts, product_code=code)


def _goes_on(above: Words, below: Words, right: float) -> bool:
    """Whether a line is the rest of the one above: its first word had no room there."""
    if above.description[-1].text.endswith(("-", "/", ",")):
        return True
    first = below.description[0]
    word = first.text.split(" ", 1)[0]
    box = first.line.box(first.start, first.start + len(word))
    return above.x1 + box.width + _ROOM * below.height > right


def _words(line: Line, draft: Draft | None, columns: Sequence[Column]) -> Words:
    """The words of a line that no number and no other column has."""
    taken = _Spans(_taken(line, draft))
    parts: list[Part] = []
    code: Part | None = None
    opens = False
    for at, cell in enumerate(line.row.cells):
        start = line.starts[at]
        run: list[tuple[int, int]] = []
        for word, first in zip(cell.words, cell.starts, strict=True):
            begin, end = start + first, start + first + len(word.text)
            if taken.touch(begin, end):
                _keep(parts, line, run)
                run = []
                continue
            kind = "description" if run else _kind_at(word.bbox.x0, word.bbox.x1, columns)
            opens = opens or (kind in {"position", "product_code"} and any(map(str.isdigit, word.text)))
            is_code = any(map(str.isdigit, word.text)) or len(cell.words) == 1
            if kind == "product_code" and code is None and is_code:
                code = Part(line, begin, end)
            elif kind in {"description", "product_code"} or (
                kind in {"unit", "quantity", "unit_price", "position"} and _is_text(word.text)
            ):
                run.append((begin, end))
        _keep(parts, line, run)
    parts = [part for part in parts if not is_glue(part.text) and not (draft and _POSITION.fullmatch(part.text))]
    boxes = [line.box(part.start, part.end) for part in parts]
    box = line.bbox
    x1 = max((each.x1 for each in boxes), default=box.x0)
    return Words(tuple(parts), code, opens, x1, box.center[1], line.row.cells[0].height)


class _Spans:
    """Parts of a line's text."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._ends: list[int] = []
        self._starts: list[int] = []
        for start, end in sorted(spans):
            if not self._ends or end > self._ends[-1]:
                self._starts.append(start)
                self._ends.append(end)

    def touch(self, start: int, end: int) -> bool:
        """Whether one of them shares a character with a part."""
        at = bisect_right(self._ends, start)
        return at < len(self._ends) and self._starts[at] < end


def _is_text(text: str) -> bool:
    """Whether a word is no number and no unit."""
    return any(map(str.isalpha, text)) and not is_glue(text)


def _keep(parts: list[Part], line: Line, run: Sequence[tuple[int, int]]) -> None:
    if run:
        parts.append(Part(line, run[0][0], run[-1][1]))


def _taken(line: Line, draft: Draft | None) -> list[tuple[int, int]]:
    """Where numbers of the draft stand in its line, and the signs between quantity and price."""
    if draft is None:
        return []
    figures = (draft.amount, draft.quantity, draft.unit_price, draft.tax_rate, draft.discount)
    spans = [(each.number.start, each.number.end) for each in figures if each and each.line is line]
    spans += [(n.start, n.end) for n in line.numbers if n.kind in {"money", "percent"} and n.column]
    if draft.quantity and draft.unit_price:
        start, end = draft.quantity.number.end, draft.unit_price.number.start
        spans += [(start, end)] if start < end and is_glue(line.text[start:end]) else []
    if draft.unit:
        spans.append((draft.unit.start, draft.unit.end))
    return spans


def _kind_at(x0: float, x1: float, columns: Sequence[Column]) -> str:
    """What the column holds that a word stands under; a description reaches over all free width."""
    over = [column for column in columns if column.x0 < x1 and x0 < column.x1]
    if over:
        return max(over, key=lambda column: min(column.x1, x1) - max(column.x0, x0)).kind
    left = [column for column in columns if column.x1 <= x0]
    right = [column for column in columns if column.x0 >= x1]
    near = [*left[-1:], *right[:1]]
    if any(column.kind == "description" for column in near):
        return "description"
    return min(near, key=lambda column: max(column.x0 - x1, x0 - column.x1)).kind if near else "other"
