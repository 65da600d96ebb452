"""Tables of items with a header: every number belongs to the column that it stands under.

In: lines and headers. Out: drafts in sections; a row of a sum ends a section. A row with a number in the column of
amounts is an item; a row without one goes on with the description beside it. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lib.computing import in_time
from lib.details.items.columns import Column, Header
from lib.details.items.descriptions import with_descriptions
from lib.details.items.drafts import Draft, Figure, factors, is_product
from lib.details.items.sections import Role, role_of, roles_of
from lib.details.items.till_rows import tax_class, unit_of
from lib.details.items.words import ColumnKind, is_glue
from lib.details.rows import Line, Number

_NUMERIC: Final = frozenset({"quantity", "unit_price", "amount", "tax_rate", "tax_amount", "discount", "position"})
_NO_MONEY: Final = frozenset({"percent", "identifier", "quantity"})
_ASIDE: Final = 2.0
"""Heights by which an amount's right side may differ from the others' in its column."""

_NEAR: Final = 40
"""Characters around a number that tell whether words stand there."""

_CHARGES: Final = frozenset({"discount", "charge"})

Numbers = Mapping[int, Number]
"""By index of the column."""


@dataclass(frozen=True, slots=True)
class _Body:
    """A header's columns, the lines below it, and for each of them the numbers by column."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    numbers: tuple[Numbers, ...]
    amount: int

    def of_kind(self, row: Numbers, kind: ColumnKind) -> list[Number]:
        """The numbers of a row that stand in columns of a kind."""
        return [number for index, number in sorted(row.items()) if self.columns[index].kind == kind]

    def pair(self, row: Numbers) -> tuple[Number, Number] | None:
        """Quantity and unit price of a row, where they make its amount."""
        return _pair(row, self.amount, self.columns)


@dataclass(slots=True)
class _Section:
    """A part of a table as far as it has been read."""

    drafts: list[Draft] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def table_sections(lines: Sequence[Line], headers: Sequence[Header]) -> list[list[Draft]]:
    """The items of all tables, a list for each part of a table that a sum ends."""
    sections: list[list[Draft]] = []
    for at, header in enumerate(headers):
        end = headers[at + 1].first if at + 1 < len(headers) else len(lines)
        body = _body(header, tuple(lines[header.last + 1 : end]))
        sections += (
            [with_descriptions(part.drafts, part.lines, body.columns) for part in _sections(body)] if body else []
        )
    return sections


def _body(header: Header, lines: tuple[Line, ...]) -> _Body | None:
    """The table below a header; None where no column holds amounts."""
    columns = header.columns
    numbers = [_by_column(line, columns) for line in in_time(lines)]
    amount = _amount_column(columns, numbers)
    if amount is None:
        return None
    return _Body(columns, lines, tuple(_aligned(numbers, amount, lines, columns[amount])), amount)


def _sections(body: _Body) -> Iterator[_Section]:
    """The parts of a table; it ends with the page on which its last sum stands."""
    part, sum_page = _Section(), -1
    for line, row, own_role in zip(body.lines, body.numbers, roles_of(body.lines), strict=True):
        if 0 <= sum_page < line.page_index:
            break
        role: Role = "other" if body.pair(row) else own_role
        if role == "sum" and line.numbers:
            sum_page = line.page_index
            yield part
            part = _Section()
        elif role not in {"sum", "carried"}:
            _add(part, line, row, role, body)
    yield part


def _add(part: _Section, line: Line, row: Numbers, role: Role, body: _Body) -> None:
    """One row that is no sum."""
    has_amount = body.amount in row
    reduces = role == "discount" or (has_amount and row[body.amount].value < 0 and _says_discount(line))
    if reduces and part.drafts and part.drafts[-1].discount is None:
        money = [number for number in line.numbers if number.kind == "money"]
        if money and abs(money[-1].value) <= abs(part.drafts[-1].amount.value):
            part.drafts[-1] = replace(part.drafts[-1], discount=Figure(money[-1], line))
            return
    if role == "other" or has_amount:
        part.lines.append(line)
    if has_amount:
        draft = _draft(line, row, body)
        part.drafts.append(replace(draft, is_doubtful=role in {"doubtful", "fee"}, is_charge=role in _CHARGES))


def _says_discount(line: Line) -> bool:
    return any(kind == "discount" for _, _, kind in line.keywords)


