"""What stands around a number: signs, and what makes it something other than money.

In: a plain line and where a number stands in it. Out: its sign and its kind.
"""

import re
from typing import Final, Literal, NamedTuple

AmountKind = Literal["money", "decimal", "integer", "percent", "quantity", "identifier"]
"""money: a currency mark, two decimals or thousands groups; decimal: another number of decimals, such as a weight or a
unit price; integer: bare digits; percent, quantity: said so by what stands beside; identifier: digits that name or date
something (leading zeros, too long, glued to letters, part of a date, time, range, phone, card or account number)."""

_REACH: Final = 16
"""Characters of context that decide; a constant, so that a long line costs no more than its length."""

_MOST_DIGITS = 15
_LONGEST_INTEGER = 7
_LONGEST_GROUPED = 11
"""Digits in thousands groups that may be money without a currency mark: more number a taxpayer ("110.042.490.114")."""

_TRAILING_MINUS = re.compile(r" ?-(?=\s*$)|-(?=\s|[A-Z]{1,2}(?:\s|$))| ?(?:CR|Cr)\b\.?")
_PERCENT = re.compile(r" ?[%٪]")
_PERCENT_BEFORE = re.compile(r"(?<![\d.,])(?<!\d )%\s?$")
_MULTIPLE = re.compile(r" ?(?:mio|mln|mill|mrd|million|billion)\b", re.IGNORECASE)
_TIME = re.compile(r" ?(?:uhr|hrs|h\b|[ap]\.?m\b)", re.IGNORECASE)
_CLOCK = re.compile(r"(?:[01]?\d|2[0-4])[.,][0-5]\d")
_ROUNDED = re.compile(r"[kKMB](?![A-Za-z])")
_TIMES_BEFORE = re.compile(r"(?<![^\W\d_])[xX×]\s?$")
_UNIT = re.compile(r" ?(?:[xX×*@]|pcs?\b|stk\b|szt\b|ks\b|шт|個|点|件|(?:kg|gr?|ml|cl|ltr|km|cm|mm)\b)")
_UNIT_BEFORE = re.compile(r"\((?:kgs?|lbs?|cbm|m3|pcs|qty)\)[ :.]{0,3}$", re.IGNORECASE)
"""The unit of a number in its label: "Total Net Weight (kgs): 2,640"."""

_CODE_BEFORE = re.compile(r"\d[/:\-]$|[A-Za-z]\d+[-/]$")
_CODE_SIGNS: Final = frozenset("/:-")
_CODE_AFTER = re.compile(r"[/:]\d|-\d")

_IDENTIFIER_MARKS = re.compile(r"[A-Z][A-Z]\d\d|\d{4} \d{4}|\+\d|[*xX#]{3}|https?:|www\.")
"""What every identifier has in it; looking for it nearly always ends the search."""

_IDENTIFIERS = re.compile(
    r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"  # IBAN
    r"|\+\d[\d ()/.-]{7,18}\d"  # international phone number
    r"|(?<![\d.,])\d{4}(?: \d{4}){2,4}(?![\d.,])"  # card number
    r"|(?<![*xX#])[*xX#]{3,} ?\d{3,6}(?![\d.,])"  # masked card number
    r"|(?:https?:|www\.)\S{1,200}"
)


class SignedSpan(NamedTuple):
    """How far an amount reaches with its sign or brackets, and whether they make it negative."""

    start: int
    end: int
    negative: bool


def identifier_spans(line: str) -> tuple[tuple[int, int], ...]:
    """Where account, phone and card numbers and web addresses stand."""
    if not _IDENTIFIER_MARKS.search(line):
        return ()
    return tuple([match.span() for match in _IDENTIFIERS.finditer(line)])


def signed_span(line: str, start: int, end: int, *, inner_minus: bool = False) -> SignedSpan:
    """The amount's span, currency mark included, with the sign around it.

    Args:
        line: Plain text.
        start: Offset of the first character of amount or mark.
        end: Offset behind the last one.
        inner_minus: Whether a minus stands between mark and digits ("$-3.00").
    """
    if start and end < len(line) and line[start - 1] == "(" and line[end] == ")":
        return SignedSpan(start - 1, end + 1, negative=True)
    if start and line[start - 1] == "-" and not line[max(0, start - 2) : start - 1].isalnum():
        return SignedSpan(start - 1, end, negative=True)
    trailing = None if inner_minus or end == len(line) else _TRAILING_MINUS.match(line, end)
    if trailing:
        return SignedSpan(start, trailing.end(), negative=True)
    return SignedSpan(start, end, negative=inner_minus)


def kind_of(line: str, start: int, end: int, *, has_mark: bool, decimals: int) -> AmountKind:
    """What the number at start:end is, from its own form and its neighbors."""
    before, after = line[max(0, start - _REACH) : start], line[end : end + _REACH]
    run = line[start:end]
    if _PERCENT.match(after) or ("%" in before and _PERCENT_BEFORE.search(before)):
        return "percent"
    grouped = decimals == 0 and not run.isdigit() and not has_mark
    if _is_part_of_something(before, after, run=run, shortened=has_mark or decimals < 2) or (
        grouped and _numbers_something(run)
    ):
        return "identifier"
    if not has_mark and _counts_something(before, after, is_bare=decimals != 2 and not grouped):
        return "quantity"
    if has_mark or grouped:
        return "money"
    if decimals == 2:
        return "identifier" if _TIME.match(after) and _CLOCK.fullmatch(run) else "money"
    return "decimal" if decimals else _kind_of_integer(run, before, after)


def _counts_something(before: str, after: str, *, is_bare: bool) -> bool:
    """Whether a unit stands in the number's label, or beside a number that is not written like a price."""
    if ")" in before and _UNIT_BEFORE.search(before):
        return True
    return is_bare and (_UNIT.match(after) is not None or _TIMES_BEFORE.search(before) is not None)


def _numbers_something(run: str) -> bool:
    """Whether digits in groups begin with a zero ("000.012.345") or are too many for money."""
    return run[0] == "0" or sum(character.isdigit() for character in run) > _LONGEST_GROUPED


def _kind_of_integer(run: str, before: str, after: str) -> AmountKind:
    glued = before[-1:].isalpha() or before[-1:] in {"#", "_"} or after[:1].isalpha()
    leading_zero = len(run) > 1 and run[0] == "0"
    return "identifier" if glued or leading_zero or len(run) > _LONGEST_INTEGER else "integer"


def _is_part_of_something(before: str, after: str, *, run: str, shortened: bool) -> bool:
    """Whether the neighbors make the digits part of a date, time, range, code or rounded figure ("$1.2M")."""
    if len(run) > _MOST_DIGITS and sum(map(str.isdigit, run)) > _MOST_DIGITS:
        return True
    if shortened and after and (_ROUNDED.match(after) or _MULTIPLE.match(after)):
        return True
    return bool((before[-1:] in _CODE_SIGNS and _CODE_BEFORE.search(before)) or _CODE_AFTER.match(after))
