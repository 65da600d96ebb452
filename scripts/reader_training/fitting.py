"""Fits the forests with LightGBM and takes them out of it.

The only importer of lightgbm; the service never needs it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import lightgbm
import numpy as np

from lib.layout_reader.ranking.ranker import ROLES, Role
from lib.layout_reader.ranking.trees import Forest
from scripts.reader_training.examples import Example, Training, training_of

SEED = 20261122
_PARAMETERS: Mapping[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.08,
    "num_leaves": 14,
    "max_depth": 6,
    "min_sum_hessian_in_leaf": 1.0,
    "min_data_in_leaf": 12,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 2.0,
    "verbosity": -1,
    "seed": SEED,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
}
_TREES = 110
_FORESTS: Mapping[Role, int] = {"merchant": 5, "date": 3, "subtotal": 2, "tax_amount": 2, "total": 2}

_SPEAKS_FOR: Mapping[Role, Sequence[str]] = {
    "merchant": ("in_seller", "under_seller", "is_site", "spelled_share", "mentions"),
    "date": ("left_date", "above_date", "before_date", "names_document"),
    "tax_amount": ("left_tax", "above_tax", "sums_taxes"),
    "subtotal": ("left_subtotal", "above_subtotal", "net_with_tax"),
    "total": ("left_total", "sum_with_gross", "is_rounded"),
}
_SPEAKS_AGAINST: Mapping[Role, Sequence[str]] = {
    "merchant": (
        *("in_customer", "under_customer", "says_street", "says_bank", "has_customer", "is_customer"),
        *("sentence_words", "lower_share"),
    ),
    "date": (
        *("left_due_date", "above_due_date", "before_due_date", "left_delivery_date", "above_delivery_date"),
        *("cue_until", "cue_reference"),
    ),
    "tax_amount": ("is_tax_part", "left_tax_id"),
    "subtotal": (),
    "total": ("left_cash", "left_change", "left_tax_id", "is_unrounded"),
}
"""What can only ever speak for a candidate, and only against it, all else equal: the data is too thin to learn
otherwise, and too full of one country's receipts. Held by LightGBM's monotone constraints."""


def fit_forests(examples: Sequence[Example], names: Mapping[Role, Sequence[str]]) -> dict[Role, Forest]:
    """One forest for each role."""
    return {role: _fit(examples, role, names[role]) for role in ROLES}


def _fit(examples: Sequence[Example], role: Role, names: Sequence[str]) -> Forest:
    """One forest of several, grown from different seeds, whose log odds are averaged: a single one is a matter of luck.

    With one seed, a chain of shops whose heads look alike falls to one side or the other as a whole.
    """
    training = training_of(examples, role)
    trees: list[Mapping[str, Any]] = []
    for seed in range(SEED, SEED + _FORESTS[role]):
        trees += _boosted(training, role, names, seed=seed)
    return _forest(trees, share=1 / _FORESTS[role])


def _boosted(training: Training, role: Role, names: Sequence[str], *, seed: int) -> Sequence[Mapping[str, Any]]:
    """LightGBM's trees."""
    data = lightgbm.Dataset(
        training.features, training.right, weight=training.weight, feature_name=list(names), free_raw_data=True
    )
    bounds = [(name in _SPEAKS_FOR[role]) - (name in _SPEAKS_AGAINST[role]) for name in names]
    booster = lightgbm.train(
        {**_PARAMETERS, "seed": seed, "monotone_constraints": bounds, "monotone_constraints_method": "intermediate"},
        data,
        num_boost_round=_TREES,
    )
    found: Sequence[Mapping[str, Any]] = booster.dump_model()["tree_info"]
    return found


def _forest(trees: Sequence[Mapping[str, Any]], *, share: float) -> Forest:
    """LightGBM's trees as arrays, their values times `share`."""
    rows: list[tuple[int, float, int, int, float]] = []
    depth = 0

    def add(node: Mapping[str, Any], level: int) -> int:
        nonlocal depth
        depth = max(depth, level)
        index = len(rows)
        if "leaf_value" in node:
            rows.append((0, np.inf, index, index, share * node["leaf_value"]))
            return index
        rows.append((0, 0.0, 0, 0, 0.0))
        left, right = add(node["left_child"], level + 1), add(node["right_child"], level + 1)
        rows[index] = (node["split_feature"], node["threshold"], left, right, 0.0)
        return index

    roots = [add(tree["tree_structure"], 0) for tree in trees]
    feature, threshold, left, right, value = zip(*rows, strict=True)
    return Forest(
        roots=np.asarray(roots, dtype=np.int32),
        feature=np.asarray(feature, dtype=np.int16),
        threshold=np.asarray(threshold, dtype=np.float64),
        left=np.asarray(left, dtype=np.int32),
        right=np.asarray(right, dtype=np.int32),
        value=np.asarray(value, dtype=np.float32),
        depth=depth,
    )
