"""What stands free of something else in a line of text.

In: two lists of spans of one line, each from left to right. Out: those of the first that touch none of the second.
Pure.
"""

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import Protocol, TypeVar


class Spanning(Protocol):
    """Anything with a place in a line."""

    @property
    def start(self) -> int:
        """Offset of its first character."""

    @property
    def end(self) -> int:
        """Offset behind its last one."""


SpanT = TypeVar("SpanT", bound=Spanning)


def free_of(spans: Sequence[SpanT], others: Sequence[Spanning]) -> tuple[SpanT, ...]:
    """Those of `spans` that share no character with any of `others`, which must not overlap each other."""
    if not others:
        return tuple(spans)
    return tuple([span for span in spans if not _is_touched(span, others)])


def _is_touched(span: Spanning, others: Sequence[Spanning]) -> bool:
    nearest = bisect_right(others, span.start, key=attrgetter("end"))
    return nearest < len(others) and others[nearest].start < span.end
