"""Bank account numbers: found by their check digits, and never otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban

from lib.grammar.ibans import find_ibans, find_misprinted_ibans

GERMAN, BRITISH, NORWEGIAN = "DE89370400440532013000", "GB82WEST12345698765432", "NO9386011117947"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(GERMAN, GERMAN, id="in one run"),
        pytest.param("IBAN: DE89 3704 0044 0532 0130 00", GERMAN, id="in groups"),
        pytest.param("DE89-3704-0044-0532-0130-00", GERMAN, id="with hyphens"),
        pytest.param("Konto de89 3704 0044 0532 0130 00, Sparbank", GERMAN, id="lower case"),
        pytest.param("DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX", GERMAN, id="BIC behind it"),
        pytest.param(f"IBAN{GERMAN}", GERMAN, id="glued to its label"),
        pytest.param("IBAN GB82 WEST 1234 5698 7654 32", BRITISH, id="with letters"),
        pytest.param("NO93 8601 1117 947", NORWEGIAN, id="the shortest"),
    ],
)
def test_iban_is_found_however_it_is_printed(text: str, value: str) -> None:
    """Spaces, hyphens, case and neighbors do not matter."""
    (match,) = find_ibans(text)

    assert match.value == value
    assert "".join(c for c in text[match.start : match.end].upper() if c.isalnum()) == value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("IBAN DE00 0000 0000 0000 0000 00", id="wrong check digits"),
        pytest.param("DE89 3704 0044 0532 0130 01", id="one digit changed"),
        pytest.param("DE89 3704 0044 0532 0130", id="too short"),
        pytest.param(f"X{GERMAN}", id="inside of a word"),
        pytest.param(f"{GERMAN}7", id="with a digit too many"),
        pytest.param("Order DE89 of 2025", id="no account at all"),
    ],
)
def test_what_is_no_iban_is_none(text: str) -> None:
    """The check digits decide."""
    assert find_ibans(text) == ()


def test_two_accounts_in_a_line_are_two() -> None:
    """A footer often has several."""
    assert [match.value for match in find_ibans(f"{NORWEGIAN} {GERMAN}")] == [NORWEGIAN, GERMAN]


@given(st.text(alphabet=" -ABDEGNOR0123456789iban.", max_size=60))
def test_iban_of_any_text_is_valid_and_stands_in_it(text: str) -> None:
    """Whatever a line says."""
    for match in find_ibans(text):
        assert iban.is_valid(match.value, check_country=False)
        assert match.value == "".join(c for c in text[match.start : match.end].upper() if c.isalnum())


@given(st.integers(min_value=0, max_value=10**18 - 1), st.sampled_from([" ", "", "-"]))
def test_iban_of_any_account_is_found(account: int, separator: str) -> None:
    """Every German account with its check digits is one."""
    bban = f"{account:018}"
    value = f"DE{98 - int(f'{bban}131400') % 97:02}{bban}"
    printed = separator.join(value[i : i + 4] for i in range(0, len(value), 4))

    assert [match.value for match in find_ibans(f"Konto: {printed}")] == [value]


def test_account_that_is_called_an_iban_and_has_wrong_check_digits_is_a_misprint() -> None:
    """Only where its name stands in front of it, and without the words behind it."""
    (match,) = find_misprinted_ibans("Bank X IBAN: DE12 1234 5678 9012 3456 78 BIC COBADEFFXXX")

    assert match.value == "DE12123456789012345678"
    assert find_misprinted_ibans("DE12 1234 5678 9012 3456 78") == ()
    assert find_misprinted_ibans(f"IBAN {GERMAN}") == ()
