"""Line items, from pages.

In: the survey of a document, the settled fields, and the taxes. Out: `Item`s in reading order. `read_items` is the verb.
Arithmetic is the judge: what adds up to a sum of the document is sure, what does not says so.
"""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from lib.details.items.adding_up import Chosen, choose
from lib.details.items.columns import headers_of
from lib.details.items.answers import item_of
from lib.details.items.drafts import Draft
from lib.details.items.listing import aligned, list_sections
from lib.details.items.rows import Line, lines_of
from lib.details.items.sections import role_of
from lib.details.items.table import table_sections
from lib.document import Field
from lib.extraction import Item, TaxLine
from lib.layout_reader.survey import Survey

__all__ = ["read_items"]


def read_items(seen: Survey, *, fields: Mapping[str, Field], taxes: Sequence[TaxLine]) -> tuple[Item, ...]:
    """The line items of a document.

    Args:
        seen: The document's rows and what stands in them.
        fields: The six settled fields by key.
        taxes: The document's taxes, for items whose tax class is a letter.
    """
    lines = lines_of(seen)
    sums = _sums(lines, fields)
    chosen = choose(table_sections(lines, headers_of(lines)), sums)
    if not chosen.adds_up:
        chosen = _listed(list_sections(lines, whole=_is_whole(lines)), sums, otherwise=chosen)
    return tuple([item_of(draft, adds_up=chosen.adds_up) for draft in chosen.drafts])


def _listed(sections: Sequence[Sequence[Draft]], sums: Collection[Decimal], *, otherwise: Chosen) -> Chosen:
    """The items of a list without a header: the first reading of it that adds up, else what was found otherwise.

    Rows whose words rarely name goods, and amounts that stand aside of the others, count where the sum needs them.
    """
    sure = [[draft for draft in section if not draft.is_doubtful] for section in sections]
    first = choose(sure, sums)
    for reading in (lambda: first, lambda: choose(aligned(sure), sums), lambda: choose(sections, sums)):
        chosen = reading()
        if chosen.adds_up:
            return chosen
    return otherwise if otherwise.drafts else first


def _sums(lines: Sequence[Line], fields: Mapping[str, Field]) -> frozenset[Decimal]:
    """What the items may add up to: every sum that the document states, and the settled ones."""
    stated = {abs(line.numbers[-1].value) for line in lines if line.numbers and role_of(line) == "sum"}
    values = {key: field.value for key, field in fields.items() if isinstance(field.value, Decimal)}
    stated |= {abs(values[key]) for key in ("subtotal", "total") if key in values}
    if "total" in values and "tax_amount" in values:
        stated.add(values["total"] - values["tax_amount"])
    return frozenset(stated - {Decimal(0)})


def _is_whole(lines: Sequence[Line]) -> bool:
    """Whether most amounts that end rows have no decimals."""
    last = [line.numbers[-1] for line in lines if line.numbers]
    decimals = sum(number.kind == "money" and number.match.decimals > 0 for number in last)
    whole = sum(number.kind == "money" and number.match.decimals == 0 for number in last)
    return whole > decimals
