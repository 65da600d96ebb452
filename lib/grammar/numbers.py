"""Digits and separators: which separator is which, and what value the digits have.

In: runs of digits and separators. Out: `NumberStyle` of a document, `Number` of a run.
The rule behind it: two digits behind the last separator are decimals whatever the separator is (OCR confuses "." and
","); three are decimals or a thousands group, and there the document's style decides.
"""

import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from lib.grammar.currency_table import NO_DECIMALS, THREE_DECIMALS

DecimalMark = Literal[".", ","]

_RUN = re.compile(r"\d(?<![\d.,/:'-]\d)\d{0,14}(?:[.,']\d{1,4}| \d{3}(?!\d)){1,6}(?![\d/:]|[.,]\d)")
_LOST: Final = 3
"""Times that grouped numbers must outnumber those with two decimals to overrule them."""
_FADED: Final = 6
"""Every so manieth number must have a comma in a language that writes commas: recognizers read them as points."""
_SPACE_GROUPS = re.compile(
    r"(?<![\d.,/:-])\d{1,3}(?:"
    r"(?: \d{3}){1,4}[.,]\d{2}(?!\d)"  # 1 234,56
    r"|(?: \d{3}){2,4}(?![\d.,])"  # 1 234 567
    r"|(?: \d{3}){1,4} ?(?:K[čc]|F[tT]|kr|₽|руб|грн|₴|₸|z[łl]|€|(?:CZK|HUF|PLN|RUB|SEK|NOK|DKK|UAH)\b)"  # 2 500 Kč
    r")"
)
_THREE_DECIMAL_GROUPS = re.compile(r"(?<![\d.,/:-])\d{1,3}(?: \d{3}){1,4}[.,]\d{3}(?!\d)")
"""1 234,567, where prices have three decimals; elsewhere it is a count and its price, "1 234,000"."""

_USUAL = re.compile(r"\d+(?:[.,](\d\d?))?")
"""Digits, with one or two decimals or none: most numbers, and whatever the style, they mean the same."""

_LONGEST = 24
"""Characters of a number at most: fewer digits than decimal arithmetic keeps exactly."""

_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
"""Where it is written, thousands are parted by spaces even on tills that print decimal points."""

_POINT_GROUPS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3}){1,4},\d{2}(?!\d)")
"""1.234,56: what writes thousands so writes no spaces into numbers."""


class NumberStyle(NamedTuple):
    """How a document writes numbers.

    Attributes:
        decimal: The decimal separator; None: not known from the document.
        minor_digits: Decimals that its currency's prices have; None: not known.
        groups_with_space: Whether "1 234,56" is one number.
    """

    decimal: DecimalMark | None = None
    minor_digits: int | None = None
    groups_with_space: bool = False


class Number(NamedTuple):
    """A run of digits read: its value and how many of its digits are decimals."""

    value: Decimal
    decimals: int


def read_number(text: str, *, style: NumberStyle) -> Number | None:
    """The value of a run of digits and separators; None where the separators make no number ("12.03.2018").

    Args:
        text: Digits, ".", ",", "'" and spaces; spaces count as part of the separator beside them, or as one.
        style: The document's.
    """
    usual = _USUAL.fullmatch(text)
    if usual and len(text) <= _LONGEST:
        return Number(Decimal(text.replace(",", ".")), len(usual[1] or ""))
    compact = re.sub(r" ?([.,']) ?", r"\1", text.strip())
    parts = re.split(r"[.,' ]", compact)
    separators = re.findall(r"[.,' ]", compact)
    if not compact.strip(".,' ") or len(compact) > _LONGEST:
        return None
    if not all(part.isdigit() or (i == 0 and not part) for i, part in enumerate(parts)):
        return None
    decimals = _decimals_of(parts, separators, style=style)
    if decimals is None:
        return None
    digits = "".join(parts)
    whole = digits[: len(digits) - decimals] or "0"
    fraction = digits[len(digits) - decimals :]
    return Number(Decimal(f"{whole}.{fraction}" if fraction else whole), decimals)


