"""Groups of documents by what their stratum says."""

import pytest

from lib.evaluation.grouping import medium_of, place_of
from tests.unit.evaluation.examples import label


@pytest.mark.parametrize(
    ("stratum", "medium", "place"),
    [
        pytest.param("invoice-scan-us", "invoice-scan", "us", id="country"),
        pytest.param("receipt-screen-other", "receipt-screen", "other", id="no country"),
        pytest.param("invoice-pdf-einvoice", "invoice-pdf", "other", id="a word for the place"),
        pytest.param("two currencies", "other", "other", id="another kind of stratum"),
    ],
)
def test_groups_of_a_stratum_are_its_parts(stratum: str, medium: str, place: str) -> None:
    """What the stratum does not say is in the group of others."""
    document = label("a", stratum=stratum)

    assert (medium_of(document), place_of(document)) == (medium, place)
