"""The learned ranker: one forest a role, and what its probabilities are worth.

In: the model file beside this module, written by scripts/train_reader.py. Out: a `Ranker` and calibrated confidence.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.layout_reader.ranking.ranker import ROLES, Evidence, Role
from lib.layout_reader.ranking.trees import Forest

MODEL_FILE: Final = Path(__file__).with_name("model.npz")


_LEAST: Final = 1e-4
"""Probabilities are kept this far from 0 and 1, so that their log odds are finite."""

_WIDEST: Final = 6.0
"""Log odds between the chosen candidate and the next beyond which more distance says no more."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the evidence for an answer turned out to be worth on documents of sources that were not trained on.

    A logistic curve that ends below 1: however clear a document is, some answers of its kind were wrong.

    Attributes:
        weights: Of the columns of `columns_of`, float64, shape (5,).
        ceiling: The confidence that is never reached, 0..1.
    """

    weights: NDArray[np.float64]
    ceiling: float

    def __call__(self, evidence: Evidence) -> float:
        """The share of answers with such evidence that were right, 0..1."""
        odds = sum(map(mul, columns_of(evidence), self.weights.tolist()))
        return self.ceiling / (1.0 + math.exp(-odds))


def columns_of(evidence: Evidence) -> tuple[float, float, float, float, float]:
    """What a calibration weighs: 1, the log odds, their distance to the next candidate, sums that agree or disagree."""
    own, next_ = _log_odds(evidence.probability), _log_odds(evidence.runner_up)
    distance = min(max(own - next_, 0.0), _WIDEST)
    return 1.0, own, distance, float(evidence.agreement > 0), float(evidence.agreement < 0)


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(clipped / (1 - clipped))


@dataclass(frozen=True, slots=True)
class Model:
    """Forests by role, calibration by answer key."""

    forests: Mapping[Role, Forest]
    calibrations: Mapping[str, Calibration]

    def probabilities(self, role: Role, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """See `ranking.Ranker`."""
        return self.forests[role].probabilities(features)

    def confidence(self, key: str, evidence: Evidence) -> float:
        """See `ranker.Ranker`; the probability itself where nothing is known."""
        calibration = self.calibrations.get(key)
        return calibration(evidence) if calibration else evidence.probability

    def save(self, path: Path, *, names: Mapping[Role, Sequence[str]]) -> None:
        """Write the model file; `names` are the columns it was trained on."""
        arrays: dict[str, NDArray[np.generic]] = {}
        for role, forest in self.forests.items():
            arrays |= {f"{role}/{name}": array for name, array in forest.arrays().items()}
            arrays[f"{role}/names"] = np.asarray(names[role])
        for key, each in self.calibrations.items():
            arrays |= {
                f"calibration/{key}/weights": each.weights,
                f"calibration/{key}/ceiling": np.asarray(each.ceiling),
            }
        np.savez_compressed(path, allow_pickle=False, **arrays)


def load_model(names: Mapping[Role, Sequence[str]], *, path: Path = MODEL_FILE) -> Model:
    """The model file.

    Args:
        names: The columns of the features that it will see.
        path: Where it is.

    Raises:
        ValueError: It was trained on other columns: train it again.
    """
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    for role in ROLES:
        if list(arrays[f"{role}/names"]) != list(names[role]):
            raise ValueError(f"{path.name} was trained on other features for {role}; run make train-reader.")
    forests = {role: Forest.of_arrays(_below(arrays, role)) for role in ROLES}
    keys = sorted({name.split("/")[1] for name in arrays if name.startswith("calibration/")})
    kept = {key: _below(arrays, f"calibration/{key}") for key in keys}
    calibrations = {
        key: Calibration(each["weights"].astype(np.float64), float(each["ceiling"])) for key, each in kept.items()
    }
    return Model(forests, calibrations)


def _below(arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> dict[str, NDArray[np.generic]]:
    return {name.removeprefix(f"{prefix}/"): array for name, array in arrays.items() if name.startswith(f"{prefix}/")}