def _decimals_of(parts: list[str], separators: list[str], *, style: NumberStyle) -> int | None:
    """How many of the last digits are decimals; None where the groups make no number."""
    if not separators:
        return 0
    if len(separators) == 1:
        return _decimals_of_two(parts, separators[0], style=style)
    last, parts_only_once = separators[-1], separators[-1] not in separators[:-1]
    if not parts_only_once and len(set(separators)) == 1 and _are_groups(parts):
        return 0
    decimals = len(parts[-1])
    if last in "' " or not _are_groups(parts[:-1]) or decimals > (3 if parts_only_once else 2):
        return None
    return decimals


def _decimals_of_two(parts: list[str], separator: str, *, style: NumberStyle) -> int | None:
    """The same for digits with one separator in them."""
    head, tail = parts
    if separator in "' ":
        return 0 if len(tail) == 3 and 1 <= len(head) <= 3 else None
    if len(tail) != 3:
        return len(tail)
    if style.minor_digits == 3 or len(head) > 3 or head in {"", "0", "00", "000"}:
        return 3
    if style.minor_digits == 0:
        return 0
    return 3 if style.decimal == separator else 0


def _are_groups(parts: list[str]) -> bool:
    """Whether the digits stand in thousands groups, or in India's twos before a last three."""
    head, *middle, last = parts
    if len(last) != 3 or not 1 <= len(head) <= 3:
        return False
    return all(len(part) == 3 for part in middle) or (len(head) < 3 and all(len(part) == 2 for part in middle))


def style_from_votes(
    lines: Iterable[str], *, currency: str | None, decimal_hint: DecimalMark | None, spaced_hint: bool = False
) -> NumberStyle:
    """The style of a document from all its lines, which must be plain (see `folding.plain`)."""
    text = "\n".join(lines)
    minor_digits = minor_digits_of(currency)
    strong: Counter[DecimalMark] = Counter()
    weak: Counter[DecimalMark] = Counter()
    for run in _RUN.findall(text):
        _vote(run, strong=strong, weak=weak, usual_tail=3 if minor_digits == 3 else 2)
    # Where nearly all numbers are grouped ("21,818 2,182 24,000"), two digits behind a mark are a digit lost.
    lost = sum(strong.values()) * _LOST < max(weak.values(), default=0)
    votes = weak if lost else strong or weak
    ranked = sorted(votes, key=lambda mark: (votes[mark], mark == decimal_hint))
    decimal = ranked[-1] if ranked else decimal_hint
    if decimal_hint == "," and votes is strong and strong[","] * _FADED >= strong.total() > 0:
        decimal = ","
    has_room = decimal != "." or spaced_hint or _CYRILLIC.search(text) is not None
    groups = _THREE_DECIMAL_GROUPS if minor_digits == 3 else _SPACE_GROUPS
    has_groups = groups.search(text) is not None and _POINT_GROUPS.search(text) is None
    return NumberStyle(decimal, minor_digits, groups_with_space=has_room and has_groups)


def _vote(run: str, *, strong: Counter[DecimalMark], weak: Counter[DecimalMark], usual_tail: int) -> None:
    """Count what one number says about the decimal separator; `usual_tail`: the decimals that prices have."""
    points, commas = run.count("."), run.count(",")
    if not points and not commas:
        return
    last: DecimalMark = "." if run.rfind(".") > run.rfind(",") else ","
    other: DecimalMark = "," if last == "." else "."
    tail = len(run) - len(run.rstrip("0123456789"))
    if points and commas and run.count(last) == 1:
        strong[last] += 3
    elif points + commas == 1 and tail == usual_tail:
        strong[last] += 1
    elif tail == 3 and not run.startswith("0"):
        weak[other] += points + commas


def minor_digits_of(currency: str | None) -> int | None:
    """The decimals that prices in a currency have, where they are not two: 0 or 3; None for others, and for none."""
    if currency in THREE_DECIMALS:
        return 3
    return 0 if currency in NO_DECIMALS else None