def _by_column(line: Line, columns: Sequence[Column]) -> dict[int, Number]:
    """For each column of numbers, the number of a line that stands under it.

    Where two numbers stand nearest to one column, and there are as many as columns, they stand in the columns' order.
    """
    best: dict[int, tuple[float, Number]] = {}
    numbers, is_clear = [], True
    for number in line.numbers:
        if number.kind == "identifier":
            continue
        gap, column = min((_gap(number, column), index) for index, column in enumerate(columns))
        inside = (gap > 0 or number.kind == "integer") and _is_inside_text(line, number)
        if columns[column].kind not in _NUMERIC or inside:
            continue
        numbers.append(number)
        is_clear = is_clear and column not in best
        if column not in best or gap < best[column][0]:
            best[column] = gap, number
    numeric = [index for index, column in enumerate(columns) if column.kind in _NUMERIC]
    if not is_clear and len(numbers) == len(numeric):
        return dict(zip(numeric, numbers, strict=True))
    return {column: number for column, (_, number) in best.items()}


def _is_inside_text(line: Line, number: Number) -> bool:
    """Whether words follow a number in its cell, and others stand before it: "Form no 7 in blue"."""
    start = line.starts[number.column]
    start, end = max(start, number.start - _NEAR), start + len(line.row.cells[number.column].text)
    before, behind = line.text[start : number.start], line.text[number.end : min(end, number.end + _NEAR)]
    return not is_glue(behind) and not is_glue(before)


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
    return sum(_pair(row, amount, columns) is not None for row in rows)


def _pair(row: Numbers, amount: int, columns: Sequence[Column]) -> tuple[Number, Number] | None:
    """Quantity and unit price, where they make the amount."""
    if amount not in row:
        return None
    quantities = [number for index, number in row.items() if columns[index].kind == "quantity"]
    prices = [number for index, number in row.items() if columns[index].kind == "unit_price"]
    pairs = ((q, p) for q in quantities for p in prices if p is not row[amount])
    return next((pair for pair in pairs if is_product(*pair, row[amount].value)), None)


def _aligned(rows: Sequence[Numbers], amount: int, lines: Sequence[Line], column: Column) -> Iterator[Numbers]:
    """The numbers of each row, without what stands in the column of amounts and is none.

    An amount stands under the header or ends where the others end; whole numbers are amounts where all of them are.
    """
    stated = [
        (row[amount], line)
        for row, line in zip(rows, lines, strict=True)
        if amount in row and row[amount].kind not in _NO_MONEY
    ]
    amounts = [number for number, line in stated if role_of(line) == "other"] or [number for number, _ in stated]
    has_decimals = any(number.kind == "money" for number in amounts)
    usable = [number for number in amounts if number.kind == "money" or not has_decimals]
    rights = sorted(number.x1 for number in [n for n in usable if _gap(n, column) <= 0] or usable)
    usual = rights[len(rights) // 2] if rights else 0.0
    for row, line in zip(rows, lines, strict=True):
        own = row.get(amount)
        reach = _ASIDE * line.row.cells[0].height
        fits = own is None or (
            own.kind not in _NO_MONEY
            and (own.kind == "money" or not has_decimals)
            and (_gap(own, column) <= 0 or abs(own.x1 - usual) <= reach)
        )
        yield row if fits else {index: number for index, number in row.items() if index != amount}


def _draft(line: Line, row: Numbers, body: _Body) -> Draft:
    """The item of a row, without the description."""
    own = row[body.amount]
    quantities, prices = body.of_kind(row, "quantity"), body.of_kind(row, "unit_price")
    others = [number for number in line.numbers if number is not own and number.kind != "percent"]
    pair = body.pair(row) or factors(others, own.value)
    quantity, price = pair or (_plausible(quantities, own), prices[0] if prices else None)
    rates, discounts = body.of_kind(row, "tax_rate"), body.of_kind(row, "discount")
    reduced = discounts and discounts[0].kind == "money" and pair is None
    return Draft(
        amount=Figure(own, line),
        quantity=Figure(quantity, line) if quantity else None,
        unit=unit_of(Figure(quantity, line)) if quantity else None,
        unit_price=Figure(price, line) if price and price is not own else None,
        tax_rate=Figure(rates[0], line) if rates else None,
        discount=Figure(discounts[0], line) if reduced else None,
        is_product=pair is not None,
        tax_class=tax_class(line, own),
        in_table=True,
    )


def _plausible(quantities: Sequence[Number], amount: Number) -> Number | None:
    """The quantity of a row that no price explains; none that repeats the amount, which then stands in its column."""
    first = quantities[0] if quantities else None
    return None if first is None or (first.value == amount.value and first.value != 1) else first
