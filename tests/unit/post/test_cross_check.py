"""What a second opinion does to a field."""

from datetime import date
from decimal import Decimal

import pytest

from lib.document import Field, FieldKey
from lib.post.cross_check import DISAGREE, cross_check

Value = str | Decimal | date | None


def field(key: FieldKey, value: Value, confidence: float = 0.8) -> Field:
    """A field of a reader."""
    return Field(key, value, str(value), confidence)


@pytest.mark.parametrize(
    ("key", "value", "other"),
    [
        pytest.param("total", Decimal("12.10"), Decimal("12.1"), id="amount"),
        pytest.param("total", Decimal("12.10"), Decimal("-12.10"), id="amount of a credit note"),
        pytest.param("date", date(2026, 3, 14), date(2026, 3, 14), id="date"),
        pytest.param("merchant", "ACME Trading GmbH", "Acme Trading", id="merchant cut differently"),
    ],
)
def test_agreement_raises_confidence(key: FieldKey, value: Value, other: Value) -> None:
    """Two readers that say the same are trusted more than one."""
    (checked,) = cross_check([field(key, value)], [field(key, other)])

    assert checked.value == value
    assert 0.8 < checked.confidence < 1
    assert checked.problem is None


@pytest.mark.parametrize(
    ("key", "value", "other"),
    [
        pytest.param("total", Decimal("12.10"), Decimal("11.20"), id="amount"),
        pytest.param("date", date(2026, 3, 14), date(2026, 4, 13), id="date"),
        pytest.param("merchant", "ACME Trading GmbH", "Jane Doe", id="merchant"),
    ],
)
def test_disagreement_lowers_confidence_and_says_so(key: FieldKey, value: Value, other: Value) -> None:
    """The answering reader's value stays, with less confidence and a problem."""
    (checked,) = cross_check([field(key, value)], [field(key, other)])

    assert checked.value == value
    assert checked.confidence < 0.8
    assert checked.problem == DISAGREE


@pytest.mark.parametrize(
    ("value", "other"),
    [pytest.param(None, Decimal(1), id="nothing to check"), pytest.param(Decimal(1), None, id="nothing to check by")],
)
def test_missing_value_changes_nothing(value: Value, other: Value) -> None:
    """A reader that found nothing is no witness; and no value is taken over from the second reader."""
    original = field("total", value)

    assert cross_check([original], [field("total", other)]) == (original,)
