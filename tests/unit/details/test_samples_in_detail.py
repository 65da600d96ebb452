"""Items and taxes of the sample documents, which know what they say: many layouts and languages."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from lib.details.items import read_items
from lib.details.taxes import read_taxes
from lib.document import Field
from scripts.samples.bill import Bill
from scripts.samples.catalog import Sample, samples
from scripts.samples.world import Document, documents
from tests.unit.details.drawn import parsed_sheets, settled

every_sample = pytest.mark.parametrize("sample", [pytest.param(each, id=each.name) for each in samples()])
world = [document for document in documents() if document.code != "hi"]
every_document = pytest.mark.parametrize("document", [pytest.param(each, id=each.name) for each in world])


def value(leaf: Field | None) -> object:
    """The value of a leaf."""
    return leaf.value if leaf else None


def fields_of(truth: Mapping[str, str | None]) -> dict[str, Field]:
    """The settled amounts of a document."""
    return settled(**{key: truth[key] for key in ("subtotal", "tax_amount", "total")})


def goods_of(bill: Bill) -> list[tuple[str, Decimal]]:
    """First word of the name, and amount, of each item that is no discount on the one above it."""
    return [(item.name.split()[0], bill.amount(item)) for item in bill.items if item.price > 0]


@every_sample
def test_items_of_each_sample_are_those_that_it_was_drawn_from(sample: Sample) -> None:
    """Name and amount of each; a discount belongs to the item above it. All add up."""
    found = read_items(parsed_sheets(sample.sheets()), fields=fields_of(sample.bill.truth), taxes=())

    assert [(str(value(item.description)).split()[0], value(item.amount)) for item in found] == goods_of(sample.bill)
    assert all(item.amount and item.amount.problem is None for item in found)


@every_sample
def test_taxes_of_each_sample_are_those_that_it_was_drawn_from(sample: Sample) -> None:
    """Rate and amount of each; what is not taxed needs no line."""
    found = read_taxes(parsed_sheets(sample.sheets()), fields=fields_of(sample.bill.truth))

    taxes = sample.bill.taxes if sample.bill.statement != "untaxed" else ()
    expected = {(line.rate, line.tax) for line in taxes if line.tax}
    assert {(value(line.rate), value(line.amount)) for line in found if value(line.amount)} == expected


@every_document
def test_items_in_other_scripts_are_those_that_were_drawn(document: Document) -> None:
    """Amounts and quantities; the names are checked by their number of words alone."""
    found = read_items(parsed_sheets([document.sheet()]), fields=fields_of(document.truth), taxes=())

    assert sum(Decimal(str(value(item.amount))) for item in found) == Decimal(document.truth["subtotal"])
    assert all(item.description and item.amount and item.amount.problem is None for item in found)
