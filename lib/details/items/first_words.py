"""What stands in front of a description in its own cell: a position, a quantity, a product code.

In: the described drafts of a table. Out: the drafts with these taken out of their descriptions. Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from lib.details.items.drafts import Draft, Figure, Part

_SEVERAL: Final = 2
_MOST_DIGITS: Final = 4
_NUMBER: Final = re.compile(r"\s*(?P<number>\d{1,3})[.)]?\s+(?:[xX×*]\s+)?(?=\S*[^\W\d_]|\d{5,14}\s)")
_CODE: Final = re.compile(r"\s*(?:(?P<code>\d{5,14})\b[\s:.-]*(?=\S)|\[(?P<bracketed>[\w./-]{2,20})\])")


def with_first_words(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts of one section with position, quantity and code apart from the description."""
    if _are_positions([draft.product_code.text if draft.product_code else "" for draft in drafts]):
        drafts = [replace(draft, product_code=None) for draft in drafts]
    numbers = [_NUMBER.match(_first_text(draft)) for draft in drafts]
    are_positions = _are_positions([match["number"] if match else "" for match in numbers])
    return [
        _with_code(_without(draft, match, is_position=are_positions) if match else draft)
        for draft, match in zip(drafts, numbers, strict=True)
    ]


def _are_positions(texts: Sequence[str]) -> bool:
    """Whether texts count from one row to the next."""
    if len(texts) < _SEVERAL or not all(text.isdecimal() and len(text) <= _MOST_DIGITS for text in texts):
        return False
    return [int(text) for text in texts] == list(range(int(texts[0]), int(texts[0]) + len(texts)))


def _first_text(draft: Draft) -> str:
    """The first part of a description."""
    part = draft.description[0] if draft.description else None
    return part.line.text[part.start : part.end] if part else ""


def _without(draft: Draft, match: re.Match[str], *, is_position: bool) -> Draft:
    """The draft without the number in front of its description, which is its quantity where it has no other."""
    if not is_position and draft.quantity is not None:
        return draft
    first = draft.description[0]
    number = next((each for each in first.line.numbers if each.start == first.start + match.start("number")), None)
    rest = replace(first, start=first.start + match.end())
    description = (rest, *draft.description[1:])
    if is_position:
        return replace(draft, description=description)
    return replace(draft, description=description, quantity=Figure(number, first.line)) if number else draft


def _with_code(draft: Draft) -> Draft:
    """The draft with the code in front of its description as its product code; a bracketed one stays in the text."""
    match = _CODE.match(_first_text(draft)) if draft.product_code is None else None
    if match is None:
        return draft
    first = draft.description[0]
    start, end = match.span(match.lastgroup or 0)
    code = Part(first.line, first.start + start, first.start + end)
    if match["bracketed"]:
        return replace(draft, product_code=code)
    rest = replace(first, start=first.start + match.end())
    return replace(draft, description=(rest, *draft.description[1:]), product_code=code)
