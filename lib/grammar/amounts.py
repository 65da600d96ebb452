"""Amounts of money in text: 1,234.56 / 1.234,56 / 1 234,56 / 1'234.50 / 1,23,456.00 / 22.000 / 12,-.

In: lines of text and the number style of their document. Out: exact decimals with their place in the line.
No value without digits in the text; look-alikes (O for 0, l for 1, S for 5, B for 8) are read as digits only inside
something that is an amount in every other respect.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from lib.grammar.currencies import CurrencyMatch, find_currencies
from lib.grammar.folding import plain
from lib.grammar.numbers import DecimalMark, NumberStyle, read_number, style_from_votes

AmountKind = Literal["money", "decimal", "integer", "percent", "quantity", "identifier"]
"""money: a currency mark, two decimals or thousands groups; decimal: another number of decimals, such as a weight or a
unit price; integer: bare digits; percent, quantity: said so by what stands beside; identifier: digits that name
something (leading zeros, too long, glued to letters, part of a date, time or phone number)."""

_NUMBER = re.compile(
    r"(?<!\d)(?:"
    r"(?P<spaced>\d{1,3}(?: \d{3}){1,4}(?:[.,]\d{1,2})?(?![\d]|[.,]\d))"
    r"|(?P<loose>\d{1,9}(?: [.,]|[.,] )\d{2}(?![\d.,%/:]))"
    r"|(?P<plain>\d+(?:[.,']\d+)*)"
    r"|(?P<bare>(?<![\d.,])[.,]\d{2}(?![\d.,]))"
    r")"
)
_ROUND = re.compile(r"[.,](?:-{1,2}|=)(?![\w-])")
_LOOKALIKE_RUN = re.compile(r"[0-9OoIl|SB][0-9OoIl|SB.,]*[0-9OoIl|SB]")
_REPAIRED = re.compile(r"(?:\d{1,3}(?:[.,]\d{3})+|\d{1,9})[.,]\d{2}")
_DIGIT_OF = str.maketrans("OoIl|SB", "0011158")
_MAX_DIGITS = 15
_MARK_REACH = 2


@dataclass(frozen=True, slots=True)
class AmountMatch:
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


@dataclass(frozen=True, slots=True)
class _Sign:
    """What stands around a number: how far it reaches and whether it negates."""

    start: int
    end: int
    negative: bool


def find_amounts(text: str, *, style: NumberStyle) -> tuple[AmountMatch, ...]:
    """Every number in one line of text, from left to right; `kind` says which are amounts.

    Args:
        text: One line.
        style: The document's, from `infer_style`.
    """
    line = _repair_lookalikes(plain(text))
    marks = find_currencies(text) if any(character.isdigit() for character in line) else ()
    found = []
    position = 0
    while match := _NUMBER.search(line, position):
        start, end = _number_span(match, style=style)
        position = end
        amount = _read_match(text, line, start, end, marks=marks, style=style)
        if amount is not None:
            found.append(amount)
            position = max(position, amount.end)
    return tuple(found)


def parse_amount(text: str, *, style: NumberStyle) -> Decimal | None:
    """The value of a text that is one amount and nothing else but a currency mark; None where it is not.

    Args:
        text: For example "RM 12.50", "1.234,56 €", "(12.50)", "22.000".
        style: The document's.
    """
    matches = [match for match in find_amounts(text, style=style) if match.kind not in {"percent", "quantity"}]
    if len(matches) != 1:
        return None
    only = matches[0]
    rest = text[: only.start] + text[only.end :]
    return None if any(character.isalnum() for character in rest) else only.value


def _repair_lookalikes(line: str) -> str:
    """`line` with letters that must be digits replaced by them; same length."""
    if not any(letter in line for letter in "OoIl|SB"):
        return line
    return _LOOKALIKE_RUN.sub(lambda match: _repaired_run(match, line), line)


def _repaired_run(match: re.Match[str], line: str) -> str:
    run = match.group()
    before, after = line[max(0, match.start() - 1) : match.start()], line[match.end() : match.end() + 1]
    inside_a_word = before.isalpha() or after.isalpha() or after.isdigit()
    digits = run.translate(_DIGIT_OF)
    if inside_a_word or run[0] in "SB" or digits == run or not any(c.isdigit() for c in run):
        return run
    return digits if _REPAIRED.fullmatch(digits) else run


def _number_span(match: re.Match[str], *, style: NumberStyle) -> tuple[int, int]:
    """Where the number ends: a space inside counts only where the document's style knows it."""
    start, end = match.span()
    if match["spaced"] is not None and not style.groups_with_space:
        return start, start + len(match.group().split(" ", 1)[0])
    if match["loose"] is not None and style.decimal not in {
        None,
        match.group().replace(" ", "").lstrip("0123456789")[0],
    }:
        return start, start + len(re.split("[ .,]", match.group(), maxsplit=1)[0])
    return start, end


