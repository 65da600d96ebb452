"""Promises of confidence and of review, and whether they are kept."""

import pytest

from lib.evaluation.assurance import assure
from lib.evaluation.scoring import judge
from tests.unit.evaluation.examples import answer, label


def test_assure_of_answers_counts_those_that_are_sure() -> None:
    """Of three answers two are sure, and one of them is right."""
    documents = [label("a", total="1.00", date="2024-01-02"), label("b", total="2.00")]
    predictions = {
        "a": answer("a", total=1, date="2024-01-03", confidence=0.9),
        "b": answer("b", total=2, confidence=0.89),
    }

    found = assure(judge(documents, predictions))

    assert found.confident_right == pytest.approx(1 / 2)
    assert found.confident_share == pytest.approx(2 / 3)


def test_assure_of_documents_counts_those_that_need_no_review() -> None:
    """One wrong field makes a document wrong; where nobody says anything of review, nothing is promised."""
    documents = [label(name, total="1.00") for name in ("a", "b", "c", "d")]
    predictions = {
        "a": answer("a", total=1, review_needed=False),
        "b": answer("b", total=2, review_needed=False),
        "c": answer("c", total=2, review_needed=True),
        "d": answer("d", total=2),
    }

    found = assure(judge(documents, predictions))

    assert found.no_review_right == pytest.approx(1 / 2)
    assert found.no_review_share == pytest.approx(2 / 4)
