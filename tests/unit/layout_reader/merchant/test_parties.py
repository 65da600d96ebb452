"""Seller and customer on a form."""

import numpy as np
import pytest

from lib.layout_reader.merchant.candidates import merchant_candidates
from lib.layout_reader.merchant.features import merchant_features
from lib.layout_reader.merchant.parties import without_customers
from lib.layout_reader.page.parsing import parse_document
from tests.unit.layout_reader.documents import document_of

FORM = "Verkäufer\nNordlicht GmbH\nKäufer\nBergwerk GmbH\nRechnung 12"


def judged(text: str, likely: dict[str, float]) -> dict[str, float]:
    """The probabilities of names, without customers."""
    seen = parse_document(document_of(text))
    candidates = merchant_candidates(seen)
    before = np.asarray([likely.get(each.text, 0.0) for each in candidates])
    after = without_customers(merchant_features(seen, candidates), before)
    return {each.text: float(found) for each, found in zip(candidates, after, strict=True) if each.text in likely}


def test_customer_beside_a_known_seller_is_no_merchant() -> None:
    """However likely its name looks."""
    found = judged(FORM, {"Nordlicht GmbH": 0.4, "Bergwerk GmbH": 0.8})

    assert found == {"Nordlicht GmbH": 0.4, "Bergwerk GmbH": 0.0}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(FORM.replace("Verkäufer\n", "Seite 1\n"), id="no seller's block"),
        pytest.param(FORM, id="nobody likely in it"),
    ],
)
def test_name_that_a_label_calls_the_customer_is_never_the_merchant(text: str) -> None:
    """No answer is better than the wrong party."""
    assert judged(text, {"Nordlicht GmbH": 0.1, "Bergwerk GmbH": 0.8})["Bergwerk GmbH"] == 0.0


def test_other_lines_of_a_customers_block_stay_likely_without_a_seller() -> None:
    """The heading may be misread, or head another block."""
    text = "Käufer\nBergwerk GmbH\nTalweg 8\nNordlicht GmbH\nRechnung 12"

    assert judged(text, {"Nordlicht GmbH": 0.8})["Nordlicht GmbH"] == pytest.approx(0.8)
