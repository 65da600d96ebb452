"""Tax numbers: VAT numbers by checksum, others by their shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.grammar.tax_ids import find_certain_tax_ids, find_tax_ids, find_vat_ids


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("DE811569869", "DE811569869", id="German"),
        pytest.param("USt-IdNr. DE 811 569 869", "DE811569869", id="in groups"),
        pytest.param("ATU13585627 FN 33282b", "ATU13585627", id="words behind it"),
        pytest.param("FR 40 303 265 045", "FR40303265045", id="French"),
        pytest.param("VAT GB 980 7806 84", "GB980780684", id="British"),
        pytest.param("CHE-107.787.577", "CHE107787577", id="Swiss"),
    ],
)
def test_vat_id_is_found_by_its_checksum(text: str, value: str) -> None:
    """Whatever stands between its digits."""
    (match,) = find_vat_ids(text)

    assert (match.value, match.checked) == (value, True)


@pytest.mark.parametrize("text", ["DE811569868", "Tel. 030 811569869", "XX123456789", "Order DE 12", ""])
def test_vat_id_of_wrong_checksum_is_none(text: str) -> None:
    """Nothing else looks like one by chance."""
    assert find_vat_ids(text) == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(" 12/345/67890", "12/345/67890", id="German tax number"),
        pytest.param(": 001234567890", "001234567890", id="GST number"),
        pytest.param(" 12-3456789 Portland", "12-3456789", id="a place behind it"),
        pytest.param(" DE000000000", "DE000000000", id="a VAT number misread"),
        pytest.param(" R018547290", "RO18547290", id="a zero for the O of Romania"),
        pytest.param(" 974 760 673 MVA", "974 760 673 MVA", id="Norwegian"),
    ],
)
def test_tax_id_behind_a_label_is_told_by_its_shape(text: str, value: str) -> None:
    """As printed."""
    assert [match.value for match in find_tax_ids(text)] == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("GST: 27AAPFU0939F1ZV", "27AAPFU0939F1ZV", id="Indian"),
        pytest.param("974760673MVA", "974760673MVA", id="Norwegian"),
        pytest.param("16.727.230/0001-97 BH", "16.727.230/0001-97", id="Brazilian"),
        pytest.param("Cuit 20-05536168-2", "20-05536168-2", id="Argentine"),
        pytest.param("27AAPFU0939F1ZX", None, id="wrong check digit"),
        pytest.param("Tel. 20-05536168-3", None, id="no check digit"),
    ],
)
def test_number_of_a_form_of_its_own_needs_no_label(text: str, value: str | None) -> None:
    """Where its check digits are right, too."""
    assert [match.value for match in find_certain_tax_ids(text)] == ([value] if value else [])


@pytest.mark.parametrize("text", ["20%", "1 234 567.00", "12.50", "number", "Main Street 12", ""])
def test_tax_id_is_no_amount_and_no_word(text: str) -> None:
    """A label alone makes nothing a number."""
    assert find_tax_ids(text) == ()


def test_checksum_of_the_labels_country_makes_sure() -> None:
    """A Polish NIP has check digits too, for who knows that it is one."""
    (polish,) = find_tax_ids("526-000-12-46", locales=frozenset({"pl"}))
    (unknown,) = find_tax_ids("526-000-12-46")

    assert (polish.checked, unknown.checked) == (True, False)


@given(st.text(alphabet="ADEGUTCH 0123456789./-İß", max_size=40))
def test_tax_ids_of_any_text_stand_in_it(text: str) -> None:
    """No digit comes from elsewhere."""
    for match in find_tax_ids(text, locales=frozenset({"en", "de"})):
        printed = text[match.start : match.end]
        assert [c for c in match.value if c.isdigit()] == [c for c in printed if c.isdigit()]
