"""How likely a name must be."""

import numpy as np
import pytest
from numpy.typing import NDArray

from lib.layout_reader.merchant import find_merchant
from lib.layout_reader.page.parsing import parse_document
from lib.layout_reader.ranking.ranker import Evidence, Role
from tests.unit.layout_reader.documents import document_of


class Even:
    """Holds every candidate to be as likely as any other."""

    def __init__(self, probability: float) -> None:
        self._probability = probability

    def probabilities(self, _role: Role, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """The same for each line."""
        return np.full(len(features), self._probability)

    def confidence(self, _key: str, evidence: Evidence) -> float:
        """The probability."""
        return evidence.probability


@pytest.mark.parametrize(
    ("name", "probability", "answer"),
    [
        pytest.param("Blue Fern", 0.45, "Blue Fern", id="likely enough"),
        pytest.param("Blue Fern", 0.35, None, id="hardly likelier than others"),
        pytest.param("Σίδερο", 0.35, "Σίδερο", id="as likely as any in its script"),
        pytest.param("Σίδερο", 0.2, None, id="not even that"),
    ],
)
def test_name_is_answered_from_a_probability_on(name: str, probability: float, answer: str | None) -> None:
    """No label is in another script than the Latin one, so that its names are never as likely."""
    seen = parse_document(document_of(name))

    assert find_merchant(seen, ranker=Even(probability)).text == answer
