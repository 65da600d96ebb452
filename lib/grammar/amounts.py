"""Amounts of money in text: 1,234.56 / 1.234,56 / 1 234,56 / 1'234.50 / 1,23,456.00 / 22.000 / 12,-.

In: lines of text and the number style of their document. Out: exact decimals with their place in the line.
No value without digits in the text. The words of a date ("25 Dec 2018") hold integers too: who looks for money leaves
out what `find_dates` found.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import chain, starmap
from typing import NamedTuple

from lib.grammar.currencies import CurrencyMatch, find_currencies
from lib.grammar.folding import plain
from lib.grammar.lookalikes import amount_digits
from lib.grammar.neighbors import AmountKind, identifier_spans, kind_of, signed_span
from lib.grammar.numbers import DecimalMark, NumberStyle, minor_digits_of, read_number, style_from_votes
from lib.grammar.recall import remembered

__all__ = ["AmountKind", "AmountMatch", "NumberStyle", "find_amounts", "infer_style", "parse_amount"]

_NUMBER = re.compile(
    r"[0-9.,](?:"
    r"(?<=\d)(?<!\d\d)(?:"
    r"(?P<spaced>\d{0,2}(?: \d{3}){1,4}(?:[.,]\d{1,3}(?!\d|[.,]\d)|(?![\d]|[., ]\d)))"
    r"|(?P<loose>\d{0,8}(?: [.,]|[.,] )\d{2}(?![\d.,%/:]))"
    r"|(?P<plain>\d*(?:[.,']\d+)*)"
    r")"
    r"|(?<=[.,])(?<![\d.,][.,])(?P<bare>\d{2})(?![\d.,])"
    r")"
)
"""The groups leave the first character out: what begins with a set of characters is found five times as fast."""

_DIGIT = re.compile(r"\d")
_ROUND = re.compile(r"[.,](?:-{1,2}|=)(?![\w-])")
_MARK_REACH = 2
"""Characters, such as a space and a minus, that may stand between a currency mark and its amount."""

NOT_AMOUNTS: frozenset[AmountKind] = frozenset({"percent", "quantity", "identifier"})
"""Kinds of numbers that are no money."""


class AmountMatch(NamedTuple):
    """One number in a line of text.

    Attributes:
        value: Exact; negative where the text says so.
        start: Offset of the first character, sign and currency mark included.
        end: Offset behind the last one.
        text: `text[start:end]` of the line, as printed.
        decimals: Digits behind the decimal separator.
        kind: What the number looks like; only `money` is surely an amount.
        currency: ISO 4217 where an unambiguous mark is attached.
        mark: The attached currency mark as printed, ambiguous or not.
        negative: Whether a sign, brackets or CR say so.
    """

    value: Decimal
    start: int
    end: int
    text: str
    decimals: int
    kind: AmountKind
    currency: str | None = None
    mark: str | None = None
    negative: bool = False

    @property
    def may_be_money(self) -> bool:
        """Whether nothing speaks against an amount."""
        return self.kind not in NOT_AMOUNTS


class _Line(NamedTuple):
    """A line on its way through the grammar: as printed, as read, and what stands in it."""

    text: str
    read: str
    marks_by_start: dict[int, CurrencyMatch]
    marks_by_end: dict[int, CurrencyMatch]
    in_identifier: frozenset[int]

    @classmethod
    def of(cls, text: str, read: str) -> "_Line":
        marks, identifiers = find_currencies(text), identifier_spans(read)
        return cls(
            text,
            read,
            {mark.start: mark for mark in marks} if marks else {},
            {mark.end: mark for mark in marks} if marks else {},
            frozenset(chain.from_iterable(starmap(range, identifiers))) if identifiers else frozenset(),
        )

    def mark_before(self, start: int) -> CurrencyMatch | None:
        """The mark with at most a space, a point, a bracket or a minus between it and the digits behind it."""
        for end in range(start, start - _MARK_REACH - 1, -1):
            if end in self.marks_by_end:
                return None if self.read[end:start].strip(" .:-(") else self.marks_by_end[end]
        return None

    def mark_behind(self, end: int) -> CurrencyMatch | None:
        """The mark with at most a space or a ",-" between it and the digits before it."""
        for start in range(end, end + 2 * _MARK_REACH + 1):
            if start in self.marks_by_start:
                between = self.read[end:start].strip(" ")
                near = start <= end + 1 if not between else _ROUND.fullmatch(between)
                return self.marks_by_start[start] if near else None
        return None


@remembered
def find_amounts(text: str, *, style: NumberStyle) -> tuple[AmountMatch, ...]:
    """Every number in one line of text, from left to right; `kind` says which are amounts.

    Args:
        text: One line.
        style: The document's, from `infer_style`.
    """
    read = plain(text)
    if not _DIGIT.search(read):
        return ()
    read = amount_digits(read)
    line = _Line.of(text, read)
    found = []
    position = taken = 0
    while match := _NUMBER.search(read, position):
        position = _number_end(match, style=style)
        amount = _amount_at(line, match.start(), position, style=style, after=taken)
        if amount is not None:
            found.append(amount)
            position = taken = max(position, amount.end)
    return tuple(found)


def parse_amount(text: str, *, style: NumberStyle) -> Decimal | None:
    """The value of a text that is one amount and nothing else but a currency mark; None where it is not.

    Args:
        text: For example "RM 12.50", "1.234,56 €", "(12.50)", "22.000".
        style: The document's.
    """
    matches = [match for match in find_amounts(text, style=style) if match.may_be_money]
    if len(matches) != 1:
        return None
    only = matches[0]
    rest = text[: only.start] + text[only.end :]
    return None if any(character.isalnum() for character in rest) else only.value


def infer_style(
    texts: Iterable[str],
    *,
    currency: str | None = None,
    decimal_hint: DecimalMark | None = None,
    spaced_hint: bool = False,
) -> NumberStyle:
    """The separators of a whole document, voted for by every number in it.

    Args:
        texts: All lines of the document.
        currency: ISO 4217 where known: says how many decimals its prices have.
        decimal_hint: The decimal separator usual in the document's language, for a document that does not say.
        spaced_hint: Whether that language parts thousands with spaces, for a document whose commas were read as points.
    """
    return style_from_votes(
        (plain(text) for text in texts), currency=currency, decimal_hint=decimal_hint, spaced_hint=spaced_hint
    )


def _number_end(match: re.Match[str], *, style: NumberStyle) -> int:
    """Where the number ends: a space inside counts only where the document's style knows it."""
    form = match.lastgroup
    splits = form == "spaced" and (not style.groups_with_space or _has_other_decimals(match.group(), style=style))
    misfits = form == "loose" and style.decimal not in {None, match.group().strip("0123456789 ")}
    if not (splits or misfits):
        return match.end()
    return match.start() + len(re.split("[ .,]", match.group(), maxsplit=1)[0])


