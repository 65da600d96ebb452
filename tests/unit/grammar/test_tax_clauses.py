"""Sums that are said to have a tax, or not to have it."""

import pytest

from lib.grammar.locales import find_keywords


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param("Rechnungssumme ohne USt.", {"subtotal"}, id="German, without"),
        pytest.param("Gesamt EUR o. MwSt.", {"subtotal"}, id="German, abbreviated"),
        pytest.param("Gesamt EUR inkl. 19 % MwSt.", {"total"}, id="German, with a rate"),
        pytest.param("(excluding GST)", {"subtotal"}, id="English, alone"),
        pytest.param("Total amount in EUR excl. GST", {"subtotal"}, id="English, a currency between"),
        pytest.param("Totale IVA esclusa", {"subtotal"}, id="Italian, behind"),
        pytest.param("Totaal exclusief btw", {"subtotal"}, id="Dutch"),
        pytest.param("Unit price excl. GST", {"unit_price"}, id="a price, no sum"),
        pytest.param("inkl. 19 % MwSt.", {"tax"}, id="the tax itself"),
        pytest.param("Total 16.00 incl. GST", {"total", "tax"}, id="an amount between"),
        pytest.param("Total includes GST of", {"total", "tax"}, id="the tax that a total holds"),
    ],
)
def test_sum_and_clause_about_its_tax_are_one_phrase(text: str, kinds: set[str]) -> None:
    """What a sum is depends on the words about its tax."""
    assert {match.kind for match in find_keywords(text)} == kinds
