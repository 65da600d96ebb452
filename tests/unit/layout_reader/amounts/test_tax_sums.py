"""Taxes of several rates and their sum."""

from decimal import Decimal

from lib.layout_reader.amounts.candidates import AmountCandidate, amount_candidates
from lib.layout_reader.amounts.tax_sums import tax_sums
from lib.layout_reader.page.parsing import parse_document
from tests.unit.layout_reader.documents import document_of


def _candidates(*values: str) -> list[AmountCandidate]:
    return [AmountCandidate(Decimal(value), ()) for value in values]


def test_tax_sum_and_its_parts_are_told_apart() -> None:
    """Among amounts called a tax, the sum of others is the whole."""
    taxed = {"left_tax": 1.0}

    lines = tax_sums(_candidates("9.44", "0.92", "1.24", "11.60", "88.86"), [taxed] * 4 + [{}])

    assert lines == [{"is_tax_part": 1.0}] * 3 + [{"sums_taxes": 1.0}, {}]


def test_tax_sum_far_below_its_heading_is_told_apart() -> None:
    """The sum of a long table stands many rows below the word for taxes, and in the column of its parts."""
    near = [{"above_tax": 1.0}, {"above_tax": 0.7}, {"above_tax": 0.3}]
    table = amount_candidates(parse_document(document_of("10.29\n66.70\n76.99")))
    scattered = amount_candidates(parse_document(document_of("10.29\n        66.70\n                76.99")))

    assert tax_sums(table, near) == [{"is_tax_part": 1.0}, {"is_tax_part": 1.0}, {"sums_taxes": 1.0}]
    assert tax_sums(scattered, near) == [{}, {}, {}]


def test_amounts_that_are_no_taxes_make_no_tax_sum() -> None:
    """Items add up as well."""
    assert tax_sums(_candidates("1.00", "2.00", "3.00"), [{}, {}, {}]) == [{}, {}, {}]
