"""Times of day in a text.

In: text. Out: where one stands, and the same as HH:MM, 24 hours. Pure.
"""

import re
from typing import Final

TIME: Final = re.compile(
    r"(?<!\d)(?<!\d[:.,])(?P<h>[01]?\d|2[0-3])\s?(?:[:h]|\s?uhr\s?|(?<=\d)[.](?=\d\d[.:]\d\d\b|\d\d\s?(?:uhr|[ap]\.?m)))\s?"
    r"(?P<m>[0-5]\d)(?:\s?[:.]\s?(?P<s>[0-5]\d)(?!\d))?(?!\d)\s{0,2}(?P<half>[ap]\.?\s?m?\b(?!\w))?",
    re.IGNORECASE,
)

_NOON: Final = 12


def as_24_hours(match: re.Match[str]) -> str:
    """What a match of TIME means, as HH:MM."""
    hour = int(match["h"])
    half = (match["half"] or "")[:1].lower()
    if half == "p" and hour < _NOON:
        hour += _NOON
    elif half == "a" and hour == _NOON:
        hour = 0
    return f"{hour:02d}:{match['m']}"