def _read_match(
    text: str, line: str, start: int, end: int, *, marks: tuple[CurrencyMatch, ...], style: NumberStyle
) -> AmountMatch | None:
    """The number at start:end with its sign, currency and kind; None where it cannot be a number."""
    number = read_number(line[start:end], style=style)
    if number is None:
        return None
    whole = _ROUND.match(line, end) if number.decimals == 0 else None
    inner_end = whole.end() if whole else end
    front, back = _attached_marks(line, start, inner_end, marks=marks)
    mark = front or back
    outer = _signed_span(line, start, inner_end, front=front, back=back)
    kind: AmountKind = "money" if whole else _kind_of(line, start, inner_end, mark=mark, decimals=number.decimals)
    return AmountMatch(
        value=-number.value if outer.negative else number.value,
        start=outer.start,
        end=outer.end,
        text=text[outer.start : outer.end],
        decimals=number.decimals,
        kind=kind,
        currency=mark.code if mark and not mark.is_ambiguous else None,
        mark=mark.text if mark else None,
        negative=outer.negative,
    )


def _attached_marks(
    line: str, start: int, end: int, *, marks: tuple[CurrencyMatch, ...]
) -> tuple[CurrencyMatch | None, CurrencyMatch | None]:
    """The currency marks directly in front of and behind the number, at most a space and a sign away."""
    front = next(
        (
            m
            for m in marks
            if m.end <= start and not line[m.end : start].strip(" .:-(") and start - m.end <= _MARK_REACH
        ),
        None,
    )
    back = next(
        (m for m in marks if m.start >= end and not line[end : m.start].strip(" ") and m.start - end <= 1), None
    )
    return front, back


def _signed_span(line: str, start: int, end: int, *, front: CurrencyMatch | None, back: CurrencyMatch | None) -> _Sign:
    """The span with marks, sign and brackets, and whether the amount is negative."""
    inner_minus = line[front.end : start].find("-") >= 0 if front else False
    left = front.start if front else start
    right = back.end if back else end
    if left and right < len(line) and line[left - 1] == "(" and line[right] == ")":
        return _Sign(left - 1, right + 1, negative=True)
    minus = left and line[left - 1] == "-" and not line[max(0, left - 2) : left - 1].isalnum()
    if minus:
        return _Sign(left - 1, right, negative=True)
    trailing = re.compile(r" ?-(?=\s|$)| ?CR\b").match(line, right)
    if trailing and not inner_minus:
        return _Sign(left, trailing.end(), negative=True)
    return _Sign(left, right, negative=inner_minus)


def _kind_of(line: str, start: int, end: int, *, mark: CurrencyMatch | None, decimals: int) -> AmountKind:
    """What the number is, from its own form and its neighbors."""
    before, after = line[max(0, start - 12) : start], line[end : end + 12]
    run = line[start:end]
    if re.match(r" ?%", after):
        return "percent"
    if sum(character.isdigit() for character in run) > _MAX_DIGITS or _is_part_of_something(before, after):
        return "identifier"
    if mark or decimals == 2 or (decimals == 0 and not run.isdigit()):
        return "money"
    if re.match(r" ?(?:[xX×*@]|pcs?\b)", after) or re.search(r"[xX×]\s?$", before):
        return "quantity"
    return "decimal" if decimals else _kind_of_integer(run, before, after)


def _kind_of_integer(run: str, before: str, after: str) -> AmountKind:
    glued = before[-1:].isalpha() or before[-1:] in {"#", "_"} or after[:1].isalpha()
    leading_zero = len(run) > 1 and run[0] == "0"
    return "identifier" if glued or leading_zero or len(run) > 7 else "integer"


def _is_part_of_something(before: str, after: str) -> bool:
    """Whether the neighbors make the digits part of a date, time, range or larger code."""
    return bool(
        re.search(r"\d[/:\-]$|[A-Za-z]\d*[-/]$", before)
        or re.match(r"[/:]\d|-\d|[kKM](?![a-zA-Z])| ?(?:mio|mln|mrd|million|billion)\b", after)
    )


def infer_style(
    texts: Iterable[str], *, currency: str | None = None, decimal_hint: DecimalMark | None = None
) -> NumberStyle:
    """The separators of a whole document, voted for by every number in it.

    Args:
        texts: All lines of the document.
        currency: ISO 4217 where known: says how many decimals its prices have.
        decimal_hint: The decimal separator usual in the document's language, for a document that does not say.
    """
    return style_from_votes((plain(text) for text in texts), currency=currency, decimal_hint=decimal_hint)
