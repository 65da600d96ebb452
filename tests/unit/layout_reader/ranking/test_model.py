from pathlib import Path

import numpy as np
import pytest

from lib.layout_reader.ranking.model import MODEL_FILE, Calibration, Model, load_model
from lib.layout_reader.ranking.ranker import Evidence
from lib.layout_reader.ranking.trees import Forest
from lib.layout_reader.reader import NAMES

STUMP = Forest(
    roots=np.array([0], dtype=np.int32),
    feature=np.array([1, 0, 0], dtype=np.int16),
    threshold=np.array([0.5, np.inf, np.inf]),
    left=np.array([1, 1, 2], dtype=np.int32),
    right=np.array([2, 1, 2], dtype=np.int32),
    value=np.array([0.0, -2.0, 2.0], dtype=np.float32),
    depth=1,
)


def test_forest_line_follows_its_threshold() -> None:
    """At or below the threshold goes left; the leaf's log odds become a probability."""
    features = np.array([[9, 0.5], [9, 0.6]], dtype=np.float32)

    assert STUMP.probabilities(features) == pytest.approx([0.1192, 0.8808], abs=1e-4)


def test_forest_no_lines_give_no_probabilities() -> None:
    """A document without candidates has nothing to rank."""
    assert STUMP.probabilities(np.zeros((0, 2), dtype=np.float32)).size == 0


def test_forest_trees_of_uneven_depth_end_at_their_leaves() -> None:
    """A leaf right below the root is where its lines stay; the trees' log odds add up."""
    forest = Forest(
        roots=np.array([0, 5], dtype=np.int32),
        feature=np.array([0, 0, 1, 0, 0, 1, 0, 0], dtype=np.int16),
        threshold=np.array([1, np.inf, 2, np.inf, np.inf, 3, np.inf, np.inf]),
        left=np.array([1, 1, 3, 3, 4, 6, 6, 7], dtype=np.int32),
        right=np.array([2, 1, 4, 3, 4, 7, 6, 7], dtype=np.int32),
        value=np.array([0, -1, 0, 2, 4, 0, 8, 16], dtype=np.float32),
        depth=2,
    )
    features = np.array([[1, 9], [5, 2], [5, 3], [5, 9]], dtype=np.float32)

    odds = [-1 + 16, 2 + 8, 4 + 8, 4 + 16]

    assert forest.probabilities(features) == pytest.approx(1 / (1 + np.exp(-np.array(odds))))


CALIBRATION = Calibration(np.array([0.0, 1.0, 0.5, 1.0, -1.0]), 0.98)


def test_calibration_of_more_evidence_is_surer() -> None:
    """A distance to the next candidate and sums that agree speak for an answer; sums that disagree against it."""
    alone, close = CALIBRATION(Evidence(0.9, 0.1)), CALIBRATION(Evidence(0.9, 0.8))

    assert close < alone
    assert CALIBRATION(Evidence(0.9, 0.1, agreement=2.0)) > alone > CALIBRATION(Evidence(0.9, 0.1, agreement=-0.5))


def test_calibration_of_certainty_ends_below_its_ceiling() -> None:
    """However clear a document is, its answers are no surer than such answers turned out to be."""
    assert CALIBRATION(Evidence(1.0, 0.0, agreement=2.0)) == pytest.approx(0.98, abs=0.001)


def test_model_saved_and_loaded_is_the_same(tmp_path: Path) -> None:
    """The file carries all there is."""
    model = load_model(NAMES)
    model.save(tmp_path / "model.npz", names=NAMES)
    features = np.random.default_rng(1).random((20, len(NAMES["total"])), dtype=np.float32)

    again = load_model(NAMES, path=tmp_path / "model.npz")

    assert np.array_equal(again.probabilities("total", features), model.probabilities("total", features))
    assert again.confidence("total", Evidence(0.7)) == model.confidence("total", Evidence(0.7))


def test_model_other_features_are_refused() -> None:
    """A model that was trained on other columns says so, rather than answering nonsense."""
    with pytest.raises(ValueError, match="make train-reader"):
        load_model({**NAMES, "date": ("one", "two")})


def test_model_file_stays_small() -> None:
    """The committed file is under a megabyte, and its trees few enough for milliseconds a page."""
    model = load_model(NAMES)

    assert MODEL_FILE.stat().st_size < 2**20
    assert all(len(forest.roots) <= 600 and forest.depth <= 8 for forest in model.forests.values())


def test_model_without_calibration_passes_probability_on() -> None:
    """A field never measured keeps its probability."""
    assert Model({}, {}).confidence("date", Evidence(0.3)) == 0.3