def _has_other_decimals(number: str, *, style: NumberStyle) -> bool:
    """Whether a number with spaces has three decimals where prices have two: it is a count and a price, "1 234,000"."""
    return number[-4:-3] in {".", ","} and style.minor_digits != 3


def _amount_at(line: _Line, start: int, end: int, *, style: NumberStyle, after: int) -> AmountMatch | None:
    """The number at start:end with its sign, currency and kind; None where it cannot be a number.

    What stands before `after` belongs to the number before: in "5 € 6 €" the first mark is not the second number's.
    """
    has_marks = bool(line.marks_by_start)
    front, back = (line.mark_before(start), line.mark_behind(end)) if has_marks else (None, None)
    if front and front.start < after:
        front = None
    mark = front or back
    if mark and not mark.is_ambiguous:
        style = _style_of(mark.code, style)
    number = read_number(line.read[start:end], style=style)
    if number is None:
        return None
    rounded = _ROUND.match(line.read, end) if number.decimals == 0 else None
    span = signed_span(
        line.read,
        front.start if front else start,
        back.end if back else rounded.end() if rounded else end,
        inner_minus=front is not None and "-" in line.read[front.end : start],
    )
    return AmountMatch(
        value=-number.value if span.negative else number.value,
        start=span.start,
        end=span.end,
        text=line.text[span.start : span.end],
        decimals=number.decimals,
        kind="money" if rounded else _kind_at(line, start, end, mark=mark, decimals=number.decimals, style=style),
        currency=mark.code if mark and not mark.is_ambiguous else None,
        mark=mark.text if mark else None,
        negative=span.negative,
    )


def _kind_at(
    line: _Line, start: int, end: int, *, mark: CurrencyMatch | None, decimals: int, style: NumberStyle
) -> AmountKind:
    if start in line.in_identifier:
        return "identifier"
    kind = kind_of(line.read, start, end, has_mark=mark is not None, decimals=decimals)
    return "money" if kind == "decimal" and decimals == style.minor_digits else kind


def _style_of(currency: str, style: NumberStyle) -> NumberStyle:
    """The style of an amount in a currency, in a document whose other amounts may be in another one."""
    minor_digits = minor_digits_of(currency)
    if minor_digits is None and style.minor_digits != 3:
        return style
    return style._replace(minor_digits=minor_digits)
