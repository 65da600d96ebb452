"""Documents of one merchant belong together: a merchant seen in training must not be tested on."""

from collections.abc import Sequence

from rapidfuzz import fuzz

from scripts.reader_training.comparing import folded_name

_SIMILAR = 80.0
"""rapidfuzz ratio, percent, from which two folded names count as one merchant."""


def merchant_groups(names: Sequence[str | None]) -> list[int]:
    """A group number for each name; equal and similar names share one, missing names have their own."""
    groups: list[int] = []
    known: list[tuple[str, int]] = []
    for number, name in enumerate(names):
        text = folded_name(name or "")
        match = next((group for other, group in known if text and _similar(text, other)), None)
        groups.append(number if match is None else match)
        if text:
            known.append((text, groups[-1]))
    return groups


def _similar(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return (len(short) >= 5 and long.startswith(short)) or fuzz.ratio(one, other) >= _SIMILAR
