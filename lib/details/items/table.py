"""Tables of items with a header: every number belongs to the column that it stands under.

In: lines and headers. Out: drafts in sections; a row of a sum ends a section. A row with a number in the column of
amounts is an item; a row without one goes on with the description beside it. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lib.computing import in_time
from lib.details.items.columns import Column, Header
from lib.details.items.descriptions import with_descriptions
from lib.details.items.drafts import Draft, Figure, Part, factors, is_product
from lib.details.items.rows import Line, Number, is_glue
from lib.details.items.sections import role_of
from lib.details.items.words import ColumnKind

_NUMERIC: Final = frozenset({"quantity", "unit_price", "amount", "tax_rate", "tax_amount", "discount", "position"})
_NO_MONEY: Final = frozenset({"percent", "identifier", "quantity"})
_ASIDE: Final = 2.0
"""Heights by which an amount's right side may differ from the others' in its column."""

Numbers = Mapping[int, Number]
"""By index of the column."""


@dataclass(frozen=True, slots=True)
class Body:
    """A header and the lines below it, up to the next header or the end of the document."""

    header: Header
    lines: tuple[Line, ...]


def table_sections(lines: Sequence[Line], headers: Sequence[Header]) -> list[list[Draft]]:
    """The items of all tables, a list for each part of a table that a sum ends."""
    sections: list[list[Draft]] = []
    for at, header in enumerate(headers):
        end = headers[at + 1].first if at + 1 < len(headers) else len(lines)
        sections += _sections(Body(header, tuple(lines[header.last + 1 : end])))
    return [section for section in sections if section]


def _sections(body: Body) -> list[list[Draft]]:
    numbers = [_by_column(line, body.header.columns) for line in in_time(body.lines)]
    amount = _amount_column(body.header.columns, numbers)
    if amount is None:
        return []
    numbers = _aligned(numbers, amount, body)
    sections: list[list[Draft]] = [[]]
    texts: list[list[Line]] = [[]]
    for line, found in zip(body.lines, numbers, strict=True):
        role = role_of(line)
        if role == "carried":
            continue
        if role in {"sum", "no_item", "doubtful"} and not _is_item(found, amount, body.header.columns):
            if role == "sum" and line.numbers:
                sections.append([])
                texts.append([])
            continue
        if role == "discount" and sections[-1]:
            sections[-1][-1] = _discounted(sections[-1][-1], line)
            continue
        texts[-1].append(line)
        if amount in found and found[amount].kind not in _NO_MONEY:
            sections[-1].append(_draft(line, found, amount, body.header.columns))
    return [
        with_descriptions(drafts, lines, body.header.columns)
        for drafts, lines in zip(sections, texts, strict=True)
        if drafts
    ]


def _discounted(draft: Draft, line: Line) -> Draft:
    """The draft with the discount that a row below it states."""
    money = [number for number in line.numbers if number.kind == "money"]
    return replace(draft, discount=Figure(money[-1], line)) if money and draft.discount is None else draft


def _by_column(line: Line, columns: Sequence[Column]) -> dict[int, Number]:
    """For each column of numbers, the number of a line that stands under it."""
    best: dict[int, tuple[float, Number]] = {}
    for number in line.numbers:
        if number.kind == "identifier":
            continue
        column, gap = min(
            ((index, _gap(number, column)) for index, column in enumerate(columns)), key=lambda each: each[1]
        )
        if columns[column].kind in _NUMERIC and (column not in best or gap < best[column][0]):
            best[column] = gap, number
    return {column: number for column, (_, number) in best.items()}


def _aligned(rows: Sequence[Numbers], amount: int, body: Body) -> list[Numbers]:
    """The numbers of each row, without amounts that stand neither under their header nor under the others."""
    rights = sorted(row[amount].x1 for row in rows if amount in row)
    usual = rights[len(rights) // 2] if rights else 0.0
    column = body.header.columns[amount]
    kept: list[Numbers] = []
    for row, line in zip(rows, body.lines, strict=True):
        own = row.get(amount)
        reach = _ASIDE * line.row.cells[0].height
        aside = own is not None and _gap(own, column) > 0 and abs(own.x1 - usual) > reach
        kept.append({index: number for index, number in row.items() if index != amount} if aside else row)
    return kept


def _gap(number: Number, column: Column) -> float:
    """Pixels between a number and a header; the share of it that overlaps, negative, where they do."""
    overlap = min(number.x1, column.x1) - max(number.x0, column.x0)
    return -overlap / max(min(number.x1 - number.x0, column.x1 - column.x0), 1.0) if overlap > 0 else -overlap


def _amount_column(columns: Sequence[Column], rows: Sequence[Numbers]) -> int | None:
    """The column of amounts: where quantity times unit price is the amount most often, else the last one."""
    candidates = [index for index, column in enumerate(columns) if column.kind == "amount"] or [
        index for index, column in enumerate(columns) if column.kind == "unit_price"
    ]
    return max(candidates, key=lambda index: (_products(columns, rows, index), index), default=None)


def _products(columns: Sequence[Column], rows: Sequence[Numbers], amount: int) -> int:
    return sum(_has_product(row, amount, columns) for row in rows if amount in row)


def _of_kind(row: Numbers, columns: Sequence[Column], kind: ColumnKind) -> list[Number]:
    return [number for index, number in sorted(row.items()) if columns[index].kind == kind]


def _has_product(row: Numbers, amount: int, columns: Sequence[Column]) -> bool:
    quantities, prices = _of_kind(row, columns, "quantity"), _of_kind(row, columns, "unit_price")
    return any(is_product(q, p, row[amount].value) for q in quantities for p in prices)


def _is_item(row: Numbers, amount: int, columns: Sequence[Column]) -> bool:
    """Whether a row that names a sum is an item all the same: its quantity times its price is its amount."""
    return amount in row and _has_product(row, amount, columns)


def _draft(line: Line, row: Numbers, amount: int, columns: Sequence[Column]) -> Draft:
    """The item of a row, without the description."""
    own = row[amount]
    quantities, prices = _of_kind(row, columns, "quantity"), _of_kind(row, columns, "unit_price")
    pair = next(((q, p) for q in quantities for p in prices if is_product(q, p, own.value)), None)
    others = [number for number in line.numbers if number is not own and number.kind != "percent"]
    pair = pair or factors(others, own.value)
    quantity, price = pair or (quantities[0] if quantities else None, prices[0] if prices else None)
    if price is own:
        price = None
    rates, discounts = _of_kind(row, columns, "tax_rate"), _of_kind(row, columns, "discount")
    return Draft(
        amount=Figure(own, line),
        quantity=Figure(quantity, line) if quantity else None,
        unit=_unit(line, quantity) if quantity else None,
        unit_price=Figure(price, line) if price else None,
        tax_rate=Figure(rates[0], line) if rates else None,
        discount=Figure(discounts[0], line) if discounts and discounts[0].kind == "money" and pair is None else None,
        is_product=pair is not None,
    )


def _unit(line: Line, quantity: Number) -> Part | None:
    """The unit that is printed behind a quantity."""
    word = line.text[quantity.end :].strip().split(" ", 1)[0]
    if not word.strip(".").isalpha() or not is_glue(word):
        return None
    start = line.text.index(word, quantity.end)
    return Part(line, start, start + len(word))
