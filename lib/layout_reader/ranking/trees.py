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
        tests = self._tests
        holds = features.astype(np.float32, copy=False).take(tests.feature, axis=1) > tests.limit
        first = (np.arange(len(holds), dtype=np.int32) * len(tests.limit))[:, None]
        node = holds.take(tests.roots, axis=1) + 2 * np.arange(len(tests.roots), dtype=np.int32)
        for test in tests.levels:
            goes_right = holds.take(test.take(node) + first)
            node <<= 1
            node += goes_right
        odds = tests.leaves.take(node).sum(axis=1, dtype=np.float64)
        return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)

    @cached_property
    def _tests(self) -> "_Tests":
        """The forest as it is walked."""
        node = self.roots[:, None]
        levels = []
        for _ in range(self.depth):
            levels.append(node.ravel())
            node = np.stack([self.left[node], self.right[node]], axis=2).reshape(len(self.roots), -1)
        limits = _rounded_down(self.threshold)
        # The bits of feature and limit as one number, which sorts faster than pairs do.
        pairs = self.feature.astype(np.int64) << 32 | limits.view(np.uint32)
        _, first, test_of_node = np.unique(pairs, return_index=True, return_inverse=True)
        tests = [test_of_node.ravel()[level].astype(np.int32) for level in levels]
        return _Tests(
            feature=self.feature[first].astype(np.intp),
            limit=limits[first],
            roots=tests[0],
            levels=tuple(tests[1:]),
            leaves=self.value[node.ravel()],
        )

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


@dataclass(frozen=True, slots=True)
class _Tests:
    """A forest's different tests, of which there are fewer than nodes, and its trees level by level, all complete.

    The children of a level's node i are the nodes 2i and 2i + 1 of the next level, so that a step is arithmetic.

    Attributes:
        feature: Column that a test looks at.
        limit: Above it, a line goes right.
        roots: The test of each root.
        levels: For each level below, the test of each node.
        leaves: Log odds of what would be the next level's nodes.
    """

    feature: NDArray[np.intp]
    limit: NDArray[np.float32]
    roots: NDArray[np.int32]
    levels: tuple[NDArray[np.int32], ...]
    leaves: NDArray[np.float32]


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The thresholds as the features' own type, so that each float32 stays on its side."""
    near = thresholds.astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    return np.where(near.astype(np.float64) > thresholds, below, near).astype(np.float32)
