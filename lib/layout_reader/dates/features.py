"""What speaks for a date being the document's.

In: a `ParsedDocument` and its date candidates. Out: a matrix, one line for each candidate, columns as in
`date_names()`.
"""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.computing import in_time
from lib.layout_reader.dates.candidates import DateCandidate, DatePlace
from lib.layout_reader.dates.words import date_cues
from lib.layout_reader.page.blocks import has_money
from lib.layout_reader.page.context import Context, Surroundings, nearest_of
from lib.layout_reader.page.parsing import ParsedDocument
from lib.layout_reader.ranking.matrix import matrix_of

KINDS: Final = (
    *(
        "date",
        "due_date",
        "delivery_date",
        "invoice_number",
        "payment",
        "contact",
        "tax_id",
        "not_merchant",
        "customer",
    ),
    *("total", "cash", "item", "quantity"),
)

_SIDES: Final = ("left", "above", "before", "right")
_NAMED: Final = 0.5
"""A keyword this near names its date."""

_SURELY: Final = 0.9
"""The same, with nothing between."""

_TIME: Final = re.compile(r"(?<!\d)\d{1,2}[:h.]\d{2}(?!\d)")
_TIMES: Final = re.compile(rf"(?=({_TIME.pattern}))")
_TIME_LENGTH: Final = 5


def date_features(
    parsed: ParsedDocument, candidates: Sequence[DateCandidate], *, context: Context | None = None
) -> NDArray[np.float32]:
    """One line for each candidate, float32, shape (candidates, features).

    Args:
        parsed: The document.
        candidates: Its dates.
        context: The same document's, where there is one already.
    """
    context = context or Context(parsed)
    by_age = sorted(candidate.value for candidate in candidates)
    facts = _Facts(parsed)
    around = [[context.around(place) for place in candidate.places] for candidate in in_time(candidates)]
    nearness = _with_orders_settled([nearest_of(places, sides=_SIDES) for places in around])
    lines = []
    for index, candidate in enumerate(in_time(candidates)):
        line = nearness[index] | _shape(candidate, facts) | _cues(candidate)
        line["age"] = bisect_left(by_age, candidate.value) / max(len(candidates) - 1, 1)
        line["is_latest"] = float(candidate.value == by_age[-1])
        line["is_earliest"] = float(candidate.value == by_age[0])
        line["dates"] = float(min(len(candidates), 8))
        line["index"] = float(min(index, 8))
        line["days_to_next"] = _days_to_next(candidate.value, by_age)
        lines.append(line)
    return matrix_of(lines, _NAMES)


def date_names() -> tuple[str, ...]:
    """Names of the columns, in order."""
    return _NAMES


def overruled(
    parsed: ParsedDocument, candidates: Sequence[DateCandidate], features: NDArray[np.float32], *, context: Context
) -> NDArray[np.bool_]:
    """(candidates,) Which are said to be a day of something else, where another one is said to be that of issue.

    Args:
        parsed: The document.
        candidates: Its dates; one that is said to be the day of issue in one place may be another's in the next.
        features: The matrix of `date_features`.
        context: The same document's.
    """
    other_left, other_above = (
        _named(features, side, "due_date") | _named(features, side, "delivery_date") for side in ("left", "above")
    )
    # A heading over a column says less than a label in front: "Arrival 12-09-24" stands under "Date" in many bills.
    issued = _named(features, "left", "date") | (_named(features, "above", "date") & ~other_left)
    others = ~issued & (other_left | other_above) & bool(issued.any())
    for index in np.flatnonzero(others & _named(features, "above", "date")):
        heads = (
            place for place in candidates[index].places if not any(map(has_money, parsed.readings[place.cell.row]))
        )
        others[index] = not any(_is_headed_issue(context.around(place)) for place in heads)
    return np.asarray(others, dtype=np.bool_)


def _is_headed_issue(around: Surroundings) -> bool:
    """Whether a place stands under the heading of the day of issue, and nothing in front speaks of another."""
    left = max(around.left.get(kind, 0.0) for kind in ("due_date", "delivery_date"))
    return around.above.get("date", 0.0) >= _SURELY > left


def _named(features: NDArray[np.float32], side: str, kind: str) -> NDArray[np.bool_]:
    """(candidates,) Which stand beside, or under, words of a kind, with nothing between."""
    return np.asarray(features[:, _NAMES.index(f"{side}_{kind}")] >= _SURELY, dtype=np.bool_)


