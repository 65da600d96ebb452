"""Boosted decision trees, evaluated with numpy alone.

In: trees as arrays (the training library stays behind) and a feature matrix. Out: one probability for each line.
A tree's node is a row in five arrays; a leaf points to itself, so that all lines walk the same number of steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees whose leaves sum to log odds.

    Attributes:
        roots: Index of each tree's first node.
        feature: Column that a node looks at; int16.
        threshold: At or below it, a line goes left; infinite for a leaf.
        left: Next node to the left; its own index for a leaf.
        right: Next node to the right; its own index for a leaf.
        value: Log odds of a leaf; 0 for other nodes.
        depth: Steps from any root to its furthest leaf.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]
    depth: int

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """One for each line of `features`, 0..1."""
        lines = np.arange(len(features))[:, None]
        node = np.broadcast_to(self.roots, (len(features), len(self.roots)))
        for _ in range(self.depth):
            goes_left = features[lines, self.feature[node]] <= self.threshold[node]
            node = np.where(goes_left, self.left[node], self.right[node])
        odds = self.value[node].sum(axis=1, dtype=np.float64)
        return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All there is of it, as named arrays; `of_arrays` reads them back."""
        return {
            "roots": self.roots,
            "feature": self.feature,
            "threshold": self.threshold,
            "left": self.left,
            "right": self.right,
            "value": self.value,
            "depth": np.asarray(self.depth),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "Forest":
        """The forest that `arrays()` came from."""
        return cls(
            roots=np.asarray(arrays["roots"], dtype=np.int32),
            feature=np.asarray(arrays["feature"], dtype=np.int16),
            threshold=np.asarray(arrays["threshold"], dtype=np.float64),
            left=np.asarray(arrays["left"], dtype=np.int32),
            right=np.asarray(arrays["right"], dtype=np.int32),
            value=np.asarray(arrays["value"], dtype=np.float32),
            depth=int(arrays["depth"]),
        )
