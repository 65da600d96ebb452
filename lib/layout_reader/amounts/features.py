"""What speaks for an amount being the total, the subtotal or the tax.

In: a `ParsedDocument` and its amount candidates. Out: a matrix, one line for each candidate, columns as in
`amount_names()`. Nothing in it depends on a language: words count by their kind. All numbers are relative to
the document.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.grammar.amounts import AmountMatch
from lib.layout_reader.amounts.candidates import AmountCandidate, AmountPlace
from lib.layout_reader.amounts.sums import Columns, rates_of, sums_of
from lib.layout_reader.amounts.tax_sums import tax_sums
from lib.layout_reader.page.context import Context, nearest_of
from lib.layout_reader.page.parsing import ParsedDocument
from lib.layout_reader.ranking.matrix import matrix_of

KINDS: Final = (
    "total",
    "total_noise",
    "tax_summary",
    "subtotal",
    "tax",
    "cash",
    "change",
    "discount",
    "tip",
    "rounding",
    "service",
    "item",
    "quantity",
    "unit_price",
    "tax_id",
    "payment",
    "invoice_number",
    "contact",
    "date",
    "due_date",
    "customer",
)
"""Kinds of keywords that say something about an amount."""

_SIDES: Final = ("left", "above", "before", "behind", "right")
"""Attributes of `Surroundings`, taken by their names."""

_FEW: Final = 2
_USUAL_DECIMALS: Final = 2


def amount_features(
    parsed: ParsedDocument, candidates: Sequence[AmountCandidate], *, context: Context | None = None
) -> NDArray[np.float32]:
    """One line for each candidate, float32, shape (candidates, features).

    Args:
        parsed: The document.
        candidates: Its amounts.
        context: The same document's, where there is one already.
    """
    context = context or Context(parsed)
    nearness = [nearest_of([context.around(place) for place in each.places], sides=_SIDES) for each in candidates]
    money = _money(candidates)
    sums = sums_of(candidates, nearness, money=money, rates=rates_of(parsed))
    taxes = tax_sums(candidates, nearness)
    largest = max((candidates[index].value for index in money), default=Decimal(1))
    ranks = _ranks(candidates, money)
    columns = Columns(parsed)
    rows = _Rows(parsed)
    lines = []
    for index, candidate in enumerate(candidates):
        line = nearness[index] | _shape(candidate, parsed) | _position(candidate, rows, columns)
        line |= sums[index] | taxes[index]
        line["rank"] = ranks[index]
        line["to_largest"] = min(float(candidate.value / largest), 1.01) if largest else 0.0
        line["is_item_sum"] = float(columns.ends_one(candidate))
        lines.append(line)
    return matrix_of(lines, _NAMES)


def amount_names() -> tuple[str, ...]:
    """Names of the columns, in order."""
    return _NAMES


def columns_of(names: Iterable[str]) -> NDArray[np.intp]:
    """(names,) In which columns these features stand."""
    return np.array([_COLUMNS[name] for name in names], dtype=np.intp)


def most_of(features: NDArray[np.float32], columns: NDArray[np.intp]) -> NDArray[np.float32]:
    """(candidates,) The largest of several features, at least 0."""
    return np.asarray(features.take(columns, axis=1).max(axis=1, initial=0.0), dtype=np.float32)


def _money(candidates: Sequence[AmountCandidate]) -> list[int]:
    """Indices of what is surely money; of every number in a document that writes its prices without decimals."""
    sure = [i for i, c in enumerate(candidates) if any(place.match.kind == "money" for place in c.places)]
    return sure if len(sure) >= _FEW else list(range(len(candidates)))


def _shape(candidate: AmountCandidate, parsed: ParsedDocument) -> dict[str, float]:
    matches = [place.match for place in candidate.places]
    kinds = {match.kind for match in matches}
    marked = sum([bool(match.mark) for match in matches])
    heights = [place.cell.height / parsed.frames[place.cell.page_index].height for place in candidate.places]
    return {
        "is_money": float("money" in kinds),
        "is_integer": float(kinds == {"integer"}),
        "is_marked": float(marked > 0),
        "share_marked": marked / len(matches),
        "decimals": float(max([_decimals(match) for match in matches])),
        "is_negative": float(max([match.negative for match in matches])),
        "is_zero": float(candidate.value == 0),
        "places": float(min(len(matches), 6)),
        "height": max(heights),
        "height_least": min(heights),
    }


def _decimals(match: AmountMatch) -> int:
    """Two for every price, also where the currency has three."""
    return min(match.decimals, _USUAL_DECIMALS) if match.kind == "money" else match.decimals


@dataclass(frozen=True, slots=True)
class _Row:
    """What all amounts of a row have in common.

    Attributes:
        amounts: How many they are.
        last: Column of the last one's cell, and its start there.
        cells: How many cells the row has.
        letters: In all of its text.
        has_percent: Whether a percentage stands in it.
    """

    amounts: int
    last: tuple[int, int]
    cells: int
    letters: int
    has_percent: bool


class _Rows:
    """The rows of a document, each looked at once."""

    def __init__(self, parsed: ParsedDocument) -> None:
        self.parsed = parsed
        self.count, self.pages = len(parsed.rows), max(parsed.frames, default=0) + 1
        self._known: dict[int, _Row] = {}

    def of(self, place: AmountPlace) -> _Row:
        """The row of an amount."""
        index = place.cell.row
        if index not in self._known:
            self._known[index] = self._row(index)
        return self._known[index]

    def _row(self, index: int) -> _Row:
        readings = self.parsed.readings[index]
        amounts = [(column, amount.start) for column, reading in enumerate(readings) for amount in reading.amounts]
        return _Row(
            amounts=len(amounts),
            last=amounts[-1],
            cells=len(readings),
            letters=sum([sum(map(str.isalpha, reading.cell.text)) for reading in readings]),
            has_percent="percent" in [number.kind for reading in readings for number in reading.numbers],
        )


def _position(candidate: AmountCandidate, seen: _Rows, columns: Columns) -> dict[str, float]:
    first, last = candidate.places[0].cell, candidate.places[-1].cell
    rows = [seen.of(place) for place in candidate.places]
    content = seen.parsed.frames[last.page_index].content
    amounts = [row.amounts for row in rows]
    return {
        "first_row": first.row / seen.count,
        "last_row": last.row / seen.count,
        "rows_after": float(min(seen.count - last.row, 40)),
        "right_edge": max([_right_edge(place, seen.parsed, columns) for place in candidate.places]),
        "x_center": ((last.bbox.x0 + last.bbox.x1) / 2 - content.x0) / max(content.width, 1.0),
        "last_in_row": float(any(map(_is_last, candidate.places, rows))),
        "least_in_row": float(min(amounts)),
        "most_in_row": float(min(max(amounts), 8)),
        "alone": float(1 in [row.cells for row in rows]),
        "letters": float(min([row.letters for row in rows])),
        "percent": float(max([row.has_percent for row in rows])),
        "page": last.page_index / seen.pages if seen.pages > 1 else 1.0,
    }


def _right_edge(place: AmountPlace, parsed: ParsedDocument, columns: Columns) -> float:
    content = parsed.frames[place.cell.page_index].content
    return (columns.right_of(place) - content.x0) / max(content.width, 1.0)


def _is_last(place: AmountPlace, row: _Row) -> bool:
    """Whether no other amount of the row stands behind it."""
    column, start = row.last
    return place.cell.column == column and start < place.end


def _ranks(candidates: Sequence[AmountCandidate], money: Sequence[int]) -> list[float]:
    """0 for the largest amount of money, 1 for the next ...; 12 at most, and for what is no money."""
    values = sorted({candidates[index].value for index in money}, reverse=True)
    place = {value: float(min(index, 12)) for index, value in enumerate(values)}
    return [place.get(candidate.value, 12.0) for candidate in candidates]


_NAMES: Final = (
    *(f"{side}_{kind}" for side in _SIDES for kind in KINDS),
    *("is_money", "is_integer", "is_marked", "share_marked", "decimals", "is_negative", "is_zero", "places"),
    *("height", "height_least", "first_row", "last_row", "rows_after", "right_edge", "x_center", "last_in_row"),
    *("least_in_row", "most_in_row", "alone", "letters", "percent", "page", "rank", "to_largest", "is_item_sum"),
    *(
        f"{role}_{name}"
        for role in ("net", "part", "sum")
        for name in ("rated", "with_tax", "with_net", "with_gross", "with_paid", "with_change")
    ),
    *("is_net", "is_part", "is_sum", "gross_of_rate", "tax_of_rate", "net_of_rate", "tax_on_rate"),
    *("is_rounded", "is_unrounded", "sums_taxes", "is_tax_part"),
)
_COLUMNS: Final = {name: column for column, name in enumerate(_NAMES)}