def _with_orders_settled(nearness: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """The day of an order counts as one of issue, or of delivery where another day is said to be that of issue."""
    is_issued = any(line.get(f"{side}_date", 0.0) >= _NAMED for line in nearness for side in _SIDES)
    return [_with_order_as("delivery_date" if is_issued else "date", line) for line in nearness]


def _with_order_as(kind: str, near: dict[str, float]) -> dict[str, float]:
    settled = dict(near)
    for side in _SIDES:
        worth = settled.pop(f"{side}_order_date", 0.0)
        settled[f"{side}_{kind}"] = max(settled.get(f"{side}_{kind}", 0.0), worth)
    return settled


def _cues(candidate: DateCandidate) -> dict[str, float]:
    """What the words in front of it say, in its cell or the one before: "No. 17 of 03.04.2024", "until 03.04.2024"."""
    line = {f"cue_{cue}": 1.0 for place in candidate.places for cue in place.cues}
    names_document = any({"of", "number"} <= place.cues for place in candidate.places)
    return line | {"names_document": float(names_document)}


def _shape(candidate: DateCandidate, facts: "_Facts") -> dict[str, float]:
    first, last = candidate.places[0], candidate.places[-1]
    rows = len(facts.parsed.rows)
    frame = facts.parsed.frames[first.cell.page_index]
    return {
        "first_row": first.cell.row / rows,
        "last_row": last.cell.row / rows,
        "places": float(min(len(candidate.places), 5)),
        "x_center": (first.bbox.center[0] - frame.content.x0) / max(frame.content.width, 1.0),
        "has_time": float(any(facts.has_time(place) for place in candidate.places)),
        "is_named": float(any(any(c.isalpha() for c in place.text) for place in candidate.places)),
        "has_long_year": float(any(re.search(r"\d{4}", place.text) is not None for place in candidate.places)),
        "is_ambiguous": float(all(place.match.is_ambiguous for place in candidate.places)),
        "in_range": float(all(facts.of_row(place).dates > 1 for place in candidate.places)),
        "share_of_cell": max(len(place.text) / max(len(place.cell.text), 1) for place in candidate.places),
        "with_amounts": float(all(facts.of_row(place).has_money for place in candidate.places)),
        "height": max(place.cell.height for place in candidate.places) / frame.height,
        "page": float(first.cell.page_index > 0),
        "is_glued": float(all(_is_glued(place) for place in candidate.places)),
        "is_compact": float(all(place.text.isdigit() for place in candidate.places)),
    }


@dataclass(frozen=True, slots=True)
class _Times:
    """Where times stand in a text: the end of the one that ends first, and the start of the one that begins last."""

    first_end: float
    last_start: int

    @classmethod
    def of(cls, text: str) -> "_Times":
        """The times of a cell."""
        if not ("." in text or ":" in text or "h" in text):
            return _NO_TIMES
        spans = [(match.start(), match.end(1)) for match in _TIMES.finditer(text)]
        return cls(min([end for _, end in spans], default=math.inf), max([start for start, _ in spans], default=-1))

    def stand_beside(self, place: DatePlace) -> bool:
        """Whether one stands in front of a date in its cell, or behind it; their digits may touch the date's."""
        text = place.cell.text
        if self.first_end <= place.start or self.last_start >= place.end:
            return True
        before = _TIME.search(text, max(0, place.start - _TIME_LENGTH), place.start)
        return before is not None or _TIME.match(text[place.end : place.end + _TIME_LENGTH + 1]) is not None


_NO_TIMES: Final = _Times(math.inf, -1)


@dataclass(frozen=True, slots=True)
class _RowFacts:
    """What all dates of a row have in common: how many they are, whether money is in it, the times of its cells."""

    dates: int
    has_money: bool
    times: tuple[_Times, ...]
    with_time: frozenset[int]


class _Facts:
    """The rows of a document, each looked at once."""

    def __init__(self, parsed: ParsedDocument) -> None:
        self.parsed = parsed
        self._known: dict[int, _RowFacts] = {}

    def of_row(self, place: DatePlace) -> _RowFacts:
        """The row of a date."""
        index = place.cell.row
        if index not in self._known:
            self._known[index] = self._row(index)
        return self._known[index]

    def has_time(self, place: DatePlace) -> bool:
        """Whether a time stands in the row, outside of the date."""
        row = self.of_row(place)
        return bool(row.with_time - {place.cell.column}) or row.times[place.cell.column].stand_beside(place)

    def _row(self, index: int) -> _RowFacts:
        readings = self.parsed.readings[index]
        times = tuple([_Times.of(reading.cell.text) for reading in readings])
        return _RowFacts(
            dates=sum([len(reading.dates) for reading in readings]),
            has_money=any(map(has_money, readings)),
            times=times,
            with_time=frozenset([column for column, each in enumerate(times) if each.last_start >= 0][:2]),
        )


def _is_glued(place: DatePlace) -> bool:
    """Whether letters or digits run on, as inside a document number."""
    text = place.cell.text
    before, after = text[max(0, place.start - 1) : place.start], text[place.end : place.end + 1]
    return (
        before.isalnum()
        or (before in {"-", "/"} and bool(before))
        or after.isalnum()
        or (after in {"-", "/"} and bool(after))
    )


def _days_to_next(day: date, by_age: Sequence[date]) -> float:
    """Days to the nearest later date of the document, 400 at most: terms of payment are days or weeks."""
    later = by_age[bisect_right(by_age, day) :][:1]
    return float(min((later[0] - day).days, 400)) if later else 400.0


_NAMES: Final = (
    *(f"{side}_{kind}" for side in _SIDES for kind in KINDS),
    *("first_row", "last_row", "places", "x_center", "has_time", "is_named", "has_long_year", "is_ambiguous"),
    *("in_range", "share_of_cell", "with_amounts", "height", "page", "is_glued", "is_compact"),
    *(f"cue_{cue}" for cue in date_cues()),
    *("names_document", "age", "is_latest", "is_earliest", "dates", "index", "days_to_next"),
)
