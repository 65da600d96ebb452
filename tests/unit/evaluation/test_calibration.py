"""The reliability of confidences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.evaluation.calibration import calibrate
from lib.evaluation.scoring import Outcome, judge
from tests.unit.evaluation.examples import answer, label


@pytest.fixture
def outcomes() -> list[Outcome]:
    """Four answers at 0.95, three of them right; one at 0.55, wrong; one missing; one without a confidence."""
    documents = [label(each, total="1.00") for each in "abcdefg"]
    predictions = {each: answer(each, total=1, confidence=0.95) for each in "abc"}
    predictions |= {"d": answer("d", total=2, confidence=0.95), "e": answer("e", total=2, confidence=0.55)}
    predictions |= {"f": answer("f", total=None, confidence=0.99), "g": answer("g", total=1)}
    return [outcome for one in judge(documents, predictions) for outcome in one.outcomes]


def test_calibrate_error_is_the_mean_gap_over_answers(outcomes: list[Outcome]) -> None:
    """(4 * |0.75 - 0.95| + 1 * |0 - 0.55|) / 5, worked out by hand; missing answers do not count."""
    calibration = calibrate(outcomes)

    assert calibration.answers == 5
    assert calibration.expected_error == pytest.approx(0.27)


def test_calibrate_bins_are_ten_of_equal_width(outcomes: list[Outcome]) -> None:
    """Answers stand in the bin of their confidence, and empty bins are there too."""
    bins = calibrate(outcomes).bins

    assert [each.answers for each in bins] == [0, 0, 0, 0, 0, 1, 0, 0, 0, 4]
    assert (bins[9].low, bins[9].high, bins[9].accuracy) == (0.9, 1.0, 0.75)
    assert (bins[0].accuracy, bins[0].gap) == (None, 0.0)


@pytest.mark.parametrize(
    ("confidence", "index"),
    [pytest.param(0.0, 0, id="0"), pytest.param(0.1, 1, id="lower end"), pytest.param(1.0, 9, id="1 is in the last")],
)
def test_calibrate_puts_ends_into_one_bin(confidence: float, index: int) -> None:
    """A confidence at the border of two bins belongs to the upper one, except for 1."""
    (one,) = judge([label("a", total="1.00")], {"a": answer("a", total=1, confidence=confidence)})

    bins = calibrate(one.outcomes).bins

    assert [each.answers for each in bins].index(1) == index


def test_calibrate_without_confidences_has_no_error() -> None:
    """Nothing promised, nothing broken."""
    (one,) = judge([label("a", total="1.00")], {"a": answer("a", total=1)})

    assert calibrate(one.outcomes).expected_error is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_calibrate_loses_no_answer_and_stays_between_0_and_1(answers: list[tuple[float, bool]]) -> None:
    """Whatever the confidences are, each answer is counted once, and the error is a share."""
    document = label("a", total="1.00")

    calibration = calibrate(
        outcome
        for confidence, right in answers
        for one in judge([document], {"a": answer("a", total=1 if right else 2, confidence=confidence)})
        for outcome in one.outcomes
    )

    assert calibration.answers == len(answers)
    assert calibration.expected_error is not None
    assert 0 <= calibration.expected_error <= 1
