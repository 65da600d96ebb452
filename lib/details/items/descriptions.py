"""The descriptions of a table's items: words of the item's own row, and of rows beside it without an amount.

In: the drafts of a section, its lines and the columns. Out: the drafts with descriptions and product codes. A line goes
on with the one above it where that one had no room left; a line whose item has no words of its own belongs to it. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import Final

from lib.details.items.columns import Column
from lib.details.items.drafts import Draft
from lib.details.items.first_words import with_first_words
from lib.details.items.line_words import LineWords, words_of_line
from lib.details.rows import Line
from lib.grammar.folding import letters_of

_LEAST_LETTERS: Final = 2
_SEVERAL: Final = 3
"""Items of a table from which on their own lines tell how wide the descriptions are."""

_ROOM: Final = 0.6
"""Heights of a word of free room in which the next word might still have stood."""

_NEXT_LINE: Final = 2.5
"""Heights of a line between the middles of two lines of one description at most."""

_WIDER: Final = 1.25
"""Times as wide as the narrowest gap between lines is one that parts two items."""

_MOST_LINES: Final = 12
"""Lines of one description at most."""


@dataclass(slots=True)
class _Described:
    """An item and the lines that may describe it: those above its own, its own, those below."""

    draft: Draft
    own: LineWords
    above: list[LineWords] = field(default_factory=list)
    below: list[LineWords] = field(default_factory=list)

    @property
    def lines(self) -> list[LineWords]:
        """All of them, from top to bottom."""
        return [*self.above, self.own, *self.below]


def with_descriptions(drafts: Sequence[Draft], lines: Sequence[Line], columns: Sequence[Column]) -> list[Draft]:
    """The drafts of one section, described.

    Args:
        drafts: From top to bottom.
        lines: Those of the drafts and all between them, and behind the last one.
        columns: Of the table.
    """
    drafted = {draft.amount.line.index: draft for draft in drafts}
    found: list[_Described] = []
    for _, members in groupby(lines, key=lambda line: line.page_index):
        found += _on_page([words_of_line(line, drafted.get(line.index), columns) for line in members], drafted)
    right = max((each.x1 for item in found for each in item.lines), default=0.0)
    if len(drafts) < _SEVERAL:
        right = max(right, _end_of_description(columns))
    return with_first_words([_described(item, right) for item in found])


def _end_of_description(columns: Sequence[Column]) -> float:
    """Where the column behind the descriptions begins, px; 0 where there is none."""
    at = next((index for index, column in enumerate(columns) if column.kind == "description"), None)
    if at is None or at + 1 == len(columns):
        return 0.0
    return columns[at + 1].x0 - columns[at].height


def _on_page(lines: Sequence[LineWords], drafted: dict[int, Draft]) -> list[_Described]:
    """The items of one page, each with the lines that belong to it."""
    items: list[_Described] = []
    between: list[list[LineWords]] = [[]]
    for words in lines:
        draft = drafted.get(words.line.index)
        if draft:
            items.append(_Described(draft, words))
            between.append([])
        elif words.letters or words.code:
            between[-1].append(words)
    for item, free in zip(items, between, strict=False):
        item.above = _run_up(free, item.own)
    stand_above = _stand_above(items, between)
    for upper, item, free in zip((None, *items), items, between, strict=False):
        cut = 0 if stand_above else _cut(free, upper, item)
        item.above = _run_up(free[cut:], item.own)
        if upper:
            upper.below += free[:cut]
    if items:
        items[-1].below += _run_down(between[-1], items[-1].own)
    return items


def _stand_above(items: Sequence[_Described], between: Sequence[Sequence[LineWords]]) -> bool:
    """Whether the first lines of all descriptions stand above the rows of their numbers, and none below."""
    below = _run_down(between[-1], items[-1].own) if items else []
    return len(items) > 1 and all(item.above and not item.own.opens for item in items) and not below


def _cut(free: Sequence[LineWords], upper: _Described | None, lower: _Described) -> int:
    """How many of the lines between two items belong to the upper one."""
    opening = next((at for at, words in enumerate(free) if words.opens), None)
    if opening is not None and not lower.own.opens:
        return opening
    if lower.own.letters >= _LEAST_LETTERS:
        return len(free)
    if upper is None or len(free) == 1:
        return 0
    gaps = [below.y - above.y for above, below in pairwise([upper.own, *free])]
    is_parted = bool(gaps) and max(gaps) > _WIDER * min(gaps)
    return max(range(len(gaps)), key=gaps.__getitem__) if is_parted else len(free) // 2


def _run_up(free: Sequence[LineWords], own: LineWords) -> list[LineWords]:
    """The lines right above an item, as long as they stand close together."""
    run = [own]
    for words in reversed(free[-_MOST_LINES:]):
        if run[-1].y - words.y > _NEXT_LINE * words.height:
            break
        run.append(words)
    return run[:0:-1]


def _run_down(free: Sequence[LineWords], own: LineWords) -> list[LineWords]:
    """The lines right below an item, as long as they stand close together and say something."""
    run = [own]
    for words in free[:_MOST_LINES]:
        if not words.letters or words.y - run[-1].y > _NEXT_LINE * run[-1].height:
            break
        run.append(words)
    return run[1:]


def _described(item: _Described, right: float) -> Draft:
    """A draft with the words of its lines."""
    code = next((each.code for each in item.lines if each.code), None)
    parts = tuple(part for each in _kept(item, right) for part in each.description)
    if code and not any(letters_of(part.text) for part in parts):
        parts = (code,)
    return replace(item.draft, description=parts, product_code=code)


def _kept(item: _Described, right: float) -> Iterator[LineWords]:
    """The lines of a description up to the first one that does not go on with the one above."""
    last: LineWords | None = None
    letters = 0
    for words in [each for each in item.lines if each.description][:_MOST_LINES]:
        is_around = words.y <= item.own.y or (last is not None and last.y < item.own.y)
        if letters >= _LEAST_LETTERS and last and not is_around and not _goes_on(last, words, right):
            return
        yield words
        last, letters = words, letters + words.letters


def _goes_on(above: LineWords, below: LineWords, right: float) -> bool:
    """Whether a line is the rest of the one above: its first word had no room there."""
    if above.description[-1].text.endswith(("-", "/", ",")):
        return True
    first = below.description[0]
    word = first.text.split(" ", 1)[0]
    box = first.line.box(first.start, first.start + len(word))
    return above.x1 + box.width + _ROOM * below.height > right
