"""The learned ranker: one forest a role, and what its probabilities are worth.

In: the model file beside this module, written by scripts/train_reader.py. Out: a `Ranker` and calibrated confidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.layout_reader.ranking.ranker import ROLES, Role
from lib.layout_reader.ranking.trees import Forest

MODEL_FILE: Final = Path(__file__).with_name("model.npz")


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising line through points: what a probability turned out to be worth on documents not trained on."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def __call__(self, probability: float) -> float:
        """The share of answers with such a probability that were right, 0..1."""
        return float(np.interp(probability, self.x, self.y))


@dataclass(frozen=True, slots=True)
class Model:
    """Forests by role, calibration by answer key."""

    forests: Mapping[Role, Forest]
    curves: Mapping[str, Curve]

    def probabilities(self, role: Role, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """See `ranking.Ranker`."""
        return self.forests[role].probabilities(features)

    def confidence(self, key: str, probability: float) -> float:
        """The probability, as it turned out; unchanged where nothing is known."""
        curve = self.curves.get(key)
        return curve(probability) if curve else probability

    def save(self, path: Path, *, names: Mapping[Role, Sequence[str]]) -> None:
        """Write the model file; `names` are the columns it was trained on."""
        arrays: dict[str, NDArray[np.generic]] = {}
        for role, forest in self.forests.items():
            arrays |= {f"{role}/{name}": array for name, array in forest.arrays().items()}
            arrays[f"{role}/names"] = np.asarray(names[role])
        for key, curve in self.curves.items():
            arrays |= {f"curve/{key}/x": curve.x, f"curve/{key}/y": curve.y}
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
    keys = {name.split("/")[1] for name in arrays if name.startswith("curve/")}
    curves = {key: Curve(arrays[f"curve/{key}/x"], arrays[f"curve/{key}/y"]) for key in sorted(keys)}
    return Model(forests, curves)


def _below(arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> dict[str, NDArray[np.generic]]:
    return {name.removeprefix(f"{prefix}/"): array for name, array in arrays.items() if name.startswith(f"{prefix}/")}
