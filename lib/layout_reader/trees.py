"""Boosted decision trees, evaluated with numpy alone.

In: trees as arrays (the training library stays behind) and a feature matrix. Out: one probability for each line.
A tree's node is a row in five arrays; a leaf points to itself, so that all lines walk the same number of steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
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
        values = np.ascontiguousarray(features, dtype=np.float32).ravel()
        first = (np.arange(len(features), dtype=np.int32) * features.shape[1])[:, None]
        node = np.broadcast_to(self.roots, (len(features), len(self.roots)))
        for _ in range(self.depth):
            goes_right = values.take(first + self.feature.take(node)) > self._limits.take(node)
            node = self._children.take((node << 1) + goes_right)
        odds = self.value.take(node).sum(axis=1, dtype=np.float64)
        return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)

    @cached_property
    def _children(self) -> NDArray[np.int32]:
        """Left and right next nodes in turn: one look-up a step, which costs a third of choosing between two."""
        return np.stack([self.left, self.right], axis=1).ravel()

    @cached_property
    def _limits(self) -> NDArray[np.float32]:
        """The thresholds as the features' own type, rounded down, so that each float32 stays on its side."""
        near = self.threshold.astype(np.float32)
        below = np.nextafter(near, np.float32(-np.inf))
        return np.where(near.astype(np.float64) > self.threshold, below, near).astype(np.float32)

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
